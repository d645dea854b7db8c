"""A person sets a ticket's priority, and says why; the score stands beside it and may be gone back to."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from mendline.kernel import DomainError, Reference, TicketId, command, parse_opaque, rows, touch
from mendline.tickets.lifecycle import change, lock_ticket, require_part
from mendline.tickets.partners.participants import require_group
from mendline.tickets.priority import lowest_allowed
from mendline.tickets.results import TicketResult, result
from mendline.tickets.ticket import TicketClinical
from mendline_tenants import Actor

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

    Raises ticket_closed, group_withheld, and priority_floor when a patient is affected or the device supports life.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "either")
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    require_group(actor, ticket, "clinical")
    clinical = await rows.get(TicketClinical, ticket.tenant_id, ticket.id)
    standing = _standing(clinical.priority_reasons)
    scored = standing["scored"] if standing else ticket.priority
    lowest = lowest_allowed(clinical.priority_reasons)
    if input.priority is not None and input.priority > lowest:
        raise DomainError("priority_floor", number=ticket.number, lowest=lowest)
    reasons = [reason for reason in clinical.priority_reasons if reason["input"] != OVERRIDE]
    if input.priority is not None:
        reasons.append(_override(input.priority, input.reason, scored))
    before, after = ticket.priority, input.priority or scored
    await rows.update(clinical, priority_reasons=reasons)
    await change(actor, ticket, priority=after)
    touch(Reference(ticket.tenant_id, ticket.id), priority={"from": before, "to": after})
    return result(ticket)


def under_override(scored: int, reasons: list[dict[str, Any]], before: list[Any]) -> tuple[int, list[dict[str, Any]]]:
    """A new score under what a person has set: that stands, unless a patient is affected now.

    before: the reasons until now.
    """
    standing = _standing(before)
    if standing is None or lowest_allowed(reasons) < int(standing["value"]):
        return scored, reasons
    return int(standing["value"]), [*reasons, _override(int(standing["value"]), standing["reason"], scored)]


def _standing(reasons: list[Any]) -> dict[str, Any] | None:
    return next((reason for reason in reasons if reason["input"] == OVERRIDE), None)


def _override(priority: int, reason: str, scored: int) -> dict[str, Any]:
    return {"input": OVERRIDE, "value": str(priority), "points": 0, "reason": reason, "scored": scored}
