"""The device card: the snapshot of a device that travels with a ticket."""

from typing import Any
from uuid import UUID

from mendline.devices.registry import Device, DeviceModel
from mendline.kernel import rows
from mendline_tenants import Place

DEEP = 6
"""How many places may lie inside each other: campus, department, unit, bed, and room to spare."""


def device_card(device: Device, model: DeviceModel) -> dict[str, Any]:
    """What every participant may know of the device: no place, no price."""
    return {
        "asset_number": device.asset_number,
        "serial": device.serial,
        "name": model.name,
        "manufacturer": model.manufacturer,
        "model_number": model.model_number,
        "device_identifier": model.device_identifier,
        "device_class": model.device_class,
        "function": model.function,
        "software_version": device.software_version,
        "mandatory_verification": model.mandatory_verification,
    }


async def location_of(tenant: UUID, place: UUID | None) -> tuple[dict[str, str], Place | None, Place | None]:
    """Where a place is, in words from the campus down; the place itself, and the nearest one with coordinates."""
    chain: list[Place] = []
    while place is not None and len(chain) < DEEP:
        found = await rows.find(Place, tenant, place)
        if found is None:
            break
        chain.append(found)
        place = found.parent_id
    words = {
        language: separator.join(p.name.get(language) or next(iter(p.name.values()), "") for p in reversed(chain))
        for language, separator in (("zh", " "), ("en", ", "))
    }
    located = next((p for p in chain if p.latitude is not None), None)
    return words if chain else {}, chain[0] if chain else None, located
