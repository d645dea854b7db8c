"""The year looked at when it is over: tickets that are stuck, and clocks that do not say what their log says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from uuid import UUID

from mendline.kernel import rows, transaction
from mendline.tickets import TicketClock, TicketClockEvent, calendar_of, events_of, explain, reckon
from support.database import look
from support.year.second_clock import seconds_used

AT_REST = ("archived",)
"""States in which nothing is to be done any more."""

AT_A_TIME = 500
"""Tickets whose clocks are looked at together."""


@dataclass
class Clocks:
    """How many clocks were looked at, what they told, the intervals of their lives, and which are not explained."""

    seen: int = 0
    met: int = 0
    missed: int = 0
    escalated: int = 0
    paused: int = 0
    intervals: int = 0
    wrong: list[str] = field(default_factory=list)


async def stuck() -> dict[str, int]:
    """States that are no end, and how many tickets are in them."""
    found = await look("SELECT state, count(*) FROM ticket WHERE state <> ALL ($1) GROUP BY state", list(AT_REST))
    return {row["state"]: row["count"] for row in found}


async def by_state() -> dict[str, int]:
    """How every ticket ended, and the states of those that are not archived."""
    ended = "CASE WHEN state = ANY ($1) THEN outcome ELSE state END"
    found = await look(f"SELECT {ended} AS ended, count(*) FROM ticket GROUP BY 1 ORDER BY 2 DESC", list(AT_REST))
    return {row["ended"]: row["count"] for row in found}


async def urgent_at_night() -> int:
    """Tickets of priority 1 that were reported between 22 and 6 o'clock."""
    at_night = "extract(hour FROM opened_at AT TIME ZONE 'Asia/Shanghai') NOT BETWEEN 6 AND 21"
    (found,) = await look(f"SELECT count(*) FROM ticket WHERE priority = 1 AND {at_night}")
    return int(found["count"])


async def clocks(organisations: list[UUID]) -> Clocks:
    """Every clock worked out anew from its log, explained, and counted by a second clock that is none of ours."""
    told = Clocks()
    for tenant in organisations:
        async for row, log in _each(tenant):
            told.seen += 1
            told.met += row.met is True
            told.missed += row.met is False
            _look(told, row, log)
    return told


def _look(told: Clocks, row: TicketClock, log: list[TicketClockEvent]) -> None:
    calendar, events = calendar_of(row), events_of(log, row.clock)
    anew = reckon(calendar, events, row.reckoned_at)
    stored = (row.state, row.started_at, row.target, row.used, row.due_at, row.stopped_at, row.met)
    if stored != (anew.state, anew.started_at, anew.target, anew.used, anew.due_at, anew.stopped_at, anew.met):
        told.wrong.append(f"{row.ticket_id} {row.clock}: stored {stored}, worked out {anew}")
    intervals = explain(calendar, events, row.reckoned_at)
    told.intervals += len(intervals)
    told.paused += sum(interval.why == "paused" for interval in intervals)
    told.escalated += row.escalated_at is not None
    counted = sum(interval.seconds for interval in intervals if interval.counted)
    second = seconds_used(row.calendar, row.clock, log, row.reckoned_at)
    if abs(second - row.used) >= 60:
        told.wrong.append(f"{row.ticket_id} {row.clock}: {row.used} s stored, {second:.0f} s by the second clock")
    gaps = [one for one, after in pairwise(intervals) if one.ends != after.begins]
    if abs(counted - row.used) >= 60 or gaps:
        told.wrong.append(f"{row.ticket_id} {row.clock}: {counted} s explained, {row.used} s used, {len(gaps)} gaps")


async def _each(tenant: UUID) -> AsyncIterator[tuple[TicketClock, list[TicketClockEvent]]]:
    ids = [row["id"] for row in await look("SELECT id FROM ticket WHERE tenant_id = $1 ORDER BY id", tenant)]
    for start in range(0, len(ids), AT_A_TIME):
        some = ids[start : start + AT_A_TIME]
        async with transaction(tenant):
            of = "tenant_id = $1 AND ticket_id = ANY ($2) ORDER BY ticket_id"
            found = await rows.select(TicketClock, of, tenant, some)
            log = await rows.select(TicketClockEvent, f"{of}, seq", tenant, some)
        events = {ticket: list(each) for ticket, each in groupby(log, key=lambda event: event.ticket_id)}
        for row in found:
            yield row, events[row.ticket_id]
