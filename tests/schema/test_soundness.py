"""Soundness: a declaration for which a statement could answer what its type does not allow cannot be built."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import get_named_type

import mendline_schema
from mendline.kernel import TABLES
from mendline_schema.checks.soundness import require_sound
from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import FieldGroup
from mendline_schema.declarations.fields import (
    VIEWER,
    Column,
    Order,
    Where,
    column,
    find,
    many,
    one,
    over,
    part,
    parts,
    root,
)
from mendline_schema.reads.binding import Bindings
from mendline_schema.schema import build_schema


def refusal(query: type) -> str:
    with pytest.raises(TypeError) as refused:
        require_sound(Bindings(strawberry.Schema(query)._schema))
    return str(refused.value)


@over("worklist", needs="read.progress", group="progress")
class Line:
    """A line of the worklist."""

    number: str = column()


def of(read: Any, annotation: Any) -> type:
    """A query with one field."""
    body = {"__annotations__": {"asked": annotation}, "asked": read, "__doc__": "A query."}
    return root(type("Query", (), body))


def test_what_may_be_null_is_nullable(database: None) -> None:
    @over("ticket", needs="read.progress")
    class Known:
        """A ticket."""

        closed_at: str = column()

    query = of(one({"id": "id"}, needs="read.progress"), Known | None)
    assert refusal(query) == "Known.closedAt may be NULL in ticket, so its type must be nullable"


@pytest.mark.parametrize(
    ("read", "annotation", "words"),
    [
        (one({"id": "id"}), Line, "leads to a row that may not be there, or not be seen, so its type must be nullable"),
        (
            find({"number": (str, Where("{o}.number = {value}"))}),
            Line,
            "takes arguments, and one that is no value makes it null, so its type must be nullable",
        ),
        (
            connection(tenant=VIEWER, order=Order(("due_at", "ticket_id"))),
            Connection[Line] | None,
            "is ordered by due_at, which may be NULL in worklist: say absent={'due_at': …}",
        ),
        (
            many({"ticket_id": "id"}, order=Order(("closed_at",))),
            list[Line] | None,
            "is ordered by closed_at, which may be NULL in worklist: say absent={'closed_at': …}",
        ),
    ],
)
def test_what_no_statement_could_keep_is_not_promised(database: None, read: Any, annotation: Any, words: str) -> None:
    try:
        query = of(read, annotation)
        found = refusal(query)
    except TypeError as refused:
        found = str(refused)
    assert found in (
        f"Query.asked {words}",
        "Query.asked may be withheld (read.progress), so its type must be nullable",
    )


def test_words_within_json_are_read_by_an_expression(database: None) -> None:
    @part
    class Card:
        """A part of the card."""

        groups: list[FieldGroup] | None = column()

    @over("worklist", needs="read.progress", group="progress")
    class Listed:
        """A line with its card."""

        card: Card | None = parts()

    query = of(one({"id": "id"}, needs="read.progress"), Listed | None)
    assert refusal(query).startswith("Card.groups is a list of words within JSON")


def test_every_word_that_a_column_may_hold_is_in_its_enum(database: None) -> None:
    """The column's CHECK names its words; one that the enum lacks would be answered all the same."""
    bindings = build_schema().execution_context_class.statements.bindings  # type: ignore[attr-defined]
    unchecked, lacking = [], []
    for bound in bindings.types.values():
        for field in bound.fields.values():
            plain = isinstance(field.read, Column) and field.read.sql is None and bound.over.table
            if not (plain and field.is_enum) or field.is_list:
                continue
            place = f"{bound.name}.{field.name}"
            checks = [
                check
                for check in TABLES[bound.over.table].checks.values()
                if check.startswith(f"{field.python_name} IN")
            ]
            words = {word for check in checks for word in re.findall(r"'(\w+)'", check)}
            values = get_named_type(field.definition.type).values
            if not words:
                unchecked.append(place)
            lacking += [f"{place}: {word}" for word in words if word.upper() not in values]
    assert not lacking, f"add these words to the enums: {lacking}"
    assert not unchecked, f"give these columns a CHECK, so that no other word comes in: {unchecked}"


DOMAINS = {
    "clocks",
    "commercial",
    "likeness",
    "subcontracts",
    "audit",
    "changes",
    "devices",
    "dispatch",
    "duty",
    "fault_texts",
    "fieldwork",
    "kernel",
    "people",
    "proofs",
    "quality",
    "read_log",
    "registry",
    "tenants",
    "tickets",
}
WORDS = {"connections", "enums", "fields", "filters", "groups"}
"""The modules whose words declarations are made of."""


@pytest.mark.parametrize("name", sorted(DOMAINS))
def test_nothing_of_the_compiler_shows_in_a_domain(name: str) -> None:
    source = Path(mendline_schema.__file__).with_name(f"{name}.py").read_text()
    imported = {
        str(node.module).removeprefix("mendline_schema.").removeprefix("declarations.")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mendline_schema.")
    }
    strange = imported - WORDS - DOMAINS
    assert not strange, f"{name}.py declares with the words of {sorted(WORDS)}; leave {sorted(strange)} to the compiler"
