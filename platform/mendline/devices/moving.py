"""Where a unit is and whose it is: moved from place to place, and the departments that own, use and store it."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from mendline.devices.card import location_of
from mendline.devices.records import lock_unit
from mendline.devices.registry import Device
from mendline.devices.results import DeviceResult, device_result
from mendline.devices.timeline import changed, note
from mendline.kernel import DeviceId, DomainError, PlaceId, Reference, command, expect, parse_opaque, rows, told
from mendline_tenants import Actor, Place

DEPARTMENTS = ("department", "unit", "depot")
"""Places that can answer for a device: a campus is too large, a bed too small."""

ROLES_OF_DEPARTMENTS = ("owning", "using", "storing")


class MoveDevice(Struct, frozen=True):
    """Where a unit stands from now on. What belongs to it and stands with it moves along."""

    device: DeviceId
    place: PlaceId
    reason: Annotated[str, Meta(max_length=300)] = ""


@command("devices.move", "devices.move")
async def move_device(actor: Actor, input: MoveDevice) -> DeviceResult:
    """Moves a unit; on the place where it is already nothing happens. Raises not_found, device_retired."""
    place = await rows.get(Place, actor.organisation, parse_opaque("pl", input.place).id)
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    expect(device)
    require_in_use(device)
    await put_at(device, place.id, input.reason)
    told(device=str(device.id), asset_number=device.asset_number, place=str(place.id))
    return device_result(device)


async def put_at(
    device: Device, place: UUID | None, reason: str = "", ticket: Reference | None = None, **changes: Any
) -> None:
    """The locked unit stands at this place from now on, and with it what belongs to it and stood there too.

    changes: further columns to change with it.
    """
    before = device.place_id
    if place != before or changes:
        await rows.update(device, place_id=place, **changes)
    if place == before:
        return
    await note_move(device, before, reason, ticket)
    for one in await _beside(device, before):
        await put_at(one, place, reason, ticket)


async def note_move(device: Device, before: UUID | None, reason: str = "", ticket: Reference | None = None) -> None:
    """The history of a unit that has moved from `before` to where it is now."""
    facts = changed(await _named(device, before), await _named(device, device.place_id))
    await note(device, "moved", ticket, **facts | ({"reason": reason} if reason else {}))


async def _named(device: Device, place: UUID | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"id": str(place), **(await location_of(device.tenant_id, place)).words}


async def _beside(device: Device, place: UUID | None) -> list[Device]:
    return await rows.select(
        Device,
        "tenant_id = $1 AND parent_id = $2 AND place_id IS NOT DISTINCT FROM $3 AND loan_id IS NULL"
        " AND state <> 'retired' ORDER BY id FOR NO KEY UPDATE",
        device.tenant_id,
        device.id,
        place,
    )


class SetDepartments(Struct, frozen=True):
    """The departments of a unit: who owns it, who uses it, who stores it. What is not named it has not."""

    device: DeviceId
    owning: PlaceId | None = None
    using: PlaceId | None = None
    storing: PlaceId | None = None


@command("devices.set_departments", "devices.manage")
async def set_departments(actor: Actor, input: SetDepartments) -> DeviceResult:
    """Says whose a unit is. Raises not_found, not_a_department (a campus, a bed), device_retired."""
    wanted = {role: await department(actor, getattr(input, role)) for role in ROLES_OF_DEPARTMENTS}
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    expect(device)
    require_in_use(device)
    await assign(device, wanted)
    told(device=str(device.id), asset_number=device.asset_number)
    return device_result(device)


async def department(actor: Actor, id: str | None) -> UUID | None:
    """The department that an opaque id names. Raises DomainError not_found, not_a_department."""
    if id is None:
        return None
    place = await rows.get(Place, actor.organisation, parse_opaque("pl", id).id)
    if place.kind not in DEPARTMENTS:
        raise DomainError("not_a_department", name=place.name)
    return place.id


async def assign(device: Device, wanted: dict[str, UUID | None]) -> None:
    """Changes the departments that are named by their role, and says so in the history; none that stays is told."""
    before = {role: getattr(device, f"{role}_id") for role in wanted}
    others = [role for role in wanted if wanted[role] != before[role]]
    if others:
        await rows.update(device, **{f"{role}_id": wanted[role] for role in others})
        facts: dict[str, Any] = {
            role: changed(await _named(device, before[role]), await _named(device, wanted[role])) for role in others
        }
        await note(device, "departments", **facts)


def require_in_use(device: Device) -> None:
    """Raises DomainError device_retired for a unit that was taken out of use for good."""
    if device.state == "retired":
        raise DomainError("device_retired", asset_number=device.asset_number)
