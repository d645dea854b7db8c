"""Bringing a database up to date: roles, migrations as owner, then policies, grants and functions from data."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationTarget

from mendline.app.database.schema_editor import TenantMigrationExecutor
from mendline.app.domains import DOMAINS, load_domains
from mendline.kernel import TABLES, Kind, settings
from mendline_tenants import LOGIN_ROLES, create_roles, function_sql, schema_sql

LABEL = "mendline"
LOCK = 7_204_011
"""The advisory lock that lets one migration run at a time."""


def tortoise_config(url: str, packages: Iterable[str] = DOMAINS) -> dict[str, Any]:
    """Tortoise's configuration: one app label over every module that declares a table."""
    parts = urlsplit(url)
    options = parse_qs(parts.query).get("options", [""])[0]
    server_settings = dict(item.split("=", 1) for item in options.replace("-c ", "").split() if "=" in item)
    # `mendline_bots.doors` registers what lies anywhere in its distribution.
    roots = tuple(name if name.startswith("mendline.") else name.partition(".")[0] for name in packages)
    modules = sorted({t.model.__module__ for t in TABLES.values() if t.model.__module__.startswith(roots)})
    return {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": {
                    "host": parts.hostname,
                    "port": parts.port or 5432,
                    "user": unquote(parts.username or ""),
                    "password": unquote(parts.password or ""),
                    "database": parts.path.lstrip("/"),
                    "minsize": 1,
                    "maxsize": 2,
                    "server_settings": {**server_settings, "lock_timeout": "1s"},
                },
            }
        },
        "apps": {LABEL: {"models": modules, "default_connection": "default", "migrations": "mendline.app.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def migrate(
    administrator_url: str, owner_url: str, passwords: dict[str, str], told: Callable[[str], None] = lambda _: None
) -> None:
    """Makes the database what this code needs; running it again changes nothing."""
    load_domains()
    administrator = await asyncpg.connect(administrator_url)
    try:
        await administrator.execute("SELECT pg_advisory_lock($1)", LOCK)
        told("roles")
        await create_roles(administrator, passwords)
        await _run_migrations(owner_url, told)
        told("policies, grants and functions")
        await _apply_schema(administrator)
        await _settle_feeds(administrator)
    finally:
        await administrator.close()


async def _run_migrations(owner_url: str, told: Callable[[str], None]) -> None:
    config = tortoise_config(owner_url)
    await Tortoise.init(config=config)
    try:
        executor = TenantMigrationExecutor(get_connection("default"), config["apps"])
        await executor.migrate(
            [MigrationTarget(LABEL, "__latest__")],
            progress=lambda event, _, name: told(name) if event == "apply_start" else None,
        )
    finally:
        await Tortoise.close_connections()


async def _apply_schema(administrator: asyncpg.Connection) -> None:
    async with administrator.transaction():
        await administrator.execute("SET LOCAL ROLE owner")
        for statement in schema_sql():
            await administrator.execute(statement)
        await administrator.execute("RESET ROLE")
        for statement in function_sql():
            await administrator.execute(statement)


async def _settle_feeds(administrator: asyncpg.Connection) -> None:
    """Rows from a cluster whose transactions had higher ids would be in no feed until this one has come as far."""
    async with administrator.transaction():
        await administrator.execute("SET LOCAL ROLE keeper")
        for table in TABLES.values():
            if table.kind is Kind.WORKLIST:
                await administrator.execute(
                    f'UPDATE "{table.name}" SET changed_in = pg_current_xact_id()::text::bigint'  # noqa: S608
                    " WHERE changed_in >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
                )


def run() -> None:
    """`mendline migrate`."""
    chosen = settings()
    passwords = {role: chosen.role_password(role) or "" for role in LOGIN_ROLES}  # type: ignore[arg-type]
    asyncio.run(migrate(chosen.role_url("administrator"), chosen.role_url("owner"), passwords, print))
