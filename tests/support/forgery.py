"""What a superuser can do to the audit: single rows behind the triggers' back, or the whole history made anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from mendline.kernel import Reference
from mendline_tenants.auditing.book import DIGEST
from mendline_tenants.auditing.checkpoints import LEAVES, tree_of
from mendline_tenants.auditing.statements import Statement, key_id, read_statement, sign, statement_hash
from support.database import administrator


@asynccontextmanager
async def superuser(how: str = "replica") -> AsyncIterator[asyncpg.Connection]:
    """Above every grant and trigger, in either of the two ways."""
    async with administrator().acquire() as connection, connection.transaction():
        if how == "replica":
            await connection.execute("SET LOCAL session_replication_role = replica")
        else:
            await connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER append_only")
        yield connection
        if how != "replica":
            await connection.execute("ALTER TABLE audit_entry ENABLE TRIGGER append_only")


async def set_head(connection: asyncpg.Connection, ticket: Reference) -> None:
    """The ticket's head as its last entry says."""
    await connection.execute(
        "UPDATE ticket t SET audit_seq = e.seq, audit_head = e.hash FROM (SELECT seq, hash FROM audit_entry"
        " WHERE tenant_id = $1 AND ticket_id = $2 ORDER BY seq DESC LIMIT 1) e WHERE t.tenant_id = $1 AND t.id = $2",
        *ticket,
    )


async def rewrite(connection: asyncpg.Connection, ticket: Reference, seq: int, change: str) -> None:
    """Changes an entry and makes every hash from there on anew, head included."""
    sql = f"UPDATE audit_entry SET {change} WHERE tenant_id = $1 AND ticket_id = $2 AND seq = $3"
    await connection.execute(sql, *ticket, seq)
    last = await connection.fetchval(
        "SELECT max(seq) FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2", *ticket
    )
    for n in range(seq, last + 1):
        await connection.execute(
            "UPDATE audit_entry e SET prev_hash = (SELECT hash FROM audit_entry b WHERE b.tenant_id = $1"
            " AND b.ticket_id = $2 AND b.seq = $3 - 1) WHERE tenant_id = $1 AND ticket_id = $2 AND seq = $3",
            *ticket,
            n,
        )
        sql = f"UPDATE audit_entry e SET hash = {DIGEST} WHERE tenant_id = $1 AND ticket_id = $2 AND seq = $3"
        await connection.execute(sql, *ticket, n)
    await set_head(connection, ticket)


async def rewrite_everything(ticket: Reference) -> None:
    """The whole history made anew, with the system's own key, times and counts: a perfect forgery."""
    async with superuser() as connection:
        await rewrite(connection, ticket, 1, "actor_role = 'admin'")
        await connection.execute(
            "UPDATE audit_leaf l SET hash = e.hash FROM audit_entry e WHERE e.tenant_id = $1 AND l.tenant_id = $1"
            " AND e.ticket_id = l.ticket_id AND e.seq = l.seq",
            ticket.tenant,
        )
        previous = None
        known = "SELECT number, start, size, statement FROM audit_checkpoint WHERE tenant_id = $1 ORDER BY number"
        for row in await connection.fetch(known, ticket.tenant):
            number, start, size, statement = row
            root = tree_of(await connection.fetch(LEAVES, ticket.tenant, start, size)).root
            at = read_statement(statement).at
            forged = sign(Statement(ticket.tenant, number, start, size, root.hex(), previous, at))
            await connection.execute(
                "UPDATE audit_checkpoint SET root = $3, statement = $4, key_id = $5"
                " WHERE tenant_id = $1 AND number = $2",
                ticket.tenant,
                number,
                root,
                forged,
                key_id(forged),
            )
            previous = statement_hash(forged).hex()
