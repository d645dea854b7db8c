"""The feed's SQL: a page of what has changed for the reader, from two tables in one order, told by one statement."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from mendline.kernel import DomainError
from mendline.tickets import SETTLED, feed_cursor
from mendline_schema.declarations.connections import LARGEST_PAGE, opaque_text
from mendline_schema.reads.binding import Field
from mendline_schema.reads.conditions import Conditions
from mendline_schema.reads.json_sql import Json, json_list, json_name, json_object
from mendline_schema.reads.plan import Selected
from mendline_schema.reads.recording import Source
from mendline_schema.reads.values import Inputs, Parameters, Unreadable

ObjectSql = Callable[[str, str, list[Selected]], Json]
Within = Callable[[str], AbstractContextManager[Source]]

_PLACE = ("changed_in", "owner_id", "ticket_id")
"""What the feed is ordered by: the writing transaction, and within it the ticket. Every table of the feed has it."""

_ORDER = ", ".join(_PLACE)

_NOWHERE = "'00000000-0000-0000-0000-000000000000'::uuid"
"""The least of all ids: stands before every row of a transaction."""


_CASTS = {
    "cluster": "::text",
    "complete_at": "::bigint",
    "changed_in": "::bigint",
    "owner": "::uuid",
    "ticket": "::uuid",
}


class FeedWriter:
    """Writes one feed: each table gives the rows of a page and their JSON, the first of all of them are the page."""

    def __init__(self, field: Field, selected: Selected, parameters: Parameters, object_sql: ObjectSql) -> None:
        self.size = _size(selected.arguments)
        self._field = field
        self._selected = selected
        self._parameters = parameters
        self._object = object_sql
        self._continues = selected.arguments.get("since") is not None

    def sql(self, conditions: Conditions, tables: Mapping[str, tuple[str, str]], within: Within) -> Json:
        """The feed's JSON. tables: for each type of change its table and the alias of its rows. within: notes what is
        read of the rows under an alias; where a page is shared with others, of all that could have been on it.
        """
        type_name, wanted = next(iter(self._selected.of.items()))
        lists = [one for one in wanted if one.name == "nodes"]
        members = []
        for name, (table, other) in tables.items():
            with within(other) as source:
                values = [self._object(name, other, one.of[name]) for one in lists]
            members.append(f"({self._rows(conditions, table, source, values)})")
        rows = " UNION ALL ".join(members)
        page = (
            f"SELECT row_number() OVER (ORDER BY {_ORDER}) AS n, f.* FROM"
            f" ({rows} ORDER BY {_ORDER} LIMIT {self.size + 1}) f"
        )
        places = {one.key: Json(f"p.v{n}", joined=True, present=True) for n, one in enumerate(lists)}
        parts = [(one.key, self._part(type_name, one, conditions, places)) for one in wanted]
        return json_object(parts, True).within("(SELECT ", f" FROM ({page}) p HAVING true)")

    def _rows(self, conditions: Conditions, table: str, source: Source, values: Sequence[str]) -> str:
        other = source.alias
        place = ", ".join(f"{other}.{column}" for column in _PLACE)
        told = "".join(f", {value} AS v{n}" for n, value in enumerate(values))
        where = conditions.fill("{o}.tenant_id = {organisation}", o=other)
        after = f" AND ({place}) > ({self._since(conditions)})" if self._continues else ""
        rows = (
            f'SELECT {other}.* FROM "{table}" {other} WHERE {where}{after}'
            f" AND {other}.changed_in < (SELECT {SETTLED}) ORDER BY {place} LIMIT {self.size + 1}"
        )
        return f"SELECT {place}{told} FROM {source.drawn_from(f'({rows}) {other}', self.size)}"

    def _since(self, conditions: Conditions) -> str:
        cluster, changed_in, owner, ticket = (
            self._cursor(conditions, name) for name in ("cluster", "changed_in", "owner", "ticket")
        )
        return f"(SELECT feed_after({cluster}, {changed_in})), {owner}, {ticket}"

    def _cursor(self, conditions: Conditions, name: str) -> str:
        """Where a value of the reader's cursor stands in the SQL."""
        read = conditions.reader(self._field, self._selected, ("since",))

        def value(inputs: Inputs) -> Any:
            try:
                return getattr(feed_cursor(read(inputs), inputs.actor.organisation), name)
            except DomainError as cause:
                raise Unreadable({id(self._selected.node): cause}) from None

        return self._parameters.place((id(self._selected.node), name), value, _CASTS[name])

    def _part(self, type_name: str, selected: Selected, conditions: Conditions, values: Mapping[str, str]) -> str:
        match selected.name:
            case "nodes":
                return json_list(values[selected.key], True, " ORDER BY p.n", f" {self._kept}")
            case "cursor":
                return self._next(conditions)
            case "hasMore":
                return self._more
            case _:
                return json_name(type_name, True)

    @property
    def _kept(self) -> str:
        return f"FILTER (WHERE p.n <= {self.size})"

    @property
    def _more(self) -> str:
        return f"count(*) > {self.size}"

    def _next(self, conditions: Conditions) -> str:
        """The cursor behind this page: its last row, or, where nothing is left, all that has settled."""
        moment = "extract(epoch FROM statement_timestamp())::bigint"
        began = self._cursor(conditions, "complete_at") if self._continues else moment
        last = [f"(array_agg(p.{column} ORDER BY p.n) {self._kept})[{self.size}]" for column in _PLACE]
        told = zip((began, *last), (moment, f"(SELECT {SETTLED})", _NOWHERE, _NOWHERE), strict=True)
        place = ", ".join(f"CASE WHEN {self._more} THEN {more} ELSE {end} END" for more, end in told)
        # A cursor that was taken is of this cluster; to ask again is to read Postgres' control file.
        cluster = self._cursor(conditions, "cluster") if self._continues else "feed_cluster()"
        return opaque_text(f"{cluster}, {conditions.fill('{organisation}')}, {place}")


def _size(arguments: dict[str, Any]) -> int:
    """How many changes a page holds. Raises DomainError invalid_input, page_too_large."""
    size = arguments.get("first")
    if size is None:
        return LARGEST_PAGE
    if size < 1:
        raise DomainError("invalid_input", field="first", problem="too_small", least=1)
    if size > LARGEST_PAGE:
        raise DomainError("page_too_large", asked=size, limit=LARGEST_PAGE)
    return int(size)
