"""Merging: a unit that stands in the registry twice becomes one, and nothing of either record is lost."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from mendline.devices.belonging import alone, lies_in
from mendline.devices.papers.documents import follow_certificates
from mendline.devices.registry import Device, worse
from mendline.devices.results import DeviceResult, device_result
from mendline.devices.timeline import changed, note
from mendline.kernel import DeviceId, DomainError, command, execute, expect, parse_opaque, rows, told
from mendline_tenants import Actor

FILLED = (
    *("serial", "lot", "place_id", "owning_id", "using_id", "storing_id", "owner_id", "manufactured_on"),
    *("purchased_on", "warranty_until", "software_version", "mandatory_verification", "last_repair"),
    "pool",
)
"""What the unit takes from its second record where its own says nothing."""

_CONTRACTS = """
INSERT INTO contract_device (tenant_id, id, contract_id, device_id)
SELECT c.tenant_id, c.id, c.contract_id, $3 FROM contract_device c WHERE c.tenant_id = $1 AND c.device_id = $2
ON CONFLICT DO NOTHING
"""

_POINTING = (
    "UPDATE device_part SET device_id = $3 WHERE tenant_id = $1 AND device_id = $2",
    "UPDATE regulatory_document SET device_id = $3 WHERE tenant_id = $1 AND device_id = $2",
    "UPDATE device SET parent_id = $3, version = version + 1 WHERE tenant_id = $1 AND parent_id = $2",
    "UPDATE device SET merged_into = $3 WHERE tenant_id = $1 AND merged_into = $2",
)
"""What points at the second record is of the unit from now on. History, loans and tickets keep the record's id."""


class MergeDevices(Struct, frozen=True):
    """Two records of one unit: the one that counts from now on, and the one that was made by mistake."""

    device: DeviceId
    duplicate: DeviceId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@command("devices.merge", "devices.manage")
async def merge_devices(actor: Actor, input: MergeDevices) -> DeviceResult:
    """The duplicate becomes a record of the unit: its numbers, tickets and history are found there.

    The unit becomes as unusable as the less usable of both. Raises not_found, merge_with_itself, device_merged for a
    record that was merged already, device_retired for a unit out of use, device_on_loan for a duplicate that is lent,
    merge_within_system when one belongs to the other.
    """
    ids = [parse_opaque("dv", one).id for one in (input.device, input.duplicate)]
    if ids[0] == ids[1]:
        raise DomainError("merge_with_itself")
    locked = {one: await rows.lock(Device, actor.organisation, one) for one in sorted(ids)}
    unit, duplicate = (locked[one] for one in ids)
    expect(unit)
    await _require_mergeable(actor, unit, duplicate)
    changes = _taken_over(unit, duplicate)
    await rows.update(duplicate, merged_into=unit.id, state="retired", parent_id=None, belongs_as=None, pool=None)
    before = unit.state
    await rows.update(unit, **changes)
    for statement in (_CONTRACTS, *_POINTING):
        await execute(statement, actor.organisation, duplicate.id, unit.id)
    await follow_certificates(unit)
    await note(duplicate, "merged", into=unit.asset_number, reason=input.reason)
    facts: dict[str, Any] = {"asset_number": duplicate.asset_number, "serial": duplicate.serial}
    await note(unit, "merged", duplicate=facts, reason=input.reason)
    if unit.state != before:
        await note(unit, "state", **changed(before, unit.state))
    told(device=str(unit.id), asset_number=unit.asset_number, duplicate=str(duplicate.id))
    return device_result(unit)


async def _require_mergeable(actor: Actor, unit: Device, duplicate: Device) -> None:
    for record in (unit, duplicate):
        if record.merged_into is not None:
            into = await rows.get(Device, record.tenant_id, record.merged_into)
            raise DomainError("device_merged", asset_number=record.asset_number, into=into.asset_number)
    if unit.state == "retired":
        raise DomainError("device_retired", asset_number=unit.asset_number)
    if duplicate.loan_id is not None:
        raise DomainError("device_on_loan", asset_number=duplicate.asset_number)
    await alone(actor)
    if await lies_in(unit, duplicate) or await lies_in(duplicate, unit):
        raise DomainError("merge_within_system", asset_number=unit.asset_number, other=duplicate.asset_number)


def _taken_over(unit: Device, duplicate: Device) -> dict[str, Any]:
    """What changes of the unit: gaps are filled, it is as unusable as the less usable record, and belongs somewhere."""
    changes = {name: getattr(duplicate, name) for name in FILLED if getattr(unit, name) is None}
    if duplicate.state != "retired":
        changes["state"] = worse(unit.state, duplicate.state)
    changes["duplicates"] = [*(unit.duplicates or ()), duplicate.id, *(duplicate.duplicates or ())]
    if unit.parent_id is None:
        changes |= {"parent_id": duplicate.parent_id, "belongs_as": duplicate.belongs_as}
    return changes
