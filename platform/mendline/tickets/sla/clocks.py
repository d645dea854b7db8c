"""A ticket's clocks kept with it: opened at intake, moved by what happens to the ticket, worked out from their log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import msgspec

from mendline.kernel import emit, now, rows, work
from mendline.tickets.events import ClockChanged
from mendline.tickets.sla.clock import (
    CLOCKS,
    ClockEvent,
    ClockEventKind,
    ClockName,
    ClockReading,
    ClockState,
    moment_of_share,
    reckon,
    sets_target,
    target_in_force,
)
from mendline.tickets.sla.log import READING, TicketClock, TicketClockEvent
from mendline.tickets.sla.rules import what_happens
from mendline.tickets.sla.terms import Terms
from mendline.tickets.ticket import Ticket
from mendline_tenants import WorkingCalendar

WARN_AT = 0.8
"""The share of its target at which people are warned."""

DUE_COLUMNS = {"response": "response_due_at", "restoration": "restoration_due_at"}
"""The ticket's columns that follow a clock."""


def opened(terms: Terms, ticket: Ticket) -> list[TicketClock | TicketClockEvent]:
    """The clocks of a new ticket and their first events, yet to be stored; the ticket's due times are set."""
    made: list[TicketClock | TicketClockEvent] = []
    for seq, clock in enumerate(CLOCKS, 1):
        minutes = terms.minutes[clock].get(str(ticket.priority))
        happened = _event(ticket, seq, clock, "started", ticket.opened_at, minutes)
        showing = reading(terms.calendar, [told(happened)], max(now(), ticket.opened_at))
        made += [happened, TicketClock(**_of(ticket), clock=clock, **terms.stored(clock), **showing)]
        if clock in DUE_COLUMNS:
            setattr(ticket, DUE_COLUMNS[clock], showing["due_at"])
    _tell_watch(ticket, any(terms.minutes.values()))
    return made


async def carried_on(parent: Ticket, child: Ticket) -> list[TicketClock | TicketClockEvent]:
    """The parent's clocks with their whole log, for the child by which another goes on; yet to be stored."""
    clocks = await clocks_of(parent)
    made: list[TicketClock | TicketClockEvent] = [
        TicketClock(**_of(child), **_copied(clock, ("clock", "calendar", "telling", "minutes", "pauses", *READING)))
        for clock in clocks
    ]
    made += [
        TicketClockEvent(
            **_of(child), **_copied(e, ("seq", "clock", "kind", "occurred_at", "claimed", "minutes", "reason"))
        )
        for e in await log_of(parent)
    ]
    _tell_watch(child, any(clock.target for clock in clocks))
    return made


def _copied(row: TicketClock | TicketClockEvent, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


async def follow(ticket: Ticket, state: str, waiting_for: str | None, priority: int) -> dict[str, Any]:
    """What a locked ticket's next state, wait and priority do to its clocks is logged and worked out.

    Answers the ticket's columns that follow. A ticket without clocks (brought along as history) has none.
    """
    clocks = await clocks_of(ticket)
    log = await log_of(ticket) if priority != ticket.priority else []
    visited = any(clock.clock == "arrival" and clock.state == "stopped" for clock in clocks)
    happened: list[tuple[ClockName | None, ClockEventKind, int | None, str]] = []
    for clock in clocks:
        name, shows = cast("ClockName", clock.clock), cast("ClockState", clock.state)
        moved = what_happens(name, shows, state, waiting_for, clock.pauses, source=ticket.state, visited=visited)
        if moved is not None:
            kind, reason = moved
            # A ticket waits as a whole: one event for all of its clocks, which leaves those that stand alone.
            event = (None if kind in ("paused", "resumed") else name, kind, None, reason)
            happened += [event] if event not in happened else []
        minutes = clock.minutes.get(str(priority))
        agreed = None if minutes is None else minutes * 60
        # Not what the clock shows: one that has stopped keeps its target, and runs by this one when it is reopened.
        if log and agreed != target_in_force(events_of(log, name)):
            happened.append((name, "targeted", minutes, f"priority {priority}"))
    return await add_events(ticket, clocks, happened) if happened else {}


async def add_events(
    ticket: Ticket,
    clocks: list[TicketClock],
    happened: Iterable[tuple[ClockName | None, ClockEventKind, int | None, str]],
) -> dict[str, Any]:
    """Logs events (clock, kind, minutes, reason) of the running command; answers the ticket's columns that follow."""
    log, watched = await log_of(ticket), any(clock.target for clock in clocks)
    fresh: list[TicketClockEvent] = []
    for clock, kind, minutes, reason in happened:
        seq = log[-1].seq + 1 if log else 1
        event = _event(ticket, seq, clock, kind, _moment(log, clock, kind), minutes, reason)
        log.append(event)
        fresh.append(event)
    await rows.insert(*fresh)
    columns = await reckon_anew(clocks, log)
    await forget_marks(clocks, fresh)
    _tell_watch(ticket, watched or any(clock.target for clock in clocks))
    return columns


def _tell_watch(ticket: Ticket, targets: bool) -> None:
    """Whoever watches the clocks hears that they moved; without any target there is nothing to watch."""
    if targets:
        emit(ClockChanged(tenant=ticket.tenant_id, ticket=ticket.id))


def _moment(log: list[TicketClockEvent], clock: ClockName | None, kind: ClockEventKind) -> datetime:
    """When the running command's event counts: never before what it follows on.

    Order is by version, never by time: a moment claimed from outside cannot slip before the pause that it ends.
    """
    claimed = work().occurred_at
    own = (event for event in log if clock is None or event.clock in (None, clock))
    before = (
        event.occurred_at
        for event in own
        if (sets_target(event.kind, event.minutes) if kind == "targeted" else event.kind != "targeted")
    )
    return max(claimed, max(before, default=claimed))


async def forget_marks(clocks: list[TicketClock], fresh: Iterable[TicketClockEvent] = ()) -> None:
    """People have been told of a breach, once; what comes after it is another one, of which they are told again.

    So it is with a clock that has begun anew or was reopened, and one that runs and is due (or to be warned of) later
    than now again: by a longer target, or a calendar that is known better.
    """
    begun = {event.clock for event in fresh if event.kind in ("rebased", "reopened")}
    moment = now()
    for clock in clocks:
        anew, runs = clock.clock in begun, clock.state == "running"
        marks = {
            mark: None
            for mark, at in (("warned_at", clock.warn_at), ("escalated_at", clock.due_at))
            if getattr(clock, mark) is not None and (anew or (runs and at is not None and at > moment))
        }
        if marks:
            await rows.update(clock, **marks)


async def reckon_anew(clocks: list[TicketClock], log: list[TicketClockEvent]) -> dict[str, Any]:
    """Works every clock out from the whole log and stores what changed; answers the ticket's columns that follow."""
    moment = max(now(), *(event.occurred_at for event in log))
    columns: dict[str, Any] = {}
    for clock in clocks:
        showing = reading(calendar_of(clock), events_of(log, clock.clock), moment)
        if any(getattr(clock, name) != value for name, value in showing.items() if name not in ("used", "reckoned_at")):
            await rows.update(clock, **showing)
        if clock.clock in DUE_COLUMNS:
            columns[DUE_COLUMNS[clock.clock]] = showing["due_at"]
    return columns


def reading(calendar: WorkingCalendar, events: list[ClockEvent], moment: datetime) -> dict[str, Any]:
    """What a clock shows at a moment, as the columns READING."""
    shown: ClockReading = reckon(calendar, events, moment)
    values = msgspec.structs.asdict(shown)
    return {**values, "warn_at": moment_of_share(calendar, events, WARN_AT), "reckoned_at": moment}


def calendar_of(clock: TicketClock) -> WorkingCalendar:
    """When the clock counts."""
    return msgspec.convert(clock.calendar, WorkingCalendar)


def events_of(log: Iterable[TicketClockEvent], clock: str) -> list[ClockEvent]:
    """What happened to one clock: its own events, and those of all."""
    return [told(event) for event in log if event.clock in (None, clock)]


def told(event: TicketClockEvent) -> ClockEvent:
    """A row of the log as the pure clock reads it."""
    kind = cast("ClockEventKind", event.kind)
    return ClockEvent(kind, event.occurred_at, event.seq, event.minutes, event.reason, event.claimed)


async def clocks_of(ticket: Ticket) -> list[TicketClock]:
    """A ticket's clocks, in the order of CLOCKS."""
    found = await rows.select(TicketClock, "tenant_id = $1 AND ticket_id = $2", ticket.tenant_id, ticket.id)
    return sorted(found, key=lambda clock: CLOCKS.index(cast("ClockName", clock.clock)))


async def log_of(ticket: Ticket) -> list[TicketClockEvent]:
    """The log of a ticket's clocks as it was recorded."""
    return await rows.select(
        TicketClockEvent, "tenant_id = $1 AND ticket_id = $2 ORDER BY seq", ticket.tenant_id, ticket.id
    )


def _event(
    ticket: Ticket,
    seq: int,
    clock: ClockName | None,
    kind: ClockEventKind,
    moment: datetime,
    minutes: int | None = None,
    reason: str = "",
) -> TicketClockEvent:
    return TicketClockEvent(
        **_of(ticket),
        seq=seq,
        clock=clock,
        kind=kind,
        occurred_at=moment,
        claimed=work().claimed,
        minutes=minutes,
        reason=reason,
    )


def _of(ticket: Ticket) -> dict[str, Any]:
    return {"tenant_id": ticket.tenant_id, "ticket_id": ticket.id, "author_org": work().actor.organisation}
