"""What belongs to what: systems and their components, units and their accessories, and the pool of units to lend."""

from typing import Literal

from msgspec import Struct

from mendline.devices.moving import require_in_use
from mendline.devices.records import lock_unit
from mendline.devices.registry import Device
from mendline.devices.results import DeviceResult, device_result
from mendline.devices.timeline import changed, note
from mendline.kernel import DeviceId, DomainError, command, expect, fetchval, parse_opaque, rows, told
from mendline_tenants import Actor, Organisation

_LIES_IN = """
WITH RECURSIVE above(id, parent_id) AS (
  SELECT id, parent_id FROM device WHERE tenant_id = $1 AND id = $2
  UNION SELECT d.id, d.parent_id FROM device d JOIN above a ON d.tenant_id = $1 AND d.id = a.parent_id)
SELECT EXISTS (SELECT FROM above WHERE id = $3)
"""


class AttachDevice(Struct, frozen=True):
    """The unit that this one is a component or an accessory of."""

    device: DeviceId
    parent: DeviceId
    belongs_as: Literal["component", "accessory"] = "component"


@command("devices.attach", "devices.manage")
async def attach_device(actor: Actor, input: AttachDevice) -> DeviceResult:
    """Makes a unit part of another; it leaves the one that it belonged to.

    Raises not_found, device_retired, device_inside_itself when the other belongs to it already.
    """
    device, parent = await lock_two(actor, input.device, input.parent)
    expect(device)
    require_in_use(device)
    require_in_use(parent)
    await alone(actor)
    if await lies_in(parent, device):
        raise DomainError("device_inside_itself", asset_number=device.asset_number, other=parent.asset_number)
    if (device.parent_id, device.belongs_as) != (parent.id, input.belongs_as):
        await rows.update(device, parent_id=parent.id, belongs_as=input.belongs_as)
        await note(device, "attached", to=parent.asset_number, belongs_as=input.belongs_as)
        await note(parent, "attached", part=device.asset_number, belongs_as=input.belongs_as)
    told(device=str(device.id), asset_number=device.asset_number, parent=str(parent.id))
    return device_result(device)


class DetachDevice(Struct, frozen=True):
    """The unit that stands on its own from now on."""

    device: DeviceId


@command("devices.detach", "devices.manage")
async def detach_device(actor: Actor, input: DetachDevice) -> DeviceResult:
    """Takes a unit out of the one that it belongs to; one that belongs to none stays as it is."""
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    expect(device)
    if device.parent_id is not None:
        parent = await rows.get(Device, device.tenant_id, device.parent_id)
        await rows.update(device, parent_id=None, belongs_as=None)
        await note(device, "detached", **changed(parent.asset_number, None))
        await note(parent, "detached", part=device.asset_number)
    told(device=str(device.id), asset_number=device.asset_number)
    return device_result(device)


class SetPool(Struct, frozen=True):
    """Whether a unit may be lent: as a spare to the own wards, as a loaner to somebody else's; without a pool not."""

    device: DeviceId
    pool: Literal["spare", "loaner"] | None = None


@command("devices.set_pool", "devices.manage")
async def set_pool(actor: Actor, input: SetPool) -> DeviceResult:
    """Puts a unit into a pool or takes it out. Raises device_retired, and device_on_loan while it is lent."""
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    expect(device)
    require_in_use(device)
    if input.pool != device.pool:
        if device.loan_id is not None:
            raise DomainError("device_on_loan", asset_number=device.asset_number)
        before = device.pool
        await rows.update(device, pool=input.pool)
        await note(device, "pool", **changed(before, input.pool))
    told(device=str(device.id), asset_number=device.asset_number, pool=input.pool)
    return device_result(device)


async def alone(actor: Actor) -> None:
    """Nobody else of the organisation changes what belongs to what: a circle could close between two that do.

    Units are locked before this, as intake locks them before it counts up the organisation's tickets.
    """
    await rows.lock(Organisation, actor.organisation, actor.organisation)


async def lies_in(device: Device, other: Device) -> bool:
    """Whether `device` is `other`, or belongs to it, however deep."""
    return bool(await fetchval(_LIES_IN, device.tenant_id, device.id, other.id))


async def lock_two(actor: Actor, one: str, other: str) -> tuple[Device, Device]:
    """Two units of the organisation, locked in the order of their ids. Raises DomainError not_found."""
    records = [await rows.get(Device, actor.organisation, parse_opaque("dv", given).id) for given in (one, other)]
    ids = [record.merged_into or record.id for record in records]
    found = {record: await rows.lock(Device, actor.organisation, record) for record in sorted(set(ids))}
    return found[ids[0]], found[ids[1]]
