"""Locks: a visit that a dispatcher has locked stays with its technician at about its time, or the plan says why not."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from mendline.dayplans.book import DayPlanStop
from mendline.dayplans.windows import LOCKED_WITHIN, until
from mendline.kernel import rows
from mendline.routing import Plan, Problem, Window, earliest_route

if TYPE_CHECKING:
    from mendline.dayplans.draft import Draft
    from mendline.dayplans.jobs import Job


class Lock(Struct, frozen=True):
    """With whom a visit is locked, and the moment that it was locked at: later editions stay about that one."""

    technician: UUID
    name: str
    at: datetime


class Promise(Struct, frozen=True):
    """A lock within a draft: when its visit ought to begin at the latest, and when it may where that cannot be kept."""

    lock: Lock
    due: int
    wide: tuple[Window, ...]


async def locks_of(provider: UUID, day: date) -> dict[str, Lock]:
    """The locks of a day, by the visit's key: those of the edition that holds and, rather, of what is proposed for it.

    In the current transaction. A lock is the day's: planning afresh, or anew upon an older edition, keeps it as well.
    """
    found = await rows.select(
        DayPlanStop,
        "tenant_id = $1 AND locked AND kind = 'visit' AND plan_id IN (SELECT id FROM day_plan WHERE tenant_id = $1"
        " AND day = $2 AND state IN ('proposed', 'published'))"
        " ORDER BY (SELECT state = 'proposed' FROM day_plan p WHERE p.tenant_id = $1 AND p.id = plan_id), begins_at",
        provider,
        day.isoformat(),
    )
    return {
        f"{stop.owner_id}/{stop.ticket_id}": Lock(
            stop.technician_id, stop.technician_name, stop.locked_for or stop.begins_at
        )
        for stop in found
    }


def why_not(lock: Lock, job: "Job", there: Iterable[str]) -> str | None:
    """Why a lock holds no longer: its technician does not go out, has said no, or another has taken the job."""
    if str(lock.technician) not in there:
        return "technician_away"
    if lock.technician in job.declined:
        return "declined"
    if job.held and job.holder != lock.technician:
        return "taken"
    return None


def promised(problem: Problem, promises: dict[str, Promise]) -> Problem:
    """The problem in which every locked visit must be made, within its narrow window or late by as little as can be.

    What its technician cannot make at all, whatever else is left out, is no longer a must: the least urgent first.
    """
    mine: dict[str, list[int]] = defaultdict(list)
    for number, visit in enumerate(problem.visits):
        if visit.id in promises and visit.technician is not None:
            mine[visit.technician].append(number)
    for technician, numbers in mine.items():
        problem = _promised_of(problem, technician, numbers, promises)
    return problem


def _promised_of(problem: Problem, who: str, numbers: list[int], promises: dict[str, Promise]) -> Problem:
    technician = next(t for t in problem.technicians if t.id == who)
    keys = {number: problem.visits[number].id for number in numbers}
    narrow = {n: until(promises[key].wide, promises[key].due) for n, key in keys.items()}
    strict = _changed(problem, {n: windows for n, windows in narrow.items() if windows}, required=True)
    if all(narrow.values()) and earliest_route(strict, technician, numbers) is not None:
        return strict
    wide = _changed(problem, {n: promises[key].wide for n, key in keys.items()}, required=True)
    due = {n: promises[key].due for n, key in keys.items()}
    kept = sorted(numbers, key=lambda n: (-problem.visits[n].prize, due[n]))
    while kept and (route := earliest_route(wide, technician, kept, due)) is None:
        kept.pop()
    if not kept or route is None:
        return _changed(wide, {n: promises[key].wide for n, key in keys.items()}, required=False)
    begun = {stop.visit: stop.begins for stop in route.stops if not stop.pickup}
    made = _changed(wide, {n: until(promises[keys[n]].wide, max(due[n], begun[keys[n]])) for n in kept}, required=True)
    return _changed(made, {n: promises[keys[n]].wide for n in numbers if n not in kept}, required=False)


def _changed(problem: Problem, windows: dict[int, tuple[Window, ...]], *, required: bool) -> Problem:
    visits = list(problem.visits)
    for number, listed in windows.items():
        visits[number] = replace(visits[number], windows=listed, required=required)
    return replace(problem, visits=tuple(visits))


def broken_locks(draft: "Draft", plan: Plan) -> list[dict[str, Any]]:
    """The locks that a plan does not keep as they were made, each with why; minutes: by how much it begins too late."""
    begun = {stop.visit: stop.begins for route in plan.routes for stop in route.stops if not stop.pickup}
    found = [_told(draft, key, lock, why) for key, (lock, why) in draft.released.items()]
    for key, promise in draft.locked.items():
        if key in draft.left:
            found.append(_told(draft, key, promise.lock, draft.left[key]))
        elif key not in begun:
            found.append(_told(draft, key, promise.lock, "no_time"))
        elif begun[key] > promise.due:
            late = begun[key] - promise.due + LOCKED_WITHIN
            found.append(_told(draft, key, promise.lock, "late", round(late / 60)))
    return found


def _told(draft: "Draft", key: str, lock: Lock, why: str, minutes: int = 0) -> dict[str, Any]:
    job = draft.jobs[key]
    named = {"owner": str(job.owner), "ticket": str(job.id), "number": job.number}
    return named | {"technician": str(lock.technician), "name": lock.name, "why": why, "minutes": minutes}
