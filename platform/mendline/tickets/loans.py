"""Spare units and loaners: handed out for a ticket or to a place, and taken back before the ticket can close."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.devices import (
    POOLS,
    Device,
    DeviceLoan,
    DeviceModel,
    DeviceResult,
    device_card,
    device_result,
    give_back,
    lend,
    lock_unit,
)
from mendline.kernel import (
    DeviceId,
    DomainError,
    Kind,
    PlaceId,
    Record,
    Reference,
    TicketId,
    command,
    now,
    parse_opaque,
    rows,
    table,
    told,
    work,
)
from mendline.tickets.lifecycle import lock_ticket, note_change, require_part
from mendline.tickets.loan_due import forget_loan, watch_loan
from mendline.tickets.ticket import Ticket
from mendline_tenants import Actor, Place


@table(
    Kind.CHILD,
    references={"ticket_id": "ticket"},
    group="progress",
    update=("returned_at",),
    writer="author",
    checks={"pool": f"pool IN {POOLS}"},
)
class TicketLoan(Record):
    """A unit that stands in while the ticket's device is away; the lender keeps its own book of it (`device_loan`).

    device_id: in the lender's registry; device_card: what others may know of it. pool: spare or loaner.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid", null=True)
    narrowed = fields.BooleanField(default=False, db_default=False)
    author_org = fields.UUIDField()
    device_id = fields.UUIDField()
    device_card = fields.JSONField[dict[str, Any]]()
    pool = fields.TextField()
    out_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "ticket_loan"
        indexes = (("tenant_id", "ticket_id", "out_at"),)


class LendDevice(Struct, frozen=True):
    """A unit of the own pool, for a ticket, a place or both; due_at: until when.

    Without a place a spare for one's own ticket goes to where the ticket's device stands.
    """

    device: DeviceId
    ticket: TicketId | None = None
    place: PlaceId | None = None
    due_at: datetime | None = None


@command("tickets.lend_device", "devices.lend")
async def lend_device(actor: Actor, input: LendDevice) -> DeviceResult:
    """Hands out a spare unit or a loaner; the ticket cannot close before it is back.

    Raises invalid_input with neither ticket nor place or when it is due in the past, not_found, wrong_part,
    ticket_closed, not_in_pool, device_on_loan, spare_not_usable.
    """
    if input.ticket is None and input.place is None:
        raise DomainError("invalid_input", field="ticket, place", problem="give_one")
    if input.due_at is not None and input.due_at <= work().occurred_at:
        raise DomainError("invalid_input", field="due_at", problem="not_ahead")
    place = await rows.get(Place, actor.organisation, parse_opaque("pl", input.place).id) if input.place else None
    ticket = await _open_ticket(actor, input.ticket) if input.ticket else None
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    where = place.id if place else await _where_needed(actor, ticket)
    reference = Reference(ticket.tenant_id, ticket.id) if ticket else None
    loan = await lend(device, reference, ticket.number if ticket else None, where, input.due_at)
    await watch_loan(loan)
    if ticket is not None:
        model = await rows.get(DeviceModel, device.tenant_id, device.model_id)
        await rows.insert(
            TicketLoan(
                id=loan.id,
                tenant_id=ticket.tenant_id,
                ticket_id=ticket.id,
                author_org=actor.organisation,
                device_id=device.id,
                device_card=device_card(device, model),
                pool=device.pool,
                out_at=loan.out_at,
                due_at=loan.due_at,
            )
        )
        await note_change(actor, ticket, lent=device.asset_number)
    told(device=str(device.id), asset_number=device.asset_number)
    return device_result(device)


class TakeBackDevice(Struct, frozen=True):
    """A unit that is back: in what condition, whether it can be used, and where it stands now (as before the loan)."""

    device: DeviceId
    place: PlaceId | None = None
    condition: Annotated[str, Meta(max_length=500)] = ""
    usable: bool = True


@command("tickets.take_back_device", "devices.lend")
async def take_back_device(actor: Actor, input: TakeBackDevice) -> DeviceResult:
    """Takes a unit of the own pool back; one that cannot be used is out of service until a ticket of its own is done.

    Raises not_found, device_not_lent.
    """
    place = await rows.get(Place, actor.organisation, parse_opaque("pl", input.place).id) if input.place else None
    asked = await rows.get(Device, actor.organisation, parse_opaque("dv", input.device).id)
    loan = await _loan(asked)
    ticket = await _ticket_of(loan)
    device = await lock_unit(actor.organisation, asked.id)
    if device.loan_id != loan.id:  # it came back while we waited
        raise DomainError("device_not_lent", asset_number=device.asset_number)
    await forget_loan(loan)
    await give_back(device, loan, place.id if place else None, input.condition, usable=input.usable)
    if ticket is not None:
        await rows.change(TicketLoan, ticket.tenant_id, loan.id, returned_at=work().occurred_at)
        await note_change(actor, ticket, returned=device.asset_number)
    told(device=str(device.id), asset_number=device.asset_number)
    return device_result(device)


async def _open_ticket(actor: Actor, id: str) -> Ticket:
    ticket = await lock_ticket(parse_opaque("tk", id))
    require_part(actor, ticket, "either")
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    return ticket


async def _where_needed(actor: Actor, ticket: Ticket | None) -> Any:
    """Where the ticket's device stands, as far as that is one's own house."""
    if ticket is None or ticket.tenant_id != actor.organisation or ticket.device_id is None:
        return None
    return (await rows.get(Device, ticket.tenant_id, ticket.device_id)).place_id


async def _loan(device: Device) -> DeviceLoan:
    if device.loan_id is None:
        raise DomainError("device_not_lent", asset_number=device.asset_number)
    return await rows.get(DeviceLoan, device.tenant_id, device.loan_id)


async def _ticket_of(loan: DeviceLoan) -> Ticket | None:
    """The loan's ticket, locked; None without one, and for one that is no longer shared with the lender."""
    if loan.ticket_tenant is None or loan.ticket_id is None:
        return None
    if await rows.find(Ticket, loan.ticket_tenant, loan.ticket_id) is None:
        return None
    return await lock_ticket(Reference(loan.ticket_tenant, loan.ticket_id))
