"""Append-only: what is written into a book stays, whoever asks: app, the owner of the tables, the administrator."""

import asyncpg
import pytest

from mendline.app.domains import load_domains
from mendline.kernel import TABLES, pool, transaction
from mendline_tenants import share_ticket, unshare_ticket
from support.database import administrator, look

load_domains()  # a book of any domain is covered without anyone remembering
BOOKS = sorted(name for name, table in TABLES.items() if table.append_only)
CHANGES = {
    "update": 'UPDATE "{table}" SET tenant_id = tenant_id',
    "delete": 'DELETE FROM "{table}"',
    "truncate": 'TRUNCATE "{table}" CASCADE',
}


def test_the_books_are_declared():
    assert {"audit_entry", "organisation_audit", "outbox", "audit_checkpoint", "audit_leaf"} <= set(BOOKS)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", BOOKS)
async def test_no_role_changes_a_book_nor_does_the_administrator(cast, ticket, table, change):
    sql = CHANGES[change].format(table=table)
    before = await look(f'SELECT count(*), max(xmin::text::bigint) FROM "{table}"')
    for role in ("app", "gateway", "relay", "auditor"):
        async with pool(role).acquire() as connection, connection.transaction():
            await connection.execute(f"SET LOCAL app.tenant = '{cast['hospital_a']}'")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(sql)
    for become in ("owner", "keeper", None):
        async with administrator().acquire() as connection, connection.transaction():
            if become:
                await connection.execute(f"SET LOCAL ROLE {become}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
                async with connection.transaction():
                    await connection.execute(sql)
            assert become == "keeper" or f"{table} is append-only" in str(refused.value)
    assert await look(f'SELECT count(*), max(xmin::text::bigint) FROM "{table}"') == before


async def test_sharing_still_moves_who_sees_an_entry(cast, ticket):
    """The one column of a child's row that changes."""
    partner = cast["vendor_w"]
    seen = "SELECT bool_and(visible_to @> ARRAY[$3::uuid]) FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2"
    async with transaction(cast["hospital_a"]):
        await share_ticket(ticket, partner, ["progress"])
    assert (await look(seen, *ticket, partner))[0][0] is True
    async with transaction(cast["hospital_a"]):
        await unshare_ticket(ticket, partner)
    assert (await look(seen, *ticket, partner))[0][0] is False


async def test_what_is_done_is_still_purged(cast, ticket):
    """Housekeeping takes deliveries away and leaves the outbox: the book of events stays."""
    await cast.drain()
    events = (await look("SELECT count(*) FROM outbox WHERE tenant_id = $1", cast["hospital_a"]))[0][0]
    assert events
    await pool("relay").execute("DELETE FROM delivery WHERE completed_at IS NOT NULL")
    assert (await look("SELECT count(*) FROM outbox WHERE tenant_id = $1", cast["hospital_a"]))[0][0] == events
