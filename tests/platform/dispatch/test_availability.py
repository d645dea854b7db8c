"""When technicians can be sent: against a reference that asks every minute anew what the clock on the wall shows."""

import itertools
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from mendline.dispatch import Period, Roster, available, available_spans, merged, without
from mendline.kernel import new_id, transaction
from mendline_tenants import Hours, Span, WorkingCalendar

MINUTE = timedelta(minutes=1)
CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),  # by half an hour
    "Asia/Shanghai": (date(2026, 2, 28), date(2026, 12, 31)),
}
"""Zones, each with two days around which something happens."""


def hours():
    return st.builds(
        Hours,
        days=st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
        begins=st.sampled_from([0, 60, 90, 120, 150, 180, 480, 1200, 1320, 1439]),
        ends=st.sampled_from([0, 60, 90, 120, 150, 180, 360, 480, 1020, 1200]),
    )


@st.composite
def rosters(draw):
    """A roster whose window lies around a day on which the clocks change, and that window."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    day = draw(st.sampled_from(CHANGES[zone]))
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) + draw(st.integers(-40, 10)) * timedelta(hours=1)
    window = Span(begins, begins + timedelta(minutes=draw(st.integers(1, 72 * 60))))
    weekly = WorkingCalendar(zone, tuple(draw(st.lists(hours(), max_size=3))))
    periods = []
    for _ in range(draw(st.integers(0, 2))):
        first = day + timedelta(days=draw(st.integers(-3, 2)))
        last = draw(st.none() | st.integers(0, 3).map(lambda days, first=first: first + timedelta(days=days)))
        periods.append(Period(first, last, WorkingCalendar(zone, tuple(draw(st.lists(hours(), max_size=2))))))
    taken = []
    for _ in range(draw(st.integers(0, 3))):
        away = begins + timedelta(minutes=draw(st.integers(-600, 4000)))
        taken.append(Span(away, away + timedelta(minutes=draw(st.integers(1, 900)))))
    return Roster(new_id(), weekly, tuple(periods), tuple(taken)), window


def is_there(roster, moment):
    """The reference: is the technician there at this minute? It steps through single minutes and knows no spans."""
    if any(span.begins <= moment < span.ends for span in roster.taken):
        return False
    today = moment.astimezone(ZoneInfo(roster.weekly.zone)).date()
    for day in (today - timedelta(days=1), today):
        calendar = next(
            (p.calendar for p in roster.periods if p.begins <= day and (p.ends is None or day <= p.ends)),
            roster.weekly,
        )
        for one in calendar.hours:
            if day.isoweekday() in one.days:
                begins, ends = walked(roster.weekly.zone, day, one)
                if begins <= moment < ends:
                    return True
    return False


@cache
def walked(zone, day, one):
    """Begin and end of a shift, found by looking at the clock on the wall every minute of these days.

    It begins when the wall first shows its beginning or has jumped over it, and ends when the wall shows its end for
    the last time, or has jumped over it.
    """
    midnight = datetime(day.year, day.month, day.day)
    begins = midnight + timedelta(minutes=one.begins)
    ends = midnight + timedelta(minutes=one.ends, days=1 if one.ends <= one.begins else 0)
    walk = [midnight.replace(tzinfo=UTC) + n * MINUTE for n in range(-14 * 60, 64 * 60)]
    wall = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in walk]
    first = next(moment for moment, shown in zip(walk, wall, strict=True) if shown >= begins)
    shows_end = [moment for moment, shown in zip(walk, wall, strict=True) if shown == ends]
    jumped = (moment for moment, shown in zip(walk, wall, strict=True) if shown > ends)
    return first, shows_end[-1] if shows_end else next(jumped)


@given(rosters())
def test_it_is_what_asking_every_minute_finds(drawn):
    roster, window = drawn
    spans = available_spans(roster, window)
    assert list(spans) == sorted(spans)
    assert all(a.ends < b.begins for a, b in itertools.pairwise(spans)), "they touch"
    moment, wrong = window.begins, []
    while moment < window.ends:
        if any(span.begins <= moment < span.ends for span in spans) is not is_there(roster, moment):
            wrong.append(moment.isoformat())
        moment += MINUTE
    assert wrong == []
    assert all(window.begins <= span.begins < span.ends <= window.ends for span in spans)


@given(
    *[
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=8).map(
            lambda pairs: [
                Span(datetime(2026, 1, 1, tzinfo=UTC) + a * MINUTE, datetime(2026, 1, 1, tzinfo=UTC) + (a + n) * MINUTE)
                for a, n in pairs
            ]
        )
    ]
    * 2
)
def test_spans_are_sets_of_minutes(spans, taken):
    def minutes(of):
        return {moment for a, b in of for moment in (a + n * MINUTE for n in range(int((b - a) / MINUTE)))}

    assert minutes(merged(spans)) == minutes(spans)
    left = without(spans, taken)
    assert minutes(left) == minutes(spans) - minutes(taken)
    assert all(a.ends < b.begins for a, b in itertools.pairwise(left))


NIGHT = WorkingCalendar("Europe/Berlin", (Hours((6,), 22 * 60, 6 * 60),))


def test_a_night_shift_is_an_hour_longer_when_the_clocks_go_back():
    october, march = (
        available_spans(
            Roster(new_id(), NIGHT),
            Span(datetime(2026, m, d, 12, tzinfo=UTC), datetime(2026, m, d + 1, 12, tzinfo=UTC)),
        )
        for m, d in ((10, 24), (3, 28))
    )
    assert [span.seconds for span in october] == [9 * 3600]
    assert [span.seconds for span in march] == [7 * 3600]


async def spans_of(cast, who, begins, days=1, of="vendor_v"):
    async with transaction(cast[of]):
        found = await available(cast[of], [cast.members[who]], begins, begins + timedelta(days=days))
    return found.get(cast.members[who])


MONDAY = datetime(2027, 3, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
OFFICE = [{"days": [1, 2, 3, 4, 5], "begins": "09:00", "ends": "17:00"}]


def shanghai(hour, day=1):
    return datetime(2027, 3, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


async def test_stored_shifts_absences_and_readiness_are_reckoned(cast):
    technician = cast.member_id("technician_v")
    whole = await spans_of(cast, "technician_v", MONDAY)
    assert [span.seconds for span in whole] == [24 * 3600], "the weekly shifts of the file"
    period = {"technician": technician, "valid_from": "2027-03-01", "hours": OFFICE}
    breaks = [{"days": [1], "begins": "12:00", "ends": "13:00"}]
    saved = await cast.run("dispatcher_v", "dispatch.put_shifts", {**period, "breaks": breaks})
    assert await spans_of(cast, "technician_v", MONDAY) == (
        Span(shanghai(9), shanghai(12)),
        Span(shanghai(13), shanghai(17)),
    )
    off = {"technician": technician, "valid_from": "2027-03-02", "valid_until": "2027-03-02"}
    await cast.run("dispatcher_v", "dispatch.put_shifts", off)
    assert [span.begins for span in await spans_of(cast, "technician_v", MONDAY, days=3)] == [
        shanghai(9),
        shanghai(13),
        shanghai(9, 3),
    ], "a day off lies over the period"
    away = {"kind": "training", "member": technician, "starts_at": shanghai(14), "ends_at": shanghai(15)}
    absence = await cast.run("dispatcher_v", "dispatch.ask_absence", away)
    assert (await spans_of(cast, "technician_v", MONDAY))[1:] == (
        Span(shanghai(13), shanghai(14)),
        Span(shanghai(15), shanghai(17)),
    )
    await cast.run("technician_v", "dispatch.set_ready", {"ready": False, "reason": "车坏了", "until": shanghai(11)})
    assert (await spans_of(cast, "technician_v", MONDAY))[0] == Span(shanghai(11), shanghai(12))
    await cast.run("technician_v", "dispatch.set_ready", {"ready": True})
    await cast.run("technician_v", "dispatch.cancel_absence", {"absence": absence.absence})
    await cast.run("dispatcher_v", "dispatch.withdraw_shifts", {"shifts": saved.shifts})
    assert [span.seconds for span in await spans_of(cast, "technician_v", MONDAY)] == [24 * 3600]
    await cast.run("admin_v", "tenants.suspend_member", {"member": technician})
    assert await spans_of(cast, "technician_v", MONDAY) == ()
    assert await spans_of(cast, "technician_w", MONDAY) is None, "another's technician"
