"""What work changes in a unit: parts fitted and removed, software installed, each for a ticket where there is one."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from mendline.devices import (
    Device,
    DevicePart,
    DeviceResult,
    change_software,
    device_result,
    fit,
    lock_unit,
    not_in_future,
    remove,
    unit_of,
)
from mendline.kernel import (
    DeviceId,
    DomainError,
    FittedPartId,
    Reference,
    TicketId,
    command,
    expect,
    opaque,
    parse_opaque,
    rows,
    told,
)
from mendline.tickets.ticket import Ticket
from mendline_tenants import Actor

Name = Annotated[str, Meta(min_length=1, max_length=120)]


class FitPart(Struct, frozen=True):
    """A part that was put into a unit. fitted_at: when, now where nothing is said; ticket: for which it was done."""

    device: DeviceId
    part_number: Name
    name: Annotated[str, Meta(max_length=200)] = ""
    serial: Name | None = None
    lot: Name | None = None
    quantity: Annotated[int, Meta(ge=1, le=10_000)] = 1
    fitted_at: datetime | None = None
    ticket: TicketId | None = None


class PartResult(Struct, frozen=True):
    """The part, and the unit that it is or was in."""

    part: FittedPartId
    device: DeviceId
    version: int


@command("tickets.fit_part", "devices.service")
async def fit_part(actor: Actor, input: FitPart) -> PartResult:
    """Records a part that was fitted.

    Raises not_found, other_device for a ticket of another unit, part_fitted for a serial number that is in a unit
    already, invalid_input for the future and for several parts with one serial number.
    """
    if input.serial is not None and input.quantity != 1:
        raise DomainError("invalid_input", field="quantity", problem="too_large")
    fitted_at = not_in_future("fitted_at", input.fitted_at)
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    ticket = await _ticket(device, input.ticket)
    part = DevicePart(
        tenant_id=actor.organisation,
        device_id=device.id,
        fitted_at=fitted_at,
        fitted_ticket_id=ticket.id if ticket else None,
        **{f: getattr(input, f) for f in ("part_number", "name", "serial", "lot", "quantity")},
    )
    await fit(device, part, ticket)
    told(device=str(device.id), asset_number=device.asset_number, part_number=part.part_number)
    return _answer(part)


class RemovePart(Struct, frozen=True):
    """A part that was taken out of its unit, and why."""

    part: FittedPartId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    removed_at: datetime | None = None
    ticket: TicketId | None = None


@command("tickets.remove_part", "devices.service")
async def remove_part(actor: Actor, input: RemovePart) -> PartResult:
    """Records that a part was taken out; it stays in the list. Raises not_found, other_device, part_removed,
    invalid_input for the future or before it was fitted."""
    removed_at = not_in_future("removed_at", input.removed_at)
    reference = parse_opaque("fp", input.part)
    known = await rows.get(DevicePart, actor.organisation, reference.id)
    device = await lock_unit(actor.organisation, known.device_id)
    part = await rows.lock(DevicePart, actor.organisation, reference.id)
    expect(part)
    await remove(device, part, removed_at, input.reason, await _ticket(device, input.ticket))
    told(device=str(device.id), asset_number=device.asset_number, part_number=part.part_number)
    return _answer(part)


class ChangeSoftware(Struct, frozen=True):
    """The software that a unit runs from now on."""

    device: DeviceId
    software_version: Name
    ticket: TicketId | None = None


@command("tickets.change_software", "devices.service")
async def change_software_of(actor: Actor, input: ChangeSoftware) -> DeviceResult:
    """Records a software version; the ones before stay in the history. Raises not_found, other_device."""
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    expect(device)
    await change_software(device, input.software_version, await _ticket(device, input.ticket))
    told(device=str(device.id), asset_number=device.asset_number, software_version=input.software_version)
    return device_result(device)


async def _ticket(device: Device, id: str | None) -> Reference | None:
    """The ticket that the work was done for. Raises DomainError not_found, other_device."""
    if id is None:
        return None
    ticket = await rows.get(Ticket, *parse_opaque("tk", id))
    record = await rows.find(Device, device.tenant_id, ticket.device_id) if ticket.device_id else None
    if record is None or (await unit_of(record)).id != device.id:
        raise DomainError("other_device", number=ticket.number, asset_number=device.asset_number)
    return Reference(ticket.tenant_id, ticket.id)


def _answer(part: DevicePart) -> PartResult:
    return PartResult(opaque("fp", part.tenant_id, part.id), opaque("dv", part.tenant_id, part.device_id), part.version)
