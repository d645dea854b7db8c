"""Connections and transactions: every transaction binds its tenant in the same message as BEGIN."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from uuid import UUID

import asyncpg
import msgspec

from mendline.kernel.bound_connection import BoundConnection
from mendline.kernel.settings import settings

Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy


STATEMENTS = 300
"""Prepared statements that one connection keeps."""

STATEMENT_SIZE = 64 * 1024
"""Bytes of the longest statement that is kept prepared."""


@dataclass
class Session:
    """One open transaction: its connection, the tenant bound to it (None for the gateway), whether it is open."""

    connection: Connection
    tenant: UUID | None
    role: str
    open: bool = True
    statements: int = 0


_pools: dict[str, Pool] = {}
_session: ContextVar[Session | None] = ContextVar("session", default=None)


def _encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _prepare(connection: BoundConnection) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode_json, decoder=msgspec.json.decode)
    await connection.prepare_binding()


async def _no_reset(_: Any) -> None:
    """Only SET LOCAL is ever used, so a connection carries nothing over and needs no RESET round trip."""


async def open_pools(*roles: str, size: int = 8, urls: dict[str, str] | None = None) -> None:
    """Opens a pool for each database role of this process; `urls` overrides the settings (tests)."""
    for role in roles:
        if role not in _pools:
            _pools[role] = await asyncpg.create_pool(
                (urls or {}).get(role) or settings().role_url(role),
                min_size=1,
                max_size=size,
                connection_class=BoundConnection,
                init=_prepare,
                reset=_no_reset,
                # Compiled selections are long and many; asyncpg keeps 100 of at most 15 KiB if it is not told.
                statement_cache_size=STATEMENTS,
                max_cacheable_statement_size=STATEMENT_SIZE,
                # Times are written as JSON by Postgres itself: in UTC, whatever its own zone is.
                server_settings={"application_name": f"mendline-{role}", "jit": "off", "timezone": "UTC"},
                command_timeout=60,
            )


async def close_pools() -> None:
    """Closes what `open_pools` opened."""
    for role in list(_pools):
        pool = _pools.pop(role)
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()


def pool(role: str) -> Pool:
    """The open pool of a role. Raises RuntimeError when this process did not open it."""
    try:
        return _pools[role]
    except KeyError:
        raise RuntimeError(f"this process has no pool for role {role}; open_pools({role!r}) at its start") from None


def session() -> Session:
    """The transaction this task works in. Raises RuntimeError when there is none or when it has ended."""
    current = _session.get()
    if current is None:
        raise RuntimeError("no transaction here: open one with transaction(tenant) or run a command")
    if not current.open:
        raise RuntimeError("the transaction of this task has ended; a task must not outlive it")
    return current


def in_transaction() -> bool:
    """Whether this task works in an open transaction."""
    current = _session.get()
    return current is not None and current.open


@asynccontextmanager
async def transaction(tenant: UUID, *, durable: bool = True) -> AsyncIterator[Session]:
    """One READ COMMITTED transaction as `app`, bound to `tenant`; commits at the end, rolls back on any error.

    durable: whether COMMIT waits for the disk; without it a crash of the database may lose the last half second.
    Raises TypeError when no tenant is given, RuntimeError when one is open already: a transaction never nests
    and never changes its tenant.
    """
    async with _begin("app", tenant, _bound(tenant, durable)) as opened:
        yield opened


@asynccontextmanager
async def gateway() -> AsyncIterator[Session]:
    """One transaction as `gateway`, for what precedes the tenant: identities, installations, inbound updates."""
    async with _begin("gateway", None, "BEGIN") as opened:
        yield opened


@asynccontextmanager
async def _begin(role: str, tenant: UUID | None, begin: str) -> AsyncIterator[Session]:
    current = _session.get()
    if current is not None and current.open:
        raise RuntimeError("a transaction is open already in this task; transactions do not nest")
    home = pool(role)
    connection = await _beginning(home, begin)
    opened = Session(connection, tenant, role)
    token = _session.set(opened)
    try:
        yield opened
    except BaseException:
        opened.open = False
        await _rollback(connection)
        raise
    else:
        opened.open = False
        await connection.execute("COMMIT")
    finally:
        opened.open = False
        _session.reset(token)
        await home.release(connection)


async def read(
    tenant: UUID, sql: str, *values: Any, durable: bool = True, deadline: float | None = None
) -> asyncpg.Record:
    """The one row of a statement in a transaction of its own as `app`, bound to `tenant`: one round trip.

    durable: as for `transaction`. deadline: seconds that it may take. This is for the statements that answer queries,
    which are many: no session is opened that other functions could join. Raises RuntimeError when one is open, and
    TimeoutError.
    """
    if in_transaction():
        raise RuntimeError("a transaction is open already in this task; transactions do not nest")
    _require_tenant(tenant)
    home = pool("app")
    spare = home.get_max_size()
    while True:
        connection = await home.acquire()
        try:
            row = await connection.read_bound(tenant, durable, sql, values, deadline)
        except TimeoutError:  # an OSError by its class, but its connection lives
            raise
        except _DEAD:
            with suppress(asyncpg.InterfaceError):  # the pool has noticed already
                connection.terminate()
            if spare == 0:
                raise
            spare -= 1
        else:
            assert row is not None
            return row
        finally:
            await home.release(connection)


_DEAD = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,
)
"""What a connection that died in the pool, at a restart of Postgres, says when it is next used."""


def _require_tenant(tenant: UUID) -> None:
    if not isinstance(tenant, UUID):
        raise TypeError("a transaction needs the tenant it works for")


def _bound(tenant: UUID, durable: bool) -> str:
    _require_tenant(tenant)
    waits = "" if durable else "; SET LOCAL synchronous_commit = off"
    return f"BEGIN; SET LOCAL app.tenant = '{tenant}'{waits}"


async def _beginning(home: Pool, begin: str) -> Connection:
    """A connection in a fresh transaction. Those that died in the pool, at a restart of Postgres, are passed over."""
    spare = home.get_max_size()
    while True:
        connection = await home.acquire()
        try:
            await connection.execute(begin)
            return connection
        except BaseException as error:
            await _rollback(connection)
            await home.release(connection)
            if not isinstance(error, Exception) or spare == 0:
                raise
            spare -= 1


async def _rollback(connection: Connection) -> None:
    """Ends the transaction, however often the task is cancelled meanwhile: a connection is free only after that."""

    async def end() -> None:
        await connection.execute("ROLLBACK", timeout=5)

    ending = asyncio.create_task(end())
    cancelled: asyncio.CancelledError | None = None
    while not ending.done():
        try:
            await asyncio.wait([ending])
        except asyncio.CancelledError as again:
            cancelled = again
    if ending.exception() is not None:  # whatever broke the connection, it must not go back to the pool half-way
        with suppress(asyncpg.InterfaceError):  # the pool has noticed already
            connection.terminate()
    if cancelled is not None:
        raise cancelled


async def fetch(sql: str, *values: Any) -> list[asyncpg.Record]:
    """Rows of one statement in the current transaction."""
    current = session()
    current.statements += 1
    return cast("list[asyncpg.Record]", await current.connection.fetch(sql, *values))


async def fetchrow(sql: str, *values: Any) -> asyncpg.Record | None:
    """The first row of one statement in the current transaction, or None."""
    current = session()
    current.statements += 1
    return await current.connection.fetchrow(sql, *values)


async def fetchval(sql: str, *values: Any) -> Any:
    """The first value of one statement in the current transaction, or None."""
    current = session()
    current.statements += 1
    return await current.connection.fetchval(sql, *values)


async def execute(sql: str, *values: Any) -> str:
    """Runs one statement in the current transaction; answers Postgres' command tag."""
    current = session()
    current.statements += 1
    return cast("str", await current.connection.execute(sql, *values))
