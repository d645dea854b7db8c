"""Solving a day in the killable child: the SLA first, then late rather than never; a stuck solver costs no day."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace

from mendline.dayplans.draft import Draft
from mendline.kernel import log
from mendline.routing import CHILD, Plan, PlanFailed, Problem, solve_in_child

FIRST_SHARE = 0.6
"""The share of the time for the first round, where a second one may follow."""

COMMAND: Sequence[str] = CHILD
"""The child that improves a plan; what it is replaced by in tests hangs."""

_turn = asyncio.Semaphore(1)
"""One problem at a time in a process: a second one would only take the first one's processor."""


class Solved(Struct, frozen=True):
    """A plan with the very problem that it keeps to.

    fault: why it is VROOM's alone (`solver_killed`, `solver_died`), or empty. wall: seconds, the child's start in them.
    """

    problem: Problem
    plan: Plan
    fault: str = ""
    wall: float = 0.0


async def solve_day(draft: Draft, travel: tuple[tuple[int, ...], ...], seconds: float) -> Solved:
    """The best plan found within about `seconds` of solving, checked by the routing package's own validator.

    Visits whose SLA moment nobody can keep are tried again without it. Raises PlanFailed when not even VROOM answers.
    """
    began = perf_counter()
    problem = draft.problem(travel)
    async with _turn:
        share = FIRST_SHARE if draft.relaxed else 1.0
        plan, fault = await _solved(problem, seconds * share)
        late = [visit for visit in plan.unserved if visit in draft.relaxed]
        if late:
            relaxed = {visit: draft.relaxed[visit] for visit in late}
            problem = replace(
                problem,
                visits=tuple(replace(v, windows=relaxed.get(v.id, v.windows)) for v in problem.visits),
                # What the first round gave to somebody stays there as well as it can: late visits fill the gaps.
                previous=problem.previous or plan.assignment(),
                change_cost=problem.change_cost or draft.day.policy.change_minutes * 60,
            )
            plan, again = await _solved(problem, 0.0 if fault else seconds * (1 - share))
            fault = fault or again
    return Solved(problem, plan, fault, perf_counter() - began)


async def _solved(problem: Problem, seconds: float) -> tuple[Plan, str]:
    """The child's plan; when it is killed or dies, VROOM's alone, which takes a moment."""
    try:
        return await solve_in_child(problem, seconds, command=COMMAND), ""
    except PlanFailed as failed:
        log.warning("solver_failed", why=str(failed)[:300])
        fault = "solver_killed" if "killed" in str(failed) else "solver_died"
    return await solve_in_child(problem, 0.0), fault
