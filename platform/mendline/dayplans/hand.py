"""The dispatcher's hand in a plan: a visit is locked where it is, and what a visit needs is said."""

from typing import Annotated

from msgspec import Meta, Struct

from mendline.dayplans.asking import DayPlanResult, answer, locked_plan
from mendline.dayplans.book import DayPlan, DayPlanStop, VisitTerms
from mendline.dayplans.windows import LOCKED_WITHIN
from mendline.kernel import (
    DayPlanStopId,
    DomainError,
    Reference,
    TicketId,
    command,
    execute,
    not_found,
    opaque,
    parse_opaque,
    rows,
    told,
    work,
)
from mendline.tickets import Ticket, require_part
from mendline_tenants import Actor

OPEN = ("proposed", "published")


class LockVisit(Struct, frozen=True):
    """A visit of a proposed or published edition that shall stay where it is, or no longer."""

    stop: DayPlanStopId
    locked: bool = True


@command("dayplans.lock_visit", "dispatch.plan")
async def lock_visit(actor: Actor, input: LockVisit) -> DayPlanResult:
    """Locks or frees a visit: later editions leave a locked one with its technician, at about its time.

    Raises plan_not_open, and visit_is_settled for what is under way or done.
    """
    plan, stop = await open_visit(actor, input.stop)
    locked_for = stop.begins_at if input.locked else None
    await rows.change(DayPlanStop, stop.tenant_id, stop.id, locked=input.locked, locked_for=locked_for)
    await execute(
        _ELSEWHERE, plan.tenant_id, plan.day, plan.id, stop.owner_id, stop.ticket_id, stop.technician_id, locked_for
    )
    told(day=plan.day, edition=plan.edition, number=stop.number, locked=input.locked)
    return answer(plan)


_WITHIN = f"interval '{LOCKED_WITHIN} seconds'"

_ELSEWHERE = f"""
UPDATE day_plan_stop s SET locked = a.agrees, locked_for = CASE WHEN a.agrees THEN $7::timestamptz END FROM (
  SELECT o.id, coalesce(o.technician_id = $6
    AND o.begins_at BETWEEN $7::timestamptz - {_WITHIN} AND $7::timestamptz + {_WITHIN}, false) AS agrees
  FROM day_plan_stop o JOIN day_plan p ON p.tenant_id = $1 AND p.id = o.plan_id
  WHERE o.tenant_id = $1 AND p.day = $2 AND p.id <> $3 AND p.state IN ('proposed', 'published')
    AND o.owner_id = $4 AND o.ticket_id = $5 AND o.kind = 'visit' AND o.progress = 'planned') a
WHERE s.tenant_id = $1 AND s.id = a.id
"""  # noqa: S608 - a constant
"""What was said last of a visit holds in the day's other open edition as well, where that agrees with it."""


def own(actor: Actor, kind: str, id: str) -> Reference:
    """What an opaque id of the actor's own organisation names. Raises not_found for anybody else's."""
    reference = parse_opaque(kind, id)
    if reference.tenant != actor.organisation:
        raise not_found(kind)
    return reference


async def open_visit(actor: Actor, id: str) -> tuple[DayPlan, DayPlanStop]:
    """A visit that can still be changed, and its edition, held. Raises plan_not_open, visit_is_settled, not_found."""
    stop = await rows.get(DayPlanStop, *own(actor, "ds", id))
    plan = await locked_plan(actor, opaque("dp", stop.tenant_id, stop.plan_id))
    if plan.state not in OPEN:
        raise DomainError("plan_not_open", day=plan.day, edition=plan.edition, state=plan.state)
    if stop.kind != "visit" or stop.progress != "planned":
        raise DomainError("visit_is_settled", number=stop.number or "—")
    return plan, stop


class Pickup(Struct, frozen=True):
    """Where parts for a visit are fetched first, in degrees, and how long that takes."""

    name: Annotated[str, Meta(max_length=120)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    minutes: Annotated[int, Meta(ge=0, le=240)] = 10


class SetVisitTerms(Struct, frozen=True):
    """What the visit for a ticket needs; what is not named is as its kind has it.

    minutes: how long it takes. pickup: where parts are fetched on the way.
    """

    ticket: TicketId
    minutes: Annotated[int, Meta(ge=5, le=24 * 60)] | None = None
    pickup: Pickup | None = None


class VisitTermsSet(Struct, frozen=True):
    """The ticket whose visit it is."""

    ticket: TicketId


@command("dayplans.set_visit_terms", "dispatch.plan")
async def set_visit_terms(actor: Actor, input: SetVisitTerms) -> VisitTermsSet:
    """Says how long a visit takes and where its parts are fetched first; the next edition is made by it."""
    ticket = await rows.get(Ticket, *parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    values = {
        "minutes": input.minutes,
        "pickup_name": input.pickup.name if input.pickup else "",
        "pickup_latitude": input.pickup.latitude if input.pickup else None,
        "pickup_longitude": input.pickup.longitude if input.pickup else None,
        "pickup_minutes": input.pickup.minutes if input.pickup else 10,
        "recorded_at": work().occurred_at,
    }
    known = await rows.first(
        VisitTerms,
        "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3",
        actor.organisation,
        ticket.tenant_id,
        ticket.id,
    )
    if known is None:
        anchor = {"tenant_id": actor.organisation, "owner_id": ticket.tenant_id, "ticket_id": ticket.id}
        await rows.insert(VisitTerms(**anchor, **values))
    else:
        await rows.update(known, **values)
    told(ticket=ticket.number, minutes=input.minutes, pickup=values["pickup_name"])
    return VisitTermsSet(opaque("tk", ticket.tenant_id, ticket.id))
