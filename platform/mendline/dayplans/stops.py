"""A routing plan as the stops of the book, and back again, so that a stored plan can be judged at any time."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from mendline.dayplans.book import DayPlan, DayPlanStop
from mendline.dayplans.draft import Draft, Settled
from mendline.dayplans.jobs import Job
from mendline.kernel import iso, new_id
from mendline.routing import Plan, Problem, Rest, Route, Sequences, Stop, Task, violations

StopRow = dict[str, Any]


def packed(problem: Problem) -> bytes:
    """A problem as bytes for the book."""
    return zlib.compress(msgspec.msgpack.encode(problem))


def unpacked(data: bytes) -> Problem:
    """The problem of a stored plan."""
    return msgspec.msgpack.decode(zlib.decompress(data), type=Problem)


def key_of(stop: DayPlanStop) -> str:
    """What a stop's ticket is called in a routing problem."""
    return f"{stop.owner_id}/{stop.ticket_id}"


def numbered(
    tenant: UUID, plan: UUID, by_technician: Mapping[UUID, list[StopRow]], names: Mapping[str, str]
) -> list[StopRow]:
    """The rows of an edition, each technician's numbered in the order of their times."""
    return [
        {
            **row,
            "id": new_id(),
            "tenant_id": tenant,
            "plan_id": plan,
            "technician_id": technician,
            "technician_name": names.get(str(technician), ""),
            "sequence": number,
        }
        for technician, listed in by_technician.items()
        for number, row in enumerate(sorted(listed, key=lambda row: (row["begins_at"], row["ends_at"])), 1)
    ]


def rows_of(draft: Draft, problem: Problem, plan: Plan, plan_id: UUID) -> list[StopRow]:
    """The stops of an edition: what was settled before, then each technician's route with its rests."""
    found: dict[UUID, list[StopRow]] = defaultdict(list)
    for settled in draft.settled:
        found[settled.technician].append(_settled_row(draft, settled))
    for route in plan.routes:
        found[UUID(route.technician)] += _route_rows(draft, problem, route)
    names = {str(stop.technician_id): stop.technician_name for stop in draft.day.known}  # of who has gone home as well
    return numbered(draft.day.provider, plan_id, found, names | {who: crew.name for who, crew in draft.crews.items()})


def _settled_row(draft: Draft, settled: Settled) -> StopRow:
    if settled.stop is not None:
        row = {name: getattr(settled.stop, name) for name in _COPIED}
        begins = min(settled.stop.begins_at, settled.ends)
    else:
        assert settled.job is not None
        row = _of_job(draft, settled.job)
        begins = settled.arrives
    times = {"arrives_at": settled.arrives, "begins_at": begins, "ends_at": settled.ends}
    return EMPTY | row | times | {"progress": settled.progress}


_COPIED = (
    *("kind", "owner_id", "ticket_id", "number", "priority", "place", "device", "latitude", "longitude", "travel"),
    *("windows", "due_at"),
)


def _route_rows(draft: Draft, problem: Problem, route: Route) -> Iterator[StopRow]:
    visits = {visit.id: visit for visit in problem.visits}
    place = next(t for t in problem.technicians if t.id == route.technician).start
    for stop in route.stops:
        visit = visits[stop.visit]
        there = visit.pickup if stop.pickup and visit.pickup is not None else visit.place
        latitude, longitude = draft.places[there]
        yield _of_job(draft, draft.jobs[stop.visit]) | {
            "kind": "pickup" if stop.pickup else "visit",
            "latitude": latitude,
            "longitude": longitude,
            "travel": problem.travel[place][there],
            **_times(draft, stop.arrives, stop.begins, stop.ends),
            "windows": [] if stop.pickup else [[iso(draft.moment(a)), iso(draft.moment(b))] for a, b in visit.windows],
            **_locked(draft, stop),
        }
        place = there
    for rest in route.rests:
        yield {**EMPTY, "kind": "rest", **_times(draft, rest.begins, rest.begins, rest.ends)}


def _locked(draft: Draft, stop: Stop) -> StopRow:
    promise = None if stop.pickup else draft.locked.get(stop.visit)
    return {"locked": promise is not None, "locked_for": promise.lock.at if promise else None}


EMPTY: StopRow = {
    "progress": "planned",
    **dict.fromkeys(("owner_id", "ticket_id", "priority", "latitude", "longitude", "due_at", "locked_for")),
    **{"number": "", "place": {}, "device": {}, "travel": 0, "windows": [], "locked": False},
}
"""What a stop is that is no visit."""


def _of_job(draft: Draft, job: Job) -> StopRow:
    return EMPTY | {
        "kind": "visit",
        "owner_id": job.owner,
        "ticket_id": job.id,
        "number": job.number,
        "priority": job.priority,
        "place": job.place,
        "device": job.device,
        "latitude": job.at[0] if job.at else None,
        "longitude": job.at[1] if job.at else None,
        "due_at": draft.due.get(job.key),
    }


def _times(draft: Draft, arrives: int, begins: int, ends: int) -> StopRow:
    moments = {"arrives_at": arrives, "begins_at": begins, "ends_at": ends}
    return {name: draft.moment(seconds) for name, seconds in moments.items()}


def plan_of(plan: DayPlan, stops: Iterable[DayPlanStop]) -> tuple[Problem, Plan]:
    """The routing problem and plan behind a stored edition: what of it was still to be planned."""
    assert plan.problem is not None
    problem = unpacked(plan.problem)
    by_technician: dict[str, list[DayPlanStop]] = defaultdict(list)
    for stop in stops:
        if stop.progress == "planned":
            by_technician[str(stop.technician_id)].append(stop)
    routes = tuple(_route(problem, plan.epoch, who, mine) for who, mine in by_technician.items())
    served = {stop.visit for route in routes for stop in route.stops if not stop.pickup}
    return problem, Plan(routes, tuple(visit.id for visit in problem.visits if visit.id not in served))


def _route(problem: Problem, epoch: datetime, who: str, mine: list[DayPlanStop]) -> Route:
    technician = next(t for t in problem.technicians if t.id == who)
    visits = {visit.id: visit for visit in problem.visits}

    def seconds(moment: datetime) -> int:
        return int((moment - epoch) / timedelta(seconds=1))

    stops, rests, place, travel = [], [], technician.start, 0
    for row in sorted(mine, key=lambda row: row.sequence):
        begins, ends = seconds(row.begins_at), seconds(row.ends_at)
        if row.kind == "rest":
            rests.append(Rest(begins, ends))
            continue
        visit = visits[key_of(row)]
        there = visit.pickup if row.kind == "pickup" and visit.pickup is not None else visit.place
        travel += problem.travel[place][there]
        place = there
        stops.append(Stop(visit.id, seconds(row.arrives_at), begins, ends, row.kind == "pickup"))
    home = problem.travel[place][technician.end] if technician.end is not None else 0
    free = stops[-1].ends if stops else technician.shift[0]
    after = [rest for rest in rests if rest.begins >= free]
    ends = max([free + home + sum(rest.ends - rest.begins for rest in after), *(rest.ends for rest in after)])
    return Route(who, technician.shift[0], ends, travel + home, tuple(stops), tuple(rests))


def tasks_of(problem: Problem, route: Route) -> list[Task]:
    """The tasks of a route, in order, as the scheduler takes them."""
    numbers = {visit.id: number for number, visit in enumerate(problem.visits)}
    return [Task(numbers[stop.visit], stop.pickup) for stop in route.stops]


def order_of(problem: Problem, stops: Iterable[DayPlanStop]) -> Sequences:
    """The tasks of each technician as an edition has them, of the visits that the problem knows; parts before each."""
    listed = [stop for stop in stops if stop.progress == "planned" and stop.kind != "rest"]
    people = {technician.id: number for number, technician in enumerate(problem.technicians)}
    visits = {visit.id: number for number, visit in enumerate(problem.visits)}
    fetched = {key_of(stop) for stop in listed if stop.kind == "pickup"}
    found: dict[int, list[Task]] = defaultdict(list)
    for stop in listed:
        who, number = people.get(str(stop.technician_id)), visits.get(key_of(stop))
        if who is None or number is None:
            continue
        parts = problem.visits[number].pickup is not None
        if parts and (stop.kind == "pickup" or key_of(stop) not in fetched):
            found[who].append(Task(number, pickup=True))
        if stop.kind == "visit":
            found[who].append(Task(number))
    return dict(found)


def stored_violations(plan: DayPlan, stops: Iterable[DayPlanStop]) -> list[str]:
    """What the validator finds wrong with a stored edition; empty when it keeps every rule."""
    return violations(*plan_of(plan, stops))
