"""Parts fitted: which part, serial and lot is in which unit, since when, until when, and by which ticket."""

from datetime import datetime
from typing import Any

from tortoise import fields

from mendline.devices.registry import Device
from mendline.devices.timeline import changed, note
from mendline.kernel import DomainError, Kind, Record, Reference, now, rows, table, work


@table(Kind.OWN, references={"device_id": "device"}, checks={"quantity": "quantity > 0"})
class DevicePart(Record):
    """A part in a unit. fitted_ticket_id, removed_ticket_id: the ticket for which that was done.

    Which units hold a lot, and which lots a unit holds, is one query each.
    """

    device_id = fields.UUIDField()
    part_number = fields.TextField()
    name = fields.TextField(default="")
    serial = fields.TextField(null=True)
    lot = fields.TextField(null=True)
    quantity = fields.IntField(default=1)
    fitted_at = fields.DatetimeField()
    fitted_ticket_id = fields.UUIDField(null=True)
    removed_at = fields.DatetimeField(null=True)
    removed_ticket_id = fields.UUIDField(null=True)
    removed_why = fields.TextField(null=True)
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "device_part"
        indexes = (
            ("tenant_id", "device_id", "fitted_at", "id"),
            ("tenant_id", "part_number"),
            ("tenant_id", "serial"),
            ("tenant_id", "lot"),
            ("tenant_id", "fitted_at", "id"),
        )


async def fit(device: Device, part: DevicePart, ticket: Reference | None) -> None:
    """Puts a new part into the locked unit. Raises DomainError part_fitted when this very part is in a unit already."""
    if part.serial is not None:
        where = "tenant_id = $1 AND part_number = $2 AND serial = $3 AND removed_at IS NULL"
        known = await rows.first(DevicePart, where, device.tenant_id, part.part_number, part.serial)
        if known is not None:
            there = await rows.get(Device, device.tenant_id, known.device_id)
            raise DomainError("part_fitted", serial=part.serial, asset_number=there.asset_number)
    await rows.insert(part)
    await note(device, "part_fitted", ticket, part.fitted_at, **_facts(part))


async def remove(device: Device, part: DevicePart, at: datetime, why: str, ticket: Reference | None) -> None:
    """Takes a part out of the locked unit. Raises DomainError part_removed, and invalid_input before it was fitted."""
    if part.removed_at is not None:
        raise DomainError("part_removed", part_number=part.part_number, at=part.removed_at)
    if at < part.fitted_at:
        raise DomainError("invalid_input", field="removed_at", problem="out_of_order")
    await rows.update(part, removed_at=at, removed_ticket_id=ticket.id if ticket else None, removed_why=why)
    await note(device, "part_removed", ticket, at, **_facts(part), reason=why)


async def change_software(device: Device, version: str, ticket: Reference | None) -> None:
    """The locked unit runs this version from now on; the same one again is no change."""
    before = device.software_version
    if version != before:
        await rows.update(device, software_version=version)
        await note(device, "software", ticket, **changed(before, version))


def not_in_future(field: str, moment: datetime | None) -> datetime:
    """When it was done: as told, else now. Raises DomainError invalid_input for a moment that is still to come."""
    if moment is not None and moment > work().occurred_at:
        raise DomainError("invalid_input", field=field, problem="in_future")
    return moment or work().occurred_at


def _facts(part: DevicePart) -> dict[str, Any]:
    return {
        name: getattr(part, name)
        for name in ("part_number", "name", "serial", "lot", "quantity")
        if getattr(part, name) not in (None, "")
    }
