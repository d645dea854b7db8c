"""The catalogue: columns, references, checks and unique keys of every table, as Postgres itself holds them."""

import re
from dataclasses import dataclass, field

import asyncpg

_COLUMNS = """
SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type, a.attnotnull AS needed
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum"""

_REFERENCES = """
SELECT k.conrelid::regclass::text AS table, k.conname AS name, k.confrelid::regclass::text AS target,
  array_agg(a.attname::text ORDER BY n) AS columns
FROM pg_constraint k CROSS JOIN unnest(k.conkey) WITH ORDINALITY AS u(number, n)
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number
WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace GROUP BY 1, 2, 3"""

_KEYS = """
SELECT c.relname AS table, i.indexrelid::regclass::text AS name, i.indisprimary AS primary,
  array_agg(a.attname::text ORDER BY n) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS u(number, n)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2, 3 ORDER BY 1, 3 DESC, 2"""

_CHECKS = """
SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS clause FROM pg_constraint
WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""

_ONE_OF = re.compile(r"\(?\"?(\w+)\"? = ANY \(\(?ARRAY\[(.+?)\]\)?")
_ONLY = re.compile(r"\(\(?\"?(\w+)\"? = '([^']*)'::text\)?\)")


@dataclass(frozen=True)
class Column:
    """A column: its type in Postgres' words, whether it must have a value, the words that a check allows."""

    name: str
    type: str
    needed: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Key:
    """A unique key, the primary one among them."""

    name: str
    columns: tuple[str, ...]
    primary: bool


@dataclass(frozen=True)
class Foreign:
    """A foreign key from these columns to (tenant_id, id) of the target."""

    name: str
    columns: tuple[str, ...]
    target: str


@dataclass
class Shape:
    """One table as the catalogue holds it."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    references: list[Foreign] = field(default_factory=list)

    def target_of(self, column: str) -> str | None:
        """The table that a column leads to."""
        return next((f.target for f in self.references if column in f.columns[1:]), None)

    @property
    def of_tenant(self) -> bool:
        """Whether its rows belong to organisations."""
        return "tenant_id" in self.columns


async def shapes(connection: asyncpg.Connection | asyncpg.Pool) -> dict[str, Shape]:
    """Every table by name, those that others refer to first."""
    found: dict[str, Shape] = {}
    words: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in await connection.fetch(_CHECKS):
        for column, listed in _ONE_OF.findall(row["clause"]):
            words[row["table"], column] = tuple(re.findall(r"'([^']*)'", listed))
        for column, only in _ONLY.findall(row["clause"]):
            words.setdefault((row["table"], column), (only,))
    for row in await connection.fetch(_COLUMNS):
        shape = found.setdefault(row["table"], Shape(row["table"]))
        allowed = words.get((row["table"], row["column"]), ())
        shape.columns[row["column"]] = Column(row["column"], row["type"], row["needed"], allowed)
    for row in await connection.fetch(_KEYS):
        found[row["table"]].keys.append(Key(row["name"], tuple(row["columns"]), row["primary"]))
    for row in await connection.fetch(_REFERENCES):
        found[row["table"]].references.append(Foreign(row["name"], tuple(row["columns"]), row["target"]))
    return {name: found[name] for name in _ordered(found)}


def _ordered(found: dict[str, Shape]) -> list[str]:
    """Names so that what is referred to comes first; a table that refers to itself counts as not doing so."""
    done: list[str] = []
    left = dict.fromkeys(sorted(found))
    while left:
        ready = [name for name in left if not (_needs(found[name]) - {name, *done}) & left.keys()]
        if not ready:
            raise AssertionError(f"tables refer to each other in a ring: {sorted(left)}")
        done += ready
        for name in ready:
            del left[name]
    return done


def _needs(shape: Shape) -> set[str]:
    """What a table refers to; one that names a ticket without a foreign key refers to it all the same."""
    named = {"ticket"} if "ticket_id" in shape.columns else set()
    named |= {"member"} if {"actor", "assignee_id"} & shape.columns.keys() else set()
    named |= {"partner"} if "provider_id" in shape.columns else set()
    return {reference.target for reference in shape.references} | named
