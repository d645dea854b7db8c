"""The rounds in which a day is solved: all of the time is used, whether SLA moments must be let go or not."""

from types import SimpleNamespace

import msgspec
import pytest

from mendline.dayplans import solving
from mendline.routing import PlanFailed
from mendline.routing.repair import planned
from mendline_tenants import DayPlanPolicy
from support.days import HOUR, a_day

DAY = a_day(7, visits=6, technicians=2, plain=True)
WIDE = ((8 * HOUR, 18 * HOUR),)


def a_draft(relaxed):
    """As much of a draft as the rounds need."""
    policy = SimpleNamespace(policy=DayPlanPolicy(), known=())
    return SimpleNamespace(problem=lambda _: DAY, relaxed=relaxed, previous={}, day=policy)


def child(leaves, spent, fails=()):
    """A child that leaves these visits of each round, and tells what it was given."""
    answers = iter(leaves)

    async def solve_in_child(problem, seconds, *, improve=True, begin=None, **_):
        spent.append((seconds if improve else 0, begin is not None))
        if len(spent) in fails:
            raise PlanFailed("killed", 3.0)
        plan = begin or planned(problem, {}, "insertion")
        left = set(next(answers, ()))
        routes = tuple(
            msgspec.structs.replace(r, stops=tuple(s for s in r.stops if s.visit not in left)) for r in plan.routes
        )
        return msgspec.structs.replace(plan, routes=routes, unserved=tuple(left), solving=float(seconds))

    return solve_in_child


@pytest.mark.parametrize(
    ("relaxed", "leaves", "rounds"),
    [
        ({}, [()], [(10.0, False)]),
        ({"v1": WIDE}, [()], [(6.0, False), (4.0, True)]),
        ({"v1": WIDE}, [("v1",), ()], [(6.0, False), (3.0, True), (1.0, True)]),
        ({"v1": WIDE, "v2": WIDE}, [("v1",), ("v2",), ()], [(6.0, False), (3.0, True), (1.0, True)]),
        ({"v1": WIDE}, [("v2",)], [(6.0, False), (4.0, True)]),
    ],
)
async def test_all_of_the_time_is_used(monkeypatch, relaxed, leaves, rounds):
    spent = []
    monkeypatch.setattr(solving, "solve_in_child", child(leaves, spent))
    solved = await solving.solve_day(a_draft(relaxed), (), 10.0)
    assert [(pytest.approx(seconds), begun) for seconds, begun in rounds] == spent
    assert solved.plan.solving == pytest.approx(10.0)
    assert solved.fault == ""


async def test_a_plan_that_cannot_be_improved_stays(monkeypatch):
    spent = []
    monkeypatch.setattr(solving, "solve_in_child", child([()], spent, fails=(2,)))
    solved = await solving.solve_day(a_draft({"v1": WIDE}), (), 10.0)
    assert spent == [(6.0, False), (4.0, True), (0, True)]
    assert (solved.fault, solved.plan.unserved) == ("solver_killed", ())


async def test_after_a_fault_the_first_solver_plans_alone(monkeypatch):
    spent = []
    monkeypatch.setattr(solving, "solve_in_child", child([("v1",), ()], spent, fails=(1,)))
    solved = await solving.solve_day(a_draft({"v1": WIDE}), (), 10.0)
    assert spent == [(6.0, False), (0, False), (0, True)]
    assert solved.fault == "solver_killed"
