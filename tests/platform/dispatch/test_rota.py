"""Duty rotas: one primary at each moment, whatever the clocks do; who stands in goes before the pattern."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.dispatch import Cover, Handover, Rota, on_duty, turns
from mendline.kernel import new_id

A, B, C = new_id(), new_id(), new_id()
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Pacific/Apia", "UTC"]
START = date(2026, 3, 1)
MINUTES = [0, 30, 60, 90, 119, 120, 121, 150, 180, 480, 1200, 1439]
"""Wall-clock times, some of which are never there or twice."""


@st.composite
def rotas(draw, covered=True):
    cycle = draw(st.integers(1, 20))
    places = draw(
        st.lists(st.tuples(st.integers(0, cycle - 1), st.sampled_from(MINUTES)), min_size=1, max_size=8, unique=True)
    )
    people = st.lists(st.sampled_from([A, B, C]), min_size=1 if covered else 0, max_size=3, unique=True).map(tuple)
    handovers = tuple(Handover(day, minute, draw(people)) for day, minute in places)
    return Rota(draw(st.sampled_from(ZONES)), START, cycle, handovers)


@given(rotas(), st.integers(0, 400 * 24 * 60))
def test_a_covered_rota_has_exactly_one_primary_at_each_moment(rota, minutes):
    assert rota.covered
    moment = datetime(2026, 3, 23, tzinfo=UTC) + timedelta(minutes=minutes)
    duty = on_duty(rota, moment)
    assert duty is not None
    assert duty.begins <= moment < duty.ends
    assert duty.primary in {handover.members[0] for handover in rota.handovers}
    assert len(set(duty.members)) == len(duty.members)


@given(rotas(covered=False), st.integers(0, 300), st.integers(1, 40))
def test_turns_tile_the_time(rota, days, length):
    begins = datetime(2026, 3, 23, tzinfo=UTC) + timedelta(days=days)
    ends = begins + timedelta(days=length)
    found = list(turns(rota, begins, ends))
    assert found[0].begins <= begins
    assert found[-1].ends >= ends
    assert all(a.ends == b.begins and a.begins < a.ends for a, b in itertools.pairwise(found))
    for turn in found:  # what is on duty within a turn is what the turn says, to its last second
        for moment in (turn.begins, turn.ends - timedelta(seconds=1)):
            duty = on_duty(rota, moment)
            assert (duty.members if duty else ()) == turn.members


@given(rotas(), st.lists(st.tuples(st.integers(0, 2), st.sampled_from([A, B, C]), st.integers(0, 900)), max_size=5))
def test_who_stands_in_replaces_a_level_and_nobody_is_asked_twice(rota, drawn):
    begins = datetime(2026, 6, 1, tzinfo=UTC)
    covers = tuple(
        Cover(level, member, begins + timedelta(minutes=n), begins + timedelta(minutes=n + 60))
        for level, member, n in drawn
    )
    standing_in = Rota(rota.zone, rota.starts_on, rota.cycle, rota.handovers, covers=covers)
    for n in range(0, 1000, 17):
        moment = begins + timedelta(minutes=n)
        duty, plain = on_duty(standing_in, moment), on_duty(rota, moment)
        last = {c.level: c.member for c in covers if c.begins <= moment < c.ends}
        assert len(set(duty.members)) == len(duty.members)
        assert duty.primary == last.get(0, plain.primary)
        assert set(duty.members) >= set(last.values())


WEEKLY = Rota("Asia/Shanghai", date(2026, 11, 2), 14, (Handover(0, 480, (A, C)), Handover(7, 480, (B, C))))


@pytest.mark.parametrize(
    ("moment", "primary"),
    [
        ("2026-11-01T23:59:59", None),  # before the first handover, Monday 08:00 in Shanghai
        ("2026-11-02T00:00:00", A),
        ("2026-11-08T23:59:59", A),
        ("2026-11-09T00:00:00", B),
        ("2026-11-16T00:00:00", A),
    ],
)
def test_people_take_weeks_in_turn(moment, primary):
    duty = on_duty(WEEKLY, datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert (duty.primary if duty else None) == primary


def test_the_last_turn_ends_where_the_next_would_have_begun():
    ending = Rota(WEEKLY.zone, WEEKLY.starts_on, 14, WEEKLY.handovers, ends_on=date(2026, 11, 10))
    last = list(turns(ending, datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))
    assert [(turn.members[0], turn.ends) for turn in last] == [
        (A, datetime(2026, 11, 9, tzinfo=UTC)),
        (B, datetime(2026, 11, 16, tzinfo=UTC)),
    ]
    assert on_duty(ending, datetime(2026, 11, 16, tzinfo=UTC)) is None


def test_a_gap_is_nobodys_until_somebody_stands_in():
    nights = Rota("UTC", date(2026, 1, 1), 1, (Handover(0, 480, ()), Handover(0, 1200, (A,))))
    noon = datetime(2026, 2, 1, 12, tzinfo=UTC)
    assert not nights.covered
    assert on_duty(nights, noon) is None
    cover = Cover(0, B, noon - timedelta(hours=1), noon + timedelta(hours=1))
    assert on_duty(Rota("UTC", nights.starts_on, 1, nights.handovers, covers=(cover,)), noon).members == (B,)
    assert on_duty(nights, noon.replace(hour=23)).primary == A
