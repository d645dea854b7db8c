"""Work that failed for good, kept where a person can read it and send it again."""

from uuid import UUID

from tortoise import fields

from mendline.kernel import rows
from mendline.kernel.clock import now
from mendline.kernel.database import execute
from mendline.kernel.tables import Kind, Record, table


@table(Kind.OWN, update=("replayed_at",))
class DeadLetter(Record):
    """One row of a queue that used up its attempts, with the last error. Rows without a tenant are the gateway's."""

    queue = fields.TextField()
    row_id = fields.UUIDField()
    error = fields.TextField()
    attempts = fields.IntField()
    recorded_at = fields.DatetimeField(default=now)
    replayed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "dead_letter"
        indexes = (("tenant_id", "recorded_at"),)


async def replay(tenant: UUID, id: UUID) -> None:
    """Puts the row of a dead letter back into its queue, due at once. Raises DomainError not_found."""
    letter = await rows.get(DeadLetter, tenant, id)
    await execute(
        f'UPDATE "{letter.queue}" SET completed_at = NULL, started_at = NULL, attempts = 0, due_at = $3'  # noqa: S608
        " WHERE tenant_id = $1 AND id = $2",
        tenant,
        letter.row_id,
        now(),
    )
    await rows.update(letter, replayed_at=now())
