"""Spare units and loaners that could stand in for a device: of its model first, then of its class."""

from uuid import UUID

from mendline.devices.registry import Device
from mendline.kernel import rows

OFFERED = 8
"""How many are worth offering to a person."""

_FREE = """
tenant_id = $1 AND pool IS NOT NULL AND loan_id IS NULL AND state = 'in_service' AND merged_into IS NULL
AND id IS DISTINCT FROM $2 AND model_id IN (SELECT id FROM device_model WHERE tenant_id = $1 AND device_class = $3)
ORDER BY model_id IN (SELECT id FROM device_model WHERE tenant_id = $1 AND model_number = $4) DESC, asset_number
LIMIT 8"""


async def free_spares(tenant: UUID, device: UUID | None, device_class: str, model_number: str) -> list[Device]:
    """Units of this organisation's pool that are free and usable, in the current transaction; never `device` itself."""
    return await rows.select(Device, _FREE, tenant, device, device_class, model_number)
