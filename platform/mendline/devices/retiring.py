"""Taking a unit out of use for good, once nothing speaks against it any more."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from msgspec import Meta, Struct

from mendline.devices.records import lock_unit
from mendline.devices.registry import Device
from mendline.devices.results import DeviceResult, device_result
from mendline.devices.timeline import change_state
from mendline.kernel import DeviceId, DomainError, command, expect, fetchval, parse_opaque, told
from mendline_tenants import Actor

Objection = Callable[[Device], Awaitable[None]]

_objections: list[Objection] = []


def objects_to_retirement(check: Objection) -> Objection:
    """Registers a check of a domain above that raises a refusal while the locked unit must stay in use."""
    _objections.append(check)
    return check


async def require_retirable(device: Device) -> None:
    """Raises DomainError device_on_loan, parts_in_use, or what a domain above objects to: device_has_tickets."""
    if device.loan_id is not None:
        raise DomainError("device_on_loan", asset_number=device.asset_number)
    attached = await fetchval(
        "SELECT string_agg(asset_number, ', ' ORDER BY asset_number) FROM device"
        " WHERE tenant_id = $1 AND parent_id = $2 AND state <> 'retired'",
        device.tenant_id,
        device.id,
    )
    if attached is not None:
        raise DomainError("parts_in_use", asset_number=device.asset_number, parts=attached)
    for check in _objections:
        await check(device)


class RetireDevice(Struct, frozen=True):
    """Takes a unit out of use for good, and says why."""

    device: DeviceId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@command("devices.retire", "devices.manage")
async def retire_device(actor: Actor, input: RetireDevice) -> DeviceResult:
    """Retires a unit; nothing of it is deleted.

    Raises device_on_loan, parts_in_use, device_has_tickets, and device_retired when it is retired already.
    """
    device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
    expect(device)
    if device.state == "retired":
        raise DomainError("device_retired", asset_number=device.asset_number)
    await require_retirable(device)
    await change_state(device, "retired", reason=input.reason)
    told(device=str(device.id), asset_number=device.asset_number)
    return device_result(device)
