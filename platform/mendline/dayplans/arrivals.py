"""After a plan is published: wards are told when somebody comes, technicians are asked to take their jobs."""

from uuid import UUID

from mendline.dayplans.book import DayPlan, DayPlanStop
from mendline.dayplans.day import stops_of
from mendline.dayplans.events import DayPlanPublished
from mendline.dayplans.stops import key_of
from mendline.dispatch import OfferJob
from mendline.fieldwork import ExpectVisit
from mendline.kernel import DomainError, Envelope, consumer, fetch, log, now, opaque, rows, run, transaction
from mendline_tenants import Actor, DayPlanPolicy, day_plan_policy, own_organisation, system_actor

UNASKED = ("triaged", "rework")
"""States of a ticket that nobody has been asked to take, or that goes back to work."""


@consumer("dayplans.tell_arrivals", DayPlanPublished)
async def tell_arrivals(envelope: Envelope) -> None:
    """Each visit's time becomes its ticket's expected arrival, and who is to make it is asked, once for each edition.

    A visit that fell out of the plan is expected no more. An edition that was superseded meanwhile tells nothing.
    """
    happened: DayPlanPublished = envelope.event
    provider, system = envelope.organisation, system_actor(envelope.organisation)
    async with transaction(provider):
        plan = await rows.get(DayPlan, provider, happened.plan)
        if plan.state != "published":
            return
        policy = day_plan_policy((await own_organisation(provider)).policies)
        visits = await _visits(provider, plan.id)
        before = await _visits(provider, happened.before) if happened.before else []
        held = await _asked(provider, visits)
    for stop in visits:
        await _expect(system, plan, policy, stop)
        state, holder = held.get(key_of(stop), ("", None))
        if policy.offer and (state in UNASKED or (state == "offered" and holder != stop.technician_id)):
            await _offer(system, plan, stop)
    planned = {key_of(stop) for stop in visits}
    for stop in before:
        if key_of(stop) not in planned:
            await _expect(system, plan, policy, stop, dropped=True)
    async with transaction(provider):
        await rows.change(DayPlan, provider, plan.id, told_at=now())


async def _visits(provider: UUID, plan: UUID) -> list[DayPlanStop]:
    return [stop for stop in await stops_of(provider, plan) if stop.kind == "visit" and stop.progress == "planned"]


async def _asked(provider: UUID, visits: list[DayPlanStop]) -> dict[str, tuple[str, UUID | None]]:
    """The state of each visit's ticket, and who was offered it."""
    found = await fetch(
        "SELECT w.owner_id, w.ticket_id, w.state, (SELECT o.technician_id FROM job_offer o WHERE o.tenant_id = $1"
        " AND o.owner_id = w.owner_id AND o.ticket_id = w.ticket_id AND o.state = 'offered'"
        " ORDER BY o.offered_at DESC LIMIT 1) AS holder"
        " FROM unnest($2::uuid[], $3::uuid[]) AS s(owner, id)"
        " JOIN worklist w ON w.tenant_id = $1 AND w.owner_id = s.owner AND w.ticket_id = s.id",
        provider,
        [stop.owner_id for stop in visits],
        [stop.ticket_id for stop in visits],
    )
    return {f"{row['owner_id']}/{row['ticket_id']}": (row["state"], row["holder"]) for row in found}


def _ticket(stop: DayPlanStop) -> str:
    assert stop.owner_id is not None
    assert stop.ticket_id is not None
    return opaque("tk", stop.owner_id, stop.ticket_id)


async def _expect(
    system: Actor, plan: DayPlan, policy: DayPlanPolicy, stop: DayPlanStop, dropped: bool = False
) -> None:
    given = ExpectVisit(
        ticket=_ticket(stop),
        at=None if dropped else stop.begins_at,
        within=policy.tell_minutes,
    )
    await _run(system, "fieldwork.expect_visit", given, f"plan:{plan.id}:expect:{stop.ticket_id}")


async def _offer(system: Actor, plan: DayPlan, stop: DayPlanStop) -> None:
    given = OfferJob(
        ticket=_ticket(stop),
        technician=opaque("mb", stop.tenant_id, stop.technician_id),
    )
    await _run(system, "dispatch.offer_job", given, f"plan:{plan.id}:offer:{stop.ticket_id}")


async def _run(system: Actor, command: str, given: ExpectVisit | OfferJob, key: str) -> None:
    """One ticket's refusal (closed, passed on, no longer qualified) is not the others'."""
    try:
        await run(system, command, given, key=key)
    except DomainError as refused:
        log.info("not_told", command=command, ticket=given.ticket, code=refused.code)
