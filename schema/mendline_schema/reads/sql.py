"""SQL: turns a plan into one statement in which Postgres writes the answer's JSON."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from graphql import GraphQLError
from tortoise import fields

from mendline.kernel import TABLES, DomainError, Kind
from mendline_schema.declarations.connections import LARGEST_PAGE
from mendline_schema.declarations.fields import Column, Either, Feed, Itself, Named, Part, Relation
from mendline_schema.declarations.filters import by_id
from mendline_schema.declarations.masks import masked_sql
from mendline_schema.reads.binding import Bindings, Field, Type
from mendline_schema.reads.conditions import EVERY_ID, Conditions
from mendline_schema.reads.feed import FeedWriter
from mendline_schema.reads.finishers import Finishers
from mendline_schema.reads.json_sql import Json, json_list, json_name, json_object, json_text, ordering
from mendline_schema.reads.pages import PageWriter
from mendline_schema.reads.plan import Selected
from mendline_schema.reads.recording import Recorder
from mendline_schema.reads.refusals import Fault, Refusal
from mendline_schema.reads.values import Parameters, kind_of
from mendline_tenants import MASKS

NODE_LIMIT = 10_000
"""How many objects one answer may hold at most, every page counted as full."""


Faults = Mapping[int, DomainError]
"""What was found wrong with arguments when they were read, by the path of their field."""


_BARE = (fields.IntField, fields.BooleanField, fields.JSONField)


class Writer:
    """Writes one statement for actors with these permissions. faults: see `Unreadable.causes`."""

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
        self._joined = True  # until one row is written, with what lies below it
        self._at: tuple[str | None, str] = (None, "")  # table and alias of the row that is being written
        self._ticket: str | None = None  # the alias of the ticket whose child that row is

    def object(self, name: str, alias: str, wanted: list[Selected]) -> Json:
        """The JSON object of the row (or of the JSON value) that stands under `alias`."""
        bound = self._bindings.types[name]
        outer, self._at = self._at, (bound.over.table, alias) if bound.over.table else self._at
        pairs = [
            (
                one.key,
                json_name(name, self._joined)
                if one.name == "__typename"
                else self.value(bound.fields[one.name], alias, one),
            )
            for one in wanted
        ]
        self._at = outer
        return json_object(pairs, self._joined)

    def value(self, field: Field, alias: str, selected: Selected) -> str:
        """The JSON value of one field.

        Fields that the actor may not read, or that are asked for with what is no value, become NULL and an error.
        """
        if not self._allowed(field.needs, f"{field.owner}.{field.name}", selected):
            return "NULL"
        self.recorder.enter(field, selected)
        fault = selected.fault or self._faults.get(id(selected.node))
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
        return sql if mask is None else self._conditions.fill(masked_sql(mask, sql, *self._at, self._ticket, permitted))

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
            if read.recorded:
                self.recorder.hand_out(str(self._bindings.types[field.owner].over.kind), sql)
            return self.finishers.mark(read.finish, sql)
        if not field.is_enum:
            return Json(sql) if self._is_bare(field, read) else sql
        if not field.is_list:
            return f"upper({sql})"
        words = json_list("upper(e)", self._joined)
        return words.within(f"CASE WHEN {sql} IS NOT NULL THEN (SELECT ", f" FROM unnest({sql}) e) END")

    def _is_bare(self, field: Field, read: Column) -> bool:
        """Whether Postgres' own text of the value is its JSON: a number, a truth value, or JSON itself."""
        table = self._bindings.types[field.owner].over.table
        if read.sql is not None or read.mask is not None:
            return False
        if table is None:
            return not field.is_text
        return isinstance(TABLES[table].model._meta.fields_map[field.python_name], _BARE)

    def _part(self, field: Field, read: Part, alias: str, selected: Selected) -> str:
        sql = self._expression(read, field, alias)
        name, inner = str(field.target), self._alias()
        with self.recorder.within(inner) as source:
            json = self.object(name, inner, selected.of[name])
        if field.is_list:
            items = f"jsonb_array_elements(CASE WHEN jsonb_typeof({sql}) = 'array' THEN {sql} ELSE '[]' END)"
            rows = source.drawn_from(f"{items} AS {inner}(v)")
            return json_list(json, self._joined).within("(SELECT ", f" FROM {rows})")
        is_object = f"jsonb_typeof({inner}.v) = 'object' AND {inner}.v <> '{{}}'"
        rows = source.drawn_from(f"(SELECT {sql} AS v) {inner} WHERE {is_object}")
        if "SELECT" in sql:
            return json.within("(SELECT ", f" FROM {rows})")
        # What is a plain expression is written where it is used: a subquery costs Postgres more than to look twice.
        written = re.sub(rf"\b{inner}\.v\b", lambda _: f"({sql})", f"CASE WHEN {is_object} THEN {json} END")
        return Json(written, joined=self._joined)

    def _row(self, name: str, condition: str, other: str, selected: Selected, read: Relation | None = None) -> Json:
        self._count(1)
        with self._below(read), self._built(), self.recorder.within(other) as source:
            json = self.object(name, other, selected.of[name])
        first = f" ORDER BY {ordering(other, read.order, False)} LIMIT 1" if read and read.order else ""
        rows = source.drawn_from(f'"{self._table(name)}" {other} WHERE {condition}{first}')
        return json.within("(SELECT ", f" FROM {rows})")

    def _named(self, field: Field, read: Named, selected: Selected) -> Json:
        name, other = str(field.target), self._alias()
        if read.rows is None:
            return self._row(name, self._conditions.fill(read.where, o=other), other, selected)
        self._count(1)
        with self._below(None), self._built(), self.recorder.within(other) as source:
            json = self.object(name, other, selected.of[name])
        return json.within("(SELECT ", f" FROM {source.drawn_from(f'({self._conditions.fill(read.rows)}) {other}')})")

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
        value: str = Json(f"coalesce({', '.join(rows)})", joined=self._joined) if rows else "NULL"
        ids = source.drawn_from(self._conditions.given(field, selected, EVERY_ID, ("ids",), given))
        return json_list(value, self._joined, f" ORDER BY {given}.n").within("(SELECT ", f" FROM {ids})")

    def _of_kind(self, kind: str | None, selected: Selected) -> Type | None:
        bound = self._bindings.kinds.get(kind or "")
        return bound if bound is not None and self._allowed(bound.over.needs, bound.name, selected) else None

    def _either(self, field: Field, read: Either, alias: str, selected: Selected) -> str:
        found: list[Json] = []
        for name, choice in read.choices.items():
            other = self._alias()
            condition = self._conditions.of(field, choice, alias, other, selected)
            found.append(self._row(name, condition, other, selected, choice))
        return Json(f"coalesce({', '.join(found)})", joined=all(one.joined for one in found))

    def _list(self, field: Field, read: Relation, alias: str, selected: Selected) -> str:
        assert read.order is not None
        name, other = str(field.target), self._alias()
        condition = self._conditions.of(field, read, alias, other, selected)
        with self._below(read), self._repeated(read.limit), self.recorder.within(other) as source:
            json = self.object(name, other, selected.of[name])
        order = ordering(other, read.order, False)
        chosen = f'FROM "{self._table(name)}" {other} WHERE {condition} ORDER BY {order}'
        rows = f"SELECT {other}.* {chosen} LIMIT {read.limit + 1}"
        long = DomainError("list_too_long", field=f"{field.owner}.{field.name}", limit=read.limit)
        told = json_text(self.finishers.refuse(Fault(selected.path, long)), self._joined)
        whole = json_list(json, self._joined).within(f"CASE WHEN count(*) > {read.limit} THEN {told} ELSE ", " END")
        return whole.within("(SELECT ", f" FROM {source.drawn_from(f'({rows}) {other}')})")

    def _connection(self, field: Field, read: Relation, alias: str, selected: Selected) -> str:
        table = self._table(str(field.target))
        page = PageWriter(field, read, table, selected, self.parameters, self.object, self._joined)
        other = self._alias()
        with self._below(read), self._repeated(page.page.size), self.recorder.within(other) as source:
            return page.sql(self._conditions, alias, source)

    def _feed(self, field: Field, selected: Selected) -> str:
        feed = FeedWriter(field, selected, self.parameters, self.object)
        with self._below(None), self._repeated(feed.size):
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
    def _below(self, read: Relation | None) -> Iterator[None]:
        """Rows that this relation leads to are written: children of the ticket at hand, or others."""
        table, alias = self._at
        of_ticket = table is not None and TABLES[table].kind is Kind.TICKET
        child = of_ticket and read is not None and read.tenant == "tenant_id" and read.on == {"ticket_id": "id"}
        before, self._ticket = self._ticket, alias if child else None
        try:
            yield
        finally:
            self._ticket = before

    @contextmanager
    def _built(self) -> Iterator[None]:
        """One row is built from values, with what lies below it, unless it is one of many."""
        before, self._joined = self._joined, self._joined and self._times > 1
        try:
            yield
        finally:
            self._joined = before

    @contextmanager
    def _repeated(self, rows: int) -> Iterator[None]:
        """What is written inside is counted once for each row."""
        self._count(rows)
        before, self._times = self._times, self._times * max(rows, 1)
        try:
            yield
        finally:
            self._times = before
