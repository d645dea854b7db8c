"""The SLA clock in the life of tickets: it follows what is done, and what is stored is what its log says."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest

from mendline.devices import Device
from mendline.kernel import DomainError, rows, transaction
from mendline.tickets import (
    calendar_of,
    events_of,
    explain,
    reckon,
)
from mendline_tenants import Place
from support.clocks import LEVEL, OFFICE, act, at, contract, kept, reported, taken
from support.database import unchanged


async def test_clocks_start_with_the_report_and_stop_at_what_they_wait_for(cast):
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-05T16:00"))  # a Friday
    row, clocks, log = await kept(cast, ticket)
    assert [event.kind for event in log] == ["started"] * 3
    assert clocks["response"].due_at == row.response_due_at == at("2026-06-05T17:00")
    assert clocks["arrival"].due_at == at("2026-06-08T13:00") - timedelta(hours=1)
    assert clocks["restoration"].due_at == row.restoration_due_at == at("2026-06-08T17:00")
    await taken(cast, at("2026-06-05T16:30"), ticket)
    await act(cast, at("2026-06-08T09:30"), "technician_v", "fieldwork.arrive", ticket)
    finish = {"result": "repaired", "cause": "堵塞", "action": "更换"}
    await act(cast, at("2026-06-09T10:00"), "technician_v", "fieldwork.finish", ticket, **finish)
    row, clocks, _ = await kept(cast, ticket)
    shown = {name: (clock.state, clock.used // 60, clock.met) for name, clock in clocks.items()}
    assert shown == {
        "response": ("stopped", 30, True),
        "arrival": ("stopped", 90, True),
        "restoration": ("stopped", 60 + 420 + 60, False),
    }


async def test_waiting_for_the_ward_holds_clocks_back_and_waiting_for_parts_does_not(cast):
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    await act(cast, at("2026-06-08T10:00"), "technician_v", "fieldwork.wait", ticket, reason="access")
    row, clocks, _ = await kept(cast, ticket)
    assert (clocks["restoration"].state, row.restoration_due_at) == ("paused", None)
    await act(cast, at("2026-06-08T15:00"), "technician_v", "fieldwork.resume", ticket)
    row, clocks, _ = await kept(cast, ticket)
    assert (clocks["arrival"].used // 60, clocks["arrival"].state) == (60, "stopped")
    assert row.restoration_due_at == at("2026-06-09T15:00")
    await act(cast, at("2026-06-08T16:00"), "technician_v", "fieldwork.wait", ticket, reason="parts")
    row, clocks, log = await kept(cast, ticket)
    assert (clocks["restoration"].state, row.restoration_due_at) == ("running", at("2026-06-09T15:00"))
    assert [(e.kind, e.reason) for e in log if e.clock is None] == [("paused", "access"), ("resumed", "on_site")]


async def test_what_holds_clocks_back_is_the_hospitals_policy_when_the_ticket_was_opened(cast):
    await cast.run("admin_a", "tenants.set_policy", {"name": "sla_pauses", "value": ["parts"]})
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await cast.run("admin_a", "tenants.set_policy", {"name": "sla_pauses"})
    await taken(cast, at("2026-06-08T09:10"), ticket)
    for hour, reason, state in ((10, "access", "running"), (12, "parts", "paused")):
        await act(cast, at(f"2026-06-08T{hour}:00"), "technician_v", "fieldwork.wait", ticket, reason=reason)
        assert (await kept(cast, ticket))[1]["restoration"].state == state
        await act(cast, at(f"2026-06-08T{hour + 1}:00"), "technician_v", "fieldwork.resume", ticket)
    async with unchanged():
        for value in (["weather"], "parts"):
            with pytest.raises(DomainError, match="invalid_input"):
                await cast.run("admin_a", "tenants.set_policy", {"name": "sla_pauses", "value": value})


async def test_a_new_priority_counts_from_the_opening(cast):
    await contract(cast, OFFICE, by_priority=[{"priority": 1, "restoration": 120}])
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await act(cast, at("2026-06-08T10:00"), "nurse_a", "tickets.set_use_state", ticket, use_state="patient_affected")
    row, clocks, log = await kept(cast, ticket)
    assert row.restoration_due_at == at("2026-06-08T11:00")
    assert (log[-1].kind, log[-1].clock, log[-1].minutes) == ("targeted", "restoration", 120)
    assert clocks["response"].target == 3600  # what was agreed for all priorities


@pytest.mark.parametrize(("minute", "met"), [(20, True), (45, False)])
async def test_a_new_priority_does_not_judge_anew_what_has_stopped(cast, minute, met):
    levels = [{"priority": 1, "response": 10}, {"priority": 2, "response": 600}, {"priority": 3, "response": 30}]
    await contract(cast, OFFICE, {}, levels)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at(f"2026-06-08T09:{minute}"), ticket)
    for hour, use_state in ((10, "patient_affected"), (11, "down")):
        await act(cast, at(f"2026-06-08T{hour}:00"), "nurse_a", "tickets.set_use_state", ticket, use_state=use_state)
        row, clocks, log = await kept(cast, ticket)
        response = clocks["response"]
        assert (response.target, response.used, response.met) == (1800, minute * 60, met)
        assert row.response_due_at == response.due_at == at("2026-06-08T09:30")
        anew = reckon(calendar_of(response), events_of(log, "response"), response.reckoned_at)
        assert (anew.target, anew.met) == (1800, met)
    await act(cast, at("2026-06-08T14:00"), "technician_v", "dispatch.decline_job", ticket, reason="车坏了")
    response = (await kept(cast, ticket))[1]["response"]
    assert (response.state, response.target) == ("running", 600 * 60), "it goes on under the priority of now"


async def test_a_priority_without_agreed_minutes_has_no_target(cast):
    await contract(cast, OFFICE, {}, [{"priority": 3, "response": 60, "restoration": 480}])
    ticket = await reported(cast, at("2026-06-08T09:00"))
    row, clocks, _ = await kept(cast, ticket)
    assert (row.priority, clocks["restoration"].target, clocks["arrival"].target) == (3, 480 * 60, None)
    await act(cast, at("2026-06-08T10:00"), "nurse_a", "tickets.set_use_state", ticket, use_state="patient_affected")
    row, clocks, log = await kept(cast, ticket)
    assert (clocks["restoration"].target, clocks["restoration"].due_at, row.restoration_due_at) == (None, None, None)
    assert [(e.kind, e.clock, e.minutes, e.reason) for e in log[3:]] == [
        ("targeted", "response", None, "priority 1"),
        ("targeted", "restoration", None, "priority 1"),
    ]
    await act(cast, at("2026-06-08T10:30"), "nurse_a", "tickets.set_use_state", ticket, use_state="degraded")
    row, clocks, _ = await kept(cast, ticket)
    assert (clocks["restoration"].target, row.restoration_due_at) == (480 * 60, at("2026-06-09T10:00"))


async def test_a_job_that_is_handed_back_owes_an_answer_again(cast):
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    await act(cast, at("2026-06-08T10:00"), "technician_v", "dispatch.decline_job", ticket, reason="车坏了")
    row, clocks, log = await kept(cast, ticket)
    assert (log[-1].kind, log[-1].clock, log[-1].reason) == ("reopened", "response", "handed_back")
    assert (clocks["response"].state, clocks["response"].used, clocks["response"].met) == ("running", 600, None)
    assert row.response_due_at == at("2026-06-08T10:50"), "the time in which somebody was coming does not count"
    second = cast.member_id("technician_v2")
    await act(cast, at("2026-06-08T10:20"), "dispatcher_v", "dispatch.offer_job", ticket, technician=second)
    await act(cast, at("2026-06-08T10:30"), "technician_v2", "dispatch.accept_job", ticket)
    _, clocks, _ = await kept(cast, ticket)
    assert (clocks["response"].used // 60, clocks["response"].met) == (40, True)


async def test_a_job_that_is_taken_from_its_technician_owes_an_answer_again(cast):
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    given = {"technician": cast.member_id("technician_v2"), "reassign": True}
    await act(cast, at("2026-06-08T10:00"), "dispatcher_v", "dispatch.offer_job", ticket, **given)
    _, clocks, log = await kept(cast, ticket)
    assert ([e.kind for e in log[3:]], clocks["response"].state) == (["stopped", "reopened"], "running")
    assert clocks["arrival"].state == "running"


async def test_rework_that_is_handed_back_owes_no_answer(cast):
    """Somebody has been there: the response was given, and what is late now is the restoration."""
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    await act(cast, at("2026-06-08T10:00"), "technician_v", "fieldwork.arrive", ticket)
    finish = {"result": "repaired", "cause": "堵塞", "action": "更换"}
    await act(cast, at("2026-06-08T11:00"), "technician_v", "fieldwork.finish", ticket, **finish)
    await cast.drain()
    await act(cast, at("2026-06-08T15:00"), "manager_a", "quality.reject", ticket, reason="还是报警")
    await act(cast, at("2026-06-08T15:10"), "technician_v", "fieldwork.set_eta", ticket, minutes=30)
    await act(cast, at("2026-06-08T15:20"), "technician_v", "dispatch.decline_job", ticket, reason="车坏了")
    _, clocks, _ = await kept(cast, ticket)
    assert (clocks["response"].state, clocks["response"].met) == ("stopped", True)


async def test_rejected_work_lets_the_restoration_clock_go_on(cast):
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    await act(cast, at("2026-06-08T10:00"), "technician_v", "fieldwork.arrive", ticket)
    finish = {"result": "repaired", "cause": "堵塞", "action": "更换"}
    await act(cast, at("2026-06-08T11:00"), "technician_v", "fieldwork.finish", ticket, **finish)
    await cast.drain()
    await act(cast, at("2026-06-08T15:00"), "manager_a", "quality.reject", ticket, reason="还是报警")
    row, clocks, _ = await kept(cast, ticket)
    assert (clocks["restoration"].state, clocks["restoration"].used) == ("running", 7200)
    assert row.restoration_due_at == at("2026-06-09T14:00")


async def test_a_site_counts_by_its_own_zone(cast):
    async with transaction(cast["hospital_a"]):
        await rows.change(Place, cast["hospital_a"], cast.places["ward_a"], timezone="Europe/Berlin")
    await contract(cast, {**OFFICE, "country": "DE", "breaks": []}, {"response": 60})
    # Friday half an hour before the end of work in Berlin; the clocks go forward in the night to Sunday.
    ticket = await reported(cast, at("2026-03-27T16:30", "Europe/Berlin"))
    assert (await kept(cast, ticket))[0].response_due_at == at("2026-03-30T09:30", "Europe/Berlin")


async def test_a_child_goes_on_with_its_parents_clocks(cast):
    await contract(cast, OFFICE)
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    parent = await reported(cast, at("2026-06-08T09:00"))
    vendor = cast.organisation_id("vendor_v")
    child = (await act(cast, at("2026-06-08T09:30"), "engineer_a", "tickets.pass_on", parent, provider=vendor)).ticket
    of_parent, of_child = (await kept(cast, parent))[1], (await kept(cast, child, "vendor_v"))[1]
    assert (of_parent["response"].state, of_parent["response"].used) == ("stopped", 1800)
    assert of_parent["restoration"].state == "running"
    assert (of_child["response"].state, of_child["response"].started_at) == ("running", at("2026-06-08T09:00"))
    assert (await kept(cast, child))[0].restoration_due_at == at("2026-06-09T10:00")


async def test_a_claimed_moment_counts_and_is_marked(cast):
    await contract(cast, OFFICE)
    ticket = await reported(cast, at("2026-06-08T09:00"))
    await taken(cast, at("2026-06-08T09:10"), ticket)
    earlier = at("2026-06-08T10:00")
    await act(cast, at("2026-06-08T16:00"), "technician_v", "fieldwork.arrive", ticket, occurred_at=earlier)
    _, clocks, _ = await kept(cast, ticket)
    assert (clocks["arrival"].stopped_at, clocks["arrival"].used, clocks["arrival"].claimed) == (earlier, 3600, True)
    assert not clocks["response"].claimed


async def test_a_calendar_that_is_none_is_refused_and_changes_nothing(cast):
    wrong = [
        ({"zone": "Mars/Base"}, "zone", "wrong_zone"),
        ({"country": "XX"}, "country", "wrong_country"),
        ({"hours": []}, "hours", "never_open"),
        ({"breaks": [{"days": [1, 2, 3, 4, 5], "begins": "08:00", "ends": "18:00"}]}, "hours", "never_open"),
        ({"hours": [{"days": [8], "begins": "09:00", "ends": "17:00"}]}, "hours[0].days[0]", "too_large"),
        ({"hours": [{"days": [1], "begins": "25:00", "ends": "17:00"}]}, "hours[0].begins", "wrong_form"),
    ]
    async with unchanged():
        for change, field, problem in wrong:
            with pytest.raises(DomainError) as refusal:
                await cast.run("admin_a", "tenants.upsert_calendar", {**OFFICE, **change})
            assert (refusal.value.facts["field"], refusal.value.facts["problem"]) == (field, problem)
        with pytest.raises(DomainError, match="forbidden"):
            await cast.run("nurse_a", "tenants.upsert_calendar", OFFICE)
    saved = await cast.run("admin_b", "tenants.upsert_calendar", OFFICE)
    assert saved == await cast.run("admin_b", "tenants.upsert_calendar", {**OFFICE, "country": None})
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            await contract_with(cast, saved.calendar)


async def contract_with(cast, calendar):
    given = {"title": "x", "provider": cast.organisation_id("vendor_v"), "starts_on": "2026-01-01"}
    await cast.run("admin_a", "devices.upsert_contract", {**given, "ends_on": "2027-01-01", "calendar": calendar})


# --- what is stored is what the log says, whatever happens in whatever order

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
CHANGES_OF_CLOCKS = ("2026-03-07", "2026-03-27", "2026-04-03", "2026-10-23", "2026-10-31", "2026-02-10", "2027-12-28")
"""Shortly before DST in these zones, before the Spring Festival, and before a year without published workdays."""


async def any_life(cast, chance: random.Random) -> str:
    """A ticket that is opened on a day of trouble and goes through a dozen steps in any order that is allowed."""
    zone = chance.choice(ZONES)
    async with transaction(cast["hospital_a"]):
        await rows.change(Place, cast["hospital_a"], cast.places["ward_a"], timezone=chance.choice((None, zone)))
        device = await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"])
        await rows.update(device, state="in_service")
    calendar = {
        **OFFICE,
        "zone": chance.choice(ZONES),
        "country": chance.choice(("CN", "DE", "US", None)),
        "hours": [{"days": [1, 2, 3, 4, 5], "begins": "08:30", "ends": chance.choice(("17:30", "24:00", "02:30"))}],
        "opened": chance.choice(([], ["2026-03-28", "2026-03-29"])),
        "closed": chance.choice(([], ["2026-10-26"])),
        "always": chance.random() < 0.2,
    }
    agreed = chance.choice(((1, 2, 3, 4), (2, 3)))
    levels = [{"priority": p, "restoration": 240 * p, "arrival": 60 * p} for p in agreed]
    await contract(cast, chance.choice((None, calendar)), chance.choice((LEVEL, {"response": 60})), levels)
    moment = at(f"{chance.choice(CHANGES_OF_CLOCKS)}T00:00", zone) + timedelta(minutes=chance.randrange(60 * 24 * 4))
    ticket = await reported(cast, moment)
    technician, second = cast.member_id("technician_v"), cast.member_id("technician_v2")
    finish = {"result": "repaired", "cause": "堵塞", "action": "更换"}
    steps = [
        ("dispatcher_v", "dispatch.offer_job", {"technician": technician}),
        ("technician_v", "dispatch.accept_job", {}),
        ("technician_v2", "dispatch.accept_job", {}),
        ("technician_v", "dispatch.decline_job", {"reason": "车坏了"}),
        ("technician_v2", "dispatch.decline_job", {"reason": "发烧"}),
        ("dispatcher_v", "dispatch.offer_job", {"technician": second, "reassign": True}),
        ("dispatcher_v", "dispatch.withdraw_offers", {"reassign": True}),
        ("technician_v", "fieldwork.set_eta", {"minutes": 30}),
        ("technician_v", "fieldwork.arrive", {}),
        *(("technician_v", "fieldwork.wait", {"reason": r}) for r in ("parts", "access", "customer")),
        *[("technician_v", "fieldwork.resume", {})] * 3,
        ("technician_v", "fieldwork.finish", finish),
        ("dispatcher_v", "tickets.ask_quotation", {}),
        ("dispatcher_v", "tickets.drop_quotation", {"reason": "免费"}),
        ("hospital_a", "quality.check", {}),
        ("manager_a", "quality.reject", {"reason": "还是报警"}),
        ("engineer_a", "tickets.rebase_clock", {"reason": "与科室商定", "clock": "restoration", "minutes": 300}),
        ("engineer_a", "tickets.rebase_clock", {"reason": "与科室商定"}),
        *(("nurse_a", "tickets.set_use_state", {"use_state": u}) for u in ("down", "degraded", "patient_affected")),
        ("nurse_a", "tickets.record_decontamination", {"status": "clean"}),
    ]
    done = 0
    for _ in range(150):
        who, command, given = chance.choice(steps)
        after = moment + timedelta(minutes=chance.choice((0, 1, 20, 90, 300, 1500)))
        claimed = None if chance.random() < 0.6 else moment - timedelta(minutes=chance.choice((0, 5, 120, 2000)))
        try:
            await act(cast, after, who, command, ticket, occurred_at=claimed, **given)
        except DomainError:
            continue
        moment, done = after, done + 1
        if done > 18:
            break
    return ticket


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_stored_is_what_the_log_says(cast, seed):
    chance = random.Random(seed)
    ticket = await any_life(cast, chance)
    row, clocks, log = await kept(cast, ticket, chance.choice(("hospital_a", "vendor_v")))
    assert len(log) > 3
    for name, clock in clocks.items():
        calendar, events = calendar_of(clock), events_of(log, name)
        chance.shuffle(events)
        anew = reckon(calendar, events, clock.reckoned_at)
        assert {f: getattr(clock, f) for f in anew.__struct_fields__} == {
            f: getattr(anew, f) for f in anew.__struct_fields__
        }, (seed, name)
        intervals = explain(calendar, events, clock.reckoned_at)
        assert sum(i.seconds for i in intervals if i.counted) == clock.used
        assert all(a.ends == b.begins for a, b in pairwise(intervals))
        waits = row.waiting_for in clock.pauses and row.phase == "waiting"
        assert (clock.state == "paused") <= waits, "a clock is held back only while its ticket waits"
    assert row.restoration_due_at == clocks["restoration"].due_at
    assert row.response_due_at == clocks["response"].due_at
