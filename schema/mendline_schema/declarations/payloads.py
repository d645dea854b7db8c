"""Payloads: GraphQL types made from what commands answer; an id in a result becomes the whole object, read anew."""

from functools import cache
from types import NoneType
from typing import Any, get_type_hints

import strawberry
from msgspec import Meta, Struct
from msgspec.structs import fields as struct_fields

from mendline_schema.declarations.fields import OBJECTS, Named, declare, first_sentence
from mendline_schema.declarations.inputs import graphql_type


@strawberry.type(description="The command was done; it answers nothing more.")
class DonePayload:
    """What a command without a result answers."""

    done: bool = True


@cache
def payload_type(result: Any, suffix: str = "Payload") -> Any:
    """The payload of a command's result type, or (with another suffix) a struct within one."""
    if result in (None, NoneType):
        return DonePayload
    if not (isinstance(result, type) and issubclass(result, Struct)):
        raise TypeError(f"a mutation answers a struct, not {result}")
    hints = get_type_hints(result, include_extras=True)
    body: dict[str, Any] = {"__annotations__": {}}
    for field in struct_fields(result):
        object_type = OBJECTS.get(_kind(hints[field.name]) or "")
        if object_type is not None:
            body["__annotations__"][field.name] = object_type | None
            body[field.name] = declare(Named())
        else:
            body["__annotations__"][field.name] = _output(hints[field.name], f"{result.__name__}{field.name.title()}")
    name = result.__name__.removesuffix("Result") + suffix
    return strawberry.type(type(name, (), body), description=first_sentence(result.__doc__))


def _kind(hint: Any) -> str | None:
    """The kind of an id type, also of an optional one."""
    for candidate in (hint, *getattr(hint, "__args__", ())):
        for meta in getattr(candidate, "__metadata__", ()):
            if isinstance(meta, Meta) and (meta.extra or {}).get("id"):
                return str((meta.extra or {})["id"])
    return None


def _output(hint: Any, name: str) -> Any:
    return graphql_type(hint, name, lambda struct: (payload_type(struct, ""), None))[0]  # type: ignore[arg-type, return-value]
