"""Solving: VROOM's plan first, then PyVRP's better one, within one time limit; only what keeps every rule counts."""

from time import monotonic, perf_counter

import msgspec

from mendline.routing import pyvrp_solver, vroom_solver
from mendline.routing.plan import KNOWN, Plan, moved
from mendline.routing.problem import Problem, Sequences, Visit
from mendline.routing.repair import planned
from mendline.routing.validate import violations

SPARE = 0.5
"""Seconds before its end that the child stops solving: it has breaks to put in, a plan to judge and to write."""


def solve(
    problem: Problem,
    seconds: float,
    seed: int = 0,
    *,
    until: float | None = None,
    improve: bool = True,
    begin: Plan | None = None,
) -> Plan:
    """The best plan found within `seconds` of solving.

    until: a moment of the monotonic clock; what is left then of `seconds` is not used. improve: False for the first
    plan alone. begin: a plan of the same visits that is improved, in place of VROOM's (the better of both where it is
    the one that people know); what it leaves is tried again.
    Where no solver's answer keeps every rule, the plan is made by inserting visits one after the other.
    """
    if not problem.visits or not problem.technicians:
        return planned(problem, {}, "insertion")
    spent = 0.0
    plans = [planned(problem, begin.sequences(problem), begin.solver)] if begin is not None else []
    if begin is None or begin.solver == KNOWN:
        began = perf_counter()
        found = vroom_solver.solve(_as_known(problem))
        spent = perf_counter() - began
        plans.append(planned(problem, found, "vroom"))
    first = min(plans, key=lambda plan: cost(problem, plan))
    left = min(seconds - spent, until - SPARE - monotonic() if until is not None else seconds)
    if improve and left > 0:
        began = perf_counter()
        better = pyvrp_solver.solve(problem, left, seed, _kept(problem, first))
        spent += perf_counter() - began
        plans.append(planned(problem, better, "pyvrp"))
    good = [plan for plan in plans if not violations(problem, plan)] or [planned(problem, {}, "insertion")]
    return msgspec.structs.replace(min(good, key=lambda plan: cost(problem, plan)), solving=spent)


def cost(problem: Problem, plan: Plan) -> int:
    """Travel, prizes of what is left out, and changes to what people know."""
    prizes = {visit.id: visit.prize for visit in problem.visits}
    changes = len(moved(problem.previous, plan)) if problem.change_cost else 0
    return plan.travel + sum(prizes[visit] for visit in plan.unserved) + changes * problem.change_cost


def _as_known(problem: Problem) -> Problem:
    """Where changes cost: the same problem with every known visit bound to who has it, so that only what is new moves.

    The search begins there; what is worth its price moves later.
    """
    if not problem.change_cost:
        return problem
    people = {technician.id: technician for technician in problem.technicians}

    def bound(visit: Visit) -> Visit:
        known = people.get(problem.previous.get(visit.id, ""))
        if known is None or not problem.able(visit, known):
            return visit
        return msgspec.structs.replace(visit, technician=known.id)

    return msgspec.structs.replace(problem, visits=tuple(map(bound, problem.visits)))


def _kept(problem: Problem, plan: Plan) -> Sequences | None:
    """PyVRP may begin with a plan that serves all that must be served; otherwise it begins on its own."""
    must = {visit.id for visit in problem.visits if visit.required}
    return plan.sequences(problem) if must.isdisjoint(plan.unserved) else None
