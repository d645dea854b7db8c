"""Making a plan in a worker: read the day, ask for travel times, solve in the child, keep; again when the day moved."""

from typing import Any
from uuid import UUID

from mendline.dayplans.book import DayPlan
from mendline.dayplans.day import Day, fingerprint, read_day
from mendline.dayplans.draft import Draft, draft_of
from mendline.dayplans.events import DayPlanAsked
from mendline.dayplans.keeping import BeginPlan, GiveUpPlan, KeepPlan
from mendline.dayplans.locks import broken_locks
from mendline.dayplans.moves import moves_of
from mendline.dayplans.solving import Solved, solve_day
from mendline.dayplans.stops import packed, rows_of
from mendline.dayplans.travel import Travel, travel_between
from mendline.kernel import DomainError, Envelope, consumer, log, opaque, rows, run, transaction
from mendline.routing import PlanFailed, Visit, moved
from mendline_tenants import system_actor

ROUNDS = 3
"""How often a day that changes under the solver is planned anew; then the last plan is for the next who asks."""


@consumer("dayplans.make", DayPlanAsked)
async def make(envelope: Envelope) -> None:
    """Makes the edition that was asked for, outside any transaction; safe to do again."""
    asked: DayPlanAsked = envelope.event
    provider, system = envelope.organisation, system_actor(envelope.organisation)
    named = opaque("dp", provider, asked.plan)
    for _ in range(ROUNDS):
        try:
            await run(system, "dayplans.begin", BeginPlan(named))
        except DomainError as refused:
            log.info("plan_not_begun", plan=str(asked.plan), code=refused.code)
            return
        try:
            given = await _solved(provider, asked.plan)
        except PlanFailed as failed:
            log.warning("plan_failed", plan=str(asked.plan), why=str(failed)[:300])
            await run(system, "dayplans.give_up", GiveUpPlan(named, "no_solver"))
            return
        try:
            if (await run(system, "dayplans.keep", given)).kept:
                return
        except DomainError as refused:
            if refused.code != "plan_breaks_rules":
                raise
            log.warning("plan_failed", plan=str(asked.plan), why=refused.facts["rules"])
            await run(system, "dayplans.give_up", GiveUpPlan(named, "breaks_rules"))
            return
    await run(system, "dayplans.give_up", GiveUpPlan(named, "day_keeps_changing"))


async def _solved(provider: UUID, id: UUID) -> KeepPlan:
    """An edition, solved: what is to be kept of it. Raises PlanFailed."""
    async with transaction(provider):
        plan = await rows.get(DayPlan, provider, id)
        day = await read_day(plan)
    draft = draft_of(day)
    travel = await travel_between(provider, draft.places)
    solved = await solve_day(draft, travel.matrix, day.policy.seconds)
    unserved = _unserved(draft, solved)
    return KeepPlan(
        plan=opaque("dp", provider, id),
        fingerprint=fingerprint(day),
        problem=packed(solved.problem),
        relaxed=dict(draft.relaxed),
        stops=rows_of(draft, solved.problem, solved.plan, id),
        unserved=unserved,
        moves=moves_of(draft, solved.plan),
        broken_locks=broken_locks(draft, solved.plan),
        figures=_figures(day, draft, travel, solved) | {"unserved": len(unserved)},
        distances=travel.source,
        fallback=travel.fallback,
    )


def _unserved(draft: Draft, solved: Solved) -> list[dict[str, Any]]:
    """Tickets that are for another day, each with why: the most urgent first, as they were read."""
    why: dict[str, str] = {**draft.left, **dict.fromkeys(solved.plan.unserved, "no_time")}
    return [
        {
            "owner": str(job.owner),
            "ticket": str(job.id),
            "number": job.number,
            "priority": job.priority,
            "why": why[key],
        }
        for key, job in draft.jobs.items()
        if key in why
    ]


def _figures(day: Day, draft: Draft, travel: Travel, solved: Solved) -> dict[str, Any]:
    visits: dict[str, Visit] = {visit.id: visit for visit in solved.problem.visits}
    served = solved.plan.assignment()
    late = [
        stop
        for route in solved.plan.routes
        for stop in route.stops
        if not stop.pickup and stop.visit in draft.due and draft.moment(stop.begins) > draft.due[stop.visit]
    ]
    return {
        "solver": solved.plan.solver,
        "solving": round(solved.plan.solving, 2),
        "wall": round(solved.wall, 2),
        "fault": solved.fault,
        "served": len(served),
        "settled": sum(
            1 for settled in draft.settled if settled.job or (settled.stop and settled.stop.kind == "visit")
        ),
        "technicians": len(solved.plan.routes),
        "crew": len(day.crews),
        "homeless": draft.homeless,
        "travel": solved.plan.travel,
        "work": sum(visits[visit].service for visit in served),
        "late": len(late),
        "known": len(draft.previous),
        "moved": len(moved(draft.previous, solved.plan)),
        "places": len(travel.matrix),
    }
