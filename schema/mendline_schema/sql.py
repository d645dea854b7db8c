"""SQL: turns a plan into one statement in which Postgres writes the answer's JSON."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from graphql import GraphQLError

from mendline.kernel import DomainError
from mendline_schema.binding import Bindings, Field, Type
from mendline_schema.conditions import EVERY_ID, Conditions
from mendline_schema.connections import LARGEST_PAGE
from mendline_schema.feed import FeedWriter
from mendline_schema.fields import Column, Either, Feed, Itself, Named, Part, Relation
from mendline_schema.filters import by_id
from mendline_schema.finishers import Finishers
from mendline_schema.json_sql import json_object, ordering
from mendline_schema.masks import masked_sql
from mendline_schema.pages import PageWriter
from mendline_schema.plan import Selected
from mendline_schema.recording import Recorder
from mendline_schema.values import Parameters, kind_of
from mendline_tenants import MASKS

NODE_LIMIT = 10_000
"""How many objects one answer may hold at most, every page counted as full."""


@dataclass(frozen=True)
class Refusal:
    """A field that this actor may not read: where it stands in the answer, and the permission it needs."""

    path: tuple[str, ...]
    field: str
    needs: str


@dataclass(frozen=True)
class Fault:
    """A field whose arguments are no values that could be asked for: where it stands, and what is wrong."""

    path: tuple[str, ...]
    cause: Exception


Faults = Mapping[tuple[str, ...], DomainError]
"""What was found wrong with arguments when they were read, by the path of their field."""


class Writer:
    """Writes one statement for actors with these permissions. faults: fields known to be unanswerable."""

    def __init__(self, bindings: Bindings, permissions: frozenset[str], faults: Faults) -> None:
        self.parameters = Parameters()
        self.finishers = Finishers(self.parameters)
        self.recorder = Recorder(self.parameters)
        self.refusals: list[Refusal | Fault] = []
        self._faults = faults
        self._bindings = bindings
        self._permissions = permissions
        self._conditions = Conditions(self.parameters)
        self._aliases = 0
        self._nodes = 0
        self._times = 1
        self._at: tuple[str | None, str] = (None, "")  # table and alias of the row that is being written

    def object(self, name: str, alias: str, wanted: list[Selected]) -> str:
        """The JSON object of the row (or of the JSON value) that stands under `alias`."""
        bound = self._bindings.types[name]
        outer, self._at = self._at, (bound.over.table, alias) if bound.over.table else self._at
        pairs = [
            (one.key, f"'{name}'::text" if one.name == "__typename" else self.value(bound.fields[one.name], alias, one))
            for one in wanted
        ]
        self._at = outer
        return json_object(pairs)

    def value(self, field: Field, alias: str, selected: Selected) -> str:
        """The JSON value of one field.

        Fields that the actor may not read, or that are asked for with what is no value, become NULL and an error.
        """
        if not self._allowed(field.needs, f"{field.owner}.{field.name}", selected):
            return "NULL"
        self.recorder.enter(field, selected)
        fault = selected.fault or self._faults.get(selected.path)
        try:
            if fault is not None:
                raise fault
            return self._read(field, alias, selected)
        except (DomainError, GraphQLError) as cause:
            if isinstance(cause, DomainError) and cause.code == "too_many_nodes":
                raise  # that is wrong with the whole answer
            self.refusals.append(Fault(selected.path, cause))
            return "NULL"

    def _read(self, field: Field, alias: str, selected: Selected) -> str:
        match field.read:
            case Column() as read:
                return self._column(field, read, alias)
            case Part() as read:
                return self._part(field, read, alias, selected)
            case Itself():
                return self.object(str(field.target), alias, selected.of[str(field.target)])
            case Named() as read:
                return self._named(field, read, selected)
            case Feed():
                return self._feed(field, selected)
            case Either() as read:
                return self._either(field, read, alias, selected)
            case Relation(many="node"):
                return self._node(field, selected)
            case Relation(many="nodes"):
                return self._every_node(field, selected)
            case Relation(many="one") as read:
                other = self._alias()
                condition = self._conditions.of(field, read, alias, other, selected)
                return self._row(str(field.target), condition, other, selected, read)
            case Relation(many="list") as read:
                return self._list(field, read, alias, selected)
            case Relation() as read:
                return self._connection(field, read, alias, selected)

    def _allowed(self, needs: str | None, field: str, selected: Selected) -> bool:
        if needs is None or needs in self._permissions:
            return True
        # Of several ids in one argument each may be of a kind that needs it: that is told once.
        if not any(one.path == selected.path and getattr(one, "needs", None) == needs for one in self.refusals):
            self.refusals.append(Refusal(selected.path, field, needs))
        return False

    def _expression(self, read: Column | Part, field: Field, alias: str) -> str:
        mask = MASKS[read.mask] if isinstance(read, Column) and read.mask else None
        permitted = mask is None or f"read.{mask.group}" in self._permissions
        if permitted:
            self.recorder.read(field.group, self._bindings.types[field.owner].over.table)
        sql = self._bare(read, field, alias)
        return sql if mask is None else self._conditions.fill(masked_sql(mask, sql, *self._at, permitted))

    def _bare(self, read: Column | Part, field: Field, alias: str) -> str:
        if read.sql is not None:
            return self._conditions.fill(read.sql, t=alias)
        if self._bindings.types[field.owner].over.table is None:
            as_text = field.is_text or (isinstance(read, Column) and read.mask is not None)
            return f"{alias}.v->{'>' if as_text else ''}'{field.python_name}'"
        return f'{alias}."{field.python_name}"'

    def _column(self, field: Field, read: Column, alias: str) -> str:
        sql = self._expression(read, field, alias)
        if read.finish is not None:
            return self.finishers.mark(read.finish, sql)
        if not field.is_enum:
            return sql
        if not field.is_list:
            return f"upper({sql})"
        return f"CASE WHEN {sql} IS NOT NULL THEN (SELECT coalesce(json_agg(upper(e)), '[]') FROM unnest({sql}) e) END"  # noqa: S608

    def _part(self, field: Field, read: Part, alias: str, selected: Selected) -> str:
        sql = self._expression(read, field, alias)
        name, inner = str(field.target), self._alias()
        with self.recorder.within(inner) as source:
            json = self.object(name, inner, selected.of[name])
        if field.is_list:
            items = f"jsonb_array_elements(CASE WHEN jsonb_typeof({sql}) = 'array' THEN {sql} ELSE '[]' END)"
            rows = source.drawn_from(f"{items} AS {inner}(v)")
            return f"(SELECT coalesce(json_agg({json}), '[]') FROM {rows})"  # noqa: S608
        is_object = f"jsonb_typeof({inner}.v) = 'object' AND {inner}.v <> '{{}}'"
        rows = source.drawn_from(f"(SELECT {sql} AS v) {inner} WHERE {is_object}")
        if "SELECT" in sql:
            return f"(SELECT {json} FROM {rows})"  # noqa: S608
        # What is a plain expression is written where it is used: a subquery costs Postgres more than to look twice.
        return re.sub(rf"\b{inner}\.v\b", lambda _: f"({sql})", f"CASE WHEN {is_object} THEN {json} END")

    def _row(self, name: str, condition: str, other: str, selected: Selected, read: Relation | None = None) -> str:
        self._count(1)
        with self.recorder.within(other) as source:
            json = self.object(name, other, selected.of[name])
        first = f" ORDER BY {ordering(other, read.order, False)} LIMIT 1" if read and read.order else ""
        rows = source.drawn_from(f'"{self._table(name)}" {other} WHERE {condition}{first}')
        return f"(SELECT {json} FROM {rows})"  # noqa: S608

    def _named(self, field: Field, read: Named, selected: Selected) -> str:
        name, other = str(field.target), self._alias()
        if read.rows is None:
            return self._row(name, self._conditions.fill(read.where, o=other), other, selected)
        self._count(1)
        with self.recorder.within(other) as source:
            json = self.object(name, other, selected.of[name])
        return f"(SELECT {json} FROM {source.drawn_from(f'({self._conditions.fill(read.rows)}) {other}')})"  # noqa: S608

    def _node(self, field: Field, selected: Selected) -> str:
        bound = self._of_kind(kind_of(selected.arguments["id"]), selected)
        if bound is None:
            return "NULL"
        other = self._alias()
        condition = self._conditions.given(field, selected, by_id(str(bound.over.kind)), ("id",), other)
        return self._row(bound.name, condition, other, selected)

    def _every_node(self, field: Field, selected: Selected) -> str:
        """Each id's object in its place, NULL where there is none; the tables are those that the ids speak of."""
        kinds = sorted({kind for one in selected.arguments["ids"] if (kind := kind_of(one))})
        given, rows = self._alias(), []
        with self._repeated(LARGEST_PAGE), self.recorder.within(given) as source:
            for bound in filter(None, (self._of_kind(kind, selected) for kind in kinds)):
                other = self._alias()
                named = f"{other}.tenant_id = {given}.tenant AND {other}.id = {given}.id"
                condition = f"{given}.kind = '{bound.over.kind}' AND {named}"
                rows.append(self._row(bound.name, condition, other, selected))
        value = f"coalesce({', '.join(rows)})" if rows else "NULL::json"
        ids = source.drawn_from(self._conditions.given(field, selected, EVERY_ID, ("ids",), given))
        return f"(SELECT coalesce(json_agg({value} ORDER BY {given}.n), '[]') FROM {ids})"  # noqa: S608

    def _of_kind(self, kind: str | None, selected: Selected) -> Type | None:
        bound = self._bindings.kinds.get(kind or "")
        return bound if bound is not None and self._allowed(bound.over.needs, bound.name, selected) else None

    def _either(self, field: Field, read: Either, alias: str, selected: Selected) -> str:
        found = []
        for name, choice in read.choices.items():
            other = self._alias()
            condition = self._conditions.of(field, choice, alias, other, selected)
            found.append(self._row(name, condition, other, selected, choice))
        return f"coalesce({', '.join(found)})"

    def _list(self, field: Field, read: Relation, alias: str, selected: Selected) -> str:
        assert read.order is not None
        name, other = str(field.target), self._alias()
        condition = self._conditions.of(field, read, alias, other, selected)
        with self._repeated(read.limit), self.recorder.within(other) as source:
            json = self.object(name, other, selected.of[name])
        order = ordering(other, read.order, False)
        rows = f'SELECT * FROM "{self._table(name)}" {other} WHERE {condition} ORDER BY {order} LIMIT {read.limit}'  # noqa: S608
        return f"(SELECT coalesce(json_agg({json}), '[]') FROM {source.drawn_from(f'({rows}) {other}')})"  # noqa: S608

    def _connection(self, field: Field, read: Relation, alias: str, selected: Selected) -> str:
        table = self._table(str(field.target))
        page = PageWriter(field, read, table, selected, self.parameters, self.object)
        other = self._alias()
        with self._repeated(page.page.size), self.recorder.within(other) as source:
            return page.sql(self._conditions, alias, source)

    def _feed(self, field: Field, selected: Selected) -> str:
        feed = FeedWriter(field, selected, self.parameters, self.object)
        with self._repeated(feed.size):
            tables = {name: (self._table(name), self._alias()) for name in field.members}
            return feed.sql(self._conditions, tables, self.recorder.within)

    def _alias(self) -> str:
        self._aliases += 1
        return f"r{self._aliases}"

    def _table(self, name: str) -> str:
        table = self._bindings.types[name].over.table
        assert table is not None
        return table

    def _count(self, rows: int) -> None:
        self._nodes += rows * self._times
        if self._nodes > NODE_LIMIT:
            raise DomainError("too_many_nodes", limit=NODE_LIMIT)

    @contextmanager
    def _repeated(self, rows: int) -> Iterator[None]:
        """What is written inside is counted once for each row."""
        self._count(rows)
        before, self._times = self._times, self._times * max(rows, 1)
        try:
            yield
        finally:
            self._times = before
