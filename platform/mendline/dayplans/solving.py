"""Solving a day in the killable child: the SLA first, then late rather than never; a stuck solver costs no day."""

import asyncio
from collections.abc import Collection, Sequence
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace

from mendline.dayplans.draft import Draft
from mendline.dayplans.stops import order_of
from mendline.kernel import log
from mendline.routing import CHILD, KNOWN, Plan, PlanFailed, Problem, Visit, planned, solve_in_child

SHARES = (0.6, 0.3, 0.1)
"""Of the time, for each round: with every SLA, and twice without that of the visits which fitted nowhere before.

What is left when a round leaves nobody late is spent on improving its plan.
"""

WORTH = 0.25
"""Seconds: for less no other child is started."""

ALONE = 8.0
"""Seconds that a child has for VROOM's plan alone, which takes a moment: a busy machine may need some to load it."""

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

    What people know of the day is where the search begins: their order of visits, with what is new put in between.
    Visits whose SLA moment nobody can keep are tried again without it: late rather than never. Raises PlanFailed when
    not even VROOM answers.
    """
    began = perf_counter()
    problem, left = draft.problem(travel), seconds
    known = planned(problem, order_of(problem, draft.day.known), KNOWN) if draft.previous else None
    best: Plan | None = None
    fault, solving = "", 0.0
    async with _turn:
        for share in SHARES if draft.relaxed else (1.0,):
            plan, fault = await _solved(problem, seconds * share, best or known, fault)
            solving, left = solving + plan.solving, left - seconds * share
            # What keeps to narrow windows keeps to wide ones: an earlier plan that leaves less is still one of these.
            if best is None or _left(problem, plan) <= _left(problem, best):
                best = plan
            late = [visit.id for visit in problem.visits if visit.id in best.unserved and _capped(draft, visit)]
            if not late:
                break
            problem = without_sla(draft, problem, late)
        assert best is not None
        if left > WORTH and not fault:
            best, fault = await _solved(problem, left, best, fault)
            solving += best.solving
    return Solved(problem, replace(best, solving=solving), fault, perf_counter() - began)


def _left(problem: Problem, plan: Plan) -> int:
    """What a plan leaves for another day, by its prizes."""
    return sum(visit.prize for visit in problem.visits if visit.id in plan.unserved)


def _capped(draft: Draft, visit: Visit) -> bool:
    return visit.id in draft.relaxed and visit.windows != draft.relaxed[visit.id]


def without_sla(draft: Draft, problem: Problem, late: Collection[str]) -> Problem:
    """The problem in which these visits may come after their SLA, as far as that ends their windows."""
    visits = (replace(v, windows=draft.relaxed.get(v.id, v.windows)) if v.id in late else v for v in problem.visits)
    return replace(problem, visits=tuple(visits))


async def _solved(problem: Problem, seconds: float, known: Plan | None, fault: str) -> tuple[Plan, str]:
    """The child's plan, which begins with the known one; once a child was killed or has died, VROOM's alone."""
    if not fault:
        try:
            return await solve_in_child(problem, seconds, begin=known, command=COMMAND), ""
        except PlanFailed as failed:
            log.warning("solver_failed", why=str(failed)[:300])
            fault = "solver_died" if failed.killed_after is None else "solver_killed"
    return await solve_in_child(problem, ALONE, improve=False, begin=known), fault
