"""Values and rows written into SQL text, typed as their columns: the battery's statements carry no parameters."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from support.isolation.catalogue import Shape

QUIET = "SET LOCAL session_replication_role = replica"
"""Past triggers, those of foreign keys among them."""

LOUD = "SET LOCAL session_replication_role = origin"
"""With them again."""


def literal(value: Any, type: str) -> str:
    """A value as SQL of this type."""
    return "NULL" if value is None else f"{_quoted(_text(value, type))}::{type}"


def insert(shape: Shape, row: dict[str, Any], ending: str = "") -> str:
    """The statement that adds a row."""
    columns = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(literal(value, shape.columns[name].type) for name, value in row.items())
    return f'INSERT INTO "{shape.name}" ({columns}) VALUES ({values}){ending}'


def _text(value: Any, type: str) -> str:
    if type == "jsonb":
        return msgspec.json.encode(value).decode()
    match value:
        case bool():
            return str(value).lower()
        case bytes():
            return "\\x" + value.hex()
        case datetime() | date():
            return value.isoformat()
        case UUID() | int() | float():
            return str(value)
        case str():
            return value
        case Iterable():
            return "{" + ",".join(_element(item) for item in value) + "}"
    raise TypeError(f"no SQL for {value!r}")


def _element(item: Any) -> str:
    return '"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
