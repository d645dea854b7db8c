"""What the reporting side says after the report: use state, flags, decontamination, comments, reminders."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from mendline.devices import Device, DeviceModel, lock_unit
from mendline.kernel import DomainError, TicketId, command, emit, execute, parse_opaque, rows, work
from mendline.tickets.commercial.quoting import end_with_ticket
from mendline.tickets.device_state import report_use_state, undo_report
from mendline.tickets.events import ClockChanged
from mendline.tickets.lifecycle import change, lock_ticket, move, note_change, require_part
from mendline.tickets.partners.children import children_of, with_children
from mendline.tickets.partners.participants import require_group
from mendline.tickets.priority import score
from mendline.tickets.priority_override import under_override
from mendline.tickets.results import TicketResult, result
from mendline.tickets.states import UseState
from mendline.tickets.ticket import Ticket, TicketClinical, TicketMessage
from mendline_tenants import Actor, own_organisation

Body = Annotated[str, Meta(min_length=1, max_length=4000)]


class SetUseState(Struct, frozen=True):
    """How far the device can be used: down, degraded, or a patient is affected."""

    ticket: TicketId
    use_state: UseState


@command("tickets.set_use_state", "tickets.update")
async def set_use_state(actor: Actor, input: SetUseState) -> TicketResult:
    """Records the use state, also for whom the work was passed on to; priority and the device's state follow it."""
    ticket = await _open_ticket_of_facility(actor, input.ticket)
    told = [one async for one in with_children(ticket)]
    device = await lock_unit(ticket.tenant_id, ticket.device_id) if ticket.device_id else None
    for one in told:
        await _weigh_anew(actor, one, input.use_state, device)
    return result(ticket)


async def _weigh_anew(actor: Actor, ticket: Ticket, use_state: UseState, device: Device | None) -> None:
    clinical = await rows.get(TicketClinical, ticket.tenant_id, ticket.id)
    if clinical.use_state == use_state:
        return
    cleaning = clinical.decontamination
    if use_state == "patient_affected" and cleaning == "not_needed":
        cleaning = "unknown"
    model = await rows.get(DeviceModel, ticket.tenant_id, device.model_id) if device else None
    before = {reason["input"]: reason["value"] for reason in clinical.priority_reasons}
    priority, reasons = score(
        model,
        device,
        use_state,
        int(before.get("clinical_location", 0)),
        policy=(await own_organisation(actor.organisation)).policies.get("priority"),
        tier=before.get("sla_tier"),
    )
    told = [reason._asdict() for reason in reasons]
    priority, told = under_override(ticket, priority, told, clinical.priority_reasons)
    await rows.update(clinical, use_state=use_state, decontamination=cleaning, priority_reasons=told)
    if device is not None:
        await report_use_state(device, use_state, ticket)
    if use_state == "patient_affected":
        emit(ClockChanged(tenant=ticket.tenant_id, ticket=ticket.id))  # people are told at any hour now
        await execute(
            "UPDATE ticket_vigilance SET suspected = true WHERE tenant_id = $1 AND id = $2", ticket.tenant_id, ticket.id
        )
    await change(actor, ticket, priority=priority)


class SetFlags(Struct, frozen=True):
    """Whether a spare unit is needed, whether the room is under isolation; what is not named stays."""

    ticket: TicketId
    spare_needed: bool | None = None
    isolation: bool | None = None


@command("tickets.set_flags", "tickets.update")
async def set_flags(actor: Actor, input: SetFlags) -> TicketResult:
    """Changes the flags that everyone on the ticket sees, and on those by which others do its work."""
    ticket = await _open_ticket_of_facility(actor, input.ticket)
    async for one in with_children(ticket):
        await _set_flags(actor, one, input)
    return result(ticket)


async def _set_flags(actor: Actor, ticket: Ticket, input: SetFlags) -> None:
    clinical = await rows.get(TicketClinical, ticket.tenant_id, ticket.id)
    changes: dict[str, object] = {}
    if input.spare_needed is not None:
        changes["spare_needed"] = input.spare_needed
    if input.isolation is not None:
        changes["isolation"] = input.isolation
        if input.isolation and clinical.decontamination == "not_needed":
            changes["decontamination"] = "unknown"
    if changes:
        await rows.update(clinical, **changes)
        await change(actor, ticket)


class RecordDecontamination(Struct, frozen=True):
    """The device's decontamination status before somebody works on it."""

    ticket: TicketId
    status: Literal["clean", "not_needed", "contaminated"]


@command("tickets.record_decontamination", "tickets.update")
async def record_decontamination(actor: Actor, input: RecordDecontamination) -> TicketResult:
    """Records it; work may start when the device is clean or needs no cleaning."""
    ticket = await _open_ticket_of_facility(actor, input.ticket)
    async for one in with_children(ticket):
        await rows.change(TicketClinical, one.tenant_id, one.id, decontamination=input.status)
        await change(actor, one)
    return result(ticket)


class Comment(Struct, frozen=True):
    """Words for everyone who holds the messages of the ticket."""

    ticket: TicketId
    body: Body


@command("tickets.comment", "tickets.comment")
async def comment(actor: Actor, input: Comment) -> TicketResult:
    """Adds a message. It does not change the ticket's version.

    What the user facility says of a ticket that it has passed on is said to those who do the work, too.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    await add_message(actor, ticket, "comment", input.body)
    await note_change(actor, ticket)
    if actor.organisation == ticket.tenant_id:
        async for child in children_of(ticket):
            await add_message(actor, child, "comment", input.body)
            await note_change(actor, child)
    return result(ticket)


async def add_message(actor: Actor, ticket: Ticket, kind: str, body: str, evidence: object = None) -> TicketMessage:
    """A message of the actor on a locked ticket (a comment, a note of the work, a photo's caption).

    Raises DomainError group_withheld when its organisation does not hold the messages.
    """
    require_group(actor, ticket, "messages")
    message = TicketMessage(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        author_org=actor.organisation,
        author_id=actor.id,
        author_name=actor.name,
        kind=kind,
        body=body,
        evidence_id=evidence,
        channel=actor.channel,
        occurred_at=work().occurred_at,
    )
    await rows.insert(message)
    return message


class Remind(Struct, frozen=True):
    """Asks whoever has the next step to hurry."""

    ticket: TicketId


@command("tickets.remind", "tickets.remind")
async def remind(actor: Actor, input: Remind) -> TicketResult:
    """Reminds the provider, also one the work was passed on to; everyone on the ticket sees that the ward waits."""
    ticket = await _open_ticket_of_facility(actor, input.ticket)
    async for one in with_children(ticket):
        await note_change(actor, one, reminded=True)
    return result(ticket)


class Cancel(Struct, frozen=True):
    """Takes a report back, with a reason."""

    ticket: TicketId
    reason: Annotated[str, Meta(max_length=500)] = ""


@command("tickets.cancel", "tickets.cancel")
async def cancel(actor: Actor, input: Cancel) -> TicketResult:
    """Cancels the ticket while nobody works on the device; what the report did to its state is undone (undo_report).

    A quotation that is open ends with it. A device at which somebody has been stays as it is: only an acceptance
    brings it back into use.
    """
    ticket = await move(actor, await lock_ticket(parse_opaque("tk", input.ticket)))
    if input.reason:
        await add_message(actor, ticket, "comment", input.reason)
    await end_with_ticket(actor, ticket, input.reason)
    await undo_report(ticket)
    return result(ticket)


async def _open_ticket_of_facility(actor: Actor, id: str) -> Ticket:
    ticket = await lock_ticket(parse_opaque("tk", id))
    require_part(actor, ticket, "facility")
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    return ticket
