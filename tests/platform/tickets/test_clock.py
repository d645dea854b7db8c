"""The SLA clock: vectors, and that it is the same for any order in which its events come."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mendline.tickets.sla.clock import ClockEvent, moment_of_share, reckon
from mendline.tickets.sla.explained import explain
from mendline.tickets.sla.words import interval_words
from mendline_tenants import Hours, WorkingCalendar

WEEKDAYS = (1, 2, 3, 4, 5)
OFFICE = WorkingCalendar("UTC", (Hours(WEEKDAYS, 9 * 60, 17 * 60),))
HOUR = 3600


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def events(*told: tuple) -> list[ClockEvent]:
    """(kind, moment, minutes or reason) in the order of recording."""
    found = []
    for seq, (kind, moment, *more) in enumerate(told):
        minutes = next((m for m in more if isinstance(m, int)), None)
        reason = next((m for m in more if isinstance(m, str)), "")
        found.append(ClockEvent(kind, at(moment), seq, minutes, reason))
    return found


def test_friday_afternoon_and_three_hours_are_monday_at_eleven():
    told = events(("started", "2026-11-20T16:00", 180))
    reading = reckon(OFFICE, told, at("2026-11-21T12:00"))
    assert (reading.state, reading.used, reading.due_at) == ("running", HOUR, at("2026-11-23T11:00"))


def test_a_pause_counts_its_working_time_only():
    told = events(
        ("started", "2026-11-20T09:00", 600),
        ("paused", "2026-11-20T16:00", "waiting for parts"),
        ("resumed", "2026-11-23T10:00"),
    )
    # Seven hours on Friday; the pause took one working hour of Friday and one of Monday, and the weekend took nothing.
    assert reckon(OFFICE, told, at("2026-11-23T10:00")).used == 7 * HOUR
    assert reckon(OFFICE, told, at("2026-11-23T10:00")).due_at == at("2026-11-23T13:00")
    assert reckon(OFFICE, told[:2], at("2026-11-23T09:00")).due_at is None
    assert reckon(OFFICE, told[:2], at("2026-11-23T09:00")).state == "paused"


def test_a_new_priority_counts_from_the_opening_and_keeps_the_pauses():
    told = events(
        ("started", "2026-11-23T09:00", 480),
        ("paused", "2026-11-23T10:00", "access"),
        ("resumed", "2026-11-23T12:00"),
        ("targeted", "2026-11-23T13:00", 240, "patient affected"),
    )
    reading = reckon(OFFICE, told, at("2026-11-23T13:00"))
    assert (reading.used, reading.due_at) == (2 * HOUR, at("2026-11-23T15:00"))


def test_a_stopped_clock_says_whether_it_was_in_time():
    begun = ("started", "2026-11-23T09:00", 60)
    for stop, met in (("2026-11-23T10:00", True), ("2026-11-23T10:01", False)):
        reading = reckon(OFFICE, events(begun, ("stopped", stop)), at("2026-12-01T00:00"))
        assert (reading.state, reading.met, reading.stopped_at) == ("stopped", met, at(stop))
        assert reading.due_at == at("2026-11-23T10:00")


def test_a_reopened_clock_goes_on_where_it_stopped_and_a_new_base_starts_anew():
    told = events(
        ("started", "2026-11-23T09:00", 240),
        ("stopped", "2026-11-23T11:00"),
        ("reopened", "2026-11-24T09:00", "acceptance rejected"),
    )
    assert reckon(OFFICE, told, at("2026-11-24T10:00")).used == 3 * HOUR
    assert reckon(OFFICE, told, at("2026-11-24T10:00")).due_at == at("2026-11-24T11:00")
    told += [ClockEvent("rebased", at("2026-11-24T12:00"), 9, None, "agreed with the ward")]
    reading = reckon(OFFICE, told, at("2026-11-24T13:00"))
    assert (reading.used, reading.due_at) == (HOUR, at("2026-11-24T16:00"))


def test_a_priority_for_which_nothing_is_agreed_has_no_target():
    told = events(("started", "2026-11-23T09:00", 240), ("targeted", "2026-11-23T10:00", "priority 2"))
    reading = reckon(OFFICE, told, at("2026-11-23T11:00"))
    assert (reading.target, reading.due_at, reading.used) == (None, None, 2 * HOUR)
    assert moment_of_share(OFFICE, told, 0.8) is None
    assert reckon(OFFICE, [*told, *events(("stopped", "2026-11-23T12:00"))], at("2026-11-23T13:00")).met is None
    again = [*told, ClockEvent("rebased", at("2026-11-23T12:00"), 9, None, "agreed with the ward")]
    assert reckon(OFFICE, again, at("2026-11-23T13:00")).target is None, "a new base without minutes agrees on none"
    again.append(ClockEvent("targeted", at("2026-11-23T14:00"), 10, 60, "priority 1"))
    assert reckon(OFFICE, again, at("2026-11-23T14:00")).due_at == at("2026-11-23T13:00")


def test_a_clock_that_has_stopped_is_judged_by_the_target_under_which_it_stopped():
    told = events(
        ("started", "2026-11-23T09:00", 60),
        ("stopped", "2026-11-23T09:30"),
        ("targeted", "2026-11-23T09:30", 10, "priority 1"),
    )
    reading = reckon(OFFICE, told, at("2026-11-23T12:00"))
    assert (reading.target, reading.met, reading.due_at) == (HOUR, True, at("2026-11-23T10:00"))
    told += [ClockEvent("reopened", at("2026-11-23T13:00"), 3, None, "handed_back")]
    assert reckon(OFFICE, told, at("2026-11-23T13:00")).target == 600, "once it runs again, what is agreed now counts"
    told += [ClockEvent("stopped", at("2026-11-23T13:10"), 4), ClockEvent("targeted", at("2026-11-23T14:00"), 5, 240)]
    reading = reckon(OFFICE, told, at("2026-11-23T15:00"))
    assert (reading.target, reading.met) == (600, False), "what was late stays late"


def test_a_stop_that_is_told_late_is_judged_by_the_target_of_its_own_moment():
    told = events(
        ("started", "2026-11-23T09:00", 60),
        ("targeted", "2026-11-23T10:00", 10, "priority 1"),
        ("stopped", "2026-11-23T09:30"),
    )
    assert reckon(OFFICE, told, at("2026-11-23T09:45")).met is True
    assert reckon(OFFICE, told, at("2026-11-23T11:00")).met is True


def test_the_explanation_says_why_a_clock_runs_again():
    told = events(
        ("started", "2026-11-23T09:00", 240),
        ("stopped", "2026-11-23T10:00", "accepted"),
        ("reopened", "2026-11-23T11:00", "handed_back"),
    )
    found = explain(OFFICE, told, at("2026-11-23T12:00"))
    assert [(i.why, i.reason, i.seconds // 60) for i in found] == [
        ("working", "", 60),
        ("stopped", "accepted", 60),
        ("working", "handed_back", 60),
    ]
    assert "无人前往" in interval_words(found[2], "zh")
    assert "nobody is coming" in interval_words(found[2], "en")


def test_the_explanation_names_each_kind_of_time():
    told = events(
        ("started", "2026-11-20T16:00", 600),
        ("paused", "2026-11-23T10:00", "waiting for parts"),
        ("resumed", "2026-11-23T11:00"),
    )
    found = explain(OFFICE, told, at("2026-11-23T12:00"))
    assert [(i.why, i.seconds // 60, i.reason) for i in found] == [
        ("working", 60, ""),
        ("off_hours", 7 * 60, ""),
        ("weekend", 48 * 60, ""),
        ("off_hours", 9 * 60, ""),
        ("working", 60, ""),
        ("paused", 60, "waiting for parts"),
        ("working", 60, ""),
    ]


def test_when_a_share_is_used():
    told = events(("started", "2026-11-20T16:00", 240))
    assert moment_of_share(OFFICE, told, 0.5) == at("2026-11-23T10:00")
    assert moment_of_share(OFFICE, [*told, *events(("paused", "2026-11-20T16:30", "parts"))], 0.5) is None


minutes = st.integers(0, 1439)
hours = st.builds(Hours, st.lists(st.integers(1, 7), min_size=1, max_size=5, unique=True).map(tuple), minutes, minutes)
calendars = st.one_of(
    st.just(WorkingCalendar("UTC", always=True)),
    st.builds(
        WorkingCalendar,
        st.sampled_from(("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")),
        st.lists(hours, max_size=3).map(tuple),
        st.lists(hours, max_size=1).map(tuple),
        st.sampled_from((None, "CN", "DE")),
    ),
)
KINDS = ("targeted", "paused", "resumed", "stopped", "reopened", "rebased")


def _minutes(draw, kind) -> int | None:
    return draw(st.one_of(st.none(), st.integers(1, 5000))) if kind in ("targeted", "rebased") else None


@st.composite
def lives(draw) -> list[ClockEvent]:
    """A clock's events over some weeks, around a change of the clocks in Berlin; many at one moment."""
    begins = draw(st.sampled_from((at("2026-03-26T10:00"), at("2025-10-24T15:30"), at("2026-02-10T03:00"))))
    told = [ClockEvent("started", begins, 0, draw(st.integers(1, 5000)))]
    for seq in range(1, draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(KINDS))
        moment = begins + timedelta(minutes=draw(st.integers(0, 20 * 24 * 60)))
        told.append(ClockEvent(kind, moment, seq, _minutes(draw, kind), "why"))
    return told


@given(calendars, lives(), st.randoms(use_true_random=False), st.integers(0, 30 * 24 * 60))
def test_the_order_in_which_events_come_does_not_matter(calendar, told, chance, later):
    moment = told[0].at + timedelta(minutes=later)
    shuffled = random.Random(chance.random()).sample(told, len(told))
    assert reckon(calendar, shuffled, moment) == reckon(calendar, told, moment)


@given(calendars, lives(), st.integers(0, 30 * 24 * 60))
def test_the_explanation_adds_up_and_has_no_gaps(calendar, told, later):
    moment = told[0].at + timedelta(minutes=later)
    reading, found = reckon(calendar, told, moment), explain(calendar, told, moment)
    assert sum(interval.seconds for interval in found if interval.counted) == reading.used
    assert all(one.ends == other.begins for one, other in pairwise(found))
    if found:
        assert (found[0].begins, found[-1].ends) == (reading.started_at, moment)


@given(calendars, lives(), st.integers(0, 30 * 24 * 60))
def test_a_running_clock_has_used_its_target_when_it_is_due(calendar, told, later):
    moment = told[0].at + timedelta(minutes=later)
    reading = reckon(calendar, told, moment)
    if reading.state == "running" and reading.due_at is not None and reading.due_at > moment:
        then = reckon(calendar, [event for event in told if event.at <= moment], reading.due_at)
        assert then.used == reading.target
