"""The battery: for one table everything that each role, bound to each organisation, tries, and what must come of it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import asyncpg

from mendline.kernel import NIL, TABLES, Kind, Table, new_id
from support.isolation import rules
from support.isolation.catalogue import Shape
from support.isolation.literals import LOUD, QUIET, insert, literal
from support.isolation.rules import Stored
from support.isolation.stage import Stage
from support.isolation.world import Shared, World


@dataclass(frozen=True)
class Check:
    """One statement and its only right outcome (see stage.outcome). prepare: what the administrator does before."""

    table: str
    role: str
    tenant: UUID | None
    sql: str
    expected: str
    wanted: bool = False
    prepare: str = ""
    but_not: str | None = None


@dataclass
class Battery:
    """Every check over a world, made once and run as often as wanted."""

    world: World
    book: dict[str, list[Stored]]
    checks: dict[str, list[Check]] = field(default_factory=dict)

    def of(self, table: str) -> list[Check]:
        """The checks of one table."""
        if table not in self.checks:
            self.checks[table] = list(_checks(self.world, self.book, TABLES[table]))
        return self.checks[table]


async def make_battery(administrator: asyncpg.Connection | asyncpg.Pool, world: World) -> Battery:
    """Reads every row through the administrator and derives what each organisation may do with it."""
    book = {}
    for name in world.shapes:
        if name in TABLES:
            book[name] = await _read(administrator, world.shapes[name])
    return Battery(world, book)


async def findings(stage: Stage, checks: Iterable[Check], but: Iterable[str] = (), enough: int = 10**6) -> list[str]:
    """In words, every check that came out otherwise. but: roles that this stage cannot take on. enough: how many
    faults are sought.
    """
    groups: dict[tuple[str, UUID | None, str], list[Check]] = {}
    for check in checks:
        if check.role not in but:
            groups.setdefault((check.role, check.tenant, check.prepare), []).append(check)
    found = []
    for (role, tenant, prepare), group in groups.items():
        if len(found) >= enough:
            break
        answers = await stage.attempts(role, tenant, [(check.sql, check.wanted) for check in group], prepare)
        for check, answer in zip(group, answers, strict=True):
            if check.but_not is not None:
                wrong = answer == check.but_not
            else:
                wrong = (json.loads(answer) if answer[:1] == "[" else answer) != _meant(check.expected)
            if wrong:
                found.append(f"{role} of {tenant}: {check.sql[:300]} -> {answer[:200]}, not {check.expected[:200]}")
    return found


def _meant(expected: str) -> Any:
    return json.loads(expected) if expected[:1] == "[" else expected


async def _read(administrator: asyncpg.Connection | asyncpg.Pool, shape: Shape) -> list[Stored]:
    """Every row of a table as far as the rules ask."""
    table = TABLES[shape.name]
    asked = {
        "key": f"ARRAY[{', '.join(_key_text(column) for column in table.key)}]",
        "tenant": "tenant_id" if shape.of_tenant else f"'{NIL}'::uuid",
        "viewers": "visible_to" if "visible_to" in shape.columns else "'{}'::uuid[]",
        "author": "author_org" if "author_org" in shape.columns else "NULL::uuid",
        "disposable": "completed_at IS NOT NULL AND error IS NULL" if table.kind is Kind.QUEUE else "true",
    }
    listed = ", ".join(f'{sql} AS "{name}"' for name, sql in asked.items())
    return [
        Stored(tuple(row["key"]), row["tenant"], frozenset(row["viewers"]), row["author"], row["disposable"])
        for row in await administrator.fetch(f'SELECT {listed} FROM "{shape.name}"')
    ]


def _key_text(column: str) -> str:
    return f'"{column}"::text'


def _listed(rows: Iterable[Stored]) -> str:
    return json.dumps(sorted(list(row.key) for row in rows))


def _checks(world: World, book: dict[str, list[Stored]], table: Table) -> Iterator[Check]:
    shape, rows = world.shapes[table.name], book[table.name]
    yield from _rights(shape, table)
    for tenant in world.organisations.values():
        yield from _reading(world, shape, table, rows, tenant)
        yield from _changing(world, shape, table, rows, tenant)
        yield from _adding(world, shape, table, tenant)
    yield from _unbound(shape, table, rows)
    yield from _other_roles(world, shape, table, rows)
    yield from _constraints(world, shape, table)


# --- what a role may do at all


def _rights(shape: Shape, table: Table) -> Iterator[Check]:
    """Each privilege on each column, asked of no row."""
    name = shape.name
    for role in rules.ROLES:
        held = rules.rights(table, role)
        for column in shape.columns.values():
            for verb, columns in (("read", held.read), ("add", held.add), ("change", held.change)):
                sql = {
                    "read": f'SELECT "{column.name}" FROM "{name}" LIMIT 0',
                    "add": f'INSERT INTO "{name}" ("{column.name}") SELECT NULL::{column.type} WHERE false',
                    "change": f'UPDATE "{name}" SET "{column.name}" = NULL WHERE false',
                }[verb]
                yield Check(name, role, None, sql, "0" if column.name in columns else "denied")
        yield Check(name, role, None, f'DELETE FROM "{name}" WHERE false', "0" if held.remove else "denied")
        yield Check(name, role, None, f'TRUNCATE "{name}" CASCADE', "denied")


# --- what an organisation reads and changes


def _select(shape: Shape, table: Table, where: str = "") -> str:
    key = ", ".join(_key_text(column) for column in table.key)
    kept = f'SELECT jsonb_build_array({key}) AS key FROM "{shape.name}"{where}'
    return f"SELECT coalesce(jsonb_agg(key ORDER BY key), '[]') FROM ({kept}) AS found"


def _reading(world: World, shape: Shape, table: Table, rows: list[Stored], tenant: UUID) -> Iterator[Check]:
    if not rules.rights(table, "app").read:
        yield Check(shape.name, "app", tenant, _select(shape, table), "denied", True)
        return
    seen = [row for row in rows if rules.shows(table, row, tenant)]
    yield Check(shape.name, "app", tenant, _select(shape, table), _listed(seen), True)
    for other in _others(world, shape):
        where = f" WHERE tenant_id = '{other}'"
        theirs = [row for row in seen if row.tenant == other]
        yield Check(shape.name, "app", tenant, _select(shape, table, where), _listed(theirs), True)


def _others(world: World, shape: Shape) -> list[UUID]:
    return list(world.organisations.values()) if shape.of_tenant else []


def _all_granted(shape: Shape, role: str = "app") -> str:
    """The second lock: had a role every right to a table, the policies alone would still hold."""
    return f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{shape.name}" TO {role}'


def _changing(world: World, shape: Shape, table: Table, rows: list[Stored], tenant: UUID) -> Iterator[Check]:
    """UPDATE and DELETE without a WHERE ask the policies of those verbs alone; with one, that of SELECT too."""
    held, name = rules.rights(table, "app"), shape.name
    update = f'UPDATE "{name}" SET {_assignment(world, shape, table)}'
    for sql, may, mine in (
        (update, bool(held.change), [row for row in rows if rules.may_change(table, row, tenant)]),
        (f'DELETE FROM "{name}"', held.remove, [row for row in rows if rules.may_remove(table, row, tenant)]),
    ):
        looked = [row for row in mine if rules.shows(table, row, tenant)]
        yield Check(name, "app", tenant, sql, str(len(mine)) if may else "denied")
        for other in _others(world, shape):
            count = str(sum(row.tenant == other for row in looked))
            yield Check(name, "app", tenant, f"{sql} WHERE tenant_id = '{other}'", count if may else "denied")
        if not may:
            looser = f"{_all_granted(shape)}; {QUIET}"
            yield Check(name, "app", tenant, sql, str(len(mine)), prepare=looser)
    yield from _giving_away(world, shape, table, rows, tenant)


def _giving_away(world: World, shape: Shape, table: Table, rows: list[Stored], tenant: UUID) -> Iterator[Check]:
    """Had it the right, an organisation could not make its rows another's: what is stored anew must be its own."""
    stranger = next(other for other in world.organisations.values() if other != tenant)
    if any(rules.may_change(table, row, tenant) for row in rows):
        columns = {Kind.TICKET: ("visible_to",), Kind.CHILD: ("visible_to",)}.get(table.kind, ("tenant_id",))
        if table.kind is Kind.CHILD and table.writer != "viewers":
            columns = {"facility": ("tenant_id",), "author": ("author_org", "visible_to")}[table.writer]
        for column in columns:
            value = f"ARRAY['{stranger}'::uuid]" if column == "visible_to" else f"'{stranger}'"
            given = f'UPDATE "{shape.name}" SET {column} = {value}'
            looser = f"{_all_granted(shape)}; {QUIET}"
            yield Check(shape.name, "app", tenant, given, "refused", prepare=looser)


def _assignment(world: World, shape: Shape, table: Table) -> str:
    """A column that may be changed, set to what a row has in it; outside of every unique key if there is one."""
    keyed = _keyed(shape) | {"visible_to", "author_org", "tenant_id"}  # of these the policies speak
    led = {column for reference in shape.references for column in reference.columns}
    candidates = list(table.updatable or shape.columns)
    name = next((column for column in candidates if column not in keyed | led), candidates[0])
    value = world.rows[shape.name][0][name]
    return f'"{name}" = {literal(value, shape.columns[name].type)}'


# --- what an organisation adds


def _adding(world: World, shape: Shape, table: Table, tenant: UUID) -> Iterator[Check]:
    """As it may, and where it may not add at all: with the right granted, what the policies say."""
    may = bool(rules.rights(table, "app").add)
    for check in _additions(world, shape, table, tenant):
        yield check if may else replace(check, expected="denied")
        if not may:
            expected = check.expected if rules.adds_to(table) else "refused"
            yield replace(check, expected=expected, prepare=_all_granted(shape))


def _additions(world: World, shape: Shape, table: Table, tenant: UUID) -> Iterator[Check]:
    match table.kind:
        case Kind.CHILD:
            yield from _adding_children(world, shape, table, tenant)
        case Kind.TICKET:
            yield from _adding_tickets(world, shape, tenant)
        case _ if shape.of_tenant:
            for other in world.organisations.values():
                row = world.sampler().row(shape.name, other, "added")
                if shape.name == "organisation":
                    row["id"] = new_id()  # its own is there already
                # A key that is made of references alone is taken by the sample row already.
                led = {column for reference in shape.references for column in reference.columns}
                own = "23505" if set(table.key) <= led else "1"
                expected = own if other == tenant else "refused"
                yield Check(shape.name, "app", tenant, insert(shape, row), expected)


def _adding_tickets(world: World, shape: Shape, tenant: UUID) -> Iterator[Check]:
    for other in world.organisations.values():
        for viewers in ([other], sorted({tenant, other}), [tenant], []):
            row = world.sampler().row(shape.name, other, "added", visible_to=viewers, audience={})
            expected = "1" if other == tenant and tenant in viewers else "refused"
            yield Check(shape.name, "app", tenant, insert(shape, row), expected)


_VIEWERS = " RETURNING (SELECT jsonb_agg(v ORDER BY v) FROM unnest(visible_to) AS v)"
_HOLDS_TICKET = (
    " RETURNING xmin::text = (SELECT t.xmax::text FROM ticket t WHERE t.tenant_id = '{owner}' AND t.id = '{id}')"
)
"""Whether the ticket's row is held by the transaction that stored this one: unsharing must wait for it."""


def _adding_children(world: World, shape: Shape, table: Table, tenant: UUID) -> Iterator[Check]:
    """For tickets that are one's own, held whole, held in part and hidden: who then sees what is added."""
    everybody = sorted(world.organisations.values())
    stranger = next(other for other in everybody if other != tenant)
    for shared in _one_of_each(world, tenant):
        for author, asked in ((tenant, None), (tenant, everybody), (tenant, [tenant]), (stranger, None)):
            row = world.sampler().row(shape.name, shared.owner, "added", ticket_id=shared.id, author_org=author)
            row["visible_to"] = asked
            seen_by = [v for v in shared.holders(table.group) if asked is None or v in asked]
            if table.beside:  # of the sample's second ticket nobody else knows
                seen_by = [v for v in seen_by if v == shared.owner]
            if tenant not in shared.viewers:
                expected = "no such ticket"
            elif author != tenant or tenant not in seen_by:
                expected = "refused"
            else:
                expected = json.dumps([str(viewer) for viewer in sorted(seen_by)])
                held = insert(shape, row, _HOLDS_TICKET.format(owner=shared.owner, id=shared.id))
                yield Check(shape.name, "app", tenant, held, "true", True)
            yield Check(shape.name, "app", tenant, insert(shape, row, _VIEWERS), expected, True)
        if table.beside and tenant in (holders := shared.holders(table.group)) and len(holders) > 1:
            yield from _adding_beside(world, shape, table, tenant, shared)
        if stranger != shared.owner:
            stray = world.sampler().row(shape.name, stranger, "stray", ticket_id=shared.id, author_org=tenant)
            sql = insert(shape, {**stray, "visible_to": [tenant]})
            yield Check(shape.name, "app", tenant, sql, "no such ticket")


def _adding_beside(world: World, shape: Shape, table: Table, tenant: UUID, shared: Shared) -> Iterator[Check]:
    """A row that names a second ticket is seen by who holds its group in both; another owner's is no such ticket."""
    holders, second = shared.holders(table.group), world.sibling(shared)
    foreign = next(one for one in world.tickets if one.owner in holders and one.owner != shared.owner)
    given = {"ticket_id": shared.id, "author_org": tenant, "visible_to": None}
    row = world.sampler().row(shape.name, shared.owner, "added", **given)
    empty = f'{QUIET}; DELETE FROM "{shape.name}"; {LOUD}'  # the same two are named once
    for other, held in ((second, holders), (second, shared.viewers), (second, [shared.owner]), (foreign.id, [])):
        listed = literal([str(viewer) for viewer in held], "jsonb")
        given_there = f"UPDATE ticket SET audience = audience || jsonb_build_object('{table.group}', {listed})"
        first = f"{empty}; {given_there} WHERE tenant_id = '{shared.owner}' AND id = '{other}'"
        added = {**row, "id": new_id(), str(table.beside): other}
        seen_by = [viewer for viewer in holders if viewer == shared.owner or viewer in held]
        expected = json.dumps([str(viewer) for viewer in sorted(seen_by)]) if tenant in seen_by else "refused"
        yield Check(shape.name, "app", tenant, insert(shape, added, _VIEWERS), expected, True, first)
    locked = insert(shape, {**row, str(table.beside): second}, _HOLDS_TICKET.format(owner=shared.owner, id=second))
    yield Check(shape.name, "app", tenant, locked, "true", True, empty)


def _one_of_each(world: World, tenant: UUID) -> list[Shared]:
    kinds: dict[object, Shared] = {}
    for shared in world.tickets:
        kinds.setdefault((shared.owner == tenant, shared.held.get(tenant), len(shared.held)), shared)
    return list(kinds.values())


# --- without a tenant, and as other roles


def _unbound(shape: Shape, table: Table, rows: list[Stored]) -> Iterator[Check]:
    held = rules.rights(table, "app")
    if held.read:
        shown = [row for row in rows if table.kind is Kind.CATALOGUE]
        yield Check(shape.name, "app", None, _select(shape, table), _listed(shown), True)
    # Row-level security holds for the owner too, and nothing is granted to it by a policy.
    yield Check(shape.name, "owner", None, f'SELECT count(*) FROM "{shape.name}"', "0", True)
    # Data migrations run as keeper, once it is granted the table.
    grant = f'GRANT SELECT, UPDATE ON "{shape.name}" TO keeper'
    count = str(len(rows))
    yield Check(shape.name, "keeper", None, f'SELECT count(*) FROM "{shape.name}"', count, True, grant)
    first = next(iter(shape.columns))
    changed = "refused" if table.append_only else count
    yield Check(shape.name, "keeper", None, f'UPDATE "{shape.name}" SET "{first}" = "{first}"', changed, False, grant)
    if table.append_only:  # refused to the administrator too
        for column in shape.columns.keys() - {"visible_to"}:
            sql = f'UPDATE "{shape.name}" SET "{column}" = NULL WHERE false'
            yield Check(shape.name, "administrator", None, sql, "refused")
        for sql in (f'DELETE FROM "{shape.name}" WHERE false', f'TRUNCATE "{shape.name}" CASCADE'):
            yield Check(shape.name, "administrator", None, sql, "refused")


def _other_roles(world: World, shape: Shape, table: Table, rows: list[Stored]) -> Iterator[Check]:
    """Roles that work for all organisations reach all rows of their tables, or those that are theirs."""
    name = shape.name
    for role in ("gateway", "relay", "auditor"):
        held = rules.rights(table, role)
        reached = [row for row in rows if rules.reaches(table, row, role)]
        count = str(len(reached))
        if held.read:
            counted = f'SELECT count(*) FROM (SELECT "{sorted(held.read)[0]}" FROM "{name}") AS reached'
            yield Check(name, role, None, counted, count, True)
        else:
            yield Check(name, role, None, f'SELECT count(*) FROM "{name}"', "0", True, _all_granted(shape, role))
        if held.change:
            column = shape.columns["due_at" if "due_at" in held.change else sorted(held.change - _keyed(shape))[0]]
            value = literal(world.rows[name][0][column.name], column.type)
            yield Check(name, role, None, f'UPDATE "{name}" SET "{column.name}" = {value}', count)
        if held.remove:
            gone = [row for row in reached if row.disposable or role != "relay"]
            yield Check(name, role, None, f'DELETE FROM "{name}"', str(len(gone)))
        if held.add:
            tenant = NIL if shape.of_tenant else next(iter(world.organisations.values()))
            row = world.sampler().row(name, tenant, "added")
            yield Check(name, role, None, insert(shape, row), "1")


def _keyed(shape: Shape) -> set[str]:
    return {column for key in shape.keys for column in key.columns}


# --- what keys and references hold


def _constraints(world: World, shape: Shape, table: Table) -> Iterator[Check]:
    """By the administrator, past triggers: the same keys live in two organisations, references stay within one."""
    if not shape.of_tenant or not world.rows[shape.name]:
        return
    row = world.rows[shape.name][0]
    if table.key[0] == "tenant_id":
        stranger = next(t for t in world.organisations.values() if t != row["tenant_id"])
        twin = {**row, "tenant_id": stranger}
        yield Check(shape.name, "administrator", None, insert(shape, twin), "1", prepare=QUIET)
    for key in shape.keys:
        fresh = world.sampler().row(shape.name, row["tenant_id"], "again")
        twice = fresh | {column: row[column] for column in key.columns}
        if all(row[column] is not None for column in key.columns):
            yield Check(shape.name, "administrator", None, insert(shape, twice), "23505", prepare=QUIET)
    for reference in shape.references:
        column = reference.columns[-1]
        strange = next(r["id"] for r in world.rows[reference.target] if r["tenant_id"] != row["tenant_id"])
        fresh = world.sampler().row(shape.name, row["tenant_id"], "stray") | {column: strange}
        if "visible_to" in fresh and fresh["visible_to"] is None:
            fresh["visible_to"] = [row["tenant_id"]]
        without = f'ALTER TABLE "{shape.name}" DISABLE TRIGGER USER'
        yield Check(shape.name, "administrator", None, insert(shape, fresh), "23503", prepare=without)
