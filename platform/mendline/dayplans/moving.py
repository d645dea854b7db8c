"""A visit moved by hand: to another technician or another place of a day, judged by the day as it stands."""

from typing import Any

from msgspec import Struct

from mendline.dayplans.asking import DayPlanResult, answer, make_public, next_edition, supersede
from mendline.dayplans.book import DayPlan, DayPlanStop
from mendline.dayplans.draft import Draft
from mendline.dayplans.events import DayPlanProposed
from mendline.dayplans.hand import open_visit, own
from mendline.dayplans.keeping import insert_stops
from mendline.dayplans.locks import Lock, Promise, broken_locks
from mendline.dayplans.moves import moves_of
from mendline.dayplans.redrawn import Redrawn, redrawn
from mendline.dayplans.solving import without_sla
from mendline.dayplans.stops import key_of, packed, rows_of, tasks_of
from mendline.dayplans.windows import LOCKED_WITHIN
from mendline.kernel import DayPlanStopId, DomainError, MemberId, command, emit, not_found, rows, told, work
from mendline.routing import Plan, Problem, Task, schedule
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

    Raises technician_not_there, visit_is_settled for what has begun since, visit_is_taken with who has taken the job,
    not_able, and visit_does_not_fit when no window, lock, shift or break allows it.
    """
    member = await rows.get(Member, *own(actor, "mb", input.technician))
    ahead = await rows.get(DayPlanStop, *own(actor, "ds", input.before)) if input.before else None
    plan, stop = await open_visit(actor, input.stop)
    if ahead is not None and (ahead.plan_id, ahead.technician_id) != (plan.id, member.id):
        raise not_found("day_plan_stop")
    known = await redrawn(plan, key_of(stop))
    problem = without_sla(known.draft, known.problem, known.draft.relaxed) if input.late else known.problem
    driver = _driver(known.draft, problem, member, stop)
    changed = _moved(problem, known.plan, driver, key_of(stop), key_of(ahead) if ahead else None)
    if changed is None:
        raise DomainError("visit_does_not_fit", number=stop.number, name=member.name)
    _lock(known.draft, changed, key_of(stop), member)
    return answer(await _new_edition(actor, plan, known, problem, changed, stop))


def _driver(draft: Draft, problem: Problem, member: Member, stop: DayPlanStop) -> Driver:
    """Who may make the visit, as the day stands."""
    driver = next((t for t in problem.technicians if t.id == str(member.id)), None)
    if driver is None:
        raise DomainError("technician_not_there", name=member.name)
    if key_of(stop) not in draft.jobs:
        raise DomainError("visit_is_settled", number=stop.number)
    visit = next((v for v in problem.visits if v.id == key_of(stop)), None)
    if visit is None:
        raise DomainError("visit_does_not_fit", number=stop.number, name=member.name)
    if visit.technician is not None and visit.technician != driver.id:
        raise DomainError("visit_is_taken", number=stop.number, name=draft.crews[visit.technician].name)
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
    giver = next((t for t in problem.technicians if t.id == plan.assignment().get(key)), driver)
    if giver.id != driver.id:
        del routes[giver.id]
        if left[giver.id]:
            rest = schedule(problem, giver, left[giver.id])
            if rest is None:  # the way without it is longer than the way by it, and what follows is not reached in time
                return None
            routes[giver.id] = rest
    return Plan(tuple(routes.values()), tuple(visit for visit in plan.unserved if visit != key))


def _is(problem: Problem, tasks: list[Task], place: int, key: str) -> bool:
    return place < len(tasks) and not tasks[place].pickup and problem.visits[tasks[place].visit].id == key


def _lock(draft: Draft, changed: Plan, key: str, member: Member) -> None:
    """What was moved by hand stays where it was put."""
    begins = next(s.begins for r in changed.routes for s in r.stops if s.visit == key and not s.pickup)
    draft.released.pop(key, None)
    draft.locked[key] = Promise(Lock(member.id, member.name, draft.moment(begins)), begins + LOCKED_WITHIN, ())


_KEPT = ("day", "timezone", "epoch", "distances", "fallback")


async def _new_edition(
    actor: Actor, plan: DayPlan, known: Redrawn, problem: Problem, changed: Plan, stop: DayPlanStop
) -> DayPlan:
    policy, draft = day_plan_policy((await own_organisation(actor.organisation)).policies), known.draft
    moves, unserved = moves_of(draft, changed), _unserved(plan, draft, changed)
    made = DayPlan(
        tenant_id=plan.tenant_id,
        edition=await next_edition(plan.tenant_id, plan.day),
        state="proposed",
        cause="moved",
        cause_number=stop.number,
        asked_by=actor.id,
        based_on=plan.id if plan.state == "published" else plan.based_on,
        begins_at=draft.day.begins,
        asked_at=work().occurred_at,
        solved_at=work().occurred_at,
        problem=packed(problem),
        relaxed=dict(draft.relaxed),
        unserved=unserved,
        moves=moves,
        broken_locks=broken_locks(draft, changed),
        figures={**plan.figures, **_figures(draft, changed), "moved": len(moves), "unserved": len(unserved)},
        **{name: getattr(plan, name) for name in _KEPT},
    )
    await rows.insert(made)
    await insert_stops(made, rows_of(draft, problem, changed, made.id))
    await supersede(made, ("proposed",))
    told(day=made.day, edition=made.edition, number=stop.number, moved=len(moves))
    if policy.publish == "automatic" and plan.state == "published":
        await make_public(made)
    else:
        emit(DayPlanProposed(plan=made.id))
    return made


def _figures(draft: Draft, changed: Plan) -> dict[str, Any]:
    begun = {s.visit: draft.moment(s.begins) for r in changed.routes for s in r.stops if not s.pickup}
    late = sum(begun[key] > due for key, due in draft.due.items() if key in begun)
    return {"solver": "hand", "travel": changed.travel, "served": len(begun), "late": late}


def _unserved(plan: DayPlan, draft: Draft, changed: Plan) -> list[dict[str, Any]]:
    """What the edition left, and what no longer fits; what has been closed or begun since is not left."""
    known = {f"{left['owner']}/{left['ticket']}": left for left in plan.unserved}
    why: dict[str, str] = {key: left["why"] for key, left in known.items()}
    mine = {key_of(stop) for stop in draft.day.known if stop.kind == "visit"}
    why |= {key: reason for key, reason in draft.left.items() if key in mine} | dict.fromkeys(
        changed.unserved, "no_time"
    )
    return [
        {"owner": str(j.owner), "ticket": str(j.id), "number": j.number, "priority": j.priority, "why": why[key]}
        for key, j in draft.jobs.items()
        if key in why
    ]
