"""Finding a device of one's own registry from what was scanned, photographed or typed."""

from collections.abc import Sequence
from uuid import UUID

from mendline.devices.codes.reading import DeviceIdentifier
from mendline.devices.records import unit_of
from mendline.devices.registry import Device, DeviceModel
from mendline.kernel import DomainError, rows
from mendline_tenants import own_organisation

MANY = 8
"""How many candidates are worth showing to a person."""

FINDABLE = "(state <> 'retired' OR merged_into IS NOT NULL)"
"""SQL: units in use, and records that lead to another."""


async def find_devices(tenant: UUID, identifiers: Sequence[DeviceIdentifier]) -> list[Device]:
    """The devices that the interpretations fit, the first interpretation that fits any winning.

    Several devices come back when the code names a model or a lot but no unit. Raises DomainError device_unknown when
    none fits. Another hospital's sticker fits none: asset numbers are each hospital's own.
    """
    for identifier in identifiers:
        if identifier.organisation and identifier.organisation != (await own_organisation(tenant)).code:
            continue
        found = await _units(await _fitting(tenant, identifier))
        if found:
            return found
    raise DomainError("device_unknown", code=identifiers[0].raw if identifiers else "")


async def _units(found: list[Device]) -> list[Device]:
    """The units in use that these records are of, each once: a second record leads to the one that counts."""
    units = {unit.id: unit for unit in [await unit_of(record) for record in found]}
    return [unit for unit in units.values() if unit.state != "retired"]


async def _fitting(tenant: UUID, identifier: DeviceIdentifier) -> list[Device]:
    if identifier.asset is not None:
        return await rows.select(
            Device, f"tenant_id = $1 AND asset_number = $2 AND {FINDABLE}", tenant, identifier.asset
        )
    if identifier.device_identifier is not None:
        models = await rows.select(
            DeviceModel, "tenant_id = $1 AND device_identifier = $2", tenant, identifier.device_identifier
        )
        found = []
        for model in models:
            found += await _of_model(tenant, model.id, identifier)
        return found[:MANY]
    if identifier.serial is not None:
        return await rows.select(
            Device,
            f"tenant_id = $1 AND serial = $2 AND {FINDABLE} ORDER BY asset_number LIMIT 8",
            tenant,
            identifier.serial,
        )
    return []


async def _of_model(tenant: UUID, model: UUID, identifier: DeviceIdentifier) -> list[Device]:
    known = f"tenant_id = $1 AND model_id = $2 AND {FINDABLE}"
    if identifier.serial is not None:
        return await rows.select(Device, f"{known} AND serial = $3", tenant, model, identifier.serial)
    if identifier.lot is not None:
        return await rows.select(
            Device, f"{known} AND lot = $3 ORDER BY asset_number LIMIT 8", tenant, model, identifier.lot
        )
    return await rows.select(Device, f"{known} ORDER BY asset_number LIMIT 8", tenant, model)


async def devices_at(tenant: UUID, place: UUID) -> list[Device]:
    """The devices of a department or unit, those at its beds among them, by asset number."""
    return await rows.select(
        Device,
        "tenant_id = $1 AND state <> 'retired' AND place_id IN (WITH RECURSIVE inside AS ("
        " SELECT id FROM place WHERE tenant_id = $1 AND id = $2 UNION"
        " SELECT p.id FROM place p JOIN inside i ON p.tenant_id = $1 AND p.parent_id = i.id) SELECT id FROM inside)"
        " ORDER BY asset_number LIMIT 100",
        tenant,
        place,
    )
