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


@table(Kind.OWN, append_only=True)
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


_CONCLUDE = """
WITH told AS (
  SELECT * FROM jsonb_to_recordset($6)
    AS t(id uuid, name text, version int, payload jsonb, visible_to uuid[], deliveries uuid[], consumers text[])
), answered AS (
  UPDATE idempotency_key SET result = $8 WHERE tenant_id = $1 AND actor = $2 AND key = $7
), event AS (
  INSERT INTO outbox (tenant_id, id, name, version, payload, actor, occurred_at, visible_to, correlation, recorded_at)
  SELECT $1, id, name, version, payload, $2, $3, visible_to, $4, $5 FROM told
)
INSERT INTO delivery (tenant_id, id, due_at, attempts, correlation, event_id, consumer)
SELECT $1, d.id, $5, 0, $4, told.id, d.consumer FROM told, unnest(told.deliveries, told.consumers) AS d(id, consumer)
"""


def _may_know(happened: msgspec.Struct, viewers: Viewers) -> list[UUID]:
    """An event of a touched ticket is for who sees that ticket; any other is for who sees all that was touched."""
    ticket = Reference(getattr(happened, "tenant", NIL), getattr(happened, "ticket", NIL))
    if ticket in viewers:
        return viewers[ticket]
    return sorted(set.intersection(*(set(seen) for seen in viewers.values())))


async def conclude(work: Work, viewers: Viewers, key: str | None = None, answer: Any = None) -> int:
    """Writes the events of a command, their deliveries, and the answer of its idempotency key, in one statement.

    Answers how many deliveries there are.
    """
    told = [_told(happened, _may_know(happened, viewers)) for happened in work.events]
    if told or key is not None:
        await _write(work.actor.organisation, work.actor.id, work.occurred_at, told, key, answer)
    return sum(len(event["deliveries"]) for event in told)


async def announce(organisation: UUID, happened: msgspec.Struct) -> None:
    """Writes an event of what the organisation's system did without a command, in the current transaction.

    It is for the organisation's own consumers alone; call `wake()` after the commit.
    """
    await _write(organisation, organisation, now(), [_told(happened, [organisation])])


async def _write(
    organisation: UUID,
    actor: UUID,
    occurred_at: datetime,
    told: list[dict[str, Any]],
    key: str | None = None,
    answer: Any = None,
) -> None:
    await execute(_CONCLUDE, organisation, actor, occurred_at, correlation_id(), now(), told, key, answer)


def _told(happened: msgspec.Struct, visible_to: list[UUID]) -> dict[str, Any]:
    name, version = event_name(happened)
    consumers = list(CONSUMERS.get(name, ()))
    return {
        "id": new_id(),
        "name": name,
        "version": version,
        "payload": happened,
        "visible_to": visible_to,
        "deliveries": [new_id() for _ in consumers],
        "consumers": consumers,
    }


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
