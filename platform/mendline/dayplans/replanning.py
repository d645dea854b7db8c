"""Planning a published day anew when something happened: an urgent ticket, a refusal, a delay, an overrun."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from mendline.dayplans.asking import Cause, PlanDay, published_plan
from mendline.dayplans.book import DayPlan, DayPlanStop
from mendline.dayplans.day import stops_of
from mendline.dayplans.events import DayPlanPublished
from mendline.dayplans.jobs import PLANNABLE, UNDER_WAY
from mendline.dispatch import JobDeclined
from mendline.fieldwork import EstimateSlipped
from mendline.kernel import (
    DomainError,
    Envelope,
    Timer,
    consumer,
    fetch,
    log,
    now,
    opaque,
    rows,
    run,
    set_timer,
    timer,
    transaction,
    wake,
)
from mendline.tickets import BecameUrgent, ProviderAssigned, Ticket
from mendline_tenants import day_plan_policy, own_organisation, system_actor

URGENT = 1
"""The priority that does not wait for tomorrow's plan."""

OVERRUN = timedelta(minutes=20)
"""How long after its planned end a visit still open is taken to overrun."""

LOOK = timedelta(minutes=10)
"""How often a published day is looked at, at the most."""

WATCH = "dayplans.watch"


@consumer("dayplans.replan", ProviderAssigned, BecameUrgent, JobDeclined, EstimateSlipped)
async def replan(envelope: Envelope) -> None:
    """Asks for a new edition of today where today is published and what happened concerns it."""
    happened = envelope.event
    provider = happened.provider if isinstance(happened, ProviderAssigned | BecameUrgent) else envelope.organisation
    async with transaction(provider):
        today = await _today(provider)
        cause = await _cause(happened, today) if today else None
    if today and cause:
        await ask_anew(
            provider, date.fromisoformat(today.day), cause, happened.tenant, happened.ticket, str(envelope.id)
        )


async def _today(provider: UUID) -> DayPlan | None:
    """Today's published edition, where the policy plans anew at all."""
    organisation = await own_organisation(provider)
    if day_plan_policy(organisation.policies).replan == "off":
        return None
    return await published_plan(provider, now().astimezone(ZoneInfo(organisation.timezone)).date())


async def _cause(
    happened: ProviderAssigned | BecameUrgent | JobDeclined | EstimateSlipped, today: DayPlan
) -> Cause | None:
    """Why today must be planned anew, if it must."""
    match happened:
        case ProviderAssigned():
            ticket = await rows.find(Ticket, happened.tenant, happened.ticket)
            return "urgent" if ticket is not None and ticket.priority <= URGENT else None
        case BecameUrgent():
            ticket = await rows.find(Ticket, happened.tenant, happened.ticket)
            if ticket is None or ticket.state not in PLANNABLE:  # somebody is on the way already
                return None
            return "urgent" if ticket.priority <= URGENT else None
        case JobDeclined():
            return "declined" if await _stop(today, happened.tenant, happened.ticket) else None
        case EstimateSlipped():
            stop = await _stop(today, happened.tenant, happened.ticket)
            if stop is None:
                return None
            planned = stop.begins_at if happened.estimated == "arrival" else stop.ends_at
            policy = day_plan_policy((await own_organisation(today.tenant_id)).policies)
            # What the plan itself has moved is no delay against it.
            return "late" if happened.expected - planned > timedelta(minutes=policy.tell_minutes) else None


async def _stop(plan: DayPlan, owner: UUID, ticket: UUID) -> DayPlanStop | None:
    return await rows.first(
        DayPlanStop,
        "tenant_id = $1 AND plan_id = $2 AND owner_id = $3 AND ticket_id = $4 AND kind = 'visit'",
        plan.tenant_id,
        plan.id,
        owner,
        ticket,
    )


async def ask_anew(
    provider: UUID, day: date, cause: Cause, owner: UUID | None = None, ticket: UUID | None = None, key: str = ""
) -> None:
    """Asks for a new edition in the provider's own name, because something happened; once for each key."""
    given = PlanDay(day=day, cause=cause, ticket=opaque("tk", owner, ticket) if owner and ticket else None)
    try:
        await run(system_actor(provider), "dayplans.plan", given, key=f"replan:{key}")
    except DomainError as refused:  # the day is over, or the ticket is no longer the provider's
        log.info("not_planned_anew", cause=cause, code=refused.code)


# --- visits that overrun without anybody saying so


@consumer("dayplans.watch_day", DayPlanPublished)
async def watch_day(envelope: Envelope) -> None:
    """Sets the timer of the day that was published."""
    async with transaction(envelope.organisation):
        plan = await rows.lock(DayPlan, envelope.organisation, envelope.event.plan)
        await _set_look(plan, [], plan.published_at or now())
    wake()


async def _set_look(plan: DayPlan, told: list[str], moment: datetime) -> None:
    """The next look comes when the next visit overruns; none when all have been told of or looked at."""
    ends = [
        stop.ends_at
        for stop in await stops_of(plan.tenant_id, plan.id)
        if stop.kind == "visit" and stop.progress != "done" and str(stop.ticket_id) not in told
    ]
    if plan.state == "published" and ends:
        due = max(min(ends) + OVERRUN, moment + LOOK)
        await set_timer(plan.tenant_id, WATCH, f"{WATCH}:{plan.day}", due, plan=str(plan.id), told=told)


@timer(WATCH)
async def look(due: Timer) -> None:
    """Visits that should have ended and are still open make the day be planned anew, each once."""
    provider, told = due.tenant_id, list(due.payload["told"])
    async with transaction(provider):
        plan = await rows.get(DayPlan, provider, UUID(due.payload["plan"]))
        over = await _overrun(plan) if plan.state == "published" and await _today(provider) else []
    fresh = [(owner, ticket) for owner, ticket in over if str(ticket) not in told]
    if fresh:
        owner, ticket = fresh[0]
        await ask_anew(
            provider, date.fromisoformat(plan.day), "late", owner, ticket, f"{due.id}:{due.due_at.isoformat()}"
        )
    async with transaction(provider):
        plan = await rows.lock(DayPlan, provider, plan.id)  # the edition that supersedes it sets its timer after us
        passed = [
            s.ticket_id for s in await stops_of(provider, plan.id) if s.ticket_id and s.ends_at + OVERRUN <= now()
        ]
        await _set_look(plan, sorted({*told, *map(str, passed)}), now())
    wake()


async def _overrun(plan: DayPlan) -> list[tuple[UUID, UUID]]:
    """The tickets of visits whose planned end is past by OVERRUN and that are still open."""
    found = await fetch(
        "SELECT s.owner_id, s.ticket_id FROM day_plan_stop s"
        " JOIN worklist w ON w.tenant_id = $1 AND w.owner_id = s.owner_id AND w.ticket_id = s.ticket_id"
        " WHERE s.tenant_id = $1 AND s.plan_id = $2 AND s.kind = 'visit' AND s.progress <> 'done' AND s.ends_at <= $3"
        " AND w.state = ANY ($4) ORDER BY s.ends_at, s.id",
        plan.tenant_id,
        plan.id,
        now() - OVERRUN,
        [*PLANNABLE, *UNDER_WAY],
    )
    return [(row["owner_id"], row["ticket_id"]) for row in found]
