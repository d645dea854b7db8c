"""Connections: pages of a list by cursor over an index, in both directions, and only the parts that are asked for."""

import base64
import binascii
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
import strawberry
from strawberry.types.unset import UNSET
from tortoise import fields

from mendline.kernel import TABLES, DomainError
from mendline_schema.fields import Order, Relation, Where, declare

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
    order: Order,
    tenant: str | None = "tenant_id",
    where: str | None = None,
    filter: Any = None,
    needs: str | None = None,
    description: str | None = None,
) -> Any:
    """A paged list of rows of another table. filter: an input type whose fields are conditions over indexed columns."""
    pages: dict[str, Any] = {
        "first": (int | None, UNSET),
        "after": (str | None, UNSET),
        "last": (int | None, UNSET),
        "before": (str | None, UNSET),
        "order": (SortOrder, SortOrder.DESC if order.descending else SortOrder.ASC),
    }
    if filter is not None:
        pages = {"filter": (filter | None, UNSET), **pages}
    return declare(Relation("connection", on or {}, tenant, where, order, needs=needs), pages, description=description)


def condition(sql: str, parse: Any = None) -> Any:
    """A field of a filter input: what it adds to the list's condition."""
    return declare(Where(sql, parse), default=UNSET)


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


def cursor_sql(alias: str, order: Order) -> str:
    """The cursor of a row: the values it is ordered by, as opaque text."""
    return opaque_text(", ".join(f'{alias}."{column}"' for column in order.columns))


def opaque_text(values: str) -> str:
    """SQL: these values as a JSON array in base64, to be given back and not to be read."""
    return f"translate(encode(convert_to(json_build_array({values})::text, 'UTF8'), 'base64'), E'\\n', '')"


def cursor_value(table: str, order: Order, position: int, cursor: str) -> Any:
    """One value of a cursor, typed as its column. Raises DomainError invalid_input for anything else."""
    try:
        values = msgspec.json.decode(base64.b64decode(cursor, validate=True), type=list)
        if len(values) != len(order.columns):
            raise ValueError
        return _typed(table, order.columns[position], values[position])
    except (binascii.Error, ValueError, TypeError, AttributeError, msgspec.DecodeError):
        raise DomainError("invalid_input", field="after", problem="not_a_cursor") from None


def _typed(table: str, column: str, value: Any) -> Any:
    field = TABLES[table].model._meta.fields_map[column]
    match field:
        case fields.UUIDField():
            return UUID(value)
        case fields.DatetimeField():
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError
            return moment
        case fields.DateField():
            return date.fromisoformat(value)
        case fields.IntField():
            if not isinstance(value, int):
                raise ValueError
            return value
        case _:
            if not isinstance(value, str) or "\0" in value:
                raise ValueError
            return value
