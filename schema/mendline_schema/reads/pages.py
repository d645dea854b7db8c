"""Pages: the SQL of a connection, with only those of nodes, edges, pageInfo and totalCount that are asked for."""

from collections.abc import Callable
from typing import Any

from mendline.kernel import TABLES, DomainError
from mendline_schema.declarations.connections import Page, cursor_of, cursor_sql, cursor_value, order_of, page_of
from mendline_schema.declarations.fields import Order, Relation
from mendline_schema.reads.binding import Field
from mendline_schema.reads.conditions import Conditions
from mendline_schema.reads.json_sql import Json, json_list, json_name, json_object, ordering
from mendline_schema.reads.plan import Selected
from mendline_schema.reads.recording import Source
from mendline_schema.reads.values import Parameters, Reader

ObjectSql = Callable[[str, str, list[Selected]], Json]

_WITHOUT_ROWS = ("totalCount", "__typename")
"""Parts of a connection that need no page."""


class PageWriter:
    """Writes one connection: an inner query takes the rows of the page, the outer one writes their JSON."""

    def __init__(
        self,
        field: Field,
        read: Relation,
        table: str,
        selected: Selected,
        parameters: Parameters,
        object_sql: ObjectSql,
        joined: bool,
    ) -> None:
        assert field.target is not None
        self.page: Page = page_of(selected.arguments)
        self._field = field
        self._read = read
        self._table = table
        self._target: str = field.target
        self._selected = selected
        self._order: Order = order_of(read, selected.arguments)
        self._place = f"{field.owner}.{field.name}"
        self._parameters = parameters
        self._object = object_sql
        self._joined = joined
        self._values: list[str] = []
        wanted = next(iter(selected.of.values()))
        self._look_ahead = any(one.name == "pageInfo" for one in wanted)

    def sql(self, conditions: Conditions, this: str, source: Source) -> Json:
        """The connection's JSON, as an expression beside the row under `this`."""
        other = source.alias
        base = conditions.of(self._field, self._read, this, other, self._selected)
        bounds = self._bounds(conditions, other)
        type_name, wanted = next(iter(self._selected.of.items()))
        parts = [(one.key, self._part(type_name, one, conditions, other, base)) for one in wanted]
        if all(one.name in _WITHOUT_ROWS for one in wanted):
            return json_object(parts, self._joined)
        each = conditions.each_of(self._field, self._read, this, other, self._selected, self._is_ordered)
        rows = self._rows([f"{part}{bounds}" for part in each], other)
        values = [f"{value} AS v{n}" for n, value in enumerate(self._values)]
        if self._look_ahead or self.page.backward:  # a window's work, which a plain page does not need
            values.append("row_number() OVER () AS n")
        page = f"SELECT {', '.join(values)} FROM {source.drawn_from(f'({rows}) {other}', self.page.size)}"
        # HAVING makes it one row even where nothing that was asked for is an aggregate.
        return json_object(parts, self._joined).within("(SELECT ", f" FROM ({page}) p HAVING true)")

    def _rows(self, parts: list[str], other: str) -> str:
        """The rows of the page, which are those of these conditions together.

        Each part is a page by its index, and Postgres merges them as far as it needs to: 62 buffers for three words of
        a list, where one condition over the list read 542.
        """
        end = f"ORDER BY {ordering(other, self._order, self.page.backward)} LIMIT {self.page.size + self._look_ahead}"
        rows = [f'SELECT {other}.* FROM "{self._table}" {other} WHERE {part} {end}' for part in parts]
        if len(rows) == 1:
            return rows[0]
        return f"SELECT {other}.* FROM ({' UNION ALL '.join(f'({each})' for each in rows)}) {other} {end}"

    def _is_ordered(self, column: str) -> bool:
        """Whether an index gives the order of this page for each value of a column."""
        wanted = ("tenant_id", column, *self._order.columns)
        return not self._order.absent and wanted in TABLES[self._table].model._meta.indexes

    def _of_rows(self, sql: str) -> str:
        """The column of the inner query that holds this value of each row."""
        if sql not in self._values:
            self._values.append(sql)
        return f"p.v{self._values.index(sql)}"

    def _part(self, type_name: str, selected: Selected, conditions: Conditions, other: str, base: str) -> str:
        match selected.name:
            case "nodes":
                return self._aggregate(self._object(self._target, other, selected.of[self._target]))
            case "edges":
                return self._aggregate(self._edge(selected, other))
            case "pageInfo":
                return self._page_info(selected, conditions, other, base)
            case "totalCount":
                return f'(SELECT count(*) FROM "{self._table}" {other} WHERE {base})'
            case _:
                return json_name(type_name, self._joined)

    def _aggregate(self, sql: Json) -> Json:
        row = Json(self._of_rows(sql), joined=sql.joined, present=sql.present)
        return json_list(row, self._joined, self._turned, self._kept)

    def _in_order(self, sql: str) -> str:
        """The end of an aggregate over this value of each row. Rows of a page forward come in its order already."""
        return f"{self._of_rows(sql)}{self._turned}){self._kept}"

    @property
    def _turned(self) -> str:
        return " ORDER BY p.n DESC" if self.page.backward else ""

    @property
    def _kept(self) -> str:
        """Leaves out the row that was read only to know whether there is one more."""
        return f" FILTER (WHERE p.n <= {self.page.size})" if self._look_ahead else ""

    def _edge(self, selected: Selected, other: str) -> Json:
        type_name, wanted = next(iter(selected.of.items()))
        pairs: list[tuple[str, str]] = []
        for one in wanted:
            match one.name:
                case "node":
                    pairs.append((one.key, self._object(self._target, other, one.of[self._target])))
                case "cursor":
                    pairs.append((one.key, cursor_sql(self._place, self._order, other)))
                case _:
                    pairs.append((one.key, json_name(type_name, self._joined)))
        return json_object(pairs, self._joined)

    def _page_info(self, selected: Selected, conditions: Conditions, other: str, base: str) -> str:
        wanted = selected.of["PageInfo"]
        facts = [(one.key, self._page_fact(one.name, conditions, other, base)) for one in wanted]
        return json_object(facts, self._joined)

    def _page_fact(self, name: str, conditions: Conditions, other: str, base: str) -> str:
        more = f"count(*) > {self.page.size}"
        match name:
            case "hasNextPage":
                return self._beyond("before", conditions, other, base) if self.page.backward else more
            case "hasPreviousPage":
                return more if self.page.backward else self._beyond("after", conditions, other, base)
            case "startCursor" | "endCursor":
                # The cursor of one row is made, not that of each.
                position = "1" if name == "startCursor" else f"least(count(*), {self.page.size})"
                values = [f"(array_agg({self._in_order(term)})[{position}]" for term in self._order.terms(other)]
                cursor = cursor_of(self._place, self._order, values)
                return f"CASE WHEN least(count(*), {self.page.size}) > 0 THEN {cursor} END"
            case _:
                return json_name("PageInfo", self._joined)

    def _beyond(self, name: str, conditions: Conditions, other: str, base: str) -> str:
        """Whether the list has rows on the far side of the cursor, its own row among them."""
        outside = self._bound(name, conditions, other, beyond=True)
        return f'EXISTS (SELECT FROM "{self._table}" {other} WHERE {base} AND {outside})' if outside else "false"

    def _bounds(self, conditions: Conditions, other: str) -> str:
        return "".join(f" AND {sql}" for name in ("after", "before") if (sql := self._bound(name, conditions, other)))

    def _bound(self, name: str, conditions: Conditions, other: str, beyond: bool = False) -> str | None:
        """The condition that a cursor adds (beyond: its contrary); None where it is not given."""
        if self._selected.arguments.get(name) is None:
            return None
        terms = self._order.terms(other)
        places = [
            self._parameters.place((id(self._selected.node), name, n), self._value(n, conditions, name))
            for n in range(len(terms))
        ]
        smaller = (name == "before") != self._order.descending
        comparison = (">=" if smaller else "<=") if beyond else ("<" if smaller else ">")
        return f"({', '.join(terms)}) {comparison} ({', '.join(places)})"

    def _value(self, position: int, conditions: Conditions, name: str) -> Reader:
        place, table, order = self._place, self._table, self._order

        def parse(cursor: str) -> Any:
            try:
                return cursor_value(place, table, order, position, cursor)
            except ValueError:
                raise DomainError("invalid_input", field=name, problem="not_a_cursor") from None

        return conditions.reader(self._field, self._selected, (name,), parse)
