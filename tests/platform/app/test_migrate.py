"""Migrations: the state that they move on is ours, and makes the tables that Tortoise's own would make."""

import asyncio
import json
import subprocess
import sys

import asyncpg

from mendline.kernel import new_id, settings
from support.database import administrator
from support.parts import on_database

HALFWAY = "0008_create_bots"

# In a process of its own: this one's models must not be bound to a connection of Tortoise's.
MIGRATES = """
import asyncio, json, sys
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from mendline.app.domains import load_domains
from mendline.app.database.migrate import LABEL, tortoise_config
from mendline.app.database.schema_editor import TenantMigrationExecutor

class AsItComes(TenantMigrationExecutor):
    _project_state = MigrationExecutor._project_state

async def bring(url, executor, *targets):
    config = tortoise_config(url)
    await Tortoise.init(config=config)
    try:
        for target in targets:
            await executor(get_connection("default"), config["apps"]).migrate([MigrationTarget(LABEL, target)])
    finally:
        await Tortoise.close_connections()

async def main(plain, lean, once, twice, halfway):
    load_domains()
    await bring(plain, AsItComes, halfway)
    await bring(lean, TenantMigrationExecutor, halfway)
    await bring(once, TenantMigrationExecutor, "__latest__")
    await bring(twice, TenantMigrationExecutor, halfway, "__latest__")

asyncio.run(main(*json.loads(sys.argv[1])))
"""

CATALOGUE = (
    "SELECT table_name, column_name, udt_name, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
)


async def catalogue(database: str) -> list[list[tuple[object, ...]]]:
    """Columns, constraints and indexes of a database."""
    connection = await asyncpg.connect(on_database(settings().role_url("administrator"), database))
    try:
        return [[tuple(row) for row in await connection.fetch(sql)] for sql in CATALOGUE]
    finally:
        await connection.close()


async def test_our_state_makes_the_tables_that_tortoises_own_makes(database):
    names = [f"migrate_{new_id().hex[-12:]}" for _ in range(4)]
    owner = settings().role_url("owner")
    try:
        for name in names:
            await administrator().execute(f'CREATE DATABASE "{name}"')
            connection = await asyncpg.connect(on_database(settings().role_url("administrator"), name))
            await connection.execute("ALTER SCHEMA public OWNER TO owner")
            await connection.close()
        given = json.dumps([*(on_database(owner, name) for name in names), HALFWAY])
        ran = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", MIGRATES, given], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr[-2000:]
        plain, lean, once, twice = [await catalogue(name) for name in names]
        assert lean == plain
        assert len(lean[0]) > 100
        assert twice == once, "brought up in two goes, a database is the same as in one"
    finally:
        for name in names:
            await administrator().execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
