"""The schedule: the earliest times for a given order of tasks, with every break where it costs least."""

from typing import NamedTuple

from mendline.routing.plan import Rest, Route, Stop
from mendline.routing.problem import Problem, Task, Technician


class _Reached(NamedTuple):
    """A partial day that ends at `ends`: what was done and how many breaks were taken."""

    ends: int
    place: int
    travel: int
    stops: tuple[Stop, ...]
    rests: tuple[Rest, ...]


Way = dict[int, _Reached]
"""A partial day, for each number of breaks taken so far: the one that ends earliest, for that is never worse."""


def schedule(problem: Problem, technician: Technician, tasks: list[Task]) -> Route | None:
    """The earliest day in this order; None when windows, shift or breaks do not allow it."""
    way = set_out(technician)
    for task in tasks:
        way = go_on(problem, technician, way, task)
        if not way:
            return None
    return go_home(problem, technician, way)


def set_out(technician: Technician) -> Way:
    """The beginning of a day."""
    return {0: _Reached(technician.shift[0], technician.start, 0, (), ())}


def go_on(problem: Problem, technician: Technician, way: Way, task: Task) -> Way:
    """The day with one task more; empty when no window allows it."""
    found: Way = {}
    for before in way.values():
        for after in _next(problem, technician, before, task):
            known = found.get(len(after.rests))
            if known is None or after.ends < known.ends:
                found[len(after.rests)] = after
    return found


def go_home(problem: Problem, technician: Technician, way: Way) -> Route | None:
    """The whole day, every break taken; None when it does not end within the shift."""
    begins, latest = technician.shift
    for before in way.values():
        whole = _home(problem, technician, before)
        if whole is not None and whole.ends <= latest:
            return Route(technician.id, begins, whole.ends, whole.travel, whole.stops, whole.rests)
    return None


def _next(problem: Problem, technician: Technician, before: _Reached, task: Task) -> list[_Reached]:
    """The task done next, without a break before it or after one or more of those that are due."""
    visit = problem.visits[task.visit]
    place = visit.pickup if task.pickup and visit.pickup is not None else visit.place
    found = []
    for arrived in _ways(problem, technician, before, place):
        starts = [arrived.ends]
        if not task.pickup:
            starts = [max(arrived.ends, first) for first, last in visit.windows if arrived.ends <= last][:1]
        for begins in starts:
            ends = begins + (visit.pickup_service if task.pickup else visit.service)
            stop = Stop(visit.id, arrived.ends, begins, ends, task.pickup)
            found.append(_Reached(ends, place, arrived.travel, (*arrived.stops, stop), arrived.rests))
    return found


def _home(problem: Problem, technician: Technician, before: _Reached) -> _Reached | None:
    """The end of the day, with every break taken that is not yet."""
    place = before.place if technician.end is None else technician.end
    return next(
        (way for way in _ways(problem, technician, before, place) if len(way.rests) == len(technician.breaks)), None
    )


def _ways(problem: Problem, technician: Technician, before: _Reached, place: int) -> list[_Reached]:
    """Arrivals at a place with none, one, … of the remaining breaks taken on the way there."""
    travel = problem.travel[before.place][place]
    way = before._replace(ends=before.ends + travel, place=place, travel=before.travel + travel)
    found = [way]
    free = before.ends  # from when a break on this way may begin
    for rest in technician.breaks[len(before.rests) :]:
        first, last = rest.window
        begins = max(free, first)
        if begins > last:
            break
        ends = begins + rest.length
        # One drives on until the break begins, so only what is left of the way follows it.
        arrives = max(way.ends + rest.length, ends)
        way = way._replace(ends=arrives, rests=(*way.rests, Rest(begins, ends)))
        found.append(way)
        free = ends
    return found
