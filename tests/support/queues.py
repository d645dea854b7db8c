"""Doing what is due in the queue tables, in this process and without a broker."""

from collections.abc import Collection
from contextlib import nullcontext
from datetime import datetime
from uuid import UUID

from mendline.kernel import QUEUES, frozen, now, perform
from support.database import look


async def drain(
    tenants: Collection[UUID] | None = None,
    *,
    queues: Collection[str] | None = None,
    at: datetime | None = None,
    failures: bool = False,
) -> int:
    """Performs every due row until none is left; answers how many were done.

    tenants, queues: only these. at: the moment it is taken to be, to reach timers. failures: whether rows may fail;
    otherwise the first failure is raised as an AssertionError with its error.
    """
    done = 0
    with frozen(at) if at else nullcontext():
        while due := await _due(tenants, queues):
            for queue, tenant, row in due:
                done += await perform(queue, tenant, row)
                if not failures:
                    await _refuse_failure(queue, tenant, row)
    return done


async def _due(tenants: Collection[UUID] | None, queues: Collection[str] | None) -> list[tuple[str, UUID, UUID]]:
    due = []
    for queue in queues or QUEUES:
        rows = await look(
            f'SELECT tenant_id, id FROM "{queue}" WHERE completed_at IS NULL AND due_at <= $1'
            " AND ($2::uuid[] IS NULL OR tenant_id = ANY ($2)) ORDER BY due_at, id",
            now(),
            None if tenants is None else list(tenants),
        )
        due += [(queue, row["tenant_id"], row["id"]) for row in rows]
    return due


async def _refuse_failure(queue: str, tenant: UUID, id: UUID) -> None:
    sql = f'SELECT error FROM "{queue}" WHERE tenant_id = $1 AND id = $2'
    for row in await look(sql, tenant, id):  # none when a timer has set itself again
        assert row["error"] is None, f"work in {queue} failed: {row['error']}"
