"""Quoting: what a provider asks for its work, the hospital's answer, and what ends an offer before."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from mendline.kernel import (
    MOST_MONEY,
    DomainError,
    MinorUnits,
    QuotationId,
    Reference,
    TicketId,
    Timer,
    command,
    currencies,
    emit,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    timer,
    touch,
    work,
)
from mendline.tickets.commercial.quotation import Quotation, QuotationOutcome
from mendline.tickets.events import ProviderAssigned, QuotationMoved
from mendline.tickets.lifecycle import lock_ticket, may_step, move, note_change, require_part
from mendline.tickets.partners.participants import require_group
from mendline.tickets.results import TicketResult, result
from mendline.tickets.ticket import Ticket, TicketCommercial
from mendline_tenants import POLICIES, Actor, system_actor

TIMER = "tickets.expire_quotation"
RESUMED = ("accepted", "on_site")
"""States in which a quotation is made in the middle of the work, and to which its approval leads back."""

POLICIES["quotation"] = Literal["triage", "outside"]
"""When a provider's work waits for a quotation: where triage sends it outside, or wherever intake finds it outside."""

Reason = Annotated[str, Meta(max_length=500)]


class QuotationLine(Struct, frozen=True):
    """One line: what it is for, how many, and the amount of one in minor units (a discount is below zero)."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    unit_amount: Annotated[MinorUnits, Meta(ge=-MOST_MONEY, le=MOST_MONEY)]
    quantity: Annotated[int, Meta(ge=1, le=100_000)] = 1


class Quote(Struct, frozen=True):
    """What the work on a ticket will cost: lines in one currency (ISO 4217), and until when the offer stands."""

    ticket: TicketId
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    lines: Annotated[tuple[QuotationLine, ...], Meta(min_length=1, max_length=100)]
    valid_until: datetime
    remark: Annotated[str, Meta(max_length=2000)] = ""


class QuotationResult(Struct, frozen=True):
    """The quotation after the command, and its ticket."""

    quotation: QuotationId
    outcome: str
    ticket: TicketId


@command("tickets.quote", "tickets.quote")
async def quote(actor: Actor, input: Quote) -> QuotationResult:
    """Makes an offer in place of any that is open; the ticket waits for the hospital's answer.

    Only a provider that is not the hospital itself quotes. Raises wrong_part, wrong_state, group_withheld, and
    invalid_input for an unknown currency, a sum below zero or too large, and a validity that is over.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    _require_other_provider(actor, ticket)
    may_step(actor, ticket)
    require_group(actor, ticket, "commercial")
    if input.currency not in currencies():
        raise DomainError("invalid_input", field="currency", problem="unknown_currency")
    amount = sum(line.quantity * line.unit_amount for line in input.lines)
    if not 0 <= amount <= MOST_MONEY:
        raise DomainError("invalid_input", field="lines", problem="sum_out_of_range")
    if input.valid_until <= work().occurred_at:
        raise DomainError("invalid_input", field="valid_until", problem="not_ahead")
    former = await latest(ticket)
    await _replace(actor, ticket, former)
    quotation = Quotation(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        visible_to=_sides(ticket),
        author_org=actor.organisation,
        author_id=actor.id,
        revision=former.revision + 1 if former else 1,
        currency=input.currency,
        amount=amount,
        lines=[msgspec.to_builtins(line) for line in input.lines],
        remark=input.remark,
        valid_until=input.valid_until,
        resumes=resumption(ticket, former),
        occurred_at=work().occurred_at,
    )
    await rows.insert(quotation)
    await rows.change(TicketCommercial, ticket.tenant_id, ticket.id, quotation_needed=True)
    await move(actor, ticket, waiting_for="quotation")
    await set_timer(actor.organisation, TIMER, _timer_key(ticket), input.valid_until, quotation=opaque_id(quotation))
    _tell(actor, ticket, "quoted", quotation)
    return _result(quotation, "open")


class AnswerQuotation(Struct, frozen=True):
    """The hospital's answer to this quotation and no other; a refusal says why."""

    quotation: QuotationId
    approved: bool
    reason: Reason = ""


@command("tickets.answer_quotation", "tickets.answer_quotation")
async def answer_quotation(actor: Actor, input: AnswerQuotation) -> QuotationResult:
    """Approval lets the work go on where it stood; after a refusal the ticket waits for another quotation.

    Raises wrong_part for all but the hospital, quotation_closed when it stands no more (with what became of it),
    quotation_expired, wrong_state, and reason_needed.
    """
    ticket, quotation = await _locked(input.quotation)
    require_part(actor, ticket, "facility")
    await _require_open(ticket, quotation)
    if quotation.valid_until <= work().occurred_at:
        raise DomainError("quotation_expired", number=ticket.number, at=quotation.valid_until)
    may_step(actor, ticket)
    if not input.approved and not input.reason:
        raise DomainError("reason_needed")
    outcome = "approved" if input.approved else "refused"
    await _close(actor, quotation, outcome, input.reason)
    if input.approved:
        await move(actor, ticket, quotation.resumes, waiting_for=None)
        _goes_on(ticket)
    else:
        await move(actor, ticket)
    _tell(actor, ticket, outcome, quotation)
    return _result(quotation, outcome)


class DropQuotation(Struct, frozen=True):
    """The provider needs no approval after all (goodwill, or another pays), and says why."""

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@command("tickets.drop_quotation", "tickets.quote")
async def drop_quotation(actor: Actor, input: DropQuotation) -> TicketResult:
    """Withdraws what was offered; the work goes on without a quotation. Raises wrong_part, wrong_state."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    _require_other_provider(actor, ticket)
    may_step(actor, ticket)
    require_group(actor, ticket, "commercial")
    await release(actor, ticket, input.reason)
    return result(ticket)


class ExpireQuotation(Struct, frozen=True):
    """A quotation whose validity is over."""

    quotation: QuotationId


@command("tickets.expire_quotation", "tickets.expire_quotation")
async def expire_quotation(actor: Actor, input: ExpireQuotation) -> QuotationResult:
    """In the name of the provider that made it: it stands no more, and the ticket waits for another one.

    One that was answered meanwhile, or is valid still, stays as it is.
    """
    ticket, quotation = await _locked(input.quotation)
    if actor.organisation != quotation.author_org:
        raise DomainError("wrong_part", part="provider", number=ticket.number)
    known = await outcome_of(quotation)
    if known is not None or quotation.valid_until > work().occurred_at:
        return _result(quotation, known.outcome if known else "open")
    await _close(actor, quotation, "expired", "")
    await note_change(actor, ticket, quotation="expired")
    _tell(actor, ticket, "expired", quotation)
    return _result(quotation, "expired")


@timer(TIMER)
async def expire(due: Timer) -> None:
    """Rings when a quotation's validity is over, in the name of the provider that made it."""
    try:
        await run(
            system_actor(due.tenant_id),
            TIMER,
            ExpireQuotation(due.payload["quotation"]),
            key=f"timer:{due.id}:{due.due_at.isoformat()}",
        )
    except DomainError as refused:
        if refused.code != "not_found":  # the ticket is no longer shared with the provider
            raise


async def release(actor: Actor, ticket: Ticket, reason: str) -> None:
    """Takes a locked ticket out of its waiting for a quotation, because none is needed any more."""
    former = await latest(ticket)
    outcome = "refused" if actor.organisation == ticket.tenant_id else "withdrawn"
    if former is not None and await _end(actor, ticket, former, outcome, reason):
        _tell(actor, ticket, outcome, former)
    await rows.change(TicketCommercial, ticket.tenant_id, ticket.id, quotation_needed=False)
    await move(actor, ticket, resumption(ticket, former), waiting_for=None)
    _goes_on(ticket)


async def end_with_ticket(actor: Actor, ticket: Ticket, reason: str) -> None:
    """The hospital has cancelled a locked ticket: what is quoted for it needs no answer, and its provider hears so."""
    former = await latest(ticket)
    if former is not None and await _end(actor, ticket, former, "refused", reason):
        _tell(actor, ticket, "ended", former)


async def _end(actor: Actor, ticket: Ticket, quotation: Quotation, outcome: str, reason: str) -> bool:
    """Whether the quotation was open, and has this outcome now."""
    if await outcome_of(quotation) is not None:
        return False
    await _close(actor, quotation, outcome, reason)
    touch(Reference(ticket.tenant_id, ticket.id), quotation=outcome)
    return True


async def latest(ticket: Ticket) -> Quotation | None:
    """The latest quotation of a ticket, whatever became of it."""
    return await rows.first(
        Quotation, "tenant_id = $1 AND ticket_id = $2 ORDER BY revision DESC", ticket.tenant_id, ticket.id
    )


async def outcome_of(quotation: Quotation) -> QuotationOutcome | None:
    """What became of a quotation; None while it is open."""
    return await rows.find(QuotationOutcome, quotation.tenant_id, quotation.id)


def resumption(ticket: Ticket, former: Quotation | None) -> str:
    """The state to which a ticket goes on from its quotation: where its work was interrupted.

    What had waited for something else is accepted still: whoever has it comes when that is there.
    """
    if ticket.state in RESUMED:
        return ticket.state
    if ticket.state == "waiting":
        return "accepted"
    return former.resumes if former and ticket.state == "quotation" else "triaged"


def opaque_id(quotation: Quotation) -> str:
    """The id of a quotation that is given out."""
    return opaque("qt", quotation.tenant_id, quotation.id)


def _require_other_provider(actor: Actor, ticket: Ticket) -> None:
    if actor.organisation == ticket.tenant_id or actor.organisation != ticket.provider_id:
        raise DomainError("wrong_part", part="provider", number=ticket.number)


async def _locked(id: str) -> tuple[Ticket, Quotation]:
    """The ticket, whose lock puts all that is done about its quotations in order, and the quotation."""
    reference = parse_opaque("qt", id)
    quotation = await rows.get(Quotation, *reference)
    return await lock_ticket(Reference(quotation.tenant_id, quotation.ticket_id)), quotation


async def _require_open(ticket: Ticket, quotation: Quotation) -> None:
    known = await outcome_of(quotation)
    if known is not None:
        raise DomainError("quotation_closed", number=ticket.number, quotation=known.outcome)


async def _replace(actor: Actor, ticket: Ticket, former: Quotation | None) -> None:
    if former is not None and await outcome_of(former) is None:
        await _close(actor, former, "replaced", "")


async def _close(actor: Actor, quotation: Quotation, outcome: str, reason: str) -> None:
    await rows.insert(
        QuotationOutcome(
            tenant_id=quotation.tenant_id,
            id=quotation.id,
            ticket_id=quotation.ticket_id,
            visible_to=list(quotation.visible_to),
            author_org=actor.organisation,
            author_id=actor.id,
            outcome=outcome,
            reason=reason,
            occurred_at=work().occurred_at,
        )
    )


def _sides(ticket: Ticket) -> list[Any]:
    return sorted((ticket.tenant_id, ticket.provider_id))


def _goes_on(ticket: Ticket) -> None:
    if ticket.state == "triaged":
        emit(ProviderAssigned(tenant=ticket.tenant_id, ticket=ticket.id, provider=ticket.provider_id))


def _timer_key(ticket: Ticket) -> str:
    return f"quotation:{ticket.id}"


def _tell(actor: Actor, ticket: Ticket, what: str, quotation: Quotation) -> None:
    emit(
        QuotationMoved(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            provider=ticket.provider_id,
            by=actor.organisation,
            what=what,
            quotation=quotation.id,
        )
    )


def _result(quotation: Quotation, outcome: str) -> QuotationResult:
    return QuotationResult(opaque_id(quotation), outcome, opaque("tk", quotation.tenant_id, quotation.ticket_id))
