"""Acceptance: checks after the work, signatures in their order, rejection, return to service, archive."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from mendline.devices import change_state, lock_unit
from mendline.kernel import (
    DomainError,
    Reference,
    SlotId,
    TicketId,
    command,
    emit,
    fetchval,
    parse_opaque,
    rows,
    touch,
    work,
)
from mendline.quality.events import AcceptanceComplete, DeviceCondemned, SlotOpened
from mendline.quality.record import record_hash, service_record
from mendline.quality.signature import SignatureSlot
from mendline.tickets import (
    Ticket,
    TicketQuality,
    TicketResult,
    add_message,
    lock_ticket,
    may_step,
    move,
    require_part,
    result,
    state_by_other_tickets,
)
from mendline_tenants import Actor, own_organisation

DEFAULT_SLOTS = (("ward_manager", "function"), ("clinical_engineer", "technical"))
"""Who signs what, in order, where the hospital's policy says nothing else."""

CLOSED_STATES = ("archived", "cancelled", "duplicate", "condemned")
"""States in which nothing more happens to a child."""

RETURNS_TO_SERVICE = ("repaired", "not_reproduced")
"""Results after which an accepted device goes back into use."""


class Check(Struct, frozen=True):
    """Quality checks of a finished ticket."""

    ticket: TicketId


@command("quality.check", "quality.archive")
async def check(actor: Actor, input: Check) -> TicketResult:
    """Passes a finished ticket on to acceptance and opens the first signature slot."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    quality = await rows.get(TicketQuality, ticket.tenant_id, ticket.id)
    if quality.result is None:
        raise DomainError("report_missing", number=ticket.number)
    await move(actor, ticket)
    organisation = await own_organisation(actor.organisation)
    wanted = organisation.policies.get("acceptance") or [{"role": r, "meaning": m} for r, m in DEFAULT_SLOTS]
    slots = [
        SignatureSlot(
            tenant_id=ticket.tenant_id,
            ticket_id=ticket.id,
            author_org=actor.organisation,
            attempt=ticket.attempt,
            position=position,
            role=slot["role"],
            meaning=slot["meaning"],
            state="open" if position == 1 else "waiting",
        )
        for position, slot in enumerate(wanted, 1)
    ]
    await rows.insert(*slots)
    emit(SlotOpened(tenant=ticket.tenant_id, ticket=ticket.id, slot=slots[0].id, role=slots[0].role))
    return result(ticket)


class Sign(Struct, frozen=True):
    """Signs one slot."""

    slot: SlotId


@command("quality.sign", "quality.sign")
async def sign(actor: Actor, input: Sign) -> TicketResult:
    """Signs acceptance; the last signature returns the device to service.

    Raises already_signed with who and when, not_your_turn, wrong_signatory, unit_account_never_signs.
    """
    reference = parse_opaque("sl", input.slot)
    asked = await rows.get(SignatureSlot, *reference)
    ticket = await lock_ticket(Reference(asked.tenant_id, asked.ticket_id))
    require_part(actor, ticket, "facility")
    slots = await _locked_slots(ticket, asked.attempt)
    slot = next(slot for slot in slots if slot.id == asked.id)
    if slot.state == "signed":
        raise DomainError("already_signed", by=slot.signer_name, at=slot.signed_at, number=ticket.number)
    may_step(actor, ticket)
    if slot.state != "open" or slot.attempt != ticket.attempt:
        raise DomainError("not_your_turn", number=ticket.number, role=slot.role)
    _require_signatory(actor, slot)
    record = await service_record(ticket, slots)
    await rows.update(
        slot,
        state="signed",
        signer_id=actor.id,
        signer_name=actor.name,
        signed_at=work().occurred_at,
        record_hash=record_hash(record),
    )
    following = next((other for other in slots if other.position == slot.position + 1), None)
    if following is not None:
        await rows.update(following, state="open")
        await move(actor, ticket, "checked")
        emit(SlotOpened(tenant=ticket.tenant_id, ticket=ticket.id, slot=following.id, role=following.role))
    else:
        await move(actor, ticket, "approved")
        await _return_to_service(ticket, record["result"])
        emit(AcceptanceComplete(tenant=ticket.tenant_id, ticket=ticket.id))
    _tell_signed(ticket, slot)
    return result(ticket)


async def _locked_slots(ticket: Ticket, attempt: int) -> list[SignatureSlot]:
    return await rows.select(
        SignatureSlot,
        "tenant_id = $1 AND ticket_id = $2 AND attempt = $3 ORDER BY position FOR NO KEY UPDATE",
        ticket.tenant_id,
        ticket.id,
        attempt,
    )


def _tell_signed(ticket: Ticket, slot: SignatureSlot) -> None:
    """The audit hears which slot was signed over which record; no name crosses the border."""
    touch(Reference(ticket.tenant_id, ticket.id), slot=slot.position, meaning=slot.meaning, record=slot.record_hash)


def _require_signatory(actor: Actor, slot: SignatureSlot) -> None:
    if actor.unit_account:
        raise DomainError("unit_account_never_signs")
    if actor.kind != "member" or slot.role not in actor.roles:
        raise DomainError("wrong_signatory", role=slot.role)


async def _return_to_service(ticket: Ticket, outcome: str | None) -> None:
    if ticket.device_id is None:
        return
    device = await lock_unit(ticket.tenant_id, ticket.device_id)
    if outcome in RETURNS_TO_SERVICE and device.state != "retired":
        state = await state_by_other_tickets(ticket)
        await change_state(device, state, Reference(ticket.tenant_id, ticket.id))
        await rows.change(TicketQuality, ticket.tenant_id, ticket.id, returned_at=work().occurred_at)


class Reject(Struct, frozen=True):
    """Sends the work back, with the reason."""

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


@command("quality.reject", "quality.sign")
async def reject(actor: Actor, input: Reject) -> TicketResult:
    """Rejects acceptance: the technician comes again, and signatures of this attempt count no more."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    may_step(actor, ticket)
    slots = await _locked_slots(ticket, ticket.attempt)
    current = next((slot for slot in slots if slot.state == "open"), None)
    if current is None:
        raise DomainError("not_your_turn", number=ticket.number, role="")
    _require_signatory(actor, current)
    for slot in slots:
        if slot is current:
            await rows.update(
                slot,
                state="rejected",
                signer_id=actor.id,
                signer_name=actor.name,
                signed_at=work().occurred_at,
                reason=input.reason,
            )
        elif slot.state == "waiting":
            await rows.update(slot, state="void")
    await move(actor, ticket, attempt=ticket.attempt + 1)
    await add_message(actor, ticket, "comment", input.reason)
    return result(ticket)


class Condemn(Struct, frozen=True):
    """Takes a device out of use for good."""

    ticket: TicketId
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


@command("quality.condemn", "quality.archive")
async def condemn(actor: Actor, input: Condemn) -> TicketResult:
    """Condemns the device of a ticket whose result advises it; the device is retired."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    quality = await rows.get(TicketQuality, ticket.tenant_id, ticket.id)
    if quality.result not in ("condemnation_advised", "not_repairable"):
        raise DomainError("condemnation_not_advised", number=ticket.number)
    await move(actor, ticket)
    await add_message(actor, ticket, "comment", input.reason)
    if ticket.device_id is not None:
        device = await lock_unit(ticket.tenant_id, ticket.device_id)
        if device.loan_id is not None:
            raise DomainError("device_on_loan", asset_number=device.asset_number)
        await change_state(device, "retired", Reference(ticket.tenant_id, ticket.id), reason=input.reason)
    emit(DeviceCondemned(tenant=ticket.tenant_id, ticket=ticket.id))
    return result(ticket)


_WORK_REPORTED = """
WITH RECURSIVE below(id) AS (
  SELECT id FROM ticket WHERE tenant_id = $1 AND parent_id = $2
  UNION ALL SELECT t.id FROM ticket t JOIN below ON t.tenant_id = $1 AND t.parent_id = below.id)
SELECT EXISTS (SELECT 1 FROM below JOIN ticket_quality q ON q.tenant_id = $1 AND q.id = below.id
               WHERE q.result IS NOT NULL)
"""
"""Whether somebody below this ticket did the work: the provider it was passed on to, or that one's subcontractor."""


class Conclude(Struct, frozen=True):
    """Ends a ticket whose work was passed on, when the child that did it is accepted or its device condemned."""

    ticket: TicketId


@command("quality.conclude", "quality.archive")
async def conclude(actor: Actor, input: Conclude) -> TicketResult:
    """The parent follows its accepted children.

    Raises children_open while one of them is under way, and nothing_accepted when none was accepted: then the parent
    is to be taken back.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    children = await rows.select(Ticket, "tenant_id = $1 AND parent_id = $2", ticket.tenant_id, ticket.id)
    if not children or any(child.state not in ("approved", *CLOSED_STATES) for child in children):
        raise DomainError("children_open", number=ticket.number)
    if not await fetchval(_WORK_REPORTED, ticket.tenant_id, ticket.id):
        raise DomainError("nothing_accepted", number=ticket.number)
    await move(actor, ticket, waiting_for=None, outcome="passed_on")
    emit(AcceptanceComplete(tenant=ticket.tenant_id, ticket=ticket.id))
    return result(ticket)


class Archive(Struct, frozen=True):
    """Closes the book on a ticket."""

    ticket: TicketId


@command("quality.archive", "quality.archive")
async def archive(actor: Actor, input: Archive) -> TicketResult:
    """Archives the ticket with the hash of its whole record; the device remembers its last repair."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    was = ticket.state
    record = await service_record(ticket, await _locked_slots(ticket, ticket.attempt))
    await move(actor, ticket)
    if was == "approved":
        await _remember_repair(ticket, record)
    _tell_archived(ticket, record)
    return result(ticket)


def _tell_archived(ticket: Ticket, record: dict[str, Any]) -> None:
    """The audit keeps the hash of the record and how much evidence it holds."""
    touch(Reference(ticket.tenant_id, ticket.id), record=record_hash(record), evidence=len(record["evidence"]))


async def _remember_repair(ticket: Ticket, record: dict[str, Any]) -> None:
    if ticket.device_id is None or record["result"] is None:  # then its child did the work, and tells of it
        return
    device = await lock_unit(ticket.tenant_id, ticket.device_id)
    await rows.update(
        device,
        last_repair={
            "number": ticket.number,
            "at": work().occurred_at,
            "symptom": (record["symptom"] or "")[:200],
            "action": record["action"][:200],
            "result": record["result"],
            "provider": ticket.provider_card.get("name"),
        },
    )
