"""A person sets a ticket's priority, and says why; the score stands beside it and may be gone back to."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from mendline.kernel import DomainError, Reference, TicketId, command, parse_opaque, rows, touch
from mendline.tickets.lifecycle import change, lock_ticket, require_part
from mendline.tickets.partners.participants import require_group
from mendline.tickets.priority import lowest_allowed, with_floor
from mendline.tickets.results import TicketResult, result
from mendline.tickets.ticket import Ticket, TicketClinical
from mendline_tenants import Actor, own_organisation

OVERRIDE = "override"
"""The input of the priority's reasons that says what a person set: {input, value, points, reason, scored}."""


class OverridePriority(Struct, frozen=True):
    """Another priority than the score's (1 is the highest), and why; without one the score counts again."""

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    priority: Annotated[int, Meta(ge=1, le=4)] | None = None


@command("tickets.override_priority", "tickets.triage")
async def override_priority(actor: Actor, input: OverridePriority) -> TicketResult:
    """Sets the priority; the clocks' targets follow it from the opening. The reason is for who sees the ward's words.

    Raises ticket_closed, group_withheld, priority_floor_patient when a patient is affected, and priority_floor with the
    floor that the user facility's policy or the device's function sets, and how it is changed.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "either")
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    require_group(actor, ticket, "clinical")
    clinical = await rows.get(TicketClinical, ticket.tenant_id, ticket.id)
    standing = _standing(clinical.priority_reasons)
    scored = standing["scored"] if standing else ticket.priority
    inputs = clinical.priority_reasons
    if actor.organisation == ticket.tenant_id:
        inputs = with_floor(inputs, (await own_organisation(actor.organisation)).policies.get("priority"))
    _require_above_floor(ticket, inputs, input.priority)
    reasons = [reason for reason in inputs if reason["input"] != OVERRIDE]
    if input.priority is not None:
        reasons.append(_override(input.priority, input.reason, scored))
    before, after = ticket.priority, input.priority or scored
    await rows.update(clinical, priority_reasons=reasons)
    await change(actor, ticket, priority=after)
    touch(Reference(ticket.tenant_id, ticket.id), priority={"from": before, "to": after})
    return result(ticket)


def _require_above_floor(ticket: Ticket, inputs: list[Any], wanted: int | None) -> None:
    lowest, floor = lowest_allowed(inputs)
    if wanted is None or wanted <= lowest:
        return
    if floor == "patient_affected":
        raise DomainError("priority_floor_patient", number=ticket.number)
    raise DomainError("priority_floor", number=ticket.number, lowest=lowest, function=floor, floor=f"floors.{floor}")


def under_override(scored: int, reasons: list[dict[str, Any]], before: list[Any]) -> tuple[int, list[dict[str, Any]]]:
    """A new score under what a person has set: that stands, unless a patient is affected or a floor forbids it now.

    before: the reasons until now.
    """
    standing = _standing(before)
    if standing is None or lowest_allowed(reasons)[0] < int(standing["value"]):
        return scored, reasons
    return int(standing["value"]), [*reasons, _override(int(standing["value"]), standing["reason"], scored)]


def _standing(reasons: list[Any]) -> dict[str, Any] | None:
    return next((reason for reason in reasons if reason["input"] == OVERRIDE), None)


def _override(priority: int, reason: str, scored: int) -> dict[str, Any]:
    return {"input": OVERRIDE, "value": str(priority), "points": 0, "reason": reason, "scored": scored}
