"""Repair: makes a plan of a solver's answer; what does not fit with its breaks is left out and tried elsewhere."""

from mendline.routing.plan import Plan, Route
from mendline.routing.problem import Problem, Sequences, Task
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
    served = {task.visit for tasks in days.values() for task in tasks if not task.pickup}
    waiting = [number for number in range(len(problem.visits)) if number not in served]
    for visit in sorted(waiting, key=lambda number: _worth(problem, number), reverse=True):
        _insert(problem, days, routes, visit)
    served = {task.visit for tasks in days.values() for task in tasks if not task.pickup}
    return Plan(
        tuple(routes[number] for number in sorted(routes)),
        tuple(visit.id for number, visit in enumerate(problem.visits) if number not in served),
        solver,
    )


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
