"""A second clock: working time counted from a ticket's log and a stored calendar, day by day, by no code of ours."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

DAY = timedelta(days=1)
Part = tuple[datetime, datetime]


def seconds_used(calendar: dict[str, Any], clock: str, log: Iterable[Any], until: datetime) -> float:
    """What a clock has used by then. log: rows of `ticket_clock_event`, those of other clocks among them."""
    return sum(_worked(calendar, begins, ends) for begins, ends in _running(clock, log, until))


def _running(clock: str, log: Iterable[Any], until: datetime) -> list[Part]:
    """When it ran: it begins once, is held back and let go, ends, goes on when it is reopened, and may begin anew."""
    parts: list[Part] = []
    begun = since = None
    held = ended = False
    for row in sorted(log, key=lambda row: (row.occurred_at, row.seq)):
        if row.clock not in (None, clock) or row.occurred_at > until:
            continue
        goes_on = since is not None
        if row.kind == "rebased" and begun:
            parts, since, held, ended = [], row.occurred_at, False, False
        elif row.kind == "started" and not begun:
            begun = since = row.occurred_at
        elif goes_on and row.kind in ("paused", "stopped"):
            parts.append((since, row.occurred_at))  # type: ignore[arg-type]  # it goes on: it has a since
            since, held, ended = None, row.kind == "paused", row.kind == "stopped"
        elif row.kind == "stopped" and held:
            held, ended = False, True
        elif (row.kind == "resumed" and held) or (row.kind == "reopened" and ended):
            since, held, ended = row.occurred_at, False, False
    return [*parts, (since, until)] if since else parts


def _worked(calendar: dict[str, Any], begins: datetime, ends: datetime) -> float:
    if calendar.get("always"):
        return (ends - begins).total_seconds()
    zone = ZoneInfo(calendar["zone"])
    day, total = begins.astimezone(zone).date(), 0.0
    while day <= ends.astimezone(zone).date():
        for opens, closes in _open(calendar, day, zone):
            total += max(0.0, (min(closes, ends) - max(opens, begins)).total_seconds())
        day += DAY
    return total


def _open(calendar: dict[str, Any], day: date, zone: ZoneInfo) -> Iterator[Part]:
    """A day's hours less its breaks; on a Saturday or Sunday that is worked, those of a Monday."""
    assert calendar["country"] == "CN" and not calendar.get("opened") and not calendar.get("closed")
    if not chinese_calendar.is_workday(day):
        return
    weekday = day.isoweekday() if day.isoweekday() <= 5 else 1
    lunch = [part for part in calendar["breaks"] if weekday in part["days"]]
    for part in calendar["hours"]:
        if weekday in part["days"]:
            edges = [part["begins"], *(edge for rest in lunch for edge in (rest["begins"], rest["ends"])), part["ends"]]
            for opens, closes in zip(edges[::2], edges[1::2], strict=True):
                yield _at(day, opens, zone), _at(day, closes, zone)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)
