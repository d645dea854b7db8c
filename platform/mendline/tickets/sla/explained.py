"""The SLA clock explained: every interval that counted or did not, and why; what counted adds up to what was used."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline.tickets.sla.clock import ClockEvent, Stretch, in_order, stretches_of
from mendline_tenants import WorkingCalendar, day_kind, working_spans

Why = Literal["working", "off_hours", "weekend", "public_holiday", "closed", "paused", "stopped"]


class Interval(Struct, frozen=True):
    """A stretch of time of one kind. seconds: its length. counted: whether the clock used it.

    why: `working` counted, with the reason for which the clock was reopened or began anew, if it was; `off_hours`
    outside the day's hours or in its break; `weekend`, `public_holiday` and `closed` name the day; `paused` and
    `stopped` come with the reason that was given.
    """

    begins: datetime
    ends: datetime
    why: Why
    reason: str = ""

    @property
    def counted(self) -> bool:
        """Whether the clock used it."""
        return self.why == "working"

    @property
    def seconds(self) -> int:
        """Its length."""
        return int((self.ends - self.begins).total_seconds())


def explain(calendar: WorkingCalendar, events: Iterable[ClockEvent], moment: datetime) -> list[Interval]:
    """The clock's life from its start (or its last base) until `moment`, without gaps; empty before the start."""
    found: list[Interval] = []
    for stretch in stretches_of(in_order(event for event in events if event.at <= moment)):
        for interval in _intervals(calendar, stretch, moment):
            latest = found[-1] if found else None
            if latest is not None and (latest.why, latest.reason) == (interval.why, interval.reason):
                found[-1] = Interval(latest.begins, interval.ends, latest.why, latest.reason)
            else:
                found.append(interval)
    return found


def _intervals(calendar: WorkingCalendar, stretch: Stretch, moment: datetime) -> Iterator[Interval]:
    begins, ends = stretch.begins.astimezone(UTC), (stretch.ends or moment).astimezone(UTC)
    if stretch.state != "running":
        if begins < ends:
            yield Interval(begins, ends, stretch.state, stretch.reason)
        return
    reached = begins
    for span in working_spans(calendar, begins, ends):
        yield from _idle(calendar, reached, span.begins)
        yield Interval(span.begins, span.ends, "working", stretch.reason)
        reached = span.ends
    yield from _idle(calendar, reached, ends)


def _idle(calendar: WorkingCalendar, begins: datetime, ends: datetime) -> Iterator[Interval]:
    """Time without work, cut at each local midnight, since each day has a reason of its own."""
    zone = ZoneInfo(calendar.zone)
    while begins < ends:
        day = begins.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        until = min(midnight, ends)
        yield Interval(begins, until, _why_idle(calendar, begins.astimezone(zone)))
        begins = until


def _why_idle(calendar: WorkingCalendar, local: datetime) -> Why:
    match day_kind(calendar, local.date()):
        case "weekend":
            return "weekend"
        case "public_holiday":
            return "public_holiday"
        case "closed":
            return "closed"
        case _:
            return "off_hours"
