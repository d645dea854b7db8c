"""Dispatch: a suggestion is made, a job is offered, taken or declined."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from mendline.dispatch.events import JobDeclined, JobOffered, JobSuggested
from mendline.dispatch.jobs import JobOffer, Suggestion
from mendline.dispatch.matching import match
from mendline.kernel import (
    DomainError,
    MemberId,
    TicketId,
    command,
    emit,
    execute,
    not_found,
    opaque,
    parse_opaque,
    rows,
    told,
    work,
)
from mendline.tickets import (
    Ticket,
    TicketPeople,
    TicketResult,
    add_message,
    lock_ticket,
    move,
    require_part,
    result,
)
from mendline_tenants import Actor, Member


class Suggest(Struct, frozen=True):
    """Asks who of the provider's technicians could do the job."""

    ticket: TicketId


class SuggestionResult(Struct, frozen=True):
    """How many candidates there are, and the best one's id."""

    candidates: int
    best: MemberId | None = None


@command("dispatch.suggest", "dispatch.offer")
async def suggest(actor: Actor, input: Suggest) -> SuggestionResult:
    """Weighs the actor's technicians for a ticket that its organisation answers for, and keeps the reasons."""
    ticket = await rows.get(Ticket, *parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    candidates, excluded = await _weigh(actor, ticket)
    await rows.insert(
        Suggestion(
            tenant_id=actor.organisation,
            owner_id=ticket.tenant_id,
            ticket_id=ticket.id,
            ticket_version=ticket.version,
            candidates=[
                {
                    "technician": str(c.technician),
                    "name": c.name,
                    "score": round(c.score, 1),
                    "minutes": c.minutes,
                    "reasons": c.reasons,
                }
                for c in candidates
            ],
            excluded=excluded,
        )
    )
    best = candidates[0].technician if candidates else None
    told(ticket=ticket.number, candidates=len(candidates), best=str(best) if best else None)
    emit(JobSuggested(tenant=ticket.tenant_id, ticket=ticket.id, best=best))
    return SuggestionResult(len(candidates), _member_id(actor, best) if best else None)


def _member_id(actor: Actor, member: UUID) -> str:
    return opaque("mb", actor.organisation, member)


async def _weigh(actor: Actor, ticket: Ticket) -> tuple[list[Any], list[Any]]:
    people = await rows.find(TicketPeople, ticket.tenant_id, ticket.id)
    place = None
    if people is not None and people.latitude is not None and people.longitude is not None:
        place = (people.latitude, people.longitude)
    return await match(
        actor.organisation,
        ticket.device_card.get("device_class", ""),
        ticket.device_card.get("model_number"),
        place,
        work().occurred_at,
        urgent=ticket.priority == 1,
    )


class OfferJob(Struct, frozen=True):
    """Offers the job to one technician of the provider."""

    ticket: TicketId
    technician: MemberId


@command("dispatch.offer_job", "dispatch.offer")
async def offer_job(actor: Actor, input: OfferJob) -> TicketResult:
    """Offers the job; whoever had it or was asked before has it no more.

    Raises not_qualified with the reason when the technician may not work on this device.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    technician = parse_opaque("mb", input.technician)
    candidates, excluded = await _weigh(actor, ticket)
    weighed = {str(c.technician): (c.name, None) for c in candidates}
    weighed |= {e["technician"]: (e["name"], e["why"]) for e in excluded}
    if technician.tenant != actor.organisation or str(technician.id) not in weighed:
        raise not_found("technician")
    name, why = weighed[str(technician.id)]
    if why is not None and why != "off_shift":
        raise DomainError("not_qualified", name=name, why=why)
    await move(actor, ticket)
    await _withdraw(actor, ticket)
    await rows.insert(
        JobOffer(
            tenant_id=actor.organisation,
            owner_id=ticket.tenant_id,
            ticket_id=ticket.id,
            technician_id=technician.id,
            technician_name=name,
            offered_by=actor.id,
            offered_at=work().occurred_at,
        )
    )
    emit(JobOffered(tenant=ticket.tenant_id, ticket=ticket.id, technician=technician.id))
    return result(ticket)


async def _withdraw(actor: Actor, ticket: Ticket) -> None:
    await execute(
        "UPDATE job_offer SET state = 'withdrawn', answered_at = coalesce(answered_at, $4)"
        " WHERE tenant_id = $1 AND owner_id = $2 AND ticket_id = $3 AND state IN ('offered', 'accepted')",
        actor.organisation,
        ticket.tenant_id,
        ticket.id,
        work().occurred_at,
    )


async def _latest_offer(actor: Actor, ticket: Ticket) -> JobOffer | None:
    return await rows.first(
        JobOffer,
        "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3 AND state IN ('offered', 'accepted')"
        " ORDER BY offered_at DESC",
        actor.organisation,
        ticket.tenant_id,
        ticket.id,
    )


class AcceptJob(Struct, frozen=True):
    """Takes the job that was offered."""

    ticket: TicketId


@command("dispatch.accept_job", "dispatch.answer")
async def accept_job(actor: Actor, input: AcceptJob) -> TicketResult:
    """Takes the job. Raises already_accepted with who and when, or not_offered_to_you."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    offer = await _latest_offer(actor, ticket)
    if offer is not None and offer.state == "accepted":
        raise DomainError("already_accepted", by=offer.technician_name, at=offer.answered_at, number=ticket.number)
    if offer is None or offer.technician_id != actor.id:
        raise DomainError("not_offered_to_you", number=ticket.number)
    await move(actor, ticket)
    await rows.update(offer, state="accepted", answered_at=work().occurred_at)
    member = await rows.get(Member, actor.organisation, actor.id)
    assignee = {"assignee_id": actor.id, "assignee_name": member.name, "assignee_phone": member.phone}
    await rows.change(TicketPeople, ticket.tenant_id, ticket.id, **assignee)
    return result(ticket)


class DeclineJob(Struct, frozen=True):
    """Gives the job back, with a reason."""

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@command("dispatch.decline_job", "dispatch.answer")
async def decline_job(actor: Actor, input: DeclineJob) -> TicketResult:
    """Declines an offer, or hands back a job not yet begun; the dispatcher is asked anew."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    offer = await _latest_offer(actor, ticket)
    if offer is None or offer.technician_id != actor.id:
        raise DomainError("not_offered_to_you", number=ticket.number)
    await move(actor, ticket, eta_at=None, completion_at=None)
    await rows.update(offer, state="declined", answered_at=work().occurred_at, reason=input.reason)
    nobody = dict.fromkeys(("assignee_id", "assignee_name", "assignee_phone"))
    await rows.change(TicketPeople, ticket.tenant_id, ticket.id, **nobody)
    await add_message(actor, ticket, "note", input.reason)
    emit(JobDeclined(tenant=ticket.tenant_id, ticket=ticket.id, technician=actor.id))
    return result(ticket)
