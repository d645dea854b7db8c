"""The roles of the database: who may log in, and that none of them stands above row-level security."""

import asyncpg

LOGIN_ROLES = ("app", "gateway", "relay", "auditor")
"""Roles that processes log in as."""

GROUP_ROLES = ("owner", "keeper")
"""Roles without login: owner makes tables, keeper owns the definer functions."""

_ATTRIBUTES = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE INHERIT"


async def create_roles(connection: asyncpg.Connection, passwords: dict[str, str]) -> None:
    """Makes the roles or brings them back to what they must be. `connection` is the administrator's."""
    for role in GROUP_ROLES:
        await _ensure(connection, role, f"NOLOGIN {_ATTRIBUTES}")
    for role in LOGIN_ROLES:
        quoted = await connection.fetchval("SELECT quote_literal($1)", passwords[role])
        await _ensure(connection, role, f"LOGIN {_ATTRIBUTES} PASSWORD {quoted}")
    administrator = await connection.fetchval("SELECT current_user")
    await connection.execute(f'GRANT owner, keeper TO "{administrator}"')
    await connection.execute("GRANT keeper TO owner WITH INHERIT FALSE, SET TRUE")
    await connection.execute("ALTER SCHEMA public OWNER TO owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    await connection.execute("GRANT CREATE ON SCHEMA public TO keeper")


async def _ensure(connection: asyncpg.Connection, role: str, attributes: str) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    await connection.execute(f"{'ALTER' if exists else 'CREATE'} ROLE {role} {attributes}")
