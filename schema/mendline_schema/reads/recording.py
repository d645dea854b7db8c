"""Recording: a statement that reads sensitive fields carries the row of the read log, of the tickets whose they were.

Beside the answer the statement writes, for each sensitive field, once more where its rows come from: the chain of row
sources from the root to it. The root's rows are taken once, as a materialised CTE that both use; what lies deeper is
found again by its index. A row that row-level security hides, or a group that is withheld, is in neither.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from mendline.kernel import TABLES, Kind, correlation_id, new_id
from mendline_schema.reads.binding import Field
from mendline_schema.reads.plan import Selected
from mendline_schema.reads.values import Inputs, Parameters
from mendline_tenants import LONGEST_NAME, SENSITIVE

ARGUMENTS_SIZE = 2_000
"""Bytes of arguments that are kept; of longer ones only the names."""

IF_PROVEN = " /* if proven */"
"""Stands where a statement that has to prove who asks says so: what is not proven is not stored."""


@dataclass(eq=False)
class Source:
    """Where the rows under an alias come from. rows: what follows FROM, the alias included; shown: how many of them
    are answered, where one more is read to know whether there is a further page."""

    alias: str
    rows: str = ""
    shown: int | None = None
    hoisted: str | None = None

    def drawn_from(self, rows: str, shown: int | None = None) -> str:
        """Says where the rows come from; answers what the answer's own query has to put after FROM."""
        self.rows, self.shown = rows, shown
        return f"{self.hoisted} {self.alias}" if self.hoisted else rows

    @property
    def again(self) -> str:
        """The rows that are answered, as an item of another query's FROM."""
        rows = f"{self.hoisted} {self.alias}" if self.hoisted else self.rows
        limit = f" LIMIT {self.shown}" if self.shown is not None else ""
        return f"LATERAL (SELECT {self.alias}.* FROM {rows}{limit}) {self.alias}"


class _Reading(NamedTuple):
    """That a field of this group is read of the rows at the end of this chain."""

    group: str
    table: str
    chain: tuple[Source, ...]


class _Handing(NamedTuple):
    """That each row at the end of this chain is handed out whose `sql` is not null. kind: the prefix of its id."""

    kind: str
    sql: str
    chain: tuple[Source, ...]


@dataclass
class Recorder:
    """Notes what one statement reads while it is written, and writes the log's part of it."""

    parameters: Parameters
    _chain: list[Source] = field(default_factory=list)
    _readings: dict[_Reading, None] = field(default_factory=dict)
    _handings: dict[_Handing, None] = field(default_factory=dict)
    _root: tuple[Field, Selected] | None = None
    _roots: dict[str, tuple[Field, Selected]] = field(default_factory=dict)
    _constant: dict[str, Any] | None = None

    def __bool__(self) -> bool:
        return bool(self._readings or self._handings)

    @contextmanager
    def within(self, alias: str) -> Iterator[Source]:
        """What is written inside is read of the rows under this alias."""
        source = Source(alias)
        self._chain.append(source)
        try:
            yield source
        finally:
            self._chain.pop()

    def enter(self, field: Field, selected: Selected) -> None:
        """A field is written; one that lies in no row is a root, whose arguments the log keeps."""
        if not self._chain:
            self._root = (field, selected)

    def read(self, group: str, table: str | None) -> None:
        """A field of this group is read of the row at hand."""
        if group not in SENSITIVE or table is None:
            return
        self._readings[_Reading(group, table, self._noted())] = None

    def hand_out(self, kind: str, sql: str) -> None:
        """The row at hand is handed out as a file, where `sql` is not null: that is a read of its own."""
        self._handings[_Handing(kind, sql, self._noted())] = None

    def _noted(self) -> tuple[Source, ...]:
        """The chain to the row at hand, whose root will be taken once."""
        assert self._root is not None
        root = self._chain[0]
        if root.hoisted is None:
            root.hoisted = f"read_{root.alias}"
        self._roots[self._root[1].key] = self._root
        return tuple(self._chain)

    def whole(self, select: str, operation: str, document: str) -> str:
        """The statement that answers `select` and records what it reads. operation: its name; document: its text."""
        if not self:
            return select
        roots = (*(reading.chain[0] for reading in self._readings), *(one.chain[0] for one in self._handings))
        hoisted = {root.alias: root for root in roots}
        ctes = [f"{root.hoisted} AS MATERIALIZED (SELECT {root.alias}.* FROM {root.rows})" for root in hoisted.values()]
        if self._readings:
            ctes.append(f"logged AS ({self._insert_read(operation, document)})")
        if self._handings:
            ctes.append(f"handed AS ({self._insert_handed(operation, document)})")
        return f"WITH {', '.join(ctes)} {select}"

    def _insert_read(self, operation: str, document: str) -> str:
        own = {
            "groups": self._groups(),
            "owners": "array_agg(owner ORDER BY ticket, owner)",
            "tickets": "array_agg(ticket ORDER BY ticket, owner)",
            "arguments": self._place("arguments", self._arguments, "jsonb"),
        }
        return self._insert("id", operation, document, own, self._tickets())

    def _insert_handed(self, operation: str, document: str) -> str:
        """What was handed out is of no ticket and of no group: the row names it beside the arguments."""
        files = " UNION ".join(
            f"SELECT opaque('{one.kind}', {alias}.tenant_id, {alias}.id) AS file"
            f" FROM {', '.join(source.again for source in one.chain)} WHERE ({one.sql}) IS NOT NULL"
            for one in self._handings
            for alias in (one.chain[-1].alias,)
        )
        arguments = self._place("arguments", self._arguments, "jsonb")
        own = {
            "groups": "'{}'::text[]",
            "owners": "'{}'::uuid[]",
            "tickets": "'{}'::uuid[]",
            "arguments": f"{arguments} || jsonb_build_object('files', jsonb_agg(file ORDER BY file))",
        }
        return self._insert("id of files", operation, document, own, files)

    def _insert(self, name: str, operation: str, document: str, own: Mapping[str, str], rows: str) -> str:
        document_hash = hashlib.sha256(document.encode()).hexdigest()
        values = {
            "tenant_id": self._place("tenant", lambda i: i.actor.organisation, "uuid"),
            "id": self._place(name, lambda _: new_id(), "uuid"),
            "actor": self._place("actor", lambda i: i.actor.id, "uuid"),
            "actor_kind": self._place("kind", lambda i: i.actor.kind),
            "actor_role": self._place("role", lambda i: i.actor.role),
            "actor_name": self._place("name", lambda i: i.actor.name),
            "channel": self._place("channel", lambda i: i.actor.channel),
            "operation": "'" + operation[:LONGEST_NAME].replace("'", "''") + "'",
            "document_hash": f"'{document_hash}'",
            "correlation": self._place("correlation", lambda _: correlation_id()),
            "recorded_at": "clock_timestamp()",
            **own,
        }
        return (
            f"INSERT INTO read_log ({', '.join(values)}) SELECT {', '.join(values.values())}"
            f" FROM ({rows}) found HAVING count(*) > 0{IF_PROVEN}"
        )

    def _groups(self) -> str:
        """The groups that were read, in the order of their names."""
        groups = sorted({reading.group for reading in self._readings})
        if len(groups) == 1:
            return f"ARRAY['{groups[0]}']"
        found = ", ".join(f"CASE WHEN bool_or({group}) THEN '{group}' END" for group in groups)
        return f"array_remove(ARRAY[{found}], NULL)"

    def _tickets(self) -> str:
        """(owner, ticket) of all that was read, each once; of several groups also whether each was."""
        rows = [_rows(reading) for reading in self._readings]
        if len(rows) == 1 and self._is_each_once():
            return rows[0]
        groups = sorted({reading.group for reading in self._readings})
        if len(groups) == 1:
            return f"SELECT DISTINCT ticket, owner FROM ({' UNION ALL '.join(rows)}) read"
        found = ", ".join(f"bool_or(field_group = '{group}') AS {group}" for group in groups)
        return f"SELECT ticket, owner, {found} FROM ({' UNION ALL '.join(rows)}) read GROUP BY ticket, owner"

    def _is_each_once(self) -> bool:
        """Whether no ticket can come twice: it is the reader's worklist that was read."""
        (reading,) = self._readings
        return len(reading.chain) == 1 and TABLES[reading.table].kind is Kind.WORKLIST

    def _place(self, name: str, read: Any, cast: str = "text") -> str:
        return self.parameters.place(("read log", name), read, f"::{cast}")

    def _arguments(self, inputs: Inputs) -> dict[str, Any]:
        """What each root was asked for: ids, filters and pages. Without variables it is the same each time."""
        if inputs.variables.coerced:
            return self._given(inputs)
        if self._constant is None:
            self._constant = self._given(inputs)
        return self._constant

    def _given(self, inputs: Inputs) -> dict[str, Any]:
        given = {
            key: _plain(inputs.argument(field.definition, selected.node, ()))
            for key, (field, selected) in self._roots.items()
        }
        asked = {key: arguments for key, arguments in given.items() if arguments}
        if len(msgspec.json.encode(asked)) <= ARGUMENTS_SIZE:
            return asked
        return {key: dict.fromkeys(arguments, "…") for key, arguments in asked.items()}


def _rows(reading: _Reading) -> str:
    """(field_group, owner, ticket) of each row at the end of a chain that the reader holds."""
    kind, alias = TABLES[reading.table].kind, reading.chain[-1].alias
    owner, held = f"{alias}.tenant_id", ""
    if kind is Kind.WORKLIST:
        owner, held = f"{alias}.owner_id", f" WHERE ({alias}.card->'withheld' ? '{reading.group}') IS NOT TRUE"
    chain = ", ".join(source.again for source in reading.chain)
    names = f"'{reading.group}' AS field_group, {owner} AS owner, {alias}.ticket_id AS ticket"
    return f"SELECT {names} FROM {chain}{held}"


def _plain(value: Any) -> Any:
    """A value as JSON, without what was not given."""
    match value:
        case Enum():
            return value.value
        case str():
            return value.replace("\0", "")  # jsonb takes none
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items() if item is not None}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
