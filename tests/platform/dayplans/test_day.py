"""A day read for planning: shifts in their own zones, breaks between and within them, windows that keep to the ward."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mendline.dayplans import crews
from mendline.dayplans.crews import Crew
from mendline.dayplans.day import Day, begins_of, epoch_of
from mendline.dayplans.rests import rests_of
from mendline.dayplans.windows import open_windows, since, until
from mendline.dispatch import Technician
from mendline.kernel import new_id, rows, transaction
from mendline.routing import Break
from mendline_tenants import DayPlanPolicy, LunchBreak
from support.vendors_day import vendors_day

TUESDAY = date(2026, 12, 8)
EPOCH = epoch_of(TUESDAY, "Asia/Shanghai")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def clock(hours):
    return EPOCH + hours * HOUR


async def spans(day, *shifts, of=TUESDAY, zone="Asia/Shanghai"):
    async with transaction(day.vendor):
        technician = await rows.get(Technician, day.vendor, day.technicians["technician_v"])
        await rows.update(technician, shifts=list(shifts), timezone=zone)
        found = {crew.id: crew.spans for crew in await crews(day.vendor, of)}
    return found.get(technician.id)


def shift(begins, ends, days=(1, 2, 3, 4, 5)):
    return {"days": list(days), "from": begins, "to": ends}


async def test_shifts_are_read_in_their_own_zone(cast):
    day = await vendors_day(cast, wards=())
    assert await spans(day, shift("08:00", "18:00")) == ((clock(8), clock(18)),)
    assert await spans(day, shift("08:00", "12:00"), shift("13:00", "17:00")) == (
        (clock(8), clock(12)),
        (clock(13), clock(17)),
    )
    assert await spans(day, shift("08:00", "13:00"), shift("12:00", "17:00")) == ((clock(8), clock(17)),)
    assert await spans(day, shift("20:00", "06:00")) == ((clock(20), clock(30)),)
    assert await spans(day, shift("00:00", "24:00")) == ((clock(0), clock(24)),)
    assert await spans(day, shift("08:00", "18:00", days=(6, 7))) is None
    summer = date(2026, 3, 29)  # clocks go forward at two
    ((begins, ends),) = await spans(day, shift("00:00", "08:00", days=(7,)), of=summer, zone="Europe/Berlin")
    assert ends - begins == 7 * HOUR


def a_day(lunch, *crew_spans):
    crew = Crew(new_id(), "x", crew_spans, (31.2, 121.4), None, None, ())
    return Day(new_id(), TUESDAY, "Asia/Shanghai", EPOCH, DayPlanPolicy(lunch=lunch), (crew,), (), ()), crew


LUNCH = LunchBreak(30, "11:30", "13:00")


@pytest.mark.parametrize(
    ("lunch", "crew_spans", "free", "rested", "breaks"),
    [
        (LUNCH, [(8, 18)], 8, False, [(0.5, 11.5, 13)]),
        (LUNCH, [(8, 18)], 12, False, [(0.5, 12, 13)]),
        (LUNCH, [(8, 18)], 14, False, []),
        (LUNCH, [(8, 18)], 12, True, []),
        (LUNCH, [(14, 22)], 14, False, []),
        (LUNCH, [(8, 12), (13, 17)], 8, False, [(1, 12, 12)]),
        (None, [(8, 18)], 8, False, []),
        (None, [(8, 12), (13, 17)], 12.5, False, []),
    ],
)
def test_breaks_are_those_still_to_be_taken(lunch, crew_spans, free, rested, breaks):
    day, crew = a_day(lunch, *((clock(a), clock(b)) for a, b in crew_spans))
    expected = tuple(Break(int(n * 3600), (int(a * 3600), int(b * 3600))) for n, a, b in breaks)
    assert rests_of(day, crew, clock(free), rested) == expected


class Ward:
    """As much of a job as its windows need."""

    def __init__(self, *windows):
        self.windows = tuple((clock(a), clock(b)) for a, b in windows)


@pytest.mark.parametrize(
    ("windows", "service", "expected"),
    [
        ((), 1, [(8, 18)]),
        (((9, 12),), 1, [(9, 11)]),
        (((9, 12), (10, 14)), 1, [(9, 13)]),
        (((9, 10), (14, 16)), 1, [(9, 9), (14, 15)]),
        (((9, 10),), 2, [(9, 9)]),
        (((6, 7),), 1, []),
        (((17.5, 23),), 1, [(17.5, 18)]),
    ],
)
def test_a_visit_lies_within_the_wards_hours(windows, service, expected):
    found = open_windows(Ward(*windows), EPOCH, 8 * 3600, 18 * 3600, service * 3600)
    assert found == tuple((int(a * 3600), int(b * 3600)) for a, b in expected)


def test_windows_end_with_the_sla_and_begin_about_a_lock():
    assert until(((0, 10), (20, 30)), 25) == ((0, 10), (20, 25))
    assert until(((20, 30),), 10) == ()
    assert since(((0, 10), (20, 30)), 5) == ((5, 10), (20, 30))
    assert since(((0, 10), (20, 30)), 15) == ((20, 30),)
    assert since(((0, 10),), 15) == ()


def test_a_day_that_has_begun_is_planned_from_the_next_minute():
    moment = datetime(2026, 12, 8, 2, 15, 30, tzinfo=UTC)
    assert begins_of(TUESDAY, "Asia/Shanghai", moment) == datetime(2026, 12, 8, 2, 16, tzinfo=UTC)
    assert begins_of(date(2026, 12, 9), "Asia/Shanghai", moment) == epoch_of(date(2026, 12, 9), "Asia/Shanghai")
