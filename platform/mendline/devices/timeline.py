"""The history of a unit: one list of whatever happened to it, added to by every command that changes it."""

from datetime import datetime
from typing import Any, cast

from tortoise import fields

from mendline.devices.registry import Device
from mendline.kernel import Kind, Record, Reference, now, rows, table, work
from mendline_tenants import Actor

HAPPENINGS = (
    *("registered", "moved", "departments", "state", "software", "part_fitted", "part_removed"),
    *("attached", "detached", "pool", "lent", "returned", "document", "merged", "ticket"),
)
"""What can happen to a unit."""


@table(Kind.OWN, append_only=True, references={"device_id": "device"}, checks={"happened": f"happened IN {HAPPENINGS}"})
class DeviceEvent(Record):
    """One line of a unit's history: what happened, the facts of it, who did it, and for which ticket.

    facts: `from` and `to` of what changed, in words that hold when names change later. The ticket may be another
    organisation's, which is why it is named by (tenant, id) without a foreign key.
    """

    device_id = fields.UUIDField()
    happened = fields.TextField()
    facts = fields.JSONField[dict[str, Any]](default=dict)
    ticket_tenant = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    actor = fields.UUIDField()
    actor_name = fields.TextField(default="")
    occurred_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "device_event"
        indexes = (("tenant_id", "device_id", "occurred_at", "id"),)


async def note(
    device: Device, happened: str, ticket: Reference | None = None, at: datetime | None = None, **facts: Any
) -> None:
    """Adds a line to the unit's history: the running command did this to it, now or at the moment that is told."""
    actor = cast(Actor, work().actor)
    await rows.insert(
        DeviceEvent(
            tenant_id=device.tenant_id,
            device_id=device.id,
            happened=happened,
            facts=facts,
            ticket_tenant=ticket.tenant if ticket else None,
            ticket_id=ticket.id if ticket else None,
            actor=actor.id,
            actor_name=actor.name,
            occurred_at=at or work().occurred_at,
        )
    )


def changed(before: Any, after: Any) -> dict[str, Any]:
    """The facts of whatever was one thing and is another now."""
    return {"from": before, "to": after}


async def change_state(device: Device, state: str, ticket: Reference | None = None, **facts: Any) -> None:
    """The locked unit is in this state from now on; its history says since when, and for which ticket."""
    before = device.state
    if state != before:
        await rows.update(device, state=state)
        await note(device, "state", ticket, **changed(before, state), **facts)
