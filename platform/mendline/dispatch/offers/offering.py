"""Offering: a job to one technician, to the next best who was not asked yet, or to a group ("who takes it?")."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mendline.dispatch.events import NobodyLeft
from mendline.dispatch.matching.matching import Match
from mendline.dispatch.matching.suggesting import keep, weigh
from mendline.dispatch.offers.auto_offer import Minutes, auto_offer_of
from mendline.dispatch.offers.holding import accepted_already, give_out, holder_of, named_holder
from mendline.dispatch.offers.rounds import LARGEST, asked_in_vain, open_round, take_back
from mendline.kernel import DomainError, MemberId, TicketId, command, emit, not_found, parse_opaque, told
from mendline.tickets import TicketResult, lock_ticket, may_step, move, require_part, result
from mendline_tenants import Actor


class OfferJob(Struct, frozen=True):
    """Offers the job to one technician of the provider. minutes: for the answer; None as the policy says.

    reassign: also where somebody has accepted it and is not there (yet, or any more); they have it no more.
    held_by: only where they are who has it, so that what was read a while ago takes the job from nobody else.
    """

    ticket: TicketId
    technician: MemberId
    minutes: Minutes | None = None
    reassign: bool = False
    held_by: MemberId | None = None


@command("dispatch.offer_job", "dispatch.offer")
async def offer_job(actor: Actor, input: OfferJob) -> TicketResult:
    """Offers the job; whoever had it or was asked before has it no more.

    Without minutes and without a policy that offers by itself the offer waits for an answer. Raises not_qualified with
    the reason when the technician may not work on this device, job_held when somebody has accepted it and `reassign`
    does not say that it goes to another, holder_there while they are at the device, already_accepted when that is the
    very technician.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    held_by = await named_holder(input.held_by)
    technician, name = _fitting(actor, await weigh(actor, ticket), input.technician)
    holder = await holder_of(actor, ticket, reassign=input.reassign, held_by=held_by)
    if holder is not None and holder.technician_id == technician:
        raise accepted_already(ticket, holder)
    await give_out(actor, ticket, holder)
    policy = await auto_offer_of(actor.organisation)
    time = timedelta(minutes=input.minutes) if input.minutes else None
    if time is None and policy.mode_for(ticket.priority) != "dispatcher":
        time = policy.time_for(ticket.priority)
    await open_round(actor, ticket, {technician: name}, time=time)
    return result(ticket)


def _fitting(actor: Actor, found: Match, member: str) -> tuple[UUID, str]:
    """The technician that is meant and their name. Raises not_found for strangers, not_qualified with why."""
    technician = parse_opaque("mb", member)
    if technician.tenant != actor.organisation:
        raise not_found("technician")
    if technician.id in found.fit:
        return technician.id, found.fit[technician.id]
    shut_out = next((one for one in found.excluded if one.technician == technician.id), None)
    if shut_out is None:
        raise not_found("technician")
    if technician.id not in found.overrulable:
        raise DomainError("not_qualified", name=shut_out.name, why=shut_out.why)
    return technician.id, shut_out.name


class OfferNext(Struct, frozen=True):
    """Offers the job to the best technician who was not asked yet, and to the next when there is no answer in time."""

    ticket: TicketId
    minutes: Minutes | None = None


@command("dispatch.offer_next", "dispatch.offer")
async def offer_next(actor: Actor, input: OfferNext) -> TicketResult:
    """Weighs everybody anew, keeps the reasons, and asks the best of those who neither declined nor let it pass.

    Where the policy asks groups, all of them at once. When nobody is left the ticket stays as it is, and the
    dispatchers are told.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    may_step(actor, ticket)
    found = await weigh(actor, ticket)
    await keep(actor, ticket, found)
    asked = await asked_in_vain(actor, ticket)
    left = {technician: name for technician, name in found.fit.items() if technician not in asked}
    if not left:
        told(ticket=ticket.number, asked=len(asked), candidates=0)
        emit(NobodyLeft(tenant=ticket.tenant_id, ticket=ticket.id, asked=len(asked)))
        return result(ticket)
    policy = await auto_offer_of(actor.organisation)
    group = policy.mode_for(ticket.priority) == "group"
    await move(actor, ticket)
    await open_round(
        actor,
        ticket,
        dict(list(left.items())[: LARGEST if group else 1]),
        asked="group" if group else "one",
        automatic=True,
        time=timedelta(minutes=input.minutes) if input.minutes else policy.time_for(ticket.priority),
    )
    return result(ticket)


class AskGroup(Struct, frozen=True):
    """Asks a group who takes the job: these technicians, or all who could. The first to answer has it.

    reassign, held_by: as in `OfferJob`.
    """

    ticket: TicketId
    technicians: Annotated[tuple[MemberId, ...], Meta(max_length=LARGEST)] = ()
    minutes: Minutes | None = None
    reassign: bool = False
    held_by: MemberId | None = None


@command("dispatch.ask_group", "dispatch.offer")
async def ask_group(actor: Actor, input: AskGroup) -> TicketResult:
    """Asks them all at once; whoever had the job or was asked before has it no more.

    Raises nobody_fits when there is nobody to ask, not_qualified for one who may not work on this device, job_held,
    holder_there and already_accepted as offer_job does.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    held_by = await named_holder(input.held_by)
    found = await weigh(actor, ticket)
    holder = await holder_of(actor, ticket, reassign=input.reassign, held_by=held_by)
    if input.technicians:
        asked = dict(_fitting(actor, found, member) for member in input.technicians)
        if holder is not None and holder.technician_id in asked:
            raise accepted_already(ticket, holder)
    else:
        has_it = holder.technician_id if holder is not None else None
        asked = dict([one for one in found.fit.items() if one[0] != has_it][:LARGEST])
    if not asked:
        raise DomainError("nobody_fits", number=ticket.number)
    await give_out(actor, ticket, holder)
    policy = await auto_offer_of(actor.organisation)
    time = timedelta(minutes=input.minutes) if input.minutes else policy.time_for(ticket.priority)
    await open_round(actor, ticket, asked, asked="group", time=time)
    return result(ticket)


class WithdrawOffers(Struct, frozen=True):
    """Takes back what is offered and not yet answered; with `reassign` also what somebody (`held_by`) has accepted."""

    ticket: TicketId
    reassign: bool = False
    held_by: MemberId | None = None


@command("dispatch.withdraw_offers", "dispatch.offer")
async def withdraw_offers(actor: Actor, input: WithdrawOffers) -> TicketResult:
    """Nobody is asked any more, or has the job; the ticket waits for the dispatcher.

    Raises job_held as offer_job does.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    held_by = await named_holder(input.held_by)
    holder = await holder_of(actor, ticket, reassign=input.reassign, held_by=held_by)
    await give_out(actor, ticket, holder)
    await take_back(actor, ticket, "withdrawn")
    return result(ticket)
