"""Warnings and escalations ring once each, in working hours unless a patient is affected, by the clock of then."""

import asyncio
from datetime import date

from mendline.kernel import frozen, parse_opaque
from mendline.tickets.sla import timers
from mendline_tenants import working_time
from support.clocks import LEVEL, OFFICE, act, at, contract, kept, reported, taken
from support.database import look


async def rung(cast, moment):
    """All that is due until then is done; what people are to be told of so far, as (clock, level)."""
    await cast.drain(at=moment)
    found = await look(
        "SELECT payload FROM outbox WHERE tenant_id = $1 AND name = 'tickets.clock_due' ORDER BY recorded_at, id",
        cast["hospital_a"],
    )
    return [(row["payload"]["clock"], row["payload"]["level"]) for row in found]


async def test_each_clock_warns_once_and_escalates_once(cast):
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    response = [("response", "warned"), ("response", "escalated")]
    arrival = [("arrival", "warned"), ("arrival", "escalated")]
    for moment, told in (
        ("2026-06-08T09:00", []),
        ("2026-06-08T09:47", []),
        ("2026-06-08T09:48", response[:1]),
        ("2026-06-08T09:59", response[:1]),
        ("2026-06-08T10:00", response),
        ("2026-06-08T10:30", response),
        ("2026-06-08T13:12", [*response, arrival[0]]),
        ("2026-06-08T14:00", [*response, *arrival]),
        ("2026-06-08T15:30", [*response, *arrival]),
    ):
        assert await rung(cast, at(moment)) == told, moment
    _, clocks, _ = await kept(cast, ticket)
    assert (clocks["response"].warned_at, clocks["response"].escalated_at) == (
        at("2026-06-08T09:48"),
        at("2026-06-08T10:00"),
    )


async def test_a_timer_that_rings_reads_the_clock_again(cast):
    await contract(cast, OFFICE, {"arrival": 60})
    ticket = await reported(cast, at("2026-06-08T09:00"))
    assert await rung(cast, at("2026-06-08T09:00")) == []
    await taken(cast, at("2026-06-08T09:10"), ticket)
    await act(cast, at("2026-06-08T09:30"), "technician_v", "fieldwork.wait", ticket, reason="access")
    # The event of the pause has not been heard yet when the timer rings.
    await cast.drain(queues=["timer"], at=at("2026-06-08T09:50"))
    assert await rung(cast, at("2026-06-08T11:30")) == []
    await act(cast, at("2026-06-08T11:40"), "technician_v", "fieldwork.resume", ticket)
    assert await rung(cast, at("2026-06-08T16:00")) == []
    assert (await kept(cast, ticket))[1]["arrival"].met


async def test_who_stops_in_time_is_left_in_peace(cast):
    await contract(cast, OFFICE, {"response": 60})
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:30"), ticket)
    assert await rung(cast, at("2026-06-09T15:00")) == []
    waiting = await look(
        "SELECT 1 FROM timer WHERE key LIKE 'clocks:%' AND completed_at IS NULL AND tenant_id = $1", cast["hospital_a"]
    )
    assert waiting == []


async def test_clocks_that_run_at_night_tell_in_the_morning_unless_a_patient_is_affected(cast):
    await contract(cast, None, {"restoration": 60})  # no hours were agreed: day and night
    first = await reported(cast, at("2026-06-08T22:00"))
    assert await rung(cast, at("2026-06-09T07:59")) == []
    assert await rung(cast, at("2026-06-09T08:00")) == [("restoration", "escalated")]  # no warning after the fact
    assert (await kept(cast, first))[1]["restoration"].warned_at == at("2026-06-09T08:00")
    await reported(cast, at("2026-06-09T22:00"), "patient_affected")
    assert (await rung(cast, at("2026-06-09T22:49")))[1:] == [("restoration", "warned")]
    assert (await rung(cast, at("2026-06-09T23:01")))[2:] == [("restoration", "escalated")]


async def test_a_patient_who_is_affected_later_makes_it_ring_at_night(cast):
    await contract(cast, None, {"restoration": 60})
    ticket = await reported(cast, at("2026-06-08T21:00"))
    assert await rung(cast, at("2026-06-08T22:30")) == []
    await act(cast, at("2026-06-08T22:40"), "nurse_a", "tickets.set_use_state", ticket, use_state="patient_affected")
    assert await rung(cast, at("2026-06-08T22:41")) == [("restoration", "escalated")]


async def test_hours_that_were_agreed_for_the_night_are_working_hours(cast):
    await contract(cast, {**OFFICE, "always": True}, {"restoration": 60})
    await reported(cast, at("2026-06-08T22:00"))
    assert await rung(cast, at("2026-06-08T22:48")) == [("restoration", "warned")]


async def test_a_new_base_may_ring_again(cast):
    await contract(cast, OFFICE, {"restoration": 60})
    ticket = await reported(cast, at("2026-06-08T09:00"))
    assert len(await rung(cast, at("2026-06-08T09:50"))) == 1
    await act(cast, at("2026-06-08T09:55"), "engineer_a", "tickets.rebase_clock", ticket, reason="与科室商定")
    assert len(await rung(cast, at("2026-06-08T10:40"))) == 1
    assert len(await rung(cast, at("2026-06-08T10:43"))) == 2


async def test_a_breach_of_a_clock_that_was_reopened_is_told_again(cast):
    await contract(cast, OFFICE, {"response": 60})
    ticket = await reported(cast, at("2026-06-08T09:00"))
    first = [("response", "warned"), ("response", "escalated")]
    assert await rung(cast, at("2026-06-08T09:50")) == first[:1]
    assert await rung(cast, at("2026-06-08T10:05")) == first
    await taken(cast, at("2026-06-08T10:10"), ticket)
    await act(cast, at("2026-06-08T11:00"), "technician_v", "dispatch.decline_job", ticket, reason="车坏了")
    assert (await kept(cast, ticket))[1]["response"].escalated_at is None
    assert await rung(cast, at("2026-06-08T11:01")) == [*first, first[1]], "overdue from the start: no warning"
    assert await rung(cast, at("2026-06-08T16:00")) == [*first, first[1]]


async def test_a_breach_under_a_new_target_is_told_again(cast):
    await contract(cast, OFFICE, {}, [{"priority": 3, "restoration": 240}, {"priority": 1, "restoration": 60}])
    ticket = await reported(cast, at("2026-06-08T09:00"))
    told = [("restoration", "warned"), ("restoration", "escalated")]
    set_priority = {"priority": 1, "reason": "手术室今天全部占用"}
    await act(cast, at("2026-06-08T09:01"), "engineer_a", "tickets.override_priority", ticket, **set_priority)
    assert await rung(cast, at("2026-06-08T09:50")) == told[:1]
    assert await rung(cast, at("2026-06-08T10:00")) == told
    await act(cast, at("2026-06-08T10:10"), "engineer_a", "tickets.override_priority", ticket, reason="已有备用机")
    clock = (await kept(cast, ticket))[1]["restoration"]
    assert (clock.due_at, clock.warned_at, clock.escalated_at) == (at("2026-06-08T14:00"), None, None)
    assert await rung(cast, at("2026-06-08T13:13")) == [*told, told[0]]
    assert await rung(cast, at("2026-06-08T14:00")) == told * 2


async def test_a_breach_that_only_waited_is_the_same_breach(cast):
    await contract(cast, OFFICE, {"restoration": 60})
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    told = [("restoration", "warned"), ("restoration", "escalated")]
    assert await rung(cast, at("2026-06-08T09:50")) == told[:1]
    assert await rung(cast, at("2026-06-08T10:00")) == told
    await act(cast, at("2026-06-08T10:10"), "technician_v", "fieldwork.wait", ticket, reason="access")
    await act(cast, at("2026-06-08T11:00"), "technician_v", "fieldwork.resume", ticket)
    assert await rung(cast, at("2026-06-08T16:00")) == told


async def test_without_a_target_nobody_is_told_any_more(cast):
    await contract(cast, OFFICE, {}, [{"priority": 3, "restoration": 240}])
    ticket = await reported(cast, at("2026-06-08T09:00"))
    set_priority = {"priority": 2, "reason": "手术室今天全部占用"}
    await act(cast, at("2026-06-08T09:30"), "engineer_a", "tickets.override_priority", ticket, **set_priority)
    assert await rung(cast, at("2026-06-09T16:00")) == []
    waiting = await look(
        "SELECT 1 FROM timer WHERE key LIKE 'clocks:%' AND completed_at IS NULL AND tenant_id = $1", cast["hospital_a"]
    )
    assert waiting == []


async def test_a_provisional_year_is_worked_out_anew_when_its_workdays_are_known(cast, monkeypatch):
    await contract(cast, OFFICE, LEVEL | {"restoration": 60 * 24 * 60})
    ticket = await reported(cast, at("2027-11-01T09:00"))
    row, clocks, _ = await kept(cast, ticket)
    assert clocks["restoration"].provisional
    before = row.restoration_due_at
    await taken(cast, at("2027-11-01T09:10"), ticket)
    await rung(cast, at("2027-11-01T09:10"))
    known = working_time._country

    def published(code, year):
        found = known(code, year)
        return found._replace(make_up=frozenset({date(year, 1, 8), date(year, 2, 12)}), decrees=True)

    monkeypatch.setattr(working_time, "_country", published)
    working_time.spans_of_day.cache_clear()
    try:
        await rung(cast, at("2027-11-09T09:11"))
    finally:
        monkeypatch.undo()
        working_time.spans_of_day.cache_clear()
    row, clocks, log = await kept(cast, ticket)
    assert not clocks["restoration"].provisional
    assert row.restoration_due_at < before
    assert len(log) == 4 and row.version > 1, "what is known of the calendar is no event of the ticket"


async def test_a_clock_that_runs_again_is_watched_whoever_looks_last(cast, monkeypatch):
    """A look that began while the clock was held back does not take the timer of the running one back."""
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    await act(cast, at("2026-06-08T09:20"), "technician_v", "fieldwork.arrive", ticket)
    await act(cast, at("2026-06-08T09:30"), "technician_v", "fieldwork.wait", ticket, reason="access")
    await cast.drain(at=at("2026-06-08T09:30"))
    reference, real, read, go = parse_opaque("tk", ticket), timers.clocks_of, asyncio.Event(), asyncio.Event()

    async def slow(row):
        found = await real(row)
        if not read.is_set():
            read.set()
            await go.wait()
        return found

    async def resumed():
        await act(cast, at("2026-06-08T09:31"), "technician_v", "fieldwork.resume", ticket)
        await timers.set_next_look(*reference)

    monkeypatch.setattr(timers, "clocks_of", slow)
    with frozen(at("2026-06-08T09:31")):
        first = asyncio.create_task(timers.set_next_look(*reference))
        await read.wait()
        second = asyncio.create_task(resumed())
        await asyncio.wait([second], timeout=1)
        go.set()
        await asyncio.gather(first, second)
    (row,) = await look(
        "SELECT completed_at FROM timer WHERE tenant_id = $1 AND key = $2",
        cast["hospital_a"],
        f"clocks:{reference.id}",
    )
    assert row["completed_at"] is None
