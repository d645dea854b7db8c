"""A locked visit stays with its technician at about its time, whatever else happens; what cannot be kept is said."""

from datetime import timedelta
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.dayplans.locks import Lock, Promise, promised
from mendline.dayplans.windows import LOCKED_WITHIN, since, until
from mendline.kernel import DomainError, new_id, now, opaque
from mendline.routing import Task, schedule, violations
from mendline.routing.repair import planned
from mendline.routing.solve import solve
from mendline.routing.vroom_solver import solve as by_vroom
from support.database import unchanged
from support.days import HOUR, MINUTE, a_day
from support.vendors_day import MORNING, vendors_day

HOURS, MINUTES = timedelta(hours=1), timedelta(minutes=1)
WIDE = ((8 * HOUR, 18 * HOUR),)


def locked_day(draw):
    """A small day in which some visits are locked, somebody is late, and urgent ones press; and what was promised."""
    problem = a_day(draw(st.integers(0, 10_000)), visits=14, technicians=2)
    known = planned(problem, {}, "insertion")
    times = [(s.visit, r.technician, s.begins) for r in known.routes for s in r.stops if not s.pickup]
    chosen = draw(st.lists(st.sampled_from(times), max_size=4, unique=True)) if times else []
    late = draw(st.dictionaries(st.sampled_from(["t0", "t1"]), st.integers(0, 150), max_size=2))
    promises, windows, bound = {}, {}, {}
    for visit, technician, begins in chosen:
        at = begins + draw(st.integers(-20, 20)) * MINUTE
        wide = since(WIDE, max(at - LOCKED_WITHIN, 0))
        promises[visit] = Promise(Lock(new_id(), technician, now()), at + LOCKED_WITHIN, wide)
        windows[visit], bound[visit] = wide, technician
    urgent = {visit.id for visit in problem.visits[:5]} - promises.keys()
    visits = tuple(
        msgspec.structs.replace(
            visit,
            windows=windows.get(visit.id, WIDE if visit.id in urgent else visit.windows),
            service=2 * HOUR if visit.id in urgent else visit.service,
            technician=bound.get(visit.id, visit.technician),
            skills=frozenset() if visit.id in {*bound, *urgent} else visit.skills,
            prize=1000 * HOUR if visit.id in urgent else visit.prize,
        )
        for visit in problem.visits
    )
    people = tuple(
        msgspec.structs.replace(t, shift=(t.shift[0] + late.get(t.id, 0) * MINUTE, t.shift[1]))
        for t in problem.technicians
    )
    return msgspec.structs.replace(problem, visits=visits, technicians=people), promises


def feasible(problem, technician, numbers, windows):
    """Whether some order of these visits alone keeps these windows: all are tried."""
    visits = list(problem.visits)
    for number in numbers:
        visits[number] = msgspec.structs.replace(visits[number], windows=windows[number])
    changed = msgspec.structs.replace(problem, visits=tuple(visits))

    def tasks(order):
        return [t for n in order for t in [Task(n, True)] * (visits[n].pickup is not None) + [Task(n)]]

    return all(windows.values()) and any(
        schedule(changed, technician, tasks(order)) is not None for order in permutations(numbers)
    )


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_plan_keeps_each_lock_that_can_be_kept(data):
    problem, promises = locked_day(data.draw)
    made = promised(problem, promises)
    for plan in (solve(made, 0.05), planned(made, by_vroom(made), "vroom"), planned(made, {}, "insertion")):
        assert violations(made, plan) == []
        kept(problem, promises, plan)


def kept(problem, promises, plan):
    """Asserts that whoever can make all their locked visits does so, in time where some order allows it."""
    begun = {s.visit: (r.technician, s.begins) for r in plan.routes for s in r.stops if not s.pickup}
    for technician in problem.technicians:
        mine = [n for n, v in enumerate(problem.visits) if v.id in promises and v.technician == technician.id]
        keys = {n: problem.visits[n].id for n in mine}
        wide = {n: promises[key].wide for n, key in keys.items()}
        narrow = {n: until(wide[n], promises[key].due) for n, key in keys.items()}
        if feasible(problem, technician, mine, wide):
            assert all(begun[key][0] == technician.id for key in keys.values()), "nobody else's, and not left out"
        if feasible(problem, technician, mine, narrow):
            assert all(begun[key][1] <= promises[key].due for key in keys.values()), "about its time"
        assert all(begun[key][1] >= wide[n][0][0] for n, key in keys.items() if key in begun), "and not before that"


def named(day, stop):
    return opaque("ds", day.vendor, stop.id)


async def lock(day, stop, moment=MORNING, **given):
    await day.run("dispatcher_v", "dayplans.lock_visit", moment, stop=named(day, stop), **given)


async def stops_by_ticket(day, plan):
    return {stop.ticket_id: stop for stop in await day.stops(plan)}


async def test_a_lock_outlasts_an_overrun_and_says_how_late_it_is(cast):
    day = await vendors_day(cast, replan="off")
    known = await day.published()
    first, second, *_ = [s for s in await day.stops(known) if s.technician_id == day.technicians["technician_v"]]
    await lock(day, second)
    ticket = opaque("tk", first.owner_id, first.ticket_id)
    await day.run("technician_v", "dispatch.accept_job", ticket=ticket)
    await day.run("technician_v", "fieldwork.arrive", first.begins_at, ticket=ticket)
    late = second.begins_at + 90 * MINUTES
    for _ in range(3):
        await day.report(3, first.begins_at, use_state="patient_affected")
    plan = await day.planned(late)
    again = (await stops_by_ticket(day, plan))[second.ticket_id]
    assert (again.technician_id, again.locked, again.locked_for) == (second.technician_id, True, second.begins_at)
    (broken,) = plan.broken_locks
    minutes = (again.begins_at - second.begins_at) / MINUTES
    assert (broken["why"], broken["number"], broken["minutes"]) == (
        "late",
        second.number,
        pytest.approx(minutes, abs=1),
    )
    assert minutes > 90


async def test_a_lock_holds_for_a_day_planned_afresh_and_about_the_time_it_was_made_for(cast):
    day = await vendors_day(cast, offer=False)
    stop = (await day.stops(await day.published()))[-1]
    await lock(day, stop)
    plan = await day.planned(afresh=True)
    again = (await stops_by_ticket(day, plan))[stop.ticket_id]
    assert (again.technician_id, again.locked, again.locked_for) == (stop.technician_id, True, stop.begins_at)
    assert abs(again.begins_at - stop.begins_at) <= 15 * MINUTES
    assert plan.broken_locks == []
    await lock(day, again, locked=False)
    (published,) = await day.editions("published")
    assert not (await stops_by_ticket(day, published))[stop.ticket_id].locked, "what is freed is free for the day"


async def test_a_move_by_hand_respects_a_lock_set_since(cast):
    day = await vendors_day(cast, offer=False, replan="off")
    known = await day.published()
    mine = [s for s in await day.stops(known) if s.technician_id == day.technicians["technician_v"]]
    await lock(day, mine[0])
    given = {"stop": named(day, mine[-1]), "technician": cast.member_id("technician_v")}
    async with unchanged():
        with pytest.raises(DomainError, match="visit_does_not_fit"):
            await day.run("dispatcher_v", "dayplans.move_visit", **given, before=named(day, mine[0]), late=True)


async def test_a_locked_visit_of_who_is_away_is_given_to_others_and_told(cast):
    day = await vendors_day(cast, offer=False, replan="off")
    known = await day.published()
    stop = next(s for s in await day.stops(known) if s.technician_id == day.technicians["technician_v2"])
    await lock(day, stop)
    away = {"member": cast.member_id("technician_v2"), "ready": False}
    await day.run("dispatcher_v", "dispatch.upsert_technician", **away)
    plan = await day.planned()
    assert [(b["number"], b["why"]) for b in plan.broken_locks] == [(stop.number, "technician_away")]
    await day.run("dispatcher_v", "dayplans.publish", plan=opaque("dp", day.vendor, plan.id))
