"""A visit moved by hand: to another technician or another place of a day, judged by the plan's own problem."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from mendline.dayplans.asking import DayPlanResult, answer, make_public, next_edition, supersede
from mendline.dayplans.book import DayPlan, DayPlanStop
from mendline.dayplans.day import stops_of
from mendline.dayplans.events import DayPlanProposed
from mendline.dayplans.hand import open_visit, own
from mendline.dayplans.keeping import insert_stops
from mendline.dayplans.moves import Given, moves_between
from mendline.dayplans.stops import EMPTY, StopRow, key_of, numbered, packed, plan_of, tasks_of
from mendline.kernel import (
    DayPlanStopId,
    DomainError,
    MemberId,
    command,
    emit,
    not_found,
    rows,
    told,
    work,
)
from mendline.routing import Plan, Problem, Route, Task, schedule
from mendline.routing import Technician as Driver
from mendline_tenants import Actor, Member, day_plan_policy, own_organisation


class MoveVisit(Struct, frozen=True):
    """A visit for another technician, or for another place in the same one's day.

    before: the visit that it shall come before; where none is named, wherever it costs the least travel. late: whether
    SLA moments of the technician's visits may be missed for it.
    """

    stop: DayPlanStopId
    technician: MemberId
    before: DayPlanStopId | None = None
    late: bool = False


@command("dayplans.move_visit", "dispatch.plan")
async def move_visit(actor: Actor, input: MoveVisit) -> DayPlanResult:
    """Moves a visit by hand, as a new edition in which it is locked; the others of both days keep their order.

    Raises technician_not_there, visit_is_taken with who has taken the job, not_able, and visit_does_not_fit when no
    window, shift or break allows it.
    """
    member = await rows.get(Member, *own(actor, "mb", input.technician))
    ahead = await rows.get(DayPlanStop, *own(actor, "ds", input.before)) if input.before else None
    plan, stop = await open_visit(actor, input.stop)
    if ahead is not None and (ahead.plan_id, ahead.technician_id) != (plan.id, member.id):
        raise not_found("day_plan_stop")
    stops = await stops_of(plan.tenant_id, plan.id)
    problem, current = plan_of(plan, stops)
    problem = _relaxed(problem, plan) if input.late else problem
    driver = _driver(problem, member, stop)
    changed = _moved(problem, current, driver, key_of(stop), key_of(ahead) if ahead else None)
    if changed is None:
        raise DomainError("visit_does_not_fit", number=stop.number, name=member.name)
    return answer(await _new_edition(actor, plan, stops, problem, changed, stop, member))


def _relaxed(problem: Problem, plan: DayPlan) -> Problem:
    """The problem in which every visit may come after its SLA moment."""
    windows = {key: tuple((first, last) for first, last in listed) for key, listed in plan.relaxed.items()}
    visits = tuple(replace(visit, windows=windows.get(visit.id, visit.windows)) for visit in problem.visits)
    return replace(problem, visits=visits)


def _driver(problem: Problem, member: Member, stop: DayPlanStop) -> Driver:
    """Who may make the visit, as the problem knows them."""
    driver = next((t for t in problem.technicians if t.id == str(member.id)), None)
    if driver is None:
        raise DomainError("technician_not_there", name=member.name)
    visit = next(v for v in problem.visits if v.id == key_of(stop))
    if visit.technician not in (None, driver.id):
        raise DomainError("visit_is_taken", number=stop.number, name=stop.technician_name)
    if not problem.able(visit, driver):
        raise DomainError("not_able", number=stop.number, name=member.name)
    return driver


def _moved(problem: Problem, plan: Plan, driver: Driver, key: str, ahead: str | None) -> Plan | None:
    """The plan with one visit made by `driver`: None when it fits nowhere."""
    number = next(n for n, visit in enumerate(problem.visits) if visit.id == key)
    new = [Task(number, pickup=True)] * (problem.visits[number].pickup is not None) + [Task(number)]
    left = {route.technician: [t for t in tasks_of(problem, route) if t.visit != number] for route in plan.routes}
    mine = left.setdefault(driver.id, [])
    places = [n for n in range(len(mine) + 1) if ahead is None or _is(problem, mine, n, ahead)]
    tried = [schedule(problem, driver, [*mine[:n], *new, *mine[n:]]) for n in places]
    best = min((route for route in tried if route is not None), key=lambda route: route.travel, default=None)
    if best is None:
        return None
    routes = {route.technician: route for route in plan.routes} | {driver.id: best}
    giver = next(t for t in problem.technicians if t.id == plan.assignment()[key])
    if giver.id != driver.id:
        del routes[giver.id]
        if left[giver.id]:
            rest = schedule(problem, giver, left[giver.id])
            if rest is None:  # the way without it is longer than the way by it, and what follows is not reached in time
                return None
            routes[giver.id] = rest
    return Plan(tuple(routes.values()), plan.unserved)


def _is(problem: Problem, tasks: list[Task], place: int, key: str) -> bool:
    return place < len(tasks) and not tasks[place].pickup and problem.visits[tasks[place].visit].id == key


_KEPT = ("day", "timezone", "epoch", "begins_at", "relaxed", "distances", "fallback", "unserved")


async def _new_edition(
    actor: Actor,
    plan: DayPlan,
    stops: list[DayPlanStop],
    problem: Problem,
    changed: Plan,
    stop: DayPlanStop,
    to: Member,
) -> DayPlan:
    policy = day_plan_policy((await own_organisation(actor.organisation)).policies)
    names = {str(s.technician_id): s.technician_name for s in stops} | {str(to.id): to.name}
    after = {
        s.visit: Given(r.technician, names[r.technician], plan.epoch + timedelta(seconds=s.begins))
        for r in changed.routes
        for s in r.stops
        if not s.pickup
    }
    due = {key_of(s): s.due_at for s in stops if s.kind == "visit" and s.due_at}
    late = sum(given.begins_at > due[key] for key, given in after.items() if key in due)
    moves = moves_between(stops, after, timedelta(minutes=policy.tell_minutes), after)
    made = DayPlan(
        tenant_id=plan.tenant_id,
        edition=await next_edition(plan.tenant_id, plan.day),
        state="proposed",
        cause="moved",
        cause_number=stop.number,
        asked_by=actor.id,
        based_on=plan.id if plan.state == "published" else plan.based_on,
        asked_at=work().occurred_at,
        solved_at=work().occurred_at,
        problem=packed(problem),
        moves=moves,
        figures={**plan.figures, "travel": changed.travel, "moved": len(moves), "solver": "hand", "late": late},
        **{name: getattr(plan, name) for name in _KEPT},
    )
    await rows.insert(made)
    await insert_stops(made, _stop_rows(made, stops, problem, changed, key_of(stop), names))
    await supersede(made, ("proposed",))
    told(day=made.day, edition=made.edition, number=stop.number, moved=len(moves))
    if policy.publish == "automatic" and plan.state == "published":
        await make_public(made)
    else:
        emit(DayPlanProposed(plan=made.id))
    return made


def _stop_rows(
    made: DayPlan, stops: list[DayPlanStop], problem: Problem, changed: Plan, moved: str, names: dict[str, str]
) -> list[StopRow]:
    """The new edition's stops: what is settled as it was, the rest by the new routes."""
    columns = DayPlanStop._meta.fields_db_projection
    found: dict[UUID, list[StopRow]] = defaultdict(list)
    by_task: dict[tuple[str, bool], StopRow] = {}
    for s in stops:
        row = {column: getattr(s, column) for column in columns}
        if s.progress != "planned":
            found[s.technician_id].append(row)
        elif s.kind != "rest":
            by_task[key_of(s), s.kind == "pickup"] = row
    for route in changed.routes:
        found[UUID(route.technician)] += _of_route(made, problem, route, by_task, moved)
    return numbered(made.tenant_id, made.id, found, names)


def _of_route(
    made: DayPlan, problem: Problem, route: Route, by_task: dict[tuple[str, bool], StopRow], moved: str
) -> Iterator[StopRow]:
    def times(arrives: int, begins: int, ends: int) -> dict[str, Any]:
        moments = {"arrives_at": arrives, "begins_at": begins, "ends_at": ends}
        return {name: made.epoch + timedelta(seconds=seconds) for name, seconds in moments.items()}

    visits = {visit.id: visit for visit in problem.visits}
    place = next(t for t in problem.technicians if t.id == route.technician).start
    for stop in route.stops:
        row, visit = by_task[stop.visit, stop.pickup], visits[stop.visit]
        there = visit.pickup if stop.pickup and visit.pickup is not None else visit.place
        locked = row["locked"] or (stop.visit == moved and not stop.pickup)
        yield {
            **row,
            **times(stop.arrives, stop.begins, stop.ends),
            "travel": problem.travel[place][there],
            "locked": locked,
        }
        place = there
    for rest in route.rests:
        yield {**EMPTY, "kind": "rest", **times(rest.begins, rest.begins, rest.ends)}
