"""Plans keep every rule, whoever made them; a new urgent visit moves few others; a stuck solver is killed."""

import asyncio
import sys
import time

import msgspec
import psutil
import pytest

from mendline.routing import KNOWN, Break, PlanFailed, moved, solve_in_child, violations
from mendline.routing.planner import GRACE
from mendline.routing.pyvrp_solver import solve as by_pyvrp
from mendline.routing.repair import planned
from mendline.routing.solve import SPARE, cost, solve
from mendline.routing.vroom_solver import solve as by_vroom
from support.days import HOUR, PRIZES, SKILLS, a_day


@pytest.mark.parametrize("seed", range(6))
def test_a_day_with_everything_in_it_keeps_every_rule(seed):
    problem = a_day(seed, visits=24, technicians=5)
    plan = solve(problem, 0.5, seed)
    assert violations(problem, plan) == []
    assert plan.routes
    first = planned(problem, by_vroom(problem), "vroom")
    assert violations(problem, first) == []
    assert cost(problem, plan) <= cost(problem, first)


def test_nobody_is_sent_where_nobody_is_able():
    problem = a_day(3, visits=6, technicians=2)
    nobody = msgspec.structs.replace(problem.visits[0], skills=frozenset({"surgery"}), technician=None)
    plan = solve(msgspec.structs.replace(problem, visits=(nobody, *problem.visits[1:])), 0.3)
    assert nobody.id in plan.unserved


def test_an_empty_day_is_a_plan():
    problem = a_day(1, visits=0, technicians=2)
    plan = solve(problem, 0.2)
    assert (plan.routes, plan.unserved) == ((), ())


def test_an_urgent_visit_moves_few_of_150():
    whole = a_day(11, visits=151, technicians=28)
    *others, last = whole.visits
    before = msgspec.structs.replace(whole, visits=tuple(others))
    known = solve(before, 3.0)
    assert violations(before, known) == []
    urgent = msgspec.structs.replace(last, windows=((9 * HOUR, 11 * HOUR),), prize=10 * PRIZES[1])
    after = msgspec.structs.replace(whole, visits=(*others, urgent), previous=known.assignment(), change_cost=HOUR // 2)
    begin = planned(after, known.sequences(after), KNOWN)
    plan = solve(after, 3.0, begin=begin)
    assert violations(after, plan) == []
    assert cost(after, plan) <= cost(after, begin), "what people know is where it begins"
    assert urgent.id not in plan.unserved
    assert len(moved(after.previous, plan)) <= len(after.previous) // 10


async def test_the_child_answers_with_a_plan_that_was_checked():
    problem = a_day(5, visits=10, technicians=3)
    plan = await solve_in_child(problem, 1.0)
    assert violations(problem, plan) == []
    assert plan.solving > 0


STUCK = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[2] == "solving":
    sys.stdin.buffer.read()
with open(sys.argv[1], "w") as told:
    while True:
        told.write(f"{os.getpid()} {time.monotonic()}\\n")
        told.flush()
        time.sleep(0.01)
"""


async def test_a_stuck_child_is_killed_two_seconds_after_its_limit(tmp_path):
    """The bound holds from its start, wherever it hangs: the planner says when it killed, the child when it lived."""

    async def killed(where):
        began, told = time.monotonic(), tmp_path / where
        with pytest.raises(PlanFailed, match="killed") as failed:
            command = (sys.executable, "-c", STUCK, str(told), where)
            await solve_in_child(a_day(5, visits=3, technicians=1), 0.2, command=command)
        pid, last = told.read_text().split()[-2:]
        assert not psutil.pid_exists(int(pid)), "nothing of it is left"
        return failed.value.killed_after, float(last) - began

    assert GRACE == 2
    for after, lived in await asyncio.gather(killed("loading"), killed("solving")):
        assert 0.2 + GRACE <= after < 0.2 + GRACE + 1, "not before, and not a start-up later"
        assert lived < 0.2 + GRACE + 1


def test_solving_ends_before_its_process_would_be_killed():
    problem = a_day(5, visits=10, technicians=3)
    plan = solve(problem, 20.0, until=time.monotonic() + SPARE + 0.2)
    assert violations(problem, plan) == []
    assert plan.solving < 10, "a busy machine that takes long to load the solvers solves for less"


def test_a_rest_at_noon_costs_no_visit():
    """The improving solver knows no breaks; what it makes has room for them all the same."""
    rest = (Break(HOUR // 2, (11 * HOUR + HOUR // 2, 13 * HOUR)),)
    day = a_day(2, visits=40, technicians=5, plain=True)
    people = tuple(msgspec.structs.replace(t, breaks=rest, skills=frozenset(SKILLS)) for t in day.technicians)
    problem = msgspec.structs.replace(day, technicians=people)
    raw = by_pyvrp(problem, 1.5)
    served = {task.visit for tasks in raw.values() for task in tasks}
    plan = planned(problem, raw, "pyvrp")
    assert violations(problem, plan) == []
    assert len(problem.visits) - len(plan.unserved) >= len(served) - 1, "putting them in loses next to nothing"


async def test_a_child_that_dies_or_cheats_is_told():
    problem = a_day(5, visits=3, technicians=1)
    with pytest.raises(PlanFailed, match="died"):
        await solve_in_child(problem, 0.2, command=(sys.executable, "-c", "raise SystemExit('no memory')"))
    empty = "import sys, msgspec; sys.stdin.buffer.read();" + (
        "sys.stdout.buffer.write(msgspec.msgpack.encode({'routes': [], 'unserved': []}))"
    )
    with pytest.raises(PlanFailed, match="breaks a rule"):
        await solve_in_child(problem, 0.2, command=(sys.executable, "-c", empty))


BROKEN = {
    "twice": lambda plan: msgspec.structs.replace(plan, routes=(*plan.routes, plan.routes[0])),
    "lost": lambda plan: msgspec.structs.replace(plan, routes=plan.routes[1:]),
    "too early": lambda plan: _with_stop(plan, lambda stop: msgspec.structs.replace(stop, begins=0, arrives=0)),
    "too short": lambda plan: _with_stop(plan, lambda stop: msgspec.structs.replace(stop, ends=stop.begins)),
    "not able": lambda plan: msgspec.structs.replace(
        plan,
        routes=tuple(
            msgspec.structs.replace(route, technician=other.technician)
            for route, other in zip(plan.routes, plan.routes[1:] + plan.routes[:1], strict=True)
        ),
    ),
    "no rest": lambda plan: msgspec.structs.replace(
        plan, routes=tuple(msgspec.structs.replace(route, rests=()) for route in plan.routes)
    ),
    "less travel": lambda plan: msgspec.structs.replace(
        plan, routes=tuple(msgspec.structs.replace(route, travel=route.travel - 1) for route in plan.routes)
    ),
}


def _with_stop(plan, change):
    route = plan.routes[0]
    stops = (change(route.stops[0]), *route.stops[1:])
    return msgspec.structs.replace(plan, routes=(msgspec.structs.replace(route, stops=stops), *plan.routes[1:]))


@pytest.mark.parametrize("name", BROKEN)
def test_the_validator_sees_a_plan_that_was_spoilt(name):
    problem = a_day(7, visits=24, technicians=5)
    plan = solve(problem, 0.3)
    assert violations(problem, plan) == []
    assert violations(problem, BROKEN[name](plan)) != []
