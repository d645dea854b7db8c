"""Filters: what arguments ask for, each a comparison of one column that an index begins with."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import strawberry
from strawberry.types.unset import UNSET

from mendline.kernel import DomainError, Reference, parse_opaque
from mendline_schema.declarations.fields import Where, declare


def opaque_id(kind: str | None) -> Callable[[str], Reference | None]:
    """Reads an opaque id of this kind, or of any; None for anything else: it finds nothing, as a foreign one would."""

    def parse(text: str) -> Reference | None:
        try:
            return parse_opaque(kind or text[:2], text)
        except DomainError:
            return None

    return parse


def by_id(kind: str) -> Where:
    """The row that an opaque id of this kind names."""
    sql = "{o}.tenant_id = {value.tenant} AND {o}.id = {value.id}"
    return Where(sql, opaque_id(kind), column="id", compares="id", tenant="tenant_id")


class External(NamedTuple):
    """A number in a system outside, as a client names it."""

    system: str
    number: str


@strawberry.input(description="What something is called in a system outside, such as a hospital's HIS.")
class ExternalReference:
    """What something is called in a system outside, such as a hospital's HIS."""

    system: str
    number: str


def _field(where: Where) -> Any:
    return declare(where, default=UNSET)


def equal(column: str) -> Any:
    """The column is this value."""
    return _field(Where(f"{{o}}.{column} = {{value}}", column=column, compares="="))


def among(column: str) -> Any:
    """The column is one of these words. A list of one becomes plain equality: only then an index gives the order."""
    return _field(
        Where(
            f"{{o}}.{column} = ANY ({{value}}::text[])",
            column=column,
            compares="any",
            one=f"{{o}}.{column} = ({{value}}::text[])[1]",
        )
    )


def nth_among(where: Where, n: int) -> Where:
    """The column is the nth of these words, and none before it: a word that is given twice counts once."""
    words = "({value}::text[])"
    first = f" AND {words}[{n}] <> ALL ({words}[1:{n - 1}])" if n > 1 else ""
    return replace(where, sql=f"{{o}}.{where.column} = {words}[{n}]{first}")


def refers(column: str, kind: str | None = None, tenant: str | None = None) -> Any:
    """The column holds the row that an opaque id names. kind: of these; tenant: the column that says whose it is."""
    whose = f" AND {{o}}.{tenant} = {{value.tenant}}" if tenant else ""
    sql = f"{{o}}.{column} = {{value.id}}{whose}"
    return _field(Where(sql, opaque_id(kind), column=column, compares="id", tenant=tenant))


def since(column: str) -> Any:
    """The column is this moment or a later one."""
    return _field(Where(f"{{o}}.{column} >= {{value}}", column=column, compares=">="))


def before(column: str, absent: str | None = None) -> Any:
    """The column is an earlier moment than this. absent: what NULL stands for in the index, as in `Order`."""
    term = f"coalesce({{o}}.{column}, {absent})" if absent else f"{{o}}.{column}"
    return _field(Where(f"{term} < {{value}}", column=column, compares="<"))


def condition(sql: str, column: str, parse: Callable[[Any], Any] | None = None) -> Any:
    """What only SQL can say, over `{o}` and `{value}`. column: the one that it finds the row by."""
    return _field(Where(sql, parse, column=column, compares="sql"))


def external(number: str = "number") -> Any:
    """The row has this external reference. number: the column beside `system`."""
    return _field(by_reference(number))


def by_reference(number: str = "number") -> Where:
    """The row that an external reference names, in the reader's own organisation."""
    asked = f"{{o}}.system = {{value.system}} AND {{o}}.{number} = {{value.number}}"
    return Where(f"{{o}}.tenant_id = {{organisation}} AND {asked}", _reference, column="system", compares="reference")


def _reference(given: dict[str, str]) -> External:
    return External(**given)
