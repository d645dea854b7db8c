"""The books as the auditor's role reads them: one unchanging view of an organisation, while others go on writing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from mendline.kernel import definer, opaque, pool

HEADS = definer(
    "audit_heads(uuid, uuid, integer)",
    """
CREATE OR REPLACE FUNCTION audit_heads(of_tenant uuid, after uuid, wanted integer)
RETURNS TABLE (ticket_id uuid, number text, seq bigint, head bytea) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT t.id, t.number, t.audit_seq, t.audit_head FROM public.ticket t
   WHERE t.tenant_id = of_tenant AND t.id > after ORDER BY t.id LIMIT wanted
$$""",
    {"ticket": "SELECT"},
    roles=("auditor",),
)
"""What tickets say of their own chains, so many after one id: the auditor sees no more of them than that."""


@dataclass(frozen=True)
class Books:
    """The books of one organisation in one snapshot, taken at `moment`."""

    tenant: UUID
    moment: datetime
    connection: asyncpg.pool.PoolConnectionProxy

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Rows; $1 is the organisation."""
        return list(await self.connection.fetch(sql, self.tenant, *values))

    def stream(self, sql: str, *values: Any) -> AsyncIterator[asyncpg.Record]:
        """Rows one after the other, however many; $1 is the organisation."""
        rows: AsyncIterator[asyncpg.Record] = self.connection.cursor(
            sql, self.tenant, *values, prefetch=1000
        ).__aiter__()
        return rows

    async def name_of(self, ticket: UUID) -> str:
        """The number of a ticket; of one that is gone, the id that was given out for it."""
        found = await self.fetch("SELECT ticket_id, number FROM audit_heads($1, $2, 1)", UUID(int=ticket.int - 1))
        if found and found[0]["ticket_id"] == ticket:
            return str(found[0]["number"])
        return opaque("tk", self.tenant, ticket)


@asynccontextmanager
async def opened(tenant: UUID) -> AsyncIterator[Books]:
    """An organisation's books. What is written meanwhile is not in them, so that a busy system raises no alarm."""
    async with (
        pool("auditor").acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        moment = await connection.fetchval("SELECT clock_timestamp()")
        yield Books(tenant, moment, connection)
