"""A person sets a ticket's priority, and says why; the score stands beside it and may be gone back to."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from mendline.kernel import DomainError, Reference, TicketId, command, emit, parse_opaque, rows, touch
from mendline.tickets.events import PrioritySet
from mendline.tickets.lifecycle import change, lock_ticket, require_part
from mendline.tickets.partners.children import children_of
from mendline.tickets.partners.participants import require_group
from mendline.tickets.priority import lowest_allowed, with_floor
from mendline.tickets.results import TicketResult, result
from mendline.tickets.sla.clocks import clocks_of
from mendline.tickets.ticket import Ticket, TicketClinical
from mendline_tenants import Actor, own_organisation

OVERRIDE = "override"
"""The input of the priority's reasons that says what a person set: {input, value, points, reason, scored, by, over}.

by: their organisation (where it is not named, the user facility). over: what another had set, mostly the user facility,
and a provider has raised further.
"""


class OverridePriority(Struct, frozen=True):
    """Another priority than the score's (1 is the highest), and why; without one the score counts again.

    Where a provider takes back what it has raised, what the user facility had set counts again.
    """

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    priority: Annotated[int, Meta(ge=1, le=4)] | None = None


@command("tickets.override_priority", "tickets.triage")
async def override_priority(actor: Actor, input: OverridePriority) -> TicketResult:
    """Sets the priority; the clocks' targets follow it from the opening. The reason is for who sees the ward's words.

    What the user facility says of a ticket that it has passed on holds for those by which the work is done.
    A provider raises it only, and takes back only what it has raised itself: it answers for the clocks that run by it.
    Raises ticket_closed, group_withheld, priority_floor_patient when a patient is affected, priority_floor with the
    floor that the user facility's policy or the device's function sets, and how it is changed, and
    priority_of_facility with the lowest that a provider may set.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "either")
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    require_group(actor, ticket, "clinical")
    await _set(actor, ticket, input.priority, input.reason)
    if actor.organisation == ticket.tenant_id:
        async for child in children_of(ticket):
            await _set(actor, child, input.priority, input.reason, passed_on=True)
    return result(ticket)


async def _set(actor: Actor, ticket: Ticket, priority: int | None, reason: str, *, passed_on: bool = False) -> None:
    """passed_on: what is said of the parent is no word against the child's own floor, and goes no lower there."""
    clinical = await rows.get(TicketClinical, ticket.tenant_id, ticket.id)
    standing = _standing(clinical.priority_reasons)
    scored = standing["scored"] if standing else ticket.priority
    inputs, below = clinical.priority_reasons, None
    if actor.organisation == ticket.tenant_id:
        inputs = with_floor(inputs, (await own_organisation(actor.organisation)).policies.get("priority"))
    else:
        below = _anothers(actor, ticket, standing)
    lowest = lowest_allowed(inputs)[0]
    if passed_on and priority is not None:
        priority = min(priority, lowest)
    _require_above_floor(ticket, inputs, priority)
    without = min(int(below["value"]) if below else scored, lowest)
    reasons = [one for one in inputs if one["input"] != OVERRIDE]
    if actor.organisation != ticket.tenant_id:
        resets_anothers = priority is None and below is not None and below == standing
        if resets_anothers or (priority or 1) > without or await _longer_targets(ticket, priority):
            raise DomainError("priority_of_facility", number=ticket.number, lowest=without)
    if priority is not None:
        reasons.append(_override(priority, reason, scored, actor.organisation, below))
    elif below is not None:
        reasons.append(below)
    before, after = ticket.priority, priority or without
    await rows.update(clinical, priority_reasons=reasons)
    await change(actor, ticket, priority=after)
    touch(Reference(ticket.tenant_id, ticket.id), priority={"from": before, "to": after})
    if actor.organisation != ticket.tenant_id and after != before:
        _tell_facility(actor, ticket)


def _tell_facility(actor: Actor, ticket: Ticket) -> None:
    emit(
        PrioritySet(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            provider=ticket.provider_id,
            by=actor.organisation,
        )
    )


async def _longer_targets(ticket: Ticket, wanted: int | None) -> bool:
    """Whether a clock that has not stopped would get more time, or no target at all, by this rise."""
    if wanted is None or wanted >= ticket.priority:
        return False
    for clock in await clocks_of(ticket):
        minutes = clock.minutes.get(str(wanted))
        if clock.state != "stopped" and clock.target and (minutes is None or minutes * 60 > clock.target):
            return True
    return False


def _set_by(ticket: Ticket, standing: dict[str, Any]) -> str:
    return str(standing.get("by", ticket.tenant_id))


def _anothers(actor: Actor, ticket: Ticket, standing: dict[str, Any] | None) -> dict[str, Any] | None:
    """What stands without what the actor's organisation has set itself."""
    if standing is None or _set_by(ticket, standing) != str(actor.organisation):
        return standing
    return standing.get("over")


def _require_above_floor(ticket: Ticket, inputs: list[Any], wanted: int | None) -> None:
    lowest, floor = lowest_allowed(inputs)
    if wanted is None or wanted <= lowest:
        return
    if floor == "patient_affected":
        raise DomainError("priority_floor_patient", number=ticket.number)
    raise DomainError("priority_floor", number=ticket.number, lowest=lowest, function=floor, floor=f"floors.{floor}")


def under_override(
    ticket: Ticket, scored: int, reasons: list[dict[str, Any]], before: list[Any]
) -> tuple[int, list[dict[str, Any]]]:
    """A new score under what a person has set: that stands, unless a patient is affected or a floor forbids it now.

    What a provider has raised holds no higher score down. before: the reasons until now.
    """
    lowest, standing = lowest_allowed(reasons)[0], _standing(before)
    while standing is not None and _holds_down(ticket, standing, min(scored, lowest)):
        standing = standing.get("over")
    if standing is None or lowest < int(standing["value"]):
        return scored, reasons
    return int(standing["value"]), [*reasons, standing | {"scored": scored}]


def _holds_down(ticket: Ticket, standing: dict[str, Any], scored: int) -> bool:
    return int(standing["value"]) > scored and _set_by(ticket, standing) != str(ticket.tenant_id)


def _standing(reasons: list[Any]) -> dict[str, Any] | None:
    return next((reason for reason in reasons if reason["input"] == OVERRIDE), None)


def _override(priority: int, reason: str, scored: int, by: UUID, over: dict[str, Any] | None = None) -> dict[str, Any]:
    set_by = {"input": OVERRIDE, "value": str(priority), "points": 0, "reason": reason, "scored": scored, "by": str(by)}
    return set_by | ({"over": over} if over else {})
