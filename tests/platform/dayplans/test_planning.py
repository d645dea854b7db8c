"""A day is planned, published and planned anew: every stored plan keeps every rule, and few visits move."""

import asyncio
import sys
from collections import Counter
from datetime import date, timedelta

import pytest

from mendline.dayplans import ask_anew, solving, stored_violations
from mendline.dispatch import JobOffer
from mendline.fieldwork import Estimate
from mendline.kernel import DomainError, frozen, opaque, parse_opaque, rows, transaction
from mendline.tickets import Ticket
from support.database import unchanged
from support.vendors_day import MORNING, WARDS, vendors_day

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HOME_WARDS = WARDS[:4]
STUCK = "import sys; sys.stdin.buffer.read(); print('ready', flush=True)\nwhile True: pass"
STUCK = "while True: pass"


async def ticket_of(day, stop):
    async with transaction(day.vendor):
        return await rows.get(Ticket, stop.owner_id, stop.ticket_id)


async def every_rule(day, plan):
    stops = [stop for kind in ("visit", "pickup", "rest") for stop in await day.stops(plan, kind)]
    return stored_violations(plan, stops)


def opaque_stop(day, stop):
    return opaque("ds", day.vendor, stop.id)


async def test_a_day_of_twelve_tickets_and_four_technicians(cast):
    day = await vendors_day(cast, seconds=2)  # a busy machine needs some of its grace to load the solvers
    plan = await day.planned()
    visits = await day.stops(plan)
    assert (plan.state, plan.edition, plan.day, plan.distances) == ("proposed", 1, "2026-12-08", "great_circle")
    assert len({stop.ticket_id for stop in visits}) == 12
    assert Counter(stop.technician_id for stop in visits).total() == 12
    assert await every_rule(day, plan) == []
    assert all(stop.begins_at <= stop.due_at for stop in visits), "the SLA is kept where it can be"
    assert len(await day.stops(plan, "rest")) == 4, "everybody rests"
    assert plan.figures["served"] == 12
    assert plan.figures["fault"] == ""


async def test_a_stored_plan_that_was_tampered_with_is_found_out(cast):
    day = await vendors_day(cast)
    plan = await day.planned()
    stops = [stop for kind in ("visit", "rest") for stop in await day.stops(plan, kind)]
    stops[0].begins_at -= HOUR
    assert stored_violations(plan, stops)


async def test_publishing_tells_wards_when_and_asks_technicians_once(cast):
    day = await vendors_day(cast)
    plan = await day.published()
    visits = await day.stops(plan)
    assert plan.state == "published"
    assert plan.told_at is not None
    for stop in visits:
        ticket = await ticket_of(day, stop)
        assert (ticket.state, ticket.eta_at) == ("offered", stop.begins_at)
    async with transaction(day.vendor):
        offers = await rows.select(JobOffer, "tenant_id = $1", day.vendor)
        estimates = await rows.select(Estimate, "tenant_id = $1", cast["hospital_a"])
    assert {(o.ticket_id, o.technician_id) for o in offers} == {(s.ticket_id, s.technician_id) for s in visits}
    assert len(offers) == len(estimates) == 12
    await day.run("dispatcher_v", "dayplans.publish", plan=opaque("dp", day.vendor, plan.id))
    async with unchanged("outbox", "delivery", "idempotency_key", "organisation_audit"):
        await day.work()


async def test_an_urgent_ticket_moves_few_and_is_served(cast):
    day = await vendors_day(cast, replan="automatic")
    known = await day.published()
    before = {stop.ticket_id: stop for stop in await day.stops(known)}
    moment = MORNING + 45 * MINUTE
    urgent = await day.report(3, moment, use_state="patient_affected")
    await day.work(moment)
    *_, plan = await day.editions()
    assert (plan.state, plan.cause, plan.based_on) == ("published", "urgent", known.id)
    assert plan.cause_number.endswith("-13")
    assert [p.state for p in await day.editions()] == ["superseded", "published"]
    after = {stop.ticket_id: stop for stop in await day.stops(plan)}
    assert parse_opaque("tk", urgent).id in after
    assert await every_rule(day, plan) == []
    changed = [t for t, stop in before.items() if t not in after or after[t].technician_id != stop.technician_id]
    assert len(changed) <= 2
    assert plan.figures["moved"] == len(changed)
    assert {m["ticket"] for m in plan.moves} >= {str(t) for t in changed}
    told = [ticket for stop in after.values() if (ticket := await ticket_of(day, stop)).eta_at != stop.begins_at]
    assert all(abs(t.eta_at - after[t.id].begins_at) <= 15 * MINUTE for t in told), "small changes are not told"


async def test_without_the_policy_events_only_suggest(cast):
    day = await vendors_day(cast)
    known = await day.published()
    await day.report(5, MORNING + HOUR, use_state="patient_affected")
    await day.work(MORNING + HOUR)
    assert [plan.state for plan in await day.editions()] == ["published", "proposed"]
    assert (await day.editions("published"))[0].id == known.id


async def test_what_is_under_way_or_done_stays(cast):
    day = await vendors_day(cast, replan="off")
    known = await day.published()
    mine = [s for s in await day.stops(known) if s.technician_id == day.technicians["technician_v"]]
    first, second, third = (opaque("tk", s.owner_id, s.ticket_id) for s in mine)
    for ticket in (first, second, third):
        await day.run("technician_v", "dispatch.accept_job", ticket=ticket)
    arrived = mine[0].begins_at + 5 * MINUTE
    await day.run("technician_v", "fieldwork.arrive", arrived, ticket=first)
    report = {"result": "repaired", "cause": "堵塞", "action": "更换"}
    await day.run("technician_v", "fieldwork.finish", arrived + HOUR, ticket=first, **report)
    on_site = arrived + HOUR + 20 * MINUTE
    await day.run("technician_v", "fieldwork.arrive", on_site, ticket=second)
    plan = await day.planned(on_site + 10 * MINUTE)
    stops = {s.ticket_id: s for s in await day.stops(plan) if s.technician_id == mine[0].technician_id}
    done, going, next_one = (stops[s.ticket_id] for s in mine)
    assert (done.progress, done.ends_at) == ("done", arrived + HOUR)
    assert (going.progress, going.arrives_at) == ("under_way", on_site)
    assert next_one.progress == "planned"
    assert next_one.begins_at >= going.ends_at
    assert await every_rule(day, plan) == []
    async with unchanged():
        for stop in (done, going):
            with pytest.raises(DomainError, match="visit_is_settled"):
                await day.run("dispatcher_v", "dayplans.lock_visit", stop=opaque_stop(day, stop))


async def test_a_locked_visit_stays_where_it_is(cast):
    day = await vendors_day(cast)
    known = await day.published()
    stop = (await day.stops(known))[-1]
    await day.run("dispatcher_v", "dayplans.lock_visit", stop=opaque_stop(day, stop))
    plan = await day.planned(MORNING + 10 * MINUTE)
    again = next(s for s in await day.stops(plan) if s.ticket_id == stop.ticket_id)
    assert again.technician_id == stop.technician_id
    assert abs(again.begins_at - stop.begins_at) <= 15 * MINUTE
    assert again.locked
    await day.run("dispatcher_v", "dayplans.lock_visit", stop=opaque_stop(day, again), locked=False)


async def test_an_absent_technicians_visits_are_given_to_others(cast):
    day = await vendors_day(cast, replan="automatic", offer=False)
    known = await day.published()
    gone = day.technicians["technician_v2"]
    given = {"member": cast.member_id("technician_v2"), "shifts": [], "ready": False}
    await day.run("dispatcher_v", "dispatch.upsert_technician", **given)
    plan = await day.planned(MORNING + MINUTE)
    assert gone not in {s.technician_id for s in await day.stops(plan)}
    moved = {m["ticket"] for m in plan.moves}
    assert moved >= {str(s.ticket_id) for s in await day.stops(known) if s.technician_id == gone}
    assert await every_rule(day, plan) == []


async def test_an_absence_plans_a_published_day_anew_where_it_takes_a_visit(cast):
    day = await vendors_day(cast, replan="automatic", offer=False)
    known = await day.published()
    gone = day.technicians["technician_v2"]
    mine = [s for s in await day.stops(known) if s.technician_id == gone]
    ill = {"kind": "sick", "starts_at": mine[0].begins_at.isoformat(), "ends_at": (MORNING + 12 * HOUR).isoformat()}
    after = {**ill, "starts_at": (MORNING + 14 * HOUR).isoformat(), "ends_at": (MORNING + 15 * HOUR).isoformat()}
    await day.run("technician_v2", "dispatch.ask_absence", MORNING + MINUTE, **after)
    await day.work(MORNING + MINUTE)
    assert len(await day.editions()) == 1, "nobody loses a visit by it"
    await day.run("technician_v2", "dispatch.ask_absence", MORNING + MINUTE, **ill)
    await day.work(MORNING + MINUTE)
    *_, plan = await day.editions()
    assert (plan.cause, plan.state, plan.edition) == ("absence", "published", 2)
    assert not [s for s in await day.stops(plan) if s.technician_id == gone and s.ends_at > mine[0].begins_at]
    assert {m["ticket"] for m in plan.moves} >= {str(s.ticket_id) for s in mine}
    assert await every_rule(day, plan) == []


async def test_a_job_that_somebody_has_taken_is_given_to_nobody_else_when_they_are_away(cast):
    day = await vendors_day(cast, HOME_WARDS, replan="automatic")
    known = await day.published()
    gone = day.technicians["technician_v"]
    stop = next(s for s in await day.stops(known) if s.technician_id == gone)
    ticket = opaque("tk", stop.owner_id, stop.ticket_id)
    await day.run("technician_v", "dispatch.accept_job", ticket=ticket)
    ill = {"kind": "sick", "starts_at": MORNING.isoformat(), "ends_at": (MORNING + 12 * HOUR).isoformat()}
    await day.run("technician_v", "dispatch.ask_absence", MORNING + MINUTE, **ill)
    await day.work(MORNING + MINUTE)
    *_, plan = await day.editions()
    assert (plan.cause, plan.state) == ("absence", "published")
    assert stop.ticket_id not in {s.ticket_id for s in await day.stops(plan)}
    assert {u["ticket"]: u["why"] for u in plan.unserved}[str(stop.ticket_id)] == "holder_away"
    other = cast.member_id("technician_v2")
    given = {"ticket": ticket, "technician": other, "reassign": True}
    await day.run("dispatcher_v", "dispatch.offer_job", MORNING + 2 * MINUTE, **given)
    plan = await day.planned(MORNING + 3 * MINUTE)
    (again,) = [s for s in await day.stops(plan) if s.ticket_id == stop.ticket_id]
    assert opaque("mb", day.vendor, again.technician_id) == other


async def test_a_ticket_that_becomes_urgent_plans_the_day_anew_once(cast):
    day = await vendors_day(cast, HOME_WARDS)
    known = await day.published()
    stop = (await day.stops(known))[0]
    ticket = opaque("tk", stop.owner_id, stop.ticket_id)
    for minute, use_state in ((1, "down"), (2, "patient_affected")):
        await day.run("nurse_a", "tickets.set_use_state", MORNING + minute * MINUTE, ticket=ticket, use_state=use_state)
        await day.work(MORNING + minute * MINUTE)
    assert [p.cause for p in await day.editions()] == ["asked", "urgent"]
    assert (await day.editions())[-1].cause_number == stop.number


async def test_a_declined_job_is_planned_for_somebody_else(cast):
    day = await vendors_day(cast, replan="automatic")
    known = await day.published()
    stop = next(s for s in await day.stops(known) if s.technician_id == day.technicians["technician_v"])
    ticket = opaque("tk", stop.owner_id, stop.ticket_id)
    await day.run("technician_v", "dispatch.decline_job", MORNING + MINUTE, ticket=ticket, reason="车坏了")
    await day.work(MORNING + MINUTE)
    *_, plan = await day.editions()
    assert (plan.cause, plan.state) == ("declined", "published")
    (again,) = [s for s in await day.stops(plan) if s.ticket_id == stop.ticket_id]
    assert again.technician_id != stop.technician_id, "who has said no is not asked again"
    assert await every_rule(day, plan) == []


async def test_a_late_technician_and_a_silent_overrun_make_the_day_be_planned_anew(cast):
    day = await vendors_day(cast)
    known = await day.published()
    mine = [s for s in await day.stops(known) if s.technician_id == day.technicians["technician_v"]]
    first = opaque("tk", mine[0].owner_id, mine[0].ticket_id)
    await day.run("technician_v", "dispatch.accept_job", ticket=first)
    late = mine[0].begins_at + HOUR
    await day.run("technician_v", "fieldwork.set_eta", MORNING + 5 * MINUTE, ticket=first, at=late.isoformat())
    await day.work(MORNING + 5 * MINUTE)
    *_, plan = await day.editions()
    assert (plan.cause, plan.state, plan.edition) == ("late", "proposed", 2)
    going = next(s for s in await day.stops(plan) if s.ticket_id == mine[0].ticket_id)
    assert (going.progress, going.arrives_at) == ("under_way", late)
    over = max(s.ends_at for s in await day.stops(known)) + HOUR
    await day.work(over)
    editions = await day.editions()
    assert {p.cause for p in editions[2:]} == {"late"}
    assert len(editions) <= 5, "each overrun is told once, and those of one moment together"


async def test_a_stuck_solver_costs_no_day(cast, monkeypatch):
    day = await vendors_day(cast)
    known = await day.published()
    monkeypatch.setattr(solving, "COMMAND", (sys.executable, "-c", STUCK))
    plan = await day.planned(MORNING + 2 * MINUTE)
    assert (plan.state, plan.figures["fault"]) == ("proposed", "solver_killed")
    assert plan.figures["solver"] in ("vroom", "known"), "what is quick to make, or what people know"
    assert plan.figures["served"] == 12
    assert await every_rule(day, plan) == []

    async def nothing(*_, **__):
        raise solving.PlanFailed("killed: the solver did not keep its time", 3.0)

    monkeypatch.setattr(solving, "solve_in_child", nothing)
    failed = await day.planned(MORNING + 4 * MINUTE)
    assert (failed.state, failed.failure) == ("failed", "no_solver")
    assert [p.id for p in await day.editions("published")] == [known.id], "the old plan stays"


async def test_a_day_that_changes_under_the_solver_is_planned_again(cast, monkeypatch):
    day = await vendors_day(cast)
    real, rounds = solving.solve_in_child, []

    async def slow(*given, **options):
        rounds.append(1)
        if len(rounds) == 1:
            await asyncio.create_task(day.report(7, use_state="down"))
        return await real(*given, **options)

    monkeypatch.setattr(solving, "solve_in_child", slow)
    plan = await day.planned()
    assert plan.state == "proposed"
    assert plan.figures["served"] + plan.figures["unserved"] == 13


async def test_requests_are_one_only_where_they_end_alike(cast):
    """A person wants to look at a proposal, an event publishes: neither becomes the other's."""
    day = await vendors_day(cast, replan="automatic", offer=False)
    await day.published()
    moment, today = MORNING + MINUTE, date(2026, 12, 8)
    asked = await day.run("dispatcher_v", "dayplans.plan", moment)
    for event in ("one", "two"):
        with frozen(moment):
            await ask_anew(day.vendor, today, "urgent", key=event)
    again = await day.run("dispatcher_v", "dayplans.plan", moment)
    assert again.plan == asked.plan
    waiting = [(plan.cause, plan.automatic) for plan in await day.editions("asked")]
    assert waiting == [("asked", False), ("urgent", True)], "one of each, whoever came first"
    await day.work(moment)
    _, mine, urgent = await day.editions()
    assert (mine.state in ("proposed", "superseded"), mine.published_at, mine.failure) == (True, None, "")
    assert mine.solved_at is not None
    assert urgent.state == "published"


async def test_wards_hours_are_kept_and_what_does_not_fit_says_why(cast):
    opens = MORNING + 6 * HOUR  # half past one in the afternoon
    day = await vendors_day(cast)
    kept = await day.report(2, access_windows=[[opens.isoformat(), (opens + 2 * HOUR).isoformat()]])
    closed = [[(MORNING - 3 * HOUR).isoformat(), (MORNING - HOUR).isoformat()]]
    missed = await day.report(4, MORNING - 4 * HOUR, access_windows=closed)
    await day.run("dispatcher_v", "dayplans.set_visit_terms", ticket=kept, minutes=90)
    await day.work()
    plan = await day.planned()
    stop = next(s for s in await day.stops(plan) if s.ticket_id == parse_opaque("tk", kept).id)
    assert opens <= stop.begins_at <= stop.ends_at <= opens + 2 * HOUR
    assert stop.ends_at - stop.begins_at == 90 * MINUTE
    assert {u["ticket"]: u["why"] for u in plan.unserved}[str(parse_opaque("tk", missed).id)] == "no_access"


async def test_parts_are_fetched_before_their_visit(cast):
    day = await vendors_day(cast)
    ticket = day.tickets[0]
    pickup = {"name": "备件库", "latitude": 31.22, "longitude": 121.46, "minutes": 15}
    await day.run("dispatcher_v", "dayplans.set_visit_terms", ticket=ticket, pickup=pickup)
    plan = await day.planned()
    (fetched,) = await day.stops(plan, "pickup")
    visit = next(s for s in await day.stops(plan) if s.ticket_id == fetched.ticket_id)
    assert opaque("tk", visit.owner_id, visit.ticket_id) == ticket
    assert fetched.technician_id == visit.technician_id
    assert fetched.ends_at <= visit.arrives_at
    assert await every_rule(day, plan) == []


@pytest.mark.parametrize(
    ("who", "given", "code"),
    [
        ("dispatcher_v", {"day": date(2026, 12, 7)}, "day_is_past"),
        ("dispatcher_v", {"day": date(2027, 3, 1)}, "day_too_far"),
        ("technician_v", {}, "forbidden"),
        ("analyst_m", {}, "forbidden"),
    ],
)
async def test_who_may_plan_which_day(cast, who, given, code):
    day = await vendors_day(cast, wards=())
    async with unchanged():
        with pytest.raises(DomainError, match=code):
            await day.run(who, "dayplans.plan", **given)


async def test_another_organisations_plan_is_not_there(cast):
    day = await vendors_day(cast)
    plan = await day.planned()
    stop = (await day.stops(plan))[0]
    async with unchanged():
        for command, given in (
            ("dayplans.publish", {"plan": opaque("dp", day.vendor, plan.id)}),
            ("dayplans.lock_visit", {"stop": opaque_stop(day, stop)}),
        ):
            with pytest.raises(DomainError, match="not_found"):
                await day.run("dispatcher_w", command, **given)
