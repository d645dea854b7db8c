"""Indexes: what lists are filtered and ordered by begins an index, as the catalogue has it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from mendline_schema.declarations.fields import Order, Relation
from mendline_schema.reads.binding import Field, filter_conditions
from mendline_schema.registry import OF_UNIT
from mendline_schema.schema import build_schema
from support.database import look

TYPES = {"uuid", "text", "bigint", "timestamp with time zone"}
"""Columns of these types are compared by operators that are leakproof, so that row-level security keeps the index."""

TIMESTAMPTZ = ("::timestamp with time zone", "::timestamptz")
"""What Postgres writes, and what we do."""

INDEXES = """
SELECT c.relname AS table, ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(1, i.indnkeyatts) n)
  AS columns, pg_get_expr(i.indpred, i.indrelid) AS condition
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
"""


class Wanted(NamedTuple):
    """An index that must be there: the columns that it begins with, after the tenant, and what needs it."""

    table: str
    columns: tuple[str, ...]
    what: str


def bindings() -> Any:
    return build_schema().execution_context_class.statements.bindings  # type: ignore[attr-defined]


def lists() -> Iterator[tuple[Field, Relation, str]]:
    """Every relation with the table that it leads to."""
    known = bindings()
    for bound in known.types.values():
        for field in bound.fields.values():
            if isinstance(field.read, Relation) and field.target:
                yield field, field.read, known.types[field.target].over.table


def filters() -> Iterator[tuple[Field, str, str, Any]]:
    """Every filter of every list: the list's field, its table, the filter's name and what it compares."""
    for field, read, table in lists():
        if read.many == "connection" and "filter" in field.definition.args:
            given = get_named_type(field.definition.args["filter"].type)
            assert isinstance(given, GraphQLInputObjectType)
            for name, where in filter_conditions(given).items():
                yield field, table, name, where


def term(column: str, absent: dict[str, str]) -> str:
    """A column as an index over what NULL stands for has it."""
    return f"COALESCE({column}, {absent[column]})" if column in absent else column


def of_order(order: Order) -> tuple[str, ...]:
    """What an index must hold in this order. The last column only breaks ties, and a sort of ties is short."""
    terms = tuple(term(column, dict(order.absent)) for column in order.columns)
    return terms if len(terms) == 1 else terms[:-1]


def wanted() -> Iterator[Wanted]:
    """The indexes that the declarations need."""
    for field, read, table in lists():
        where = f"{field.owner}.{field.name}"
        on = ("device_id",) if read.where == OF_UNIT else tuple(read.on)  # a few records of one unit, each looked up
        for name, asked in read.arguments.items():
            if asked.column not in (None, "id"):
                yield Wanted(table, (str(asked.column),), f"{where}({name}:) looks for {asked.column}")
        if on:
            yield Wanted(table, on[:1], f"{where} looks for rows by {', '.join(on)}")
        if read.many == "connection":
            for order in read.orders.values() or [read.order]:
                assert order is not None
                yield Wanted(table, (*on, *of_order(order)), f"{where} is ordered by {', '.join(order.columns)}")
    for field, table, name, where in filters():
        absent = {where.column: where.sql.partition(", ")[2].partition(")")[0]} if "coalesce" in where.sql else {}
        columns = (term(where.column, absent),)
        yield Wanted(table, columns, f"{field.owner}.{field.name}(filter: {{{name}}}) compares {where.column}")


def missing(needs: list[Wanted], there: list[tuple[str, tuple[str, ...]]]) -> list[str]:
    """A sentence for each index that is not there."""
    sentences = []
    for table, columns, what in needs:
        begin = columns if columns[0] == "tenant_id" else ("tenant_id", *columns)
        # An order by the key alone, or by a number within the tenant, may also be a key's.
        if not any(of == table and found[: len(begin)] == begin for of, found in there):
            sentences.append(f"{what}: give {table} an index that begins ({', '.join(begin)}), or leave the filter out")
    return sentences


async def stored() -> list[tuple[str, tuple[str, ...]]]:
    """Every index that holds all rows of its table."""
    rows = await look(INDEXES)
    return [
        (
            row["table"],
            tuple(column.replace("::timestamp with time zone", "::timestamptz") for column in row["columns"]),
        )
        for row in rows
        if row["condition"] is None
    ]


async def test_filters_and_orders_lie_on_indexes(database: None) -> None:
    needs = list(wanted())
    assert len(needs) > 60
    found = missing(needs, await stored())
    assert not found, "\n".join(found)


async def test_filters_compare_leakproof_types(database: None) -> None:
    rows = await look(
        "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a"
        " JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0"
    )
    types = {(table, column): type_ for table, column, type_ in rows}
    wrong = [
        f"{field.owner}.{field.name}(filter: {{{name}}}): {table}.{where.column} is {types[table, where.column]};"
        f" filters compare {', '.join(sorted(TYPES))}"
        for field, table, name, where in filters()
        if types[table, where.column] not in TYPES
    ]
    assert not wrong, "\n".join(wrong)


async def test_what_an_index_compares_is_leakproof(database: None) -> None:
    operators = await look(
        "SELECT o.oprname, format_type(o.oprleft, NULL) AS type, p.proleakproof FROM pg_operator o"
        " JOIN pg_proc p ON p.oid = o.oprcode WHERE o.oprleft = o.oprright AND o.oprname IN ('=', '<', '>', '<=', '>=')"
        " AND format_type(o.oprleft, NULL) = ANY ($1)",
        sorted(TYPES),
    )
    assert len(operators) == 5 * len(TYPES)
    assert [row["type"] for row in operators if not row["proleakproof"]] == []


@pytest.mark.parametrize(
    "columns",
    [("assignee_name",), ("due_at",), ("state", "priority")],
)
async def test_this_can_fail(database: None, columns: tuple[str, ...]) -> None:
    assert missing([Wanted("worklist", columns, "a filter")], await stored())
