"""Loans: units of the pool that are out, for which ticket or place, and when they came back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from mendline.devices.moving import put_at
from mendline.devices.registry import Device
from mendline.devices.timeline import change_state, note
from mendline.kernel import DomainError, Kind, Record, Reference, now, rows, table, work


@table(Kind.OWN, references={"device_id": "device", "place_id": "place", "from_id": "place"})
class DeviceLoan(Record):
    """A loan in the lender's own book: a unit, for which ticket, until when, and in what condition it came back.

    The ticket may be another organisation's, which sees its page of this in `ticket_loan`. place_id: where it went, in
    the own house; from_id: where it stood before.
    """

    device_id = fields.UUIDField()
    ticket_tenant = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    ticket_number = fields.TextField(null=True)
    place_id = fields.UUIDField(null=True)
    from_id = fields.UUIDField(null=True)
    out_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)
    condition = fields.TextField(default="")
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "device_loan"
        indexes = (("tenant_id", "device_id", "out_at", "id"), ("tenant_id", "ticket_id"), ("tenant_id", "out_at"))


async def lend(
    device: Device, ticket: Reference | None, number: str | None, place: UUID | None, due_at: datetime | None
) -> DeviceLoan:
    """Hands out the locked unit. Raises DomainError not_in_pool, device_on_loan, spare_not_usable."""
    if device.pool is None:
        raise DomainError("not_in_pool", asset_number=device.asset_number)
    if device.loan_id is not None:
        raise DomainError("device_on_loan", asset_number=device.asset_number)
    if device.state != "in_service":
        raise DomainError("spare_not_usable", asset_number=device.asset_number, state=device.state)
    loan = DeviceLoan(
        tenant_id=device.tenant_id,
        device_id=device.id,
        ticket_tenant=ticket.tenant if ticket else None,
        ticket_id=ticket.id if ticket else None,
        ticket_number=number,
        place_id=place,
        from_id=device.place_id,
        out_at=work().occurred_at,
        due_at=due_at,
    )
    await rows.insert(loan)
    await note(device, "lent", ticket, number=number, due_at=due_at, pool=device.pool)
    await put_at(device, place, ticket=ticket, loan_id=loan.id)
    return loan


async def give_back(device: Device, loan: DeviceLoan, place: UUID | None, condition: str, *, usable: bool) -> None:
    """Takes the locked unit back, to where it stood before or to `place`.

    One that is not usable is out of service until a ticket of its own is accepted.
    """
    reference = Reference(loan.ticket_tenant, loan.ticket_id) if loan.ticket_tenant and loan.ticket_id else None
    await rows.change(DeviceLoan, loan.tenant_id, loan.id, returned_at=work().occurred_at, condition=condition)
    facts: dict[str, Any] = {"condition": condition} if condition else {}
    await note(device, "returned", reference, number=loan.ticket_number, usable=usable, **facts)
    await put_at(device, place or loan.from_id, ticket=reference, loan_id=None)
    if not usable and device.state in ("in_service", "restricted"):
        await change_state(device, "out_of_service", reference)
