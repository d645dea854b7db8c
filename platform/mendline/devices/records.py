"""The records of a unit: when a hospital had it in the registry twice, all of them lead to the one that counts."""

from uuid import UUID

from mendline.devices.registry import Device
from mendline.kernel import rows

SAME_UNIT = """(
  SELECT s.id FROM device d JOIN device s ON s.tenant_id = $1
    AND (s.id = coalesce(d.merged_into, d.id) OR s.merged_into = coalesce(d.merged_into, d.id))
  WHERE d.tenant_id = $1 AND d.id = $2)"""
"""SQL: the ids of all records of the unit that the record $2 of the organisation $1 is one of."""


async def unit_of(device: Device) -> Device:
    """The unit that a record is of: itself, unless it was merged into another."""
    return device if device.merged_into is None else await rows.get(Device, device.tenant_id, device.merged_into)


async def lock_unit(tenant: UUID, id: UUID) -> Device:
    """The unit that the record (tenant, id) is of, held until the transaction ends. Raises DomainError not_found."""
    device = await rows.lock(Device, tenant, id)
    return device if device.merged_into is None else await rows.lock(Device, tenant, device.merged_into)
