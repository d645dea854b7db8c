"""A connection that binds a tenant and runs one statement under it in a single round trip.

asyncpg waits for each answer before it sends the next message. Here the message that binds the tenant goes ahead of the
statement's own, without asking for an answer (no Sync): for Postgres both are one implicit transaction, which the Sync
behind the statement commits. BEGIN and COMMIT would be two round trips more, 60 µs of each side.
"""

import struct
from typing import Any
from uuid import UUID

import asyncpg

_BIND = "bind_tenant"

_PREPARE_BINDING = (
    f"PREPARE {_BIND} (text, boolean) AS SELECT WHERE set_config('app.tenant', $1, true) IS NULL"
    " OR ($2 AND set_config('synchronous_commit', 'off', true) IS NULL)"
)
"""Binds like SET LOCAL, for the transaction alone, and answers no row, which asyncpg would take for the statement's."""


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _binding(tenant: UUID, durable: bool) -> bytes:
    """Bind and Execute of the prepared binding: both values as text, for the unnamed portal."""
    waits = b"f" if durable else b"t"
    values = struct.pack("!hhi36si1sh", 0, 2, 36, str(tenant).encode(), 1, waits, 0)
    return _message(b"B", b"\0" + _BIND.encode() + b"\0" + values) + _EXECUTE


_EXECUTE = _message(b"E", b"\0" + struct.pack("!I", 0))


class BoundConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg says nothing of its types
    """What the pools are made of."""

    __slots__ = ()

    async def prepare_binding(self) -> None:
        """Once, when it is new."""
        await self.execute(_PREPARE_BINDING)

    async def read_bound(
        self, tenant: UUID, durable: bool, sql: str, values: tuple[Any, ...], deadline: float | None = None
    ) -> asyncpg.Record | None:
        """The first row of a statement in an implicit transaction bound to `tenant`, committed when this returns.

        deadline: seconds that the statement may take; without it, what the pool allows. Raises what asyncpg raises,
        TimeoutError among it; then nothing is stored.
        """
        statement = await self._get_statement(sql, deadline)  # a round trip at its first use, which must come before
        protocol = self._protocol
        before = protocol.queries_count
        try:
            self._transport.write(_binding(tenant, durable))
            rows, _, _ = await protocol.bind_execute(statement, values, "", 1, True, deadline)
        except BaseException as error:
            if protocol.queries_count == before:  # a value could not be encoded: the binding went, its Sync did not
                self.terminate()
            elif isinstance(error, asyncpg.OutdatedSchemaCacheError | asyncpg.InvalidCachedStatementError):
                await self.reload_schema_state()  # forgets what is prepared
            raise
        return rows[0] if rows else None
