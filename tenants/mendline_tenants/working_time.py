"""Working time: when somebody is there by a working calendar, to the second, across holidays, nights and DST."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from msgspec import Struct

LONGEST = timedelta(days=3660)
"""How far ahead a budget of working time is looked for: ten years. A calendar that never opens ends there."""

DayKind = Literal["ordinary", "opened", "closed", "make_up_workday", "public_holiday", "weekend"]


class Hours(Struct, frozen=True):
    """From `begins` to `ends` on these ISO weekdays, in minutes after midnight, local time.

    0 <= begins < 1440. An end no later than the beginning lies on the next day, so a night shift is one window and
    belongs to the day on which it begins; ends = begins is a whole day and night.
    """

    days: tuple[int, ...]
    begins: int
    ends: int


class WorkingCalendar(Struct, frozen=True):
    """When work is done: weekly hours less breaks, in a zone, with a country's holidays and single days of its own.

    always: day and night, every day; nothing else counts then. country: ISO 3166-1 alpha-2, whose public holidays are
    free and whose make-up workdays are worked with the hours of the first weekday that has any; None knows no holidays.
    breaks: taken out of the hours of the days they name. opened, closed: single days that are worked, or not, whatever
    the rest says.
    """

    zone: str
    hours: tuple[Hours, ...] = ()
    breaks: tuple[Hours, ...] = ()
    country: str | None = None
    opened: tuple[date, ...] = ()
    closed: tuple[date, ...] = ()
    always: bool = False


class Span(NamedTuple):
    """From one moment (included) to another (not included), both in UTC."""

    begins: datetime
    ends: datetime

    @property
    def seconds(self) -> int:
        """Its length."""
        return int((self.ends - self.begins).total_seconds())


def working_spans(calendar: WorkingCalendar, begins: datetime, ends: datetime) -> Iterator[Span]:
    """The working time within [begins, ends), in order, disjoint and never touching."""
    begins, ends = begins.astimezone(UTC), ends.astimezone(UTC)
    open_span: Span | None = None
    for span in _unclipped(calendar, begins, ends):
        clipped = Span(max(span.begins, begins), min(span.ends, ends))
        if clipped.begins >= clipped.ends:
            continue
        if open_span is not None and clipped.begins <= open_span.ends:
            open_span = Span(open_span.begins, max(open_span.ends, clipped.ends))
            continue
        if open_span is not None:
            yield open_span
        open_span = clipped
    if open_span is not None:
        yield open_span


def working_seconds(calendar: WorkingCalendar, begins: datetime, ends: datetime) -> int:
    """Seconds of working time within [begins, ends); 0 when the end does not come after the beginning."""
    return sum(span.seconds for span in working_spans(calendar, begins, ends))


def after_working(calendar: WorkingCalendar, begins: datetime, seconds: int) -> datetime | None:
    """The first moment by which so many seconds have been worked since `begins`; None when LONGEST does not hold them.

    It is an end of working time rather than the beginning of the next: three hours from Friday 16:00 at 9-17 end on
    Monday 11:00, one hour ends on Friday 17:00.
    """
    if seconds <= 0:
        return begins.astimezone(UTC)
    left = seconds
    for span in working_spans(calendar, begins, begins + LONGEST):
        if span.seconds >= left:
            return span.begins + timedelta(seconds=left)
        left -= span.seconds
    return None


def ever_open(calendar: WorkingCalendar) -> bool:
    """Whether its weekly hours leave any time when the breaks are taken out; holidays and single days apart."""
    plain = WorkingCalendar(calendar.zone, calendar.hours, calendar.breaks, always=calendar.always)
    monday = datetime(2026, 6, 1, tzinfo=UTC)
    return working_seconds(plain, monday, monday + timedelta(days=14)) > 0


def opens(calendar: WorkingCalendar, moment: datetime) -> datetime | None:
    """The first moment from this one on at which somebody is there; None when LONGEST holds none.

    The end of working time itself still belongs to it.
    """
    moment = moment.astimezone(UTC)
    for span in working_spans(calendar, moment - timedelta(days=2), moment + LONGEST):
        if span.ends >= moment:
            return max(span.begins, moment)
    return None


def day_kind(calendar: WorkingCalendar, day: date) -> DayKind:
    """Why a day is worked or not, in one word; `weekend` is a weekday without hours."""
    if day in calendar.opened:
        return "opened"
    if day in calendar.closed:
        return "closed"
    if calendar.country is not None:
        known = _country(calendar.country, day.year)
        if day in known.make_up:
            return "make_up_workday"
        if day in known.free:
            return "public_holiday"
    return "ordinary" if any(day.isoweekday() in hours.days for hours in calendar.hours) else "weekend"


def is_provisional(calendar: WorkingCalendar, year: int) -> bool:
    """Whether the make-up workdays of this year are not published yet, so that its times will be worked out again.

    Holidays themselves are computed for any year; days that are worked for them are decreed (China: by the State
    Council, each November).
    """
    if calendar.always or calendar.country is None:
        return False
    known = _country(calendar.country, year)
    return known.decrees and not known.make_up


class _Country(NamedTuple):
    free: frozenset[date]
    make_up: frozenset[date]
    decrees: bool


@cache
def _country(code: str, year: int) -> _Country:
    known = holidays.country_holidays(code, years=[year])
    decreed: set[date] = getattr(known, "weekend_workdays", set())
    return _Country(frozenset(known), frozenset(day for day in decreed if day.year == year), bool(decreed))


def countries() -> frozenset[str]:
    """The countries whose public holidays are known."""
    return frozenset(holidays.list_supported_countries(include_aliases=False))


def _unclipped(calendar: WorkingCalendar, begins: datetime, ends: datetime) -> Iterator[Span]:
    """The spans of every day that may reach into [begins, ends), ordered by their beginning."""
    if calendar.always:
        yield Span(begins, ends)
        return
    zone = ZoneInfo(calendar.zone)
    day = begins.astimezone(zone).date() - timedelta(days=1)  # whose night shift may still be on
    last = ends.astimezone(zone).date()
    while day <= last:
        yield from spans_of_day(calendar, day)
        day += timedelta(days=1)


@lru_cache(maxsize=4096)
def spans_of_day(calendar: WorkingCalendar, day: date) -> tuple[Span, ...]:
    """The working time that begins on a local day, less the breaks that may reach into it, ordered; may overlap.

    Of calendars with hours: one that is `always` open has no days.
    """
    spans = _windows(calendar.zone, calendar.hours, day, _as_weekday(calendar, day))
    for near in (day + timedelta(days=n) for n in (-1, 0, 1)):
        # A night shift that runs into a free day still has its break there.
        weekday = _as_weekday(calendar, near) or near.isoweekday()
        for free in _windows(calendar.zone, calendar.breaks, near, weekday):
            spans = [part for span in spans for part in _without(span, free)]
    return tuple(sorted(spans))


def _windows(zone: str, hours: tuple[Hours, ...], day: date, weekday: int | None) -> list[Span]:
    return [_span(zone, day, one) for one in hours if weekday in one.days]


def _as_weekday(calendar: WorkingCalendar, day: date) -> int | None:
    """The ISO weekday whose hours hold on a day; None where nobody works."""
    match day_kind(calendar, day):
        case "closed" | "public_holiday" | "weekend":
            return None
        case "ordinary":
            return day.isoweekday()
        case _:  # worked although it is a weekend or a holiday
            worked = {weekday for hours in calendar.hours for weekday in hours.days}
            return day.isoweekday() if day.isoweekday() in worked else min(worked, default=None)


def _span(zone: str, day: date, hours: Hours) -> Span:
    overnight = 1 if hours.ends <= hours.begins else 0
    return Span(
        _moment(zone, day, hours.begins, last=False),
        _moment(zone, day + timedelta(days=overnight), hours.ends, last=True),
    )


def local_moment(zone: str, day: date, minutes: int) -> datetime:
    """A wall-clock time (minutes after a day's midnight) as a moment in UTC; it never runs backwards.

    One that comes twice is its first coming, one that never comes the moment of the change: so what ends at a
    wall-clock time and what begins there touch, on every day.
    """
    return _moment(zone, day, minutes, last=False)


def _moment(zone: str, day: date, minutes: int, last: bool) -> datetime:
    """A wall-clock time as a moment in UTC.

    A time that comes twice (the clocks go back) begins at its first and ends at its last coming; one that never comes
    (the clocks go forward) is the moment of the change.
    """
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    here = ZoneInfo(zone)
    before, after = (local.replace(tzinfo=here, fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:  # ordinary, or twice
        return after if last else before
    # Never: read by the later offset it lies before the change, by the earlier one after it.
    earlier, later = after, before
    while later - earlier > timedelta(seconds=1):
        middle = earlier + (later - earlier) // 2
        if middle.astimezone(here).utcoffset() == earlier.astimezone(here).utcoffset():
            earlier = middle
        else:
            later = middle
    return later.replace(microsecond=0)


def _without(span: Span, free: Span) -> Iterator[Span]:
    before, after = Span(span.begins, min(span.ends, free.begins)), Span(max(span.begins, free.ends), span.ends)
    if free.ends <= span.begins or free.begins >= span.ends:
        yield span
        return
    yield from (part for part in (before, after) if part.begins < part.ends)
