"""What the reference reads: all rows that an organisation sees, and single SQL expressions of one row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mendline.kernel import fetch, fetchval, transaction
from mendline_tenants import Actor


@dataclass(frozen=True)
class Row:
    """A row of a table, as an object of a GraphQL type."""

    type: str
    table: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Json:
    """A JSON value, as an object of a GraphQL type. within: the row that holds it; None at the root."""

    value: Any
    within: Row | None


class Literal:
    """A value, or an attribute of it, as SQL writes it."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __getattr__(self, name: str) -> "Literal":
        return Literal(getattr(self._value, name, None))

    def __format__(self, _: str) -> str:
        return "NULL" if self._value is None else "'{}'".format(str(self._value).replace("'", "''"))


class Rows:
    """All that the organisations see, read once: nothing writes while operations are compared."""

    def __init__(self) -> None:
        self._tables: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
        self._values: dict[Any, Any] = {}

    async def table(self, organisation: UUID, name: str) -> list[dict[str, Any]]:
        """The rows of a table that an organisation sees."""
        if (organisation, name) not in self._tables:
            async with transaction(organisation):
                found = await fetch(f'SELECT * FROM "{name}"')
            self._tables[organisation, name] = [dict(row) for row in found]
        return self._tables[organisation, name]

    async def value(self, actor: Actor, sql: str, *given: Any) -> Any:
        """The value of a statement, asked once."""
        key = (actor.organisation, sql, repr(given))
        if key not in self._values:
            async with transaction(actor.organisation):
                self._values[key] = await fetchval(sql, *given)
        return self._values[key]
