"""Soundness: declarations for which a statement's answer could not be what graphql-core's executor answers.

Postgres writes the answer's JSON, so nobody propagates a null or refuses a value on the way: what a type promises must
hold for every row there can be. Checked once, when the schema is built.
"""

from collections.abc import Iterator

from graphql import is_non_null_type

from mendline.kernel import TABLES
from mendline_schema.declarations.fields import Column, Order, Part, Relation
from mendline_schema.reads.binding import Bindings, Field


def require_sound(bindings: Bindings) -> None:
    """Raises TypeError, in words, for a field whose answer could break what its type promises."""
    for bound in bindings.types.values():
        for field in bound.fields.values():
            for fault in _faults(bindings, field, bound.over.table):
                raise TypeError(f"{field.owner}.{field.name} {fault}")


def _faults(bindings: Bindings, field: Field, table: str | None) -> Iterator[str]:
    read = field.read
    promised = is_non_null_type(field.definition.type)
    if promised and field.definition.args:
        yield "takes arguments, and one that is no value makes it null, so its type must be nullable"
    if isinstance(read, Column | Part) and read.sql is None:
        if table is None and field.is_enum and field.is_list:
            yield "is a list of words within JSON, which no expression reads yet: say column('…')"
        if table is not None and promised and isinstance(read, Column) and _may_be_null(table, field.python_name):
            yield f"may be NULL in {table}, so its type must be nullable"
    if isinstance(read, Relation):
        yield from _faults_of(bindings, field, read, promised)


def _faults_of(bindings: Bindings, field: Field, read: Relation, promised: bool) -> Iterator[str]:
    if read.many in ("node", "nodes"):
        return
    if field.target is None:
        yield "must lead to an object type: of which table would its rows be?"
        return
    if promised and read.many == "one":
        yield "leads to a row that may not be there, or not be seen, so its type must be nullable"
    table = bindings.types[field.target].over.table
    if table is None:
        yield f"leads to {field.target}, which lies over no table"
        return
    for order in (*read.orders.values(), *filter(None, [read.order])):
        for column in _without_place(table, order):
            yield f"is ordered by {column}, which may be NULL in {table}: say absent={{{column!r}: …}}"


def _without_place(table: str, order: Order) -> Iterator[str]:
    """Columns whose NULLs stand nowhere: a page would neither hold those rows nor pass them."""
    for column in order.columns:
        if column not in order.absent and _may_be_null(table, column):
            yield column


def _may_be_null(table: str, column: str) -> bool:
    return bool(TABLES[table].model._meta.fields_map[column].null)
