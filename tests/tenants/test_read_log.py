"""The read log: kept in the reader's own book, never changed, found again by ticket."""

import asyncpg
import pytest

from mendline.kernel import execute, fetchval, rows, transaction
from mendline_tenants import ReadLog, note_read
from support.database import administrator, unchanged


async def test_a_read_is_noted_with_who_what_and_which_tickets(cast, ticket):
    reader = cast.actor("technician_v", channel="telegram")
    async with transaction(reader.organisation):
        await note_read(reader, "open", ("people", "clinical"), [ticket, ticket], since="2026-01-01")
        (noted,) = await rows.select(ReadLog, "tenant_id = $1", reader.organisation)
    assert (noted.actor, noted.actor_role, noted.actor_name) == (reader.id, "technician", "技师郑")
    assert (noted.channel, noted.operation, noted.groups) == ("telegram", "open", ["clinical", "people"])
    assert (noted.owners, noted.tickets) == ([ticket.tenant], [ticket.id])
    assert noted.arguments == {"since": "2026-01-01"} and noted.correlation


async def test_nothing_read_is_nothing_noted(cast):
    async with unchanged(), transaction(cast["vendor_v"]):
        await note_read(cast.actor("technician_v"), "open", ("people",), [])


async def test_it_is_the_readers_own_book_and_nobody_changes_it(cast, ticket):
    reader = cast.actor("technician_v")
    async with transaction(reader.organisation):
        await note_read(reader, "open", ("people",), [ticket])
    async with transaction(cast["hospital_a"]):
        assert await fetchval("SELECT count(*) FROM read_log") == 0
    for change in ("UPDATE read_log SET operation = 'x'", "DELETE FROM read_log", "TRUNCATE read_log"):
        async with unchanged():
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with transaction(reader.organisation):
                    await execute(change)


async def test_the_reads_of_a_ticket_are_found_by_an_index_and_only_ones_own(cast, ticket):
    hospital, vendor = cast["hospital_a"], cast["vendor_v"]
    for who in ("nurse_a", "technician_v", "dispatcher_v"):
        reader = cast.actor(who)
        async with transaction(reader.organisation):
            await note_read(reader, "open", ("people",), [ticket])
    found = "SELECT count(*) FROM reads_of_ticket($1, $2, $3)"
    async with transaction(vendor):
        assert await fetchval(found, vendor, *ticket) == 2
        assert await fetchval(found, hospital, *ticket) == 0
    async with administrator().acquire() as connection, connection.transaction():
        await connection.execute(
            "SET LOCAL ROLE keeper; SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off"
        )
        plan = await connection.fetch(f"EXPLAIN SELECT FROM read_log WHERE tickets @> ARRAY['{ticket.id}'::uuid]")
    assert "Bitmap Index Scan" in str(plan)
