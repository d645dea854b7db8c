"""Asking for a day plan: a person or an event asks, a worker makes it; and what makes an edition the one that holds."""

from datetime import UTC, date, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline.dayplans.book import DayPlan
from mendline.dayplans.day import begins_of, epoch_of
from mendline.dayplans.events import DayPlanAsked, DayPlanPublished
from mendline.kernel import (
    DayPlanId,
    DomainError,
    TicketId,
    command,
    emit,
    execute,
    fetchval,
    not_found,
    opaque,
    parse_opaque,
    rows,
    told,
    work,
)
from mendline.tickets import Ticket
from mendline_tenants import Actor, day_plan_policy, own_organisation

AHEAD = 14
"""Days that can be planned before they come."""

PATIENCE = timedelta(minutes=15)
"""An edition asked for no longer ago that is still being made answers whoever asks again."""

Cause = Literal["asked", "urgent", "declined", "late", "absence"]


class PlanDay(Struct, frozen=True):
    """Asks for a plan: of today where no day is named.

    afresh: without regard to what is published; otherwise as few of its visits move as can be. cause, ticket: what
    happened, where an event asks.
    """

    day: date | None = None
    afresh: bool = False
    cause: Cause = "asked"
    ticket: TicketId | None = None


class DayPlanResult(Struct, frozen=True):
    """The edition, and where it stands."""

    plan: DayPlanId
    state: str
    edition: int


@command("dayplans.plan", "dispatch.plan")
async def plan_day(actor: Actor, input: PlanDay) -> DayPlanResult:
    """Asks for an edition of a day's plan, which a worker makes; its state tells how far it is.

    Raises day_is_past, and day_too_far for a day more than two weeks ahead.
    """
    moment = work().occurred_at
    organisation = await own_organisation(actor.organisation)
    today = moment.astimezone(ZoneInfo(organisation.timezone)).date()
    day = input.day or today
    if day < today:
        raise DomainError("day_is_past", day=day)
    if day > today + timedelta(days=AHEAD):
        raise DomainError("day_too_far", day=day, most=AHEAD)
    policy = day_plan_policy(organisation.policies)
    automatic = (policy.publish if input.cause == "asked" else policy.replan) == "automatic"
    known = await _being_made(actor.organisation, day, input.afresh, automatic)
    if known is not None:
        return answer(known)
    ticket = await rows.get(Ticket, *parse_opaque("tk", input.ticket)) if input.ticket else None
    published = await published_plan(actor.organisation, day)
    plan = DayPlan(
        tenant_id=actor.organisation,
        day=day.isoformat(),
        edition=await next_edition(actor.organisation, day.isoformat()),
        cause=input.cause,
        cause_number=ticket.number if ticket else "",
        asked_by=actor.id,
        based_on=published.id if published and not input.afresh else None,
        afresh=input.afresh,
        automatic=automatic,
        timezone=organisation.timezone,
        epoch=epoch_of(day, organisation.timezone),
        begins_at=begins_of(day, organisation.timezone, moment).astimezone(UTC),
        asked_at=moment,
    )
    await rows.insert(plan)
    told(day=plan.day, edition=plan.edition, cause=plan.cause)
    emit(DayPlanAsked(plan=plan.id))
    return answer(plan)


async def _being_made(provider: UUID, day: date, afresh: bool, automatic: bool) -> DayPlan | None:
    """An edition of the day that nobody works on yet: it will see whatever has happened by then.

    Only one that ends as this request would: who wants to look at a proposal gets none that publishes itself, and an
    event that publishes does not wait in somebody's proposal. Two such editions are made one upon the other.
    """
    return await rows.first(
        DayPlan,
        "tenant_id = $1 AND state = 'asked' AND day = $2 AND afresh = $3 AND asked_at > $4 AND automatic = $5"
        " ORDER BY edition DESC",
        provider,
        day.isoformat(),
        afresh,
        work().occurred_at - PATIENCE,
        automatic,
    )


async def next_edition(provider: UUID, day: str) -> int:
    """The number of a day's next edition; of two who take the same one the second is run again."""
    latest = await fetchval("SELECT max(edition) FROM day_plan WHERE tenant_id = $1 AND day = $2", provider, day)
    return (latest or 0) + 1


async def published_plan(provider: UUID, day: date) -> DayPlan | None:
    """The edition that holds on a day."""
    return await rows.first(DayPlan, "tenant_id = $1 AND state = 'published' AND day = $2", provider, day.isoformat())


def answer(plan: DayPlan) -> DayPlanResult:
    """What commands on an edition answer."""
    return DayPlanResult(opaque("dp", plan.tenant_id, plan.id), plan.state, plan.edition)


async def locked_plan(actor: Actor, id: str) -> DayPlan:
    """An edition of the actor's own organisation, held. Raises not_found for anybody else's."""
    reference = parse_opaque("dp", id)
    if reference.tenant != actor.organisation:
        raise not_found("day_plan")
    return await rows.lock(DayPlan, *reference)


async def make_public(plan: DayPlan) -> None:
    """Publishes a locked edition; the one that held, and whatever else was proposed for the day, is superseded."""
    before = await published_plan(plan.tenant_id, date.fromisoformat(plan.day))
    await supersede(plan, ("proposed", "published"))
    await rows.update(plan, state="published", published_at=work().occurred_at)
    told(day=plan.day, edition=plan.edition, published=True)
    emit(DayPlanPublished(plan=plan.id, before=before.id if before else None))


async def supersede(plan: DayPlan, states: tuple[str, ...]) -> None:
    """The day's other editions in these states are history."""
    await execute(
        "UPDATE day_plan SET state = 'superseded' WHERE tenant_id = $1 AND day = $2 AND id <> $3 AND state = ANY ($4)",
        plan.tenant_id,
        plan.day,
        plan.id,
        list(states),
    )
