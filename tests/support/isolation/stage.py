"""The stage: statements tried as a role of the database, bound to an organisation, each taken back at once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import asyncpg

from mendline.kernel import settings

ATTEMPT = """
CREATE OR REPLACE FUNCTION pg_temp.attempt(statement text, wanted boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE touched bigint; found text;
BEGIN
  IF wanted THEN EXECUTE statement INTO found; ELSE EXECUTE statement; END IF;
  GET DIAGNOSTICS touched = ROW_COUNT;
  RAISE EXCEPTION 'taken back' USING ERRCODE = 'TB000';
EXCEPTION
  WHEN SQLSTATE 'TB000' THEN RETURN CASE WHEN wanted THEN coalesce(found, 'null') ELSE touched::text END;
  WHEN OTHERS THEN RETURN 'error ' || sqlstate || ' ' || sqlerrm;
END $$"""
"""Tries one statement as whoever calls, answers its value or how many rows it touched, and undoes it."""

_TRY_ALL = (
    "SELECT pg_temp.attempt(statement, wanted) FROM unnest($1::text[], $2::boolean[]) WITH ORDINALITY"
    " AS t(statement, wanted, n) ORDER BY n"
)


def outcome(answer: str) -> str:
    """An answer of `attempt` in a word where Postgres refused: denied (no right), refused (a policy), else its code."""
    if not answer.startswith("error "):
        return answer
    code, words = answer[6:11], answer[12:]
    if code == "42501":
        return "denied" if words.startswith("permission denied") else "refused"
    return "no such ticket" if (code, words) == ("P0002", "no such ticket") else code


class Stage(Protocol):
    """Where statements are tried."""

    async def attempts(
        self, role: str, tenant: UUID | None, statements: Sequence[tuple[str, bool]], prepare: str = ""
    ) -> list[str]:
        """The outcome of each (statement, whether its value is wanted rather than its count), none of them kept.

        prepare: what the administrator does first, in the same place.
        """
        ...


@dataclass
class Logins:
    """Real connections, logged in as each role: what a process of ours would have."""

    connections: dict[str, asyncpg.Connection] = field(default_factory=dict)

    async def attempts(
        self, role: str, tenant: UUID | None, statements: Sequence[tuple[str, bool]], prepare: str = ""
    ) -> list[str]:
        """See `Stage`; nothing can be prepared here."""
        assert not prepare
        connection = await self._connection(role)
        await connection.execute("BEGIN" + (f"; SET LOCAL app.tenant = '{tenant}'" if tenant else ""))
        try:
            return await _try_all(connection, statements)
        finally:
            await connection.execute("ROLLBACK")

    async def _connection(self, role: str) -> asyncpg.Connection:
        if role not in self.connections:
            self.connections[role] = await asyncpg.connect(settings().role_url(role))  # type: ignore[arg-type]
            await self.connections[role].execute(ATTEMPT)
        return self.connections[role]

    async def close(self) -> None:
        """Ends the connections."""
        for connection in self.connections.values():
            await connection.close()


@dataclass
class Borrowed:
    """One connection of the administrator, in a transaction of its own, that takes on roles and lays them down.

    What the administrator has changed in that transaction (a mutant) is there for the role, and nobody else sees it.
    others: where further connections of the administrator come from.
    """

    connection: asyncpg.Connection
    others: asyncpg.Pool

    async def attempts(
        self, role: str, tenant: UUID | None, statements: Sequence[tuple[str, bool]], prepare: str = ""
    ) -> list[str]:
        """See `Stage`; the role `administrator` is the connection's own."""
        async with self.acting(role, tenant, prepare):
            return await _try_all(self.connection, statements)

    @asynccontextmanager
    async def acting(self, role: str, tenant: UUID | None, prepare: str = "") -> AsyncIterator[asyncpg.Connection]:
        """The connection as this role for this organisation; all of it is taken back at the end."""
        await self.connection.execute("SAVEPOINT acting")
        try:
            await self.connection.execute(f"{prepare}; {become(role, tenant)}")
            yield self.connection
        finally:
            await self.connection.execute("ROLLBACK TO SAVEPOINT acting; RELEASE SAVEPOINT acting")


def become(role: str, tenant: UUID | None) -> str:
    """The statement by which the administrator's connection becomes a role, bound to an organisation."""
    taken = "RESET ROLE" if role == "administrator" else f"SET LOCAL ROLE {role}"
    return f"{taken}; SET LOCAL app.tenant = '{tenant or ''}'"


async def _try_all(connection: asyncpg.Connection, statements: Sequence[tuple[str, bool]]) -> list[str]:
    answers = await connection.fetch(_TRY_ALL, [sql for sql, _ in statements], [wanted for _, wanted in statements])
    return [outcome(row[0]) for row in answers]


@asynccontextmanager
async def borrowed(administrator: asyncpg.Pool) -> AsyncIterator[Borrowed]:
    """A stage on one of the administrator's connections; whatever happens on it goes away at the end."""
    async with administrator.acquire() as connection:
        await connection.execute(ATTEMPT)
        await connection.execute("BEGIN")
        try:
            yield Borrowed(connection, administrator)
        finally:
            await connection.execute("ROLLBACK")


@asynccontextmanager
async def logins() -> AsyncIterator[Logins]:
    """A stage of real logins."""
    stage = Logins()
    try:
        yield stage
    finally:
        await stage.close()
