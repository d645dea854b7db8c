"""Keeping what the worker made: only if the day is still as it was when it was read, and only what keeps every rule."""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from mendline.dayplans.asking import locked_plan, make_public, published_plan, supersede
from mendline.dayplans.book import DayPlan
from mendline.dayplans.day import begins_of, fingerprint, read_day, stops_of
from mendline.dayplans.events import DayPlanFailed, DayPlanProposed
from mendline.dayplans.stops import stored_violations
from mendline.kernel import DayPlanId, DomainError, command, emit, execute, told, work
from mendline.kernel import rows as store
from mendline_tenants import Actor


class BeginPlan(Struct, frozen=True):
    """The edition that a worker takes up."""

    plan: DayPlanId


@command("dayplans.begin", "dispatch.keep_plan")
async def begin(actor: Actor, input: BeginPlan) -> None:
    """A worker makes the edition now: from now on, and from what is published now. Raises plan_not_open."""
    plan = await locked_plan(actor, input.plan)
    if plan.state not in ("asked", "solving"):
        raise DomainError("plan_not_open", day=plan.day, edition=plan.edition, state=plan.state)
    published = None if plan.afresh else await published_plan(plan.tenant_id, date.fromisoformat(plan.day))
    await store.update(
        plan,
        state="solving",
        based_on=published.id if published else None,
        begins_at=begins_of(date.fromisoformat(plan.day), plan.timezone, work().occurred_at),
    )


class KeepPlan(Struct, frozen=True, kw_only=True):
    """What was solved, as the columns of the edition and its stops (see `book`).

    fingerprint: of the day that it was made from. problem: packed.
    """

    plan: DayPlanId
    fingerprint: Annotated[str, Meta(max_length=64)]
    problem: bytes
    relaxed: dict[str, Any]
    stops: list[dict[str, Any]]
    unserved: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    broken_locks: list[dict[str, Any]]
    figures: dict[str, Any]
    distances: str
    fallback: str


class PlanKept(Struct, frozen=True):
    """Whether it was kept: not when the day has changed meanwhile, and it is to be made anew."""

    kept: bool


@command("dayplans.keep", "dispatch.keep_plan")
async def keep(actor: Actor, input: KeepPlan) -> PlanKept:
    """Stores a solved edition as a proposal, or publishes it where the policy says so.

    A day that has changed since it was read keeps nothing. Raises plan_not_open, and plan_breaks_rules when the
    validator finds fault with what was stored: nothing stays of it then.
    """
    plan = await locked_plan(actor, input.plan)
    if plan.state != "solving":
        raise DomainError("plan_not_open", day=plan.day, edition=plan.edition, state=plan.state)
    published = None if plan.afresh else await published_plan(plan.tenant_id, date.fromisoformat(plan.day))
    if plan.based_on != (published.id if published else None) or fingerprint(await read_day(plan)) != input.fingerprint:
        return PlanKept(False)
    await store.update(
        plan,
        state="proposed",
        problem=input.problem,
        relaxed=input.relaxed,
        unserved=input.unserved,
        moves=input.moves,
        broken_locks=input.broken_locks,
        figures=input.figures,
        distances=input.distances,
        fallback=input.fallback,
        solved_at=work().occurred_at,
    )
    await insert_stops(plan, input.stops)
    await supersede(plan, ("proposed",))
    told(day=plan.day, edition=plan.edition, served=input.figures.get("served"), moved=input.figures.get("moved"))
    if plan.automatic:
        await make_public(plan)
    else:
        emit(DayPlanProposed(plan=plan.id))
    return PlanKept(True)


async def insert_stops(plan: DayPlan, stops: list[dict[str, Any]]) -> None:
    """Stores an edition's stops in one statement. Raises plan_breaks_rules with what the validator says of them."""
    await execute(
        "INSERT INTO day_plan_stop SELECT s.* FROM jsonb_populate_recordset(NULL::day_plan_stop, $3) AS s"
        " WHERE s.tenant_id = $1 AND s.plan_id = $2",
        plan.tenant_id,
        plan.id,
        stops,
    )
    if wrong := stored_violations(plan, await stops_of(plan.tenant_id, plan.id)):
        raise DomainError("plan_breaks_rules", rules="; ".join(wrong[:3]))


class GiveUpPlan(Struct, frozen=True):
    """The edition that could not be made, and why: a short word."""

    plan: DayPlanId
    why: Annotated[str, Meta(max_length=60)]


@command("dayplans.give_up", "dispatch.keep_plan")
async def give_up(actor: Actor, input: GiveUpPlan) -> None:
    """An edition is not made; what is published holds on."""
    plan = await locked_plan(actor, input.plan)
    if plan.state in ("asked", "solving"):
        await store.update(plan, state="failed", failure=input.why)
        told(day=plan.day, edition=plan.edition, failure=input.why)
        emit(DayPlanFailed(plan=plan.id))
