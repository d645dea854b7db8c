"""The test process's own database, and what a test may look at as administrator."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from mendline.kernel import close_pools, open_pools, settings
from support.parts import ask, on_database

_administrator: dict[str, asyncpg.Pool] = {}


async def make_database(worker: str) -> None:
    """Copy the run's template for this process and point the settings at it; `worker` is `gw0`, `gw1`, … or `main`."""
    known = ask("database")
    name = f"{known.pop('TEMPLATE')}_{worker}"
    administrator = await asyncpg.connect(known["MENDLINE_DATABASE_URL"])
    try:
        await administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE "{name.rpartition("_")[0]}"')
    finally:
        await administrator.close()
    os.environ.update(known)
    os.environ["MENDLINE_DATABASE_URL"] = on_database(known["MENDLINE_DATABASE_URL"], name)
    number = int(worker.removeprefix("gw")) % 7 if worker.startswith("gw") else 0
    for variable, database in (("MENDLINE_BROKER_URL", 2 + 2 * number), ("MENDLINE_CACHE_URL", 3 + 2 * number)):
        if known[variable].startswith("redis"):
            os.environ[variable] = on_database(known[variable], str(database))
    os.environ["MENDLINE_STRANGER_BURST"] = "1000000"  # the strangers of all tests come from one address
    settings.cache_clear()


@asynccontextmanager
async def opened_pools() -> AsyncIterator[None]:
    """Pools of every database role, and the administrator's for what tests look at from outside."""
    await open_pools("app", "gateway", "relay", "auditor", size=6)
    _administrator["pool"] = await asyncpg.create_pool(
        settings().role_url("administrator"), min_size=1, max_size=4, init=prepare_json
    )
    yield
    await _administrator.pop("pool").close()
    await close_pools()


async def prepare_json(connection: asyncpg.Connection) -> None:
    """Lets a connection speak jsonb as Python values, as the house's own do."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: msgspec.json.encode(value).decode(),
        decoder=msgspec.json.decode,
    )


def administrator() -> asyncpg.Pool:
    """Connections that stand above row-level security. For looking; the house itself never has one."""
    return _administrator["pool"]


async def again(queue: str) -> None:
    """What was done of a queue table is to be done once more, as after a worker that died before it could say so."""
    await administrator().execute(
        f"UPDATE {queue} SET completed_at = NULL, attempts = 0 WHERE completed_at IS NOT NULL"
    )


async def look(sql: str, *values: Any) -> list[asyncpg.Record]:
    """Rows as the administrator sees them."""
    return await administrator().fetch(sql, *values)


_WRITTEN = """
SELECT DISTINCT c.relname FROM pg_get_wal_block_info($1, pg_current_wal_flush_lsn(), false) AS record
JOIN pg_class AS c ON c.relfilenode = record.relfilenode AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
WHERE record.reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
AND record.resource_manager LIKE 'Heap%' AND record.record_type ~ '^(MULTI_)?(INSERT|(HOT_)?UPDATE|DELETE)'
AND pg_xact_status(record.xid::text::xid8) = 'committed' ORDER BY 1"""
"""The tables of this database that hold a row which somebody inserted, updated or deleted since, and committed.

Read from the write-ahead log: looking through every table takes longer with each test that ran before.
"""


@asynccontextmanager
async def unchanged(*but: str) -> AsyncIterator[None]:
    """Fails when anything was stored inside the block, in any table except those named."""
    ((begin,),) = await look("SELECT pg_current_wal_insert_lsn()")
    yield
    # A commit that waits for the disk takes all that was written before it along: the log is read from there.
    await look(
        "SELECT set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'tests', 'unchanged')"
    )
    written = [row["relname"] for row in await look(_WRITTEN, begin)]
    assert not set(written) - set(but), f"something was stored: {written}"
