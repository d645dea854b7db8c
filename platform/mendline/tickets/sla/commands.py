"""Commands over a ticket's clocks: a new base that was agreed on, and the look that warns and escalates."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from mendline.kernel import DomainError, Reference, TicketId, command, emit, now, parse_opaque, rows, touch
from mendline.tickets.events import ClockDue
from mendline.tickets.lifecycle import change, lock_ticket, note_change, require_part
from mendline.tickets.results import TicketResult, result
from mendline.tickets.sla.clock import ClockEventKind, ClockName
from mendline.tickets.sla.clocks import add_events, clocks_of, forget_marks, log_of, reckon_anew
from mendline.tickets.sla.log import TicketClock
from mendline.tickets.sla.rules import what_happens
from mendline.tickets.sla.watch import due_marks
from mendline.tickets.ticket import Ticket, TicketClinical
from mendline_tenants import Actor

Minutes = Annotated[int, Meta(gt=0, le=60 * 24 * 365)]


class RebaseClock(Struct, frozen=True):
    """Lets a clock begin anew, as the two sides agreed; what was used before counts no more.

    reason: read by every participant. clock: without one, all that run. minutes: another target than before.
    """

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    clock: ClockName | None = None
    minutes: Minutes | None = None


@command("tickets.rebase_clock", "tickets.rebase_clock")
async def rebase_clock(actor: Actor, input: RebaseClock) -> TicketResult:
    """The user facility agrees to a new base. Raises clock_not_running when none of those named still runs."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "facility")
    clocks = await clocks_of(ticket)
    meant = [c for c in clocks if c.state in ("running", "paused") and input.clock in (None, c.clock)]
    if not meant:
        raise DomainError("clock_not_running", number=ticket.number)
    columns = await add_events(ticket, clocks, [event for clock in meant for event in _new_base(ticket, clock, input)])
    await change(actor, ticket, **columns)
    touch(Reference(ticket.tenant_id, ticket.id), clocks=[clock.clock for clock in meant], reason=input.reason)
    return result(ticket)


def _new_base(
    ticket: Ticket, clock: TicketClock, input: RebaseClock
) -> Iterator[tuple[ClockName | None, ClockEventKind, int | None, str]]:
    name: ClockName = clock.clock  # type: ignore[assignment]
    yield name, "rebased", input.minutes, input.reason
    # A new base lets the clock run; what holds the ticket up holds it back again at once.
    held = what_happens(name, "running", ticket.state, ticket.waiting_for, clock.pauses)
    if held is not None and held[0] == "paused":
        yield name, "paused", None, held[1]


class CheckClocks(Struct, frozen=True):
    """A look at the clocks of a ticket."""

    ticket: TicketId


@command("tickets.check_clocks", "tickets.check_clocks")
async def check_clocks(actor: Actor, input: CheckClocks) -> TicketResult:
    """Works the clocks out anew (make-up workdays may be known by now), and marks those of which people must be told.

    Each mark is made once. In the user facility's name.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "facility")
    clocks = await clocks_of(ticket)
    before = [clock.due_at for clock in clocks]
    columns = await reckon_anew(clocks, await log_of(ticket)) if clocks else {}
    await forget_marks(clocks)
    clinical = await rows.find(TicketClinical, ticket.tenant_id, ticket.id)
    urgent = clinical is not None and clinical.use_state == "patient_affected"
    moment = now()
    told = [await _mark(ticket, clock, level, moment) for clock, level in due_marks(clocks, moment, urgent=urgent)]
    if [clock.due_at for clock in clocks] != before:
        await change(actor, ticket, **columns)
        touch(Reference(ticket.tenant_id, ticket.id), due=told)
    elif told:
        await note_change(actor, ticket, due=told)
    return result(ticket)


async def _mark(ticket: Ticket, clock: TicketClock, level: str, moment: datetime) -> str:
    """Marks one clock and says so. What is due needs no warning any more."""
    marks = {"warned_at": clock.warned_at or moment}
    await rows.update(clock, **marks | ({"escalated_at": moment} if level == "escalated" else {}))
    passed_on = ticket.waiting_for == "provider"
    emit(
        ClockDue(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            clock=clock.clock,
            level=level,
            due_at=clock.due_at or moment,
            provider=ticket.provider_id,
            facility=not passed_on,  # its people hear of the child that does the work
        )
    )
    return f"{clock.clock} {level}"
