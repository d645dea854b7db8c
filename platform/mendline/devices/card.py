"""The device card: the snapshot of a device that travels with a ticket."""

from typing import Any, NamedTuple
from uuid import UUID

from mendline.devices.registry import Device, DeviceModel
from mendline.kernel import fetch

DEEP = 6
"""How many places may lie inside each other: campus, department, unit, bed, and room to spare."""

_CHAIN = """
WITH RECURSIVE chain AS (
  SELECT parent_id, name, timezone, clinical_weight, latitude, longitude, 1 AS depth
  FROM place WHERE tenant_id = $1 AND id = $2
  UNION ALL
  SELECT p.parent_id, p.name, p.timezone, p.clinical_weight, p.latitude, p.longitude, c.depth + 1
  FROM place p JOIN chain c ON p.tenant_id = $1 AND p.id = c.parent_id WHERE c.depth < $3)
SELECT name, timezone, clinical_weight, latitude, longitude FROM chain ORDER BY depth
"""


class Location(NamedTuple):
    """A place in words from the campus down, its clinical weight, where it is in degrees (WGS 84), its time zone."""

    words: dict[str, str]
    clinical_weight: int
    latitude: float | None
    longitude: float | None
    zone: str | None = None


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
        "authorised_only": model.authorised_only,
    }


async def location_of(tenant: UUID, place: UUID | None) -> Location:
    """Where a place is; weight, coordinates and zone are those of the nearest place around it that has any."""
    chain = await fetch(_CHAIN, tenant, place, DEEP) if place else []
    words = {
        language: separator.join(p["name"].get(language) or next(iter(p["name"].values()), "") for p in reversed(chain))
        for language, separator in (("zh", " "), ("en", ", "))
    }
    weight = next((p["clinical_weight"] for p in chain if p["clinical_weight"]), 0)
    latitude, longitude = next(
        ((p["latitude"], p["longitude"]) for p in chain if p["latitude"] is not None), (None, None)
    )
    zone = next((p["timezone"] for p in chain if p["timezone"]), None)
    return Location(words if chain else {}, weight, latitude, longitude, zone)
