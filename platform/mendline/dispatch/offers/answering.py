"""Answering: a technician takes the job that was offered, or gives it back."""

from typing import Annotated

from msgspec import Meta, Struct

from mendline.dispatch.events import JobDeclined
from mendline.dispatch.matching.jobs import JobOffer
from mendline.dispatch.offers.rounds import assign_nobody, close_round, offers_of
from mendline.kernel import DomainError, TicketId, command, emit, parse_opaque, rows, work
from mendline.tickets import (
    Ticket,
    TicketPeople,
    TicketResult,
    add_message,
    last_writer,
    lock_ticket,
    move,
    nobody_goes,
    note_change,
    require_part,
    result,
)
from mendline_tenants import Actor, Member


class AcceptJob(Struct, frozen=True):
    """Takes the job that was offered."""

    ticket: TicketId


@command("dispatch.accept_job", "dispatch.answer")
async def accept_job(actor: Actor, input: AcceptJob) -> TicketResult:
    """Takes the job; the others who were asked read who has it.

    Raises already_accepted or offer_taken with who and when, offer_passed_on or offer_passed with who is asked now,
    offer_expired, offer_withdrawn, job_called_off with who and why, not_offered_to_you.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    offers = await offers_of(actor, ticket)
    mine = next((o for o in offers if o.state == "offered" and o.technician_id == actor.id), None)
    if mine is None or nobody_goes(ticket) or any(o.state == "accepted" for o in offers):
        raise await _too_late(actor, ticket, offers)
    await move(actor, ticket)
    member = await rows.get(Member, actor.organisation, actor.id)
    await rows.update(mine, state="accepted", answered_at=work().occurred_at)
    await close_round(actor, ticket, "taken", taken_by=member.name)
    assignee = {"assignee_id": actor.id, "assignee_name": member.name, "assignee_phone": member.phone}
    await rows.change(TicketPeople, ticket.tenant_id, ticket.id, **assignee)
    return result(ticket)


async def _too_late(actor: Actor, ticket: Ticket, offers: list[JobOffer]) -> DomainError:
    """Who has it or is asked instead, or why nobody is, as far as the actor was ever asked."""
    number = ticket.number
    latest = next((o for o in offers if o.technician_id == actor.id), None)
    if latest is not None and nobody_goes(ticket):
        by = latest.ended_by or await last_writer(ticket)  # before the offers were withdrawn, it was done just now
        return DomainError("job_called_off", number=number, state=ticket.state, by=by, at=ticket.changed_at)
    accepted = next((o for o in offers if o.state == "accepted"), None)
    if accepted is not None:
        return DomainError("already_accepted", by=accepted.technician_name, at=accepted.answered_at, number=number)
    if latest is None:
        return DomainError("not_offered_to_you", number=number)
    asked = ", ".join(sorted(o.technician_name for o in offers if o.state == "offered")[:5])
    match latest.state:
        case "taken":
            return DomainError("offer_taken", by=latest.taken_by_name, at=latest.answered_at, number=number)
        case "expired" if asked:
            return DomainError("offer_passed_on", until=latest.answer_by, to=asked, number=number)
        case "expired":
            return DomainError("offer_expired", until=latest.answer_by, number=number)
        case "withdrawn" if asked:
            return DomainError("offer_passed", at=latest.answered_at, to=asked, number=number)
        case "withdrawn":
            return DomainError("offer_withdrawn", at=latest.answered_at, number=number)
        case _:
            return DomainError("not_offered_to_you", number=number)


class DeclineJob(Struct, frozen=True):
    """Gives the job back, with a reason."""

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@command("dispatch.decline_job", "dispatch.answer")
async def decline_job(actor: Actor, input: DeclineJob) -> TicketResult:
    """Declines an offer, or hands back a job not yet begun; the next is asked, or the dispatcher decides anew.

    While others of a group may still take it, it stays offered to them. Raises as accept_job does.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    offers = await offers_of(actor, ticket)
    mine = next((o for o in offers if o.state in ("offered", "accepted") and o.technician_id == actor.id), None)
    if mine is None or nobody_goes(ticket):
        raise await _too_late(actor, ticket, offers)
    others = [o for o in offers if o.state == "offered" and o.technician_id != actor.id]
    if others:
        await note_change(actor, ticket, declined=str(mine.id))
    else:
        await move(actor, ticket, eta_at=None, completion_at=None)
    await rows.update(mine, state="declined", answered_at=work().occurred_at, reason=input.reason)
    await add_message(actor, ticket, "note", input.reason)
    if not others:
        await close_round(actor, ticket, "withdrawn")  # nothing is open any more: its timer goes
        await assign_nobody(ticket)
        emit(JobDeclined(tenant=ticket.tenant_id, ticket=ticket.id, technician=actor.id, automatic=mine.automatic))
    return result(ticket)
