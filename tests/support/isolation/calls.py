"""Calls of the house's own functions: what one call changed, seen by the administrator, in a place that goes away."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from mendline.kernel import TABLES, Kind
from support.isolation.literals import LOUD, QUIET, insert
from support.isolation.stage import Borrowed, become, outcome
from support.isolation.world import Shared, World

Key = tuple[str, tuple[str, ...]]
State = dict[Key, dict[str, Any]]
"""(table, its key) -> the row, as JSON."""


@dataclass(frozen=True)
class Call:
    """A call of a function, and what must come of it.

    answer: what it answers, or the word for its refusal; None where that does not matter. after: changes what was
    there into what must be there; without it nothing may change. ignored: columns that the function makes up. look,
    saw: what the administrator asks afterwards and must hear. unwatched: tables whose rows are left to `look`.
    twin: a ticket of which another organisation has a copy with the very same ids. first: what the administrator does
    before. meanwhile: what somebody else has done and commits while the call waits for it; undo: how that is undone.
    """

    sql: str
    caller: UUID | None
    answer: str | None = None
    after: Callable[[State], None] = lambda _: None
    role: str = "app"
    twin: Shared | None = None
    first: str = ""
    ignored: frozenset[str] = frozenset()
    look: str = ""
    saw: str = ""
    unwatched: frozenset[str] = frozenset()
    meanwhile: str = ""
    undo: str = ""


Calls = Callable[[World], Iterator[Call]]
CALLS: dict[str, Calls] = {}
"""The calls that try each function, by its name. A new function wants its own here."""


def of(name: str) -> Callable[[Calls], Calls]:
    """Registers the calls that try a function."""

    def register(make: Calls) -> Calls:
        CALLS[name] = make
        return make

    return register


def one_of_each(world: World, caller: UUID) -> list[Shared]:
    """A ticket of one's own that is shared, one held whole, one held in part, one hidden.

    And one that is kept back by an organisation which shows the caller others.
    """
    kinds: dict[Any, Shared] = {}
    for shared in world.tickets:
        if shared.held:
            kinds.setdefault((shared.owner == caller, shared.held.get(caller)), shared)
    partners = {shared.owner for shared in world.tickets if caller in shared.held}
    kept_back = next(shared for shared in world.tickets if shared.owner in partners and not shared.held)
    return [*kinds.values(), kept_back]


def namesake(world: World, shared: Shared, caller: UUID) -> str:
    """The statement that adds a ticket of the very same id which the caller sees: its own."""
    row = next(row for row in world.rows["ticket"] if (row["tenant_id"], row["id"]) == (shared.owner, shared.id))
    return f"{QUIET}; {insert(world.shapes['ticket'], {**row, 'tenant_id': caller, 'visible_to': [caller]})}; {LOUD}"


async def wrong(stage: Borrowed, world: World, call: Call, tables: Iterable[str]) -> list[str]:
    """In words, what a call did that it must not, or did not that it must."""
    names = sorted(set(tables) - call.unwatched)
    try:
        async with stage.acting("administrator", None, call.first or "SELECT"):
            if call.twin is not None:
                await stage.connection.execute(_twins(world, call, call.twin, names))
            expected = await _state(stage.connection, world, names)
            answered = await (_called_meanwhile(stage, call) if call.meanwhile else _called(stage.connection, call))
            after = await _state(stage.connection, world, names)
            saw = str(await stage.connection.fetchval(call.look)) if call.look else ""
    finally:
        if call.undo:
            await stage.others.execute(call.undo)
    call.after(expected)
    by = f"{call.sql} by {world.name_of(call.caller) if call.caller else 'nobody'}"
    found = [f"{by} -> {answered}, not {call.answer}"] if call.answer not in (None, answered) else []
    found += [f"{by}: {call.look} -> {saw}, not {call.saw}"] if saw != call.saw else []
    for key in sorted(expected.keys() | after.keys()):
        if expected.get(key) == after.get(key):
            continue
        was, now = (_without(state.get(key), call.ignored) for state in (expected, after))
        if was != now:
            found.append(f"{by}: {key} is {now}, not {was}")
    return found


def _without(row: dict[str, Any] | None, ignored: frozenset[str]) -> dict[str, Any] | None:
    return None if row is None else {name: value for name, value in row.items() if name not in ignored}


async def _called(connection: asyncpg.Connection, call: Call) -> str:
    await connection.execute(f"SAVEPOINT called; {become(call.role, call.caller)}")
    try:
        value = await connection.fetchval(call.sql)
    except asyncpg.PostgresError as error:
        await connection.execute("ROLLBACK TO SAVEPOINT called")
        value = outcome(f"error {error.sqlstate} {error.args[0]}")
    await connection.execute("RESET ROLE; SET LOCAL app.tenant = ''")
    return str(value)


async def _called_meanwhile(stage: Borrowed, call: Call) -> str:
    """Calls while somebody else's change is not committed; it is, once the call waits for it or has ended."""
    waits = "SELECT count(*) > 0 FROM pg_locks WHERE pid = $1 AND NOT granted"
    async with stage.others.acquire() as other, other.transaction():
        await other.execute(call.meanwhile)
        calling = asyncio.create_task(_called(stage.connection, call))
        while not (await asyncio.wait({calling}, timeout=0.002))[0]:
            if await other.fetchval(waits, stage.connection.get_server_pid()):
                break
    return await calling


async def _state(connection: asyncpg.Connection, world: World, names: list[str]) -> State:
    """Every row of these organisations. A role that was taken on sees nothing of this."""
    keys = {name: ", ".join(f'"{column}"::text' for column in TABLES[name].key) for name in names}
    parts = [
        f"SELECT '{name}' AS name, ARRAY[{keys[name]}] AS key, to_jsonb(t) AS row"
        f' FROM "{name}" t WHERE tenant_id = ANY ($1)'
        for name in names
    ]
    rows = await connection.fetch(" UNION ALL ".join(parts), list(world.organisations.values()))
    return {(row["name"], tuple(row["key"])): row["row"] for row in rows}


def _twins(world: World, call: Call, shared: Shared, names: list[str]) -> str:
    """The same ticket and all of its rows once more, in the name of an organisation that has no part in it."""
    parties = {*shared.viewers, call.caller}
    stranger = next(tenant for tenant in world.organisations.values() if tenant not in parties)
    statements = []
    for name in names:
        for row in world.rows[name]:
            column = {Kind.TICKET: "id", Kind.WORKLIST: "ticket_id"}.get(TABLES[name].kind, "ticket_id")
            if row.get(column) == shared.id and row.get("owner_id", row["tenant_id"]) == shared.owner:
                twin = {**row, "owner_id": stranger} if "owner_id" in row else {**row, "tenant_id": stranger}
                statements.append(insert(world.shapes[name], twin))
    return "; ".join((QUIET, *statements, LOUD))
