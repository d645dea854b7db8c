"""The validator: whether a plan keeps to its problem, judged from the plan's own times and from no solver's word."""

from collections import Counter
from collections.abc import Iterator

from mendline.routing.plan import Plan, Rest, Route, Stop
from mendline.routing.problem import Problem, Technician, Visit


def violations(problem: Problem, plan: Plan) -> list[str]:
    """What is wrong with a plan, a sentence each; empty when it may be published."""
    technicians = {technician.id: technician for technician in problem.technicians}
    visits = {visit.id: visit for visit in problem.visits}
    found = list(_counts(problem, plan))
    for route in plan.routes:
        technician = technicians.get(route.technician)
        if technician is None:
            found.append(f"{route.technician} is no technician of this day")
        elif strangers := [stop.visit for stop in route.stops if stop.visit not in visits]:
            found.append(f"{route.technician} is sent to unknown visits {strangers}")
        else:
            found += [f"{route.technician}: {wrong}" for wrong in _route(problem, technician, route, visits)]
    return found


def _counts(problem: Problem, plan: Plan) -> Iterator[str]:
    served = Counter(stop.visit for route in plan.routes for stop in route.stops if not stop.pickup)
    for visit in problem.visits:
        times = served[visit.id] + plan.unserved.count(visit.id)
        if times != 1:
            yield f"visit {visit.id} is told {times} times, not once"
        if visit.required and visit.id in plan.unserved:
            yield f"visit {visit.id} must be made and is left out"
    for technician, times in Counter(route.technician for route in plan.routes).items():
        if times > 1:
            yield f"{technician} has {times} routes"


def _route(problem: Problem, technician: Technician, route: Route, visits: dict[str, Visit]) -> Iterator[str]:
    first, last = technician.shift
    if route.begins < first or route.ends > last:
        yield f"works {route.begins}-{route.ends}, the shift is {first}-{last}"
    place, free, travel = technician.start, route.begins, 0
    fetched: set[str] = set()
    for stop in route.stops:
        visit = visits[stop.visit]
        there = visit.pickup if stop.pickup and visit.pickup is not None else visit.place
        leg = problem.travel[place][there]
        if stop.arrives < free + leg + _rest_between(route.rests, free, stop.arrives):
            yield f"reaches {stop.visit} at {stop.arrives}, {leg} of travel and its breaks after {free}"
        if not stop.arrives <= stop.begins <= stop.ends:
            yield f"{stop.visit} ends before it begins"
        yield from (f"{stop.visit}: {wrong}" for wrong in _stop(problem, technician, visit, stop, fetched))
        fetched |= {stop.visit} if stop.pickup else set()
        place, free, travel = there, stop.ends, travel + leg
    leg = problem.travel[place][technician.end] if technician.end is not None else 0
    if route.ends < free + leg + _rest_between(route.rests, free, route.ends):
        yield f"is home at {route.ends}, {leg} of travel after {free}"
    if route.travel != travel + leg:
        yield f"tells {route.travel} of travel, not {travel + leg}"
    yield from _rests(technician, route)
    load = sum(visits[stop.visit].demand for stop in route.stops if not stop.pickup)
    if technician.capacity is not None and load > technician.capacity:
        yield f"carries {load}, the van holds {technician.capacity}"


def _stop(problem: Problem, technician: Technician, visit: Visit, stop: Stop, fetched: set[str]) -> Iterator[str]:
    begins, ends, pickup = stop.begins, stop.ends, stop.pickup
    if ends - begins < (visit.pickup_service if pickup else visit.service):
        yield f"takes {ends - begins}, too short"
    if pickup:
        if visit.pickup is None:
            yield "has no parts to fetch"
        return
    if not problem.able(visit, technician):
        yield "is not this technician's to make"
    if not any(first <= begins <= last for first, last in visit.windows):
        yield f"begins at {begins}, outside {list(visit.windows)}"
    if visit.pickup is not None and visit.id not in fetched:
        yield "is made without its parts"


def _rest_between(rests: tuple[Rest, ...], begins: int, ends: int) -> int:
    return sum(rest.ends - rest.begins for rest in rests if begins <= rest.begins and rest.ends <= ends)


def _rests(technician: Technician, route: Route) -> Iterator[str]:
    if len(route.rests) != len(technician.breaks):
        yield f"takes {len(route.rests)} breaks of {len(technician.breaks)}"
    for rest, due in zip(route.rests, technician.breaks, strict=False):
        if rest.ends - rest.begins < due.length or not due.window[0] <= rest.begins <= due.window[1]:
            yield f"rests {rest.begins}-{rest.ends}, not {due.length} within {due.window}"
        for stop in route.stops:
            if rest.begins < stop.ends and stop.begins < rest.ends:
                yield f"rests {rest.begins}-{rest.ends} while at {stop.visit}"
    for one, other in zip(route.rests, route.rests[1:], strict=False):
        if other.begins < one.ends:
            yield "rests overlap"
