"""Watching clocks: one timer per ticket rings when people are to be told, inside the hours in which they are there."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from mendline.tickets.sla.log import TicketClock
from mendline_tenants import WorkingCalendar, opens

LATE = timedelta(minutes=15)
"""A timer that rings no later than this still rings for its own moment, which was inside working hours."""

ANEW = timedelta(days=7)
"""How often a clock is worked out anew that reaches into a year without published make-up workdays."""

LEVELS = (("escalated", "escalated_at", "due_at"), ("warned", "warned_at", "warn_at"))
"""Each level with its mark and the moment that it is for; the gravest first."""


def ring_at(clock: TicketClock, planned: datetime, moment: datetime, *, urgent: bool) -> datetime | None:
    """When people are told of what was planned for then: in working hours, unless a patient is affected.

    None when the calendar never opens.
    """
    if urgent:
        return planned
    wanted = planned if planned >= moment - LATE else moment
    return opens(msgspec.convert(clock.telling, WorkingCalendar), wanted)


def due_marks(clocks: Iterable[TicketClock], moment: datetime, *, urgent: bool) -> Iterator[tuple[TicketClock, str]]:
    """The running clocks of which people are to be told now, each with the gravest level that has come."""
    for clock in clocks:
        for level, mark, planned in LEVELS:
            if (ring := _ring(clock, mark, planned, moment, urgent)) is not None and ring <= moment:
                yield clock, level
                break


def next_look(clocks: Iterable[TicketClock], moment: datetime, *, urgent: bool) -> datetime | None:
    """When the clocks are to be looked at next; None when nothing is to come."""
    looks = [
        ring
        for clock in clocks
        for _, mark, planned in LEVELS
        if (ring := _ring(clock, mark, planned, moment, urgent)) is not None
    ]
    if any(clock.state == "running" and clock.target and clock.provisional for clock in clocks):
        looks.append(moment + ANEW)
    return min(looks, default=None)


def _ring(clock: TicketClock, mark: str, planned: str, moment: datetime, urgent: bool) -> datetime | None:
    at = getattr(clock, planned)
    if clock.state != "running" or at is None or getattr(clock, mark) is not None or clock.escalated_at is not None:
        return None
    return ring_at(clock, at, moment, urgent=urgent)


def timer_key(ticket: UUID) -> str:
    """The key of a ticket's timer: it has one at most."""
    return f"clocks:{ticket}"
