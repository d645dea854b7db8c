"""The outbox: events written in the command's transaction, and one delivery for each consumer of each event."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import rows
from mendline.kernel.clock import now
from mendline.kernel.database import execute, transaction
from mendline.kernel.events import CONSUMERS, EVENTS, Envelope, event_name
from mendline.kernel.ids import NIL, Reference, new_id
from mendline.kernel.log import correlation_id
from mendline.kernel.queues import Queued, handles
from mendline.kernel.tables import Kind, Record, table
from mendline.kernel.work import Work


@table(Kind.OWN, update=())
class Outbox(Record):
    """An event as it was written: never changed, the acting organisation's."""

    name = fields.TextField()
    version = fields.IntField()
    payload = fields.JSONField[dict[str, Any]]()
    actor = fields.UUIDField()
    occurred_at = fields.DatetimeField()
    visible_to = ArrayField("uuid")
    correlation = fields.TextField()
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "outbox"


@table(Kind.QUEUE, references={"event_id": "outbox"})
class Delivery(Queued):
    """That one consumer shall hear of one event; done in the consumer's own time."""

    event_id = fields.UUIDField()
    consumer = fields.TextField()

    class Meta:
        table = "delivery"


Viewers = dict[Reference | None, list[UUID]]
"""Who may know of each ticket that a command touched; under None, of a command that touched none."""


_INSERT = """
WITH event AS (
  INSERT INTO outbox (tenant_id, id, name, version, payload, actor, occurred_at, visible_to, correlation, recorded_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10))
INSERT INTO delivery (tenant_id, id, due_at, attempts, correlation, event_id, consumer)
SELECT $1, d.id, $10, 0, $9, $2, d.consumer FROM unnest($11::uuid[], $12::text[]) AS d(id, consumer)
"""


def _may_know(happened: msgspec.Struct, viewers: Viewers) -> list[UUID]:
    """An event of a touched ticket is for who sees that ticket; any other is for who sees all that was touched."""
    ticket = Reference(getattr(happened, "tenant", NIL), getattr(happened, "ticket", NIL))
    if ticket in viewers:
        return viewers[ticket]
    return sorted(set.intersection(*(set(seen) for seen in viewers.values())))


async def write(work: Work, viewers: Viewers) -> int:
    """Writes the events of a command and their deliveries; answers how many deliveries there are."""
    written = 0
    for happened in work.events:
        name, version = event_name(happened)
        consumers = list(CONSUMERS.get(name, ()))
        written += len(consumers)
        await execute(
            _INSERT,
            work.actor.organisation,
            new_id(),
            name,
            version,
            msgspec.to_builtins(happened),
            work.actor.id,
            work.occurred_at,
            _may_know(happened, viewers),
            correlation_id(),
            now(),
            [new_id() for _ in consumers],
            consumers,
        )
    return written


@handles(Delivery)
async def deliver(row: Queued) -> None:
    """Hands the event of a delivery to its consumer, outside any transaction."""
    assert isinstance(row, Delivery)
    async with transaction(row.tenant_id):
        stored = await rows.get(Outbox, row.tenant_id, row.event_id)
    function = CONSUMERS.get(stored.name, {}).get(row.consumer)
    if function is None:  # the consumer was taken out of the code while its delivery waited
        return
    occurred_at: datetime = stored.occurred_at
    await function(
        Envelope(
            id=stored.id,
            name=stored.name,
            organisation=stored.tenant_id,
            actor=stored.actor,
            occurred_at=occurred_at,
            visible_to=tuple(stored.visible_to),
            correlation=stored.correlation,
            event=msgspec.convert(stored.payload, EVENTS[stored.name]),
        )
    )
