"""Visits that one technician must make: the order in which all of them are kept, or are late by as little as can be."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from mendline.routing.plan import Route
from mendline.routing.problem import Problem, Task, Technician
from mendline.routing.schedule import Way, go_home, go_on, set_out

STEPS = 20_000
"""Tasks that are tried at the most: what was found by then counts. Windows leave few orders, so days need hundreds."""


class _Found(Struct):
    """The best whole day so far, and how many tasks were tried for it."""

    route: Route | None = None
    late: int = 0
    steps: int = 0


def earliest_route(
    problem: Problem, technician: Technician, visits: Sequence[int], due: Mapping[int, int] | None = None
) -> Route | None:
    """A day of these visits alone (their numbers), each within its windows; None when no order allows all of them.

    due: when each ought to begin at the latest; the sum of what they begin later is the least that an order allows.
    """
    found = _Found()
    wanted = due or {}
    ordered = sorted(visits, key=lambda number: (wanted.get(number, 0), problem.visits[number].windows[-1][1]))
    _extend(problem, technician, set_out(technician), ordered, wanted, 0, found)
    return found.route


def _extend(
    problem: Problem,
    technician: Technician,
    way: Way,
    left: Sequence[int],
    due: Mapping[int, int],
    late: int,
    found: _Found,
) -> None:
    """Tries each of the visits that are left as the next one, the most pressing first."""
    if found.route is not None and late >= found.late:
        return
    if not left:
        route = go_home(problem, technician, way)
        if route is not None:
            _keep(problem, route, due, found)
        return
    for number in left:
        found.steps += 1
        if found.steps > STEPS or (found.route is not None and not found.late):
            return
        if after := _after(problem, technician, way, number):
            begun = min(reached.stops[-1].begins for reached in after.values())
            over = max(begun - due.get(number, begun), 0)
            _extend(problem, technician, after, [n for n in left if n != number], due, late + over, found)


def _keep(problem: Problem, route: Route, due: Mapping[int, int], found: _Found) -> None:
    numbers = {visit.id: number for number, visit in enumerate(problem.visits)}
    begun = {numbers[stop.visit]: stop.begins for stop in route.stops if not stop.pickup}
    late = sum(max(begins - due.get(number, begins), 0) for number, begins in begun.items())
    if found.route is None or late < found.late:
        found.route, found.late = route, late


def _after(problem: Problem, technician: Technician, way: Way, number: int) -> Way:
    if problem.visits[number].pickup is not None:
        way = go_on(problem, technician, way, Task(number, pickup=True))
    return go_on(problem, technician, way, Task(number)) if way else {}
