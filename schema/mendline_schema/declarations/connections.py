"""Connections: pages of a list by cursor over an index, in both directions, and only the parts that are asked for."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID
from zlib import crc32

import msgspec
import strawberry
from strawberry.types.unset import UNSET
from tortoise import fields

from mendline.kernel import TABLES, DomainError, require_storable
from mendline_schema.declarations.enums import enumeration
from mendline_schema.declarations.fields import Order, Orders, Relation, declare

PAGE = 50
"""Nodes on a page when the client does not say."""

LARGEST_PAGE = 100

Node = TypeVar("Node")


@strawberry.enum(description="Whether a list begins with its smallest (oldest) or its greatest (newest).")
class SortOrder(StrEnum):
    """The direction of a connection."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A node and its place in the list.")
class Edge(Generic[Node]):
    """A node and its place in the list."""

    node: Node
    cursor: str


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    """One page of a list."""

    nodes: list[Node]
    edges: list[Edge[Node]]
    page_info: PageInfo
    total_count: int


def connection(
    on: Mapping[str, str] | None = None,
    *,
    order: Order | Orders,
    tenant: str | None = "tenant_id",
    where: str | None = None,
    filter: Any = None,
    needs: str | None = None,
    description: str | None = None,
) -> Any:
    """A paged list of rows of another table. filter: an input type whose fields are made with the words of filters.py.

    order: the one order, or those that `orderBy` chooses from; `order` turns it round.
    """
    pages: dict[str, Any] = {
        "first": (int | None, UNSET),
        "after": (str | None, UNSET),
        "last": (int | None, UNSET),
        "before": (str | None, UNSET),
        "order": (SortOrder | None, UNSET),
    }
    orders: Mapping[str, Order] = {}
    if isinstance(order, Orders):
        orders, words = order.by, enumeration(order.name, order.by, "What a list is ordered by.")
        pages = {"order_by": (words, next(iter(words))), **pages}
        order = next(iter(orders.values()))
    if filter is not None:
        pages = {"filter": (filter | None, UNSET), **pages}
    relation = Relation("connection", on or {}, tenant, where, order, needs=needs, orders=orders)
    return declare(relation, pages, description=description)


def order_of(read: Relation, arguments: Mapping[str, Any]) -> Order:
    """The order that a field's arguments ask for."""
    assert read.order is not None
    chosen = read.orders[arguments["orderBy"].value] if read.orders else read.order
    wanted = arguments.get("order")
    return chosen if wanted is None else replace(chosen, descending=wanted is SortOrder.DESC)


class Page(msgspec.Struct, frozen=True):
    """What of a list is asked for: how many, from which end, and whether a cursor bounds it."""

    size: int
    backward: bool
    after: bool
    before: bool


def page_of(arguments: Mapping[str, Any]) -> Page:
    """Reads the page from a field's arguments. Raises DomainError invalid_input, page_too_large."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise DomainError("invalid_input", field="last", problem="first_or_last")
    size = first if first is not None else last if last is not None else PAGE
    if size < 0:
        raise DomainError("invalid_input", field="first" if last is None else "last", problem="negative")
    if size > LARGEST_PAGE:
        raise DomainError("page_too_large", asked=size, limit=LARGEST_PAGE)
    return Page(size, last is not None, arguments.get("after") is not None, arguments.get("before") is not None)


def list_of(place: str, order: Order) -> str:
    """Which list in which order a cursor belongs to, as eight characters. place: type and field of the connection."""
    return f"{crc32(repr((place, order.columns, order.descending)).encode()):08x}"


def cursor_sql(place: str, order: Order, alias: str) -> str:
    """The cursor of a row, as opaque text."""
    return cursor_of(place, order, order.terms(alias))


def cursor_of(place: str, order: Order, values: list[str]) -> str:
    """SQL: the cursor of the row with these values in its order: its list and the values, as opaque text."""
    return opaque_text(", ".join([f"'{list_of(place, order)}'", *values]))


def opaque_text(values: str) -> str:
    """SQL: these values as a JSON array in base64, to be given back and not to be read."""
    return f"translate(encode(convert_to(json_build_array({values})::text, 'UTF8'), 'base64'), E'\\n', '')"


def cursor_value(place: str, table: str, order: Order, position: int, cursor: str) -> Any:
    """One value of a cursor, typed as its column. Raises ValueError for anything that is no cursor of this list."""
    try:
        tag, *values = msgspec.json.decode(base64.b64decode(cursor, validate=True), type=list)
        if tag != list_of(place, order) or len(values) != len(order.columns):
            raise ValueError
        value = _typed(TABLES[table].model._meta.fields_map[order.columns[position]], values[position])
        require_storable(value)
    except (binascii.Error, TypeError, AttributeError, msgspec.DecodeError, DomainError):
        raise ValueError("no cursor of this list") from None
    return value


_INFINITY = datetime.max.replace(tzinfo=UTC)
"""What Postgres' `infinity` is in Python."""


def _typed(field: fields.Field[Any], value: Any) -> Any:
    match field:
        case fields.UUIDField():
            return UUID(value)
        case fields.DatetimeField():
            return _INFINITY if value == "infinity" else datetime.fromisoformat(value)
        case fields.DateField():
            return date.fromisoformat(value)
        case fields.IntField():
            bits = 64 if isinstance(field, fields.BigIntField) else 32
            if type(value) is not int or not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
                raise ValueError
            return value
        case _:
            if not isinstance(value, str):
                raise ValueError
            return value
