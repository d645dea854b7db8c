"""What is due in the queue tables, as the relay's role sees it: a look, and a fair taking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asyncpg.pool import PoolConnectionProxy

from mendline.kernel import QUEUES, Reference

_TURN = 16
"""Rows that one organisation may have taken before the next has its turn."""


@dataclass(frozen=True)
class Due:
    """One queue at a moment: how many rows are due (counted up to the limit asked), and when the next one will be."""

    queue: str
    rows: int
    following: datetime | None


async def look(connection: PoolConnectionProxy, moment: datetime, limit: int) -> list[Due]:
    """Every queue at `moment`, in one statement."""
    sql = " UNION ALL ".join(
        f"SELECT '{queue}' AS queue, (SELECT count(*) FROM (SELECT FROM \"{queue}\" WHERE completed_at IS NULL"  # noqa: S608
        " AND due_at <= $1 LIMIT $2) AS due) AS rows,"
        f' (SELECT min(due_at) FROM "{queue}" WHERE completed_at IS NULL AND due_at > $1) AS following'
        for queue in QUEUES
    )
    if not sql:
        return []
    return [Due(row["queue"], row["rows"], row["following"]) for row in await connection.fetch(sql, moment, limit)]


async def take(
    connection: PoolConnectionProxy, queue: str, moment: datetime, limit: int, lease: timedelta, *, crowded: bool
) -> Sequence[Reference]:
    """Takes up to `limit` due rows in the current transaction: until `moment + lease` nobody else is given them.

    When more are due than that (`crowded`) the organisations take turns, so that a flood of one keeps no other
    waiting; otherwise the oldest come first. Rows that another relay is taking are passed over.
    """
    chosen = _TURNS if crowded else _OLDEST
    rows = await connection.fetch(_TAKE.format(queue=queue, chosen=chosen.format(queue=queue)), moment, limit, lease)
    return [Reference(row["tenant_id"], row["id"]) for row in rows]


_TAKE = """
WITH {chosen}, taken AS (
  SELECT q.tenant_id, q.id, chosen.turn, chosen.due_at FROM "{queue}" AS q JOIN chosen USING (tenant_id, id)
   WHERE q.completed_at IS NULL AND q.due_at <= $1 FOR UPDATE OF q SKIP LOCKED
), moved AS (
  UPDATE "{queue}" AS q SET due_at = $1 + $3::interval FROM taken
   WHERE q.tenant_id = taken.tenant_id AND q.id = taken.id RETURNING q.tenant_id, q.id, taken.turn, taken.due_at
)
SELECT tenant_id, id FROM moved ORDER BY turn, due_at
"""

_OLDEST = """chosen AS (
  SELECT tenant_id, id, due_at, 0 AS turn FROM "{queue}"
   WHERE completed_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2
)"""

# Steps from organisation to organisation over the index (tenant_id, due_at), instead of reading one's whole flood.
_TURNS = f"""RECURSIVE tenant(id) AS (
  (SELECT tenant_id FROM "{{queue}}" WHERE completed_at IS NULL ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT tenant_id FROM "{{queue}}" WHERE completed_at IS NULL AND tenant_id > tenant.id
           ORDER BY tenant_id LIMIT 1) FROM tenant WHERE tenant.id IS NOT NULL
), chosen AS (
  SELECT waiting.* FROM tenant CROSS JOIN LATERAL (
    SELECT tenant_id, id, due_at, row_number() OVER (ORDER BY due_at) AS turn FROM "{{queue}}"
     WHERE completed_at IS NULL AND due_at <= $1 AND tenant_id = tenant.id ORDER BY due_at LIMIT {_TURN}
  ) AS waiting ORDER BY turn, due_at LIMIT $2
)"""  # noqa: S608
