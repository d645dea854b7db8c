"""Working time: vectors, an independent calendar, and a count of every minute beside it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline_tenants.working_time import (
    Hours,
    WorkingCalendar,
    after_working,
    day_kind,
    is_provisional,
    working_seconds,
    working_spans,
)

MINUTE, HOUR = 60, 3600
WEEKDAYS = (1, 2, 3, 4, 5)
OFFICE = WorkingCalendar("UTC", (Hours(WEEKDAYS, 9 * 60, 17 * 60),))
CHINA = WorkingCalendar(
    "Asia/Shanghai",
    (Hours(WEEKDAYS, 8 * 60, 18 * 60),),
    breaks=(Hours(WEEKDAYS, 12 * 60, 13 * 60),),
    country="CN",
)
BERLIN = WorkingCalendar("Europe/Berlin", (Hours((1, 2, 3, 4, 5, 6, 7), 22 * 60, 6 * 60),))


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_three_hours_from_friday_afternoon_end_on_monday():
    assert after_working(OFFICE, at("2026-11-20T16:00"), 3 * HOUR) == at("2026-11-23T11:00")
    assert after_working(OFFICE, at("2026-11-20T16:00"), HOUR) == at("2026-11-20T17:00")
    assert after_working(OFFICE, at("2026-11-21T03:00"), HOUR) == at("2026-11-23T10:00")
    assert after_working(OFFICE, at("2026-11-20T16:00"), 0) == at("2026-11-20T16:00")


def test_day_and_night_counts_to_the_last_second():
    always = WorkingCalendar("Asia/Shanghai", always=True)
    assert after_working(always, at("2026-12-31T23:59"), 4 * HOUR) == at("2027-01-01T03:59")
    assert working_seconds(always, at("2026-01-01T00:00"), at("2027-01-01T00:00")) == 365 * 24 * HOUR


def test_a_calendar_that_never_opens_has_no_end():
    assert after_working(WorkingCalendar("UTC"), at("2026-11-20T16:00"), 1) is None


def test_lunch_is_no_working_time():
    begins = at("2026-11-25T11:30", "Asia/Shanghai")
    assert after_working(CHINA, begins, HOUR) == at("2026-11-25T13:30", "Asia/Shanghai")
    assert working_seconds(CHINA, begins, at("2026-11-25T12:40", "Asia/Shanghai")) == 30 * MINUTE


def test_a_night_shift_grows_and_shrinks_with_the_clocks():
    assert working_seconds(BERLIN, at("2026-10-24T12:00"), at("2026-10-25T12:00")) == 9 * HOUR
    assert working_seconds(BERLIN, at("2026-03-28T12:00"), at("2026-03-29T12:00")) == 7 * HOUR
    assert working_seconds(BERLIN, at("2026-06-10T12:00"), at("2026-06-11T12:00")) == 8 * HOUR


def test_hours_that_never_come_are_not_worked():
    """In Berlin 02:00 to 03:00 of 29 March 2026 does not exist; half of 01:30 to 02:30 does."""
    gone = WorkingCalendar("Europe/Berlin", (Hours((7,), 2 * 60, 3 * 60),))
    half = WorkingCalendar("Europe/Berlin", (Hours((7,), 90, 150),))
    day = (at("2026-03-28T12:00"), at("2026-03-29T12:00"))
    assert working_seconds(gone, *day) == 0
    assert working_seconds(half, *day) == 30 * MINUTE


def test_hours_that_come_twice_are_worked_twice():
    twice = WorkingCalendar("Europe/Berlin", (Hours((7,), 2 * 60, 3 * 60),))
    assert working_seconds(twice, at("2026-10-24T12:00"), at("2026-10-25T12:00")) == 2 * HOUR


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_chinese_workdays_are_those_of_an_independent_library(year):
    day = date(year, 1, 1)
    while day.year == year:
        worked = day_kind(CHINA, day) in ("ordinary", "make_up_workday")
        assert worked == chinese_calendar.is_workday(day), day
        begins = datetime.combine(day, datetime.min.time(), ZoneInfo("Asia/Shanghai"))
        assert working_seconds(CHINA, begins, begins + timedelta(days=1)) == (9 * HOUR if worked else 0), day
        day += timedelta(days=1)


def test_a_year_without_published_make_up_workdays_is_provisional():
    assert not is_provisional(CHINA, 2026)
    assert is_provisional(CHINA, 2040)
    assert not is_provisional(WorkingCalendar("UTC", OFFICE.hours), 2040)
    assert not is_provisional(WorkingCalendar("Europe/Berlin", OFFICE.hours, country="DE"), 2040)


def test_single_days_stand_above_holidays_and_weekends():
    sunday, workday = date(2026, 11, 22), date(2026, 11, 25)
    special = WorkingCalendar("UTC", OFFICE.hours, country="CN", opened=(sunday,), closed=(workday,))
    assert working_seconds(special, at("2026-11-22T00:00"), at("2026-11-23T00:00")) == 8 * HOUR
    assert working_seconds(special, at("2026-11-25T00:00"), at("2026-11-26T00:00")) == 0


minutes_of_day = st.integers(0, 1439)
windows = st.builds(
    Hours, st.lists(st.integers(1, 7), min_size=1, max_size=4, unique=True).map(tuple), minutes_of_day, minutes_of_day
)
calendars = st.builds(
    WorkingCalendar,
    st.sampled_from(("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")),
    st.lists(windows, max_size=3).map(tuple),
    st.lists(windows, max_size=2).map(tuple),
    st.sampled_from((None, "CN", "DE")),
)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1)).map(lambda m: m.replace(tzinfo=UTC, microsecond=0))


@given(calendars, moments, st.integers(0, 40 * 24 * HOUR), st.integers(0, 40 * 24 * HOUR))
def test_working_time_adds_up(calendar, begins, first, second):
    middle, ends = begins + timedelta(seconds=first), begins + timedelta(seconds=first + second)
    whole = working_seconds(calendar, begins, ends)
    assert whole == working_seconds(calendar, begins, middle) + working_seconds(calendar, middle, ends)
    assert 0 <= whole <= first + second
    spans = list(working_spans(calendar, begins, ends))
    assert all(one.ends < other.begins for one, other in pairwise(spans))


@given(calendars, moments, st.integers(1, 60 * HOUR))
def test_what_is_after_a_budget_has_used_it_up(calendar, begins, seconds):
    ends = after_working(calendar, begins, seconds)
    if ends is not None:
        assert working_seconds(calendar, begins, ends) == seconds
        assert working_seconds(calendar, begins, ends - timedelta(seconds=1)) == seconds - 1


PLAIN = st.sampled_from(("UTC", "Asia/Shanghai", "Asia/Kolkata"))


@given(st.builds(WorkingCalendar, PLAIN, calendars.map(lambda c: c.hours), calendars.map(lambda c: c.breaks)), moments)
def test_each_minute_is_worked_or_not_as_the_wall_clock_says(calendar, begins):
    """Counted minute by minute from the hours themselves, in zones whose clocks never change."""
    zone = ZoneInfo(calendar.zone)
    begins = begins.replace(second=0)

    def within(hours: tuple[Hours, ...], moment: datetime) -> bool:
        local = moment.astimezone(zone)
        minute, today = local.hour * 60 + local.minute, local.isoweekday()
        yesterday = (today - 2) % 7 + 1
        return any(
            (today in one.days and minute >= one.begins and (one.ends <= one.begins or minute < one.ends))
            or (yesterday in one.days and one.ends <= one.begins and minute < one.ends)
            for one in hours
        )

    counted = sum(
        within(calendar.hours, moment) and not within(calendar.breaks, moment)
        for moment in (begins + timedelta(minutes=n) for n in range(3 * 24 * 60))
    )
    assert working_seconds(calendar, begins, begins + timedelta(days=3)) == counted * 60
