"""Rounds of offers: one technician or a group is asked at once; the first answer, a timer or a dispatcher ends it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from mendline.dispatch.events import JobCalled, JobOffered, OffersWithdrawn
from mendline.dispatch.matching.jobs import Asked, JobOffer
from mendline.kernel import cancel_timer, emit, fetch, new_id, rows, set_timer, work
from mendline.tickets import Ticket, TicketPeople
from mendline_tenants import Actor

TIMER = "dispatch.expire_offers"

LARGEST = 100
"""How many technicians are asked at once: the best of those who could."""

_OF_TICKET = "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3"


def _timer_key(ticket: Ticket) -> str:
    """A ticket has one open round at most, hence one timer."""
    return f"offers:{ticket.tenant_id}:{ticket.id}"


async def open_round(
    actor: Actor,
    ticket: Ticket,
    technicians: Mapping[UUID, str],
    *,
    asked: Asked = "one",
    automatic: bool = False,
    time: timedelta | None = None,
) -> None:
    """Asks these technicians (id -> name) of a locked ticket; whoever had it or was asked before has it no more.

    automatic: whether the next is asked when nobody takes it. time: until when; without it the offer waits.
    """
    await take_back(actor, ticket, "passed", again=technicians)
    moment = work().occurred_at
    until = moment + time if time is not None else None
    round_id = new_id()
    offers = [
        JobOffer(
            tenant_id=actor.organisation,
            owner_id=ticket.tenant_id,
            ticket_id=ticket.id,
            technician_id=technician,
            technician_name=name,
            round_id=round_id,
            asked=asked,
            attempt=ticket.attempt,
            automatic=automatic,
            answer_by=until,
            offered_by=actor.id,
            offered_at=moment,
        )
        for technician, name in technicians.items()
    ]
    await rows.insert(*offers)
    if until is not None:
        await set_timer(actor.organisation, TIMER, _timer_key(ticket), until, offer=str(offers[0].id))
    _tell_asked(ticket, offers)


def _tell_asked(ticket: Ticket, offers: list[JobOffer]) -> None:
    """Lets those of one round know that they are asked."""
    technicians = tuple(offer.technician_id for offer in offers)
    if offers[0].asked == "one":
        emit(JobOffered(tenant=ticket.tenant_id, ticket=ticket.id, technician=technicians[0]))
    else:
        emit(JobCalled(tenant=ticket.tenant_id, ticket=ticket.id, technicians=technicians))


async def hasten_round(actor: Actor, ticket: Ticket, until: datetime) -> list[JobOffer]:
    """The open offers of a locked ticket that are to be answered later than this are due then, and are told again."""
    asked = await rows.select(
        JobOffer,
        f"{_OF_TICKET} AND state = 'offered' AND answer_by > $4 ORDER BY id",
        *_names(actor, ticket),
        until,
    )
    if asked:
        for offer in asked:
            await rows.update(offer, answer_by=until)
        await set_timer(actor.organisation, TIMER, _timer_key(ticket), until, offer=str(asked[0].id))
        _tell_asked(ticket, asked)
    return asked


async def take_back(actor: Actor, ticket: Ticket, why: str, *, again: Collection[UUID] = ()) -> None:
    """Who was asked for a locked ticket (`why`) or has accepted it (`reassigned`) has it no more, and hears of it.

    again: those who are asked anew at once, and are told of that alone.
    """
    holders = await close_round(actor, ticket, "withdrawn", states=("accepted",), why="reassigned")
    asked = await close_round(actor, ticket, "withdrawn", why=why)
    if holders:
        await assign_nobody(ticket)
    tell_withdrawn(ticket, holders - set(again), "reassigned")
    tell_withdrawn(ticket, asked - set(again), why)


async def assign_nobody(ticket: Ticket) -> None:
    """A locked ticket is nobody's job any more."""
    nobody = dict.fromkeys(("assignee_id", "assignee_name", "assignee_phone"))
    await rows.change(TicketPeople, ticket.tenant_id, ticket.id, **nobody)


async def close_round(
    actor: Actor,
    ticket: Ticket,
    state: Literal["withdrawn", "expired", "taken"],
    *,
    states: tuple[str, ...] = ("offered",),
    taken_by: str | None = None,
    why: str | None = None,
    by: Mapping[str, str] | None = None,
) -> set[UUID]:
    """What is open of a locked ticket is open no more; answers whose it was. states: what counts as open.

    why, by: as in `JobOffer`.
    """
    ended = await fetch(
        f"UPDATE job_offer SET state = $4, answered_at = coalesce(answered_at, $5), taken_by_name = $6,"  # noqa: S608 - constants
        f" ended_why = $8, ended_by = $9 WHERE {_OF_TICKET} AND state = ANY ($7) RETURNING technician_id",
        *_names(actor, ticket),
        state,
        work().occurred_at,
        taken_by,
        list(states),
        why,
        by,
    )
    await cancel_timer(actor.organisation, _timer_key(ticket))
    return {row["technician_id"] for row in ended}


def tell_withdrawn(
    ticket: Ticket, technicians: Collection[UUID], why: str, by: Mapping[str, str] | None = None
) -> None:
    """Lets those know whose offers were withdrawn, if there are any."""
    if technicians:
        emit(
            OffersWithdrawn(
                tenant=ticket.tenant_id,
                ticket=ticket.id,
                technicians=tuple(sorted(technicians)),
                why=why,
                by=dict(by) if by else None,
            )
        )


async def offers_of(actor: Actor, ticket: Ticket) -> list[JobOffer]:
    """The offers of a ticket that still count: the open ones, the accepted one, and all that the actor was made.

    The latest first.
    """
    return await rows.select(
        JobOffer,
        f"{_OF_TICKET} AND (state IN ('offered', 'accepted') OR technician_id = $4)"
        " ORDER BY offered_at DESC, id DESC LIMIT 300",
        *_names(actor, ticket),
        actor.id,
    )


async def asked_in_vain(actor: Actor, ticket: Ticket) -> set[UUID]:
    """Who has declined this attempt at the ticket, did not answer in time, or had it taken from them."""
    found = await rows.select(
        JobOffer,
        f"{_OF_TICKET} AND attempt = $4 AND (state IN ('declined', 'expired') OR ended_why = 'reassigned')",
        *_names(actor, ticket),
        ticket.attempt,
    )
    return {offer.technician_id for offer in found}


def _names(actor: Actor, ticket: Ticket) -> tuple[UUID, UUID, UUID]:
    return actor.organisation, ticket.tenant_id, ticket.id
