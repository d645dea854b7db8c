"""One round trip: the tenant is bound in the message of the statement, for that statement alone."""

import asyncio
from time import monotonic
from typing import Any

import asyncpg
import pytest

from mendline.kernel import NIL, new_id, pool, read, transaction
from mendline_tenants import ReadLog
from support.database import administrator, look

LOGGED = """
INSERT INTO read_log (tenant_id, id, actor, actor_kind, actor_role, actor_name, channel, operation, document_hash,
  groups, owners, tickets, arguments, correlation, recorded_at)
VALUES ($1::uuid, $2::uuid, $1::uuid, '', '', '', '', '', '', '{}', '{}', '{}', '{}', '', now()) RETURNING %s
"""


async def stored(row: Any) -> bool:
    return bool(await look(f"SELECT FROM {ReadLog._meta.db_table} WHERE id = $1", row))


async def test_the_statement_is_bound_and_nothing_of_it_stays(database: None) -> None:
    tenant = new_id()
    for _ in range(3):  # prepared, and from then on known
        assert (await read(tenant, "SELECT cur(), current_setting('synchronous_commit')", durable=False))[0] == tenant
    async with pool("app").acquire() as connection:
        assert await connection.fetchval("SELECT cur()") is None
        assert not connection.is_in_transaction()


async def test_only_what_is_not_durable_does_not_wait_for_the_disk(database: None) -> None:
    waits = "SELECT current_setting('synchronous_commit'), $1::text"
    usual = (await read(new_id(), waits, "a"))[0]
    assert (await read(new_id(), waits, "a", durable=False))[0] == "off"
    assert (await read(new_id(), waits, "a"))[0] == usual


async def test_what_it_stores_is_committed_when_it_returns(database: None) -> None:
    tenant, row = new_id(), new_id()
    assert (await read(tenant, LOGGED % "id", tenant, row))[0] == row
    assert await stored(row)


async def test_what_fails_stores_nothing(database: None) -> None:
    tenant, row = new_id(), new_id()
    with pytest.raises(asyncpg.DivisionByZeroError):
        await read(tenant, LOGGED % "1 / cardinality(groups)", tenant, row)
    assert not await stored(row)


async def test_what_is_written_for_another_tenant_is_refused(database: None) -> None:
    tenant, row = new_id(), new_id()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await read(new_id(), LOGGED % "id", tenant, row)
    assert not await stored(row)


async def test_a_value_that_cannot_be_sent_leaves_no_tenant_bound(database: None) -> None:
    """The binding has gone ahead by then: its connection is given up."""
    for _ in range(pool("app").get_max_size() + 1):
        with pytest.raises(asyncpg.DataError):
            await read(new_id(), "SELECT $1::int", "many")
        async with pool("app").acquire() as connection:
            assert await connection.fetchval("SELECT cur()") is None
        tenant = new_id()
        assert (await read(tenant, "SELECT cur()"))[0] == tenant


async def test_a_cancelled_read_leaves_connections_that_work(database: None) -> None:
    for pause in (0, 0.001, 0.02):
        tasks = [asyncio.create_task(read(new_id(), "SELECT pg_sleep(20)")) for _ in range(pool("app").get_max_size())]
        await asyncio.sleep(pause)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    tenants = [new_id() for _ in range(30)]
    told = await asyncio.gather(*(read(tenant, "SELECT cur()") for tenant in tenants))
    assert [row[0] for row in told] == tenants


async def test_a_read_that_takes_too_long_is_ended_once_and_for_all(database: None) -> None:
    began = monotonic()
    with pytest.raises(TimeoutError):
        await read(new_id(), "SELECT pg_sleep(20)", deadline=0.05)
    assert monotonic() - began < 5, "it was tried again on other connections"
    tenants = [new_id() for _ in range(pool("app").get_max_size() + 1)]
    assert [(await read(tenant, "SELECT cur()"))[0] for tenant in tenants] == tenants


async def test_connections_that_died_in_the_pool_are_passed_over(database: None) -> None:
    for _ in range(5):
        await asyncio.gather(*(read(new_id(), "SELECT pg_sleep(0.01)") for _ in range(6)))
        await administrator().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'app'"
        )
        await read(new_id(), "SELECT 1")


async def test_it_is_no_part_of_a_transaction_that_is_open(database: None) -> None:
    async with transaction(new_id()):
        with pytest.raises(RuntimeError, match="do not nest"):
            await read(new_id(), "SELECT 1")


async def test_there_is_none_without_a_tenant(database: None) -> None:
    with pytest.raises(TypeError, match="tenant"):
        await read(None, "SELECT 1")  # type: ignore[arg-type]
    assert (await read(NIL, "SELECT cur()"))[0] == NIL
