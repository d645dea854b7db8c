"""Work that failed for good, kept where a person can read it and send it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from tortoise import fields

from mendline.kernel import rows
from mendline.kernel.clock import now
from mendline.kernel.database import execute, gateway, transaction
from mendline.kernel.errors import not_found
from mendline.kernel.ids import NIL
from mendline.kernel.tables import TABLES, Kind, Record, table
from mendline.kernel.wake import wake


@table(Kind.OWN, update=("replayed_at",))
class DeadLetter(Record):
    """One row of a queue that was given up, with the last error. Rows without a tenant (NIL) are the gateway's."""

    queue = fields.TextField()
    row_id = fields.UUIDField()
    error = fields.TextField()
    attempts = fields.IntField()
    recorded_at = fields.DatetimeField(default=now)
    replayed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "dead_letter"
        indexes = (("tenant_id", "recorded_at"),)


@asynccontextmanager
async def _whose(tenant: UUID) -> AsyncIterator[None]:
    async with gateway() if tenant == NIL else transaction(tenant):
        yield


async def bury(tenant: UUID, queue: str, row_id: UUID, error: str, attempts: int) -> None:
    """Writes the dead letter of a row, in a transaction of its own."""
    async with _whose(tenant):
        await rows.insert(DeadLetter(tenant_id=tenant, queue=queue, row_id=row_id, error=error, attempts=attempts))


async def replay(tenant: UUID, id: UUID) -> None:
    """Puts the row of a dead letter back into its queue, due at once, with all its attempts.

    Raises DomainError not_found when there is no such letter, or its row has gone (a timer that was set anew).
    """
    async with _whose(tenant):
        letter = await rows.get(DeadLetter, tenant, id)
    async with gateway() if TABLES[letter.queue].role == "gateway" else transaction(tenant):
        done = await execute(
            f'UPDATE "{letter.queue}" SET completed_at = NULL, held_until = NULL, attempts = 0, due_at = $3'  # noqa: S608
            " WHERE tenant_id = $1 AND id = $2",
            tenant,
            letter.row_id,
            now(),
        )
    if done != "UPDATE 1":
        raise not_found(letter.queue)
    async with _whose(tenant):
        await rows.update(letter, replayed_at=now())
    wake()
