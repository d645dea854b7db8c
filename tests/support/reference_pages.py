"""The reference's pages: a list cut by the words of the Relay specification, in Python."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mendline.kernel import TABLES, DomainError, iso, require_storable
from mendline_schema.declarations.connections import list_of
from mendline_schema.declarations.fields import Order, Relation
from mendline_schema.reads.binding import Field

END_OF_TIME = datetime.max.replace(tzinfo=UTC)
ABSENT = {"'infinity'::timestamptz": END_OF_TIME}
"""What the SQL literals of `Order.absent` are in Python."""

Rows = list[Mapping[str, Any]]


def place_of(row: Mapping[str, Any], order: Order) -> tuple[Any, ...]:
    """Where a row stands in an order."""
    values = []
    for column in order.columns:
        value = row[column]
        values.append(ABSENT[order.absent[column]] if value is None else value)
    return tuple(values)


def asked_page(read: Relation, arguments: Mapping[str, Any]) -> tuple[Order, tuple[Any, ...]]:
    """The order and (first, last, after, before). Raises DomainError for what is no page."""
    chosen = read.orders[arguments["orderBy"]] if read.orders else read.order
    assert chosen is not None
    direction = arguments.get("order")
    order = chosen if direction is None else replace(chosen, descending=direction == "DESC")
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise DomainError("invalid_input", problem="first_or_last")
    if first is None and last is None:
        first = 50
    asked = first if first is not None else last
    if asked < 0:
        raise DomainError("invalid_input", problem="negative")
    if asked > 100:
        raise DomainError("page_too_large")
    return order, (first, last, arguments.get("after"), arguments.get("before"))


def page_of(
    field: Field,
    table: str,
    rows: Rows,
    made: Callable[[Mapping[str, Any]], Any],
    order: Order,
    first: int | None,
    last: int | None,
    after: str | None,
    before: str | None,
) -> dict[str, Any]:
    """A connection. rows: the whole list, in order; made: the object of a row."""
    place = f"{field.owner}.{field.name}"
    edges = rows
    earlier = later = False
    if after is not None:
        bound = _read_cursor(place, table, order, after)
        edges = [row for row in edges if _is_after(place_of(row, order), bound, order)]
        earlier = any(not _is_after(place_of(row, order), bound, order) for row in rows)
    if before is not None:
        bound = _read_cursor(place, table, order, before)
        edges = [row for row in edges if _is_after(bound, place_of(row, order), order)]
        later = any(not _is_after(bound, place_of(row, order), order) for row in rows)
    kept = edges[:first] if first is not None else edges[max(len(edges) - (last or 0), 0) :]
    objects = [made(row) for row in kept]
    cursors = [_cursor(place, row, order) for row in kept]
    return {
        "nodes": objects,
        "edges": [{"node": node, "cursor": cursor} for node, cursor in zip(objects, cursors, strict=True)],
        "totalCount": len(rows),
        "pageInfo": {
            "hasNextPage": len(edges) > first if first is not None else later,
            "hasPreviousPage": len(edges) > (last or 0) if first is None else earlier,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _is_after(one: tuple[Any, ...], other: tuple[Any, ...], order: Order) -> bool:
    return one < other if order.descending else one > other


def _cursor(place: str, row: Mapping[str, Any], order: Order) -> str:
    def text(value: Any) -> Any:
        if isinstance(value, datetime):
            return "infinity" if value == END_OF_TIME else iso(value)
        return value if isinstance(value, int) else str(value)

    values = [list_of(place, order), *map(text, place_of(row, order))]
    return base64.b64encode(json.dumps(values, ensure_ascii=False).encode()).decode()


def _read_cursor(place: str, table: str, order: Order, cursor: str) -> tuple[Any, ...]:
    try:
        require_storable(cursor)
        tag, *values = json.loads(base64.b64decode(cursor, validate=True))
        fields = [TABLES[table].model._meta.fields_map[column] for column in order.columns]
        if tag != list_of(place, order):
            raise ValueError
        return tuple(_typed(field, value) for field, value in zip(fields, values, strict=True))
    except (ValueError, TypeError):
        raise DomainError("invalid_input", problem="not_a_cursor") from None


def _typed(field: Any, value: Any) -> Any:
    match type(field).__name__:
        case "UUIDField":
            return UUID(value)
        case "DatetimeField":
            return END_OF_TIME if value == "infinity" else datetime.fromisoformat(value)
    return value
