"""The rows that a piece of work stored, noted from outside and written again by bare transactions, as a yardstick."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from mendline.kernel import TABLES, new_id

Snapshot = dict[tuple[str, tuple[Any, ...]], tuple[int, dict[str, Any]]]
"""(table, key) -> (the transaction that wrote it, the row)."""


@dataclass(frozen=True)
class Write:
    """One row written: all its values for an insert, the changed ones for an update."""

    table: str
    key: dict[str, Any]
    values: dict[str, Any]
    insert: bool


async def snapshot(administrator: asyncpg.Pool) -> Snapshot:
    """Every row of every table."""
    found: Snapshot = {}
    for name, table in TABLES.items():
        for row in await administrator.fetch(f'SELECT xmin::text::bigint AS writer, * FROM "{name}"'):
            values = dict(row)
            writer = values.pop("writer")
            found[name, tuple(values[column] for column in table.key)] = (writer, values)
    return found


def written(before: Snapshot, after: Snapshot) -> list[Write]:
    """What lies between two snapshots, inserts first."""
    writes = []
    for (name, key), (writer, values) in after.items():
        columns = dict(zip(TABLES[name].key, key, strict=True))
        old = before.get((name, key))
        if old is None:
            writes.append(Write(name, columns, values, insert=True))
        elif old[0] != writer:
            changed = {column: value for column, value in values.items() if value != old[1][column]}
            if changed:
                writes.append(Write(name, columns, changed, insert=False))
    return sorted(writes, key=lambda write: not write.insert)


class Yardstick:
    """The same rows in tables of the same form, written by one prepared statement each, as role app, tenant bound.

    The tables stand in a schema of their own with the indexes and checks of ours, row-level security on, but without
    triggers and foreign keys: app may write only there what ours lets only the house's functions write.
    """

    def __init__(self, connection: asyncpg.Connection, tenant: UUID, transactions: list[list[Write]]) -> None:
        self._connection = connection
        self._begin = f"BEGIN; SET LOCAL app.tenant = '{tenant}'"
        self._transactions = transactions
        self._statements: dict[str, Any] = {}
        inserted = [write for writes in transactions for write in writes if write.insert]
        self._made = {write.key["id"] for write in inserted if "id" in write.key}
        self._made |= {write.key["ticket_id"] for write in inserted if "ticket_id" in write.key}
        self._numbers = {write.values["number"] for write in inserted if write.table == "ticket"}
        self._life = 0

    @staticmethod
    async def prepare(administrator: asyncpg.Pool, tables: set[str]) -> None:
        """Makes the tables, with the rows that ours have now."""
        await administrator.execute(
            "DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare; GRANT USAGE ON SCHEMA bare TO app"
        )
        for name in sorted(tables):
            await administrator.execute(
                f'CREATE TABLE bare."{name}" (LIKE public."{name}" INCLUDING ALL);'
                f'INSERT INTO bare."{name}" SELECT * FROM public."{name}";'
                f'ALTER TABLE bare."{name}" ENABLE ROW LEVEL SECURITY;'
                f'CREATE POLICY bound ON bare."{name}" TO app USING (cur() IS NOT NULL) WITH CHECK (cur() IS NOT NULL);'
                f'GRANT SELECT, INSERT, UPDATE ON bare."{name}" TO app'
            )
        await administrator.execute("ANALYZE")

    async def live(self) -> list[float]:
        """Writes one life's rows with fresh ids; answers the seconds of each transaction."""
        self._life += 1
        fresh = {old: new_id() for old in self._made}
        seconds = []
        for writes in self._transactions:
            began = time.perf_counter()
            await self._connection.execute(self._begin)
            for write in writes:
                await self._write(write, fresh)
            await self._connection.execute("COMMIT")
            seconds.append(time.perf_counter() - began)
        return seconds

    async def _write(self, write: Write, fresh: dict[UUID, UUID]) -> None:
        columns = list(write.values)
        values = [self._renewed(value, fresh) for value in write.values.values()]
        if write.insert:
            places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
            listed = ", ".join(f'"{column}"' for column in columns)
            sql = f'INSERT INTO bare."{write.table}" ({listed}) VALUES ({places})'
        else:
            assigned = ", ".join(f'"{column}" = ${n}' for n, column in enumerate(columns, 1))
            found = " AND ".join(f'"{column}" = ${n}' for n, column in enumerate(write.key, len(columns) + 1))
            sql = f'UPDATE bare."{write.table}" SET {assigned} WHERE {found}'
            values += [self._renewed(value, fresh) for value in write.key.values()]
        if sql not in self._statements:
            self._statements[sql] = await self._connection.prepare(sql)
        await self._statements[sql].fetch(*values)

    def _renewed(self, value: Any, fresh: dict[UUID, UUID]) -> Any:
        if isinstance(value, UUID):
            return fresh.get(value, value)
        if isinstance(value, str) and value in self._numbers:
            return f"{value}-{self._life}"
        return value


async def settled(administrator: asyncpg.Pool) -> None:
    """Lets what the last pieces of work left to the server be done before something else is measured."""
    await administrator.execute("CHECKPOINT")
    await asyncio.sleep(0.5)
