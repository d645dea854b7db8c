"""Repair: makes a plan of a solver's answer; what does not fit with its breaks is left out and tried elsewhere."""

from mendline.routing.plan import Plan, Route
from mendline.routing.problem import Problem, Sequences, Task
from mendline.routing.promised import earliest_route
from mendline.routing.schedule import schedule


def planned(problem: Problem, sequences: Sequences, solver: str) -> Plan:
    """The plan of these tasks, in their order. Every route keeps its windows, shift and breaks."""
    days = {number: [task for task in tasks if _able(problem, number, task)] for number, tasks in sequences.items()}
    routes: dict[int, Route] = {}
    homeless: list[int] = []
    for number, tasks in days.items():
        while tasks and (route := schedule(problem, problem.technicians[number], tasks)) is None:
            worst = min({task.visit for task in tasks}, key=lambda visit: _worth(problem, visit))
            tasks = [task for task in tasks if task.visit != worst]  # noqa: PLW2901 - the day shrinks
            homeless.append(worst)
        if tasks and route is not None:
            routes[number] = route
        days[number] = tasks
    _keep_promises(problem, days, routes)
    for visit in sorted(_left(problem, days), key=lambda number: _worth(problem, number), reverse=True):
        _insert(problem, days, routes, visit)
    left = _left(problem, days)
    return Plan(
        tuple(routes[number] for number in sorted(routes)),
        tuple(problem.visits[number].id for number in left),
        solver,
    )


def _left(problem: Problem, days: Sequences) -> list[int]:
    served = {task.visit for tasks in days.values() for task in tasks if not task.pickup}
    return [number for number in range(len(problem.visits)) if number not in served]


def _keep_promises(problem: Problem, days: Sequences, routes: dict[int, Route]) -> None:
    """Whoever lacks a visit that only they can make and that must be made, begins anew with all of these.

    What stands in their way is tried elsewhere after that, like all that was left out.
    """
    missing = {problem.visits[number].technician for number in _left(problem, days) if problem.visits[number].required}
    for who, technician in enumerate(problem.technicians):
        if technician.id not in missing:
            continue
        must = [n for n, visit in enumerate(problem.visits) if visit.required and visit.technician == technician.id]
        route = earliest_route(problem, technician, must)
        if route is not None:
            routes[who] = route
            days[who] = Plan((route,), ()).sequences(problem)[who]


def _able(problem: Problem, number: int, task: Task) -> bool:
    return problem.able(problem.visits[task.visit], problem.technicians[number])


def _worth(problem: Problem, number: int) -> tuple[bool, int]:
    visit = problem.visits[number]
    return visit.required, visit.prize


def _insert(problem: Problem, days: Sequences, routes: dict[int, Route], number: int) -> None:
    """Puts a visit where it costs the least travel, if it fits anywhere and is worth that."""
    visit = problem.visits[number]
    best: tuple[int, int, list[Task], Route] | None = None
    for who, technician in enumerate(problem.technicians):
        tasks, known = days.get(who, []), routes.get(who)
        if not problem.able(visit, technician) or _overloaded(problem, who, tasks, visit.demand):
            continue
        for place in range(len(tasks) + 1):
            new = [Task(number, pickup=True)] if visit.pickup is not None else []
            tried = [*tasks[:place], *new, Task(number), *tasks[place:]]
            route = schedule(problem, technician, tried)
            if route is None:
                continue
            cost = route.travel - (known.travel if known else 0)
            if (visit.required or cost <= visit.prize) and (best is None or cost < best[0]):
                best = cost, who, tried, route
    if best is not None:
        _, who, days[who], routes[who] = best


def _overloaded(problem: Problem, who: int, tasks: list[Task], demand: int) -> bool:
    capacity = problem.technicians[who].capacity
    if capacity is None:
        return False
    return sum(problem.visits[task.visit].demand for task in tasks if not task.pickup) + demand > capacity
