"""Inputs: GraphQL input types made from the typed structs that commands take."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry
from msgspec import Meta, Struct
from msgspec.structs import fields as struct_fields
from strawberry.scalars import JSON
from strawberry.types.unset import UNSET

from mendline.kernel import MinorUnits
from mendline_schema.declarations.enums import ENUMS, enumeration
from mendline_schema.declarations.fields import first_sentence

Reader = Callable[[Any], Any]
"""Turns a coerced GraphQL value into what msgspec reads into the struct."""

_SCALARS: dict[Any, Any] = {
    MinorUnits: MinorUnits,
    str: str,
    int: int,
    float: float,
    bool: bool,
    datetime: datetime,
    date: date,
    UUID: UUID,
}
_made: dict[Any, tuple[Any, Reader]] = {}


def input_type(struct: type, extra: Mapping[str, Any] | None = None) -> tuple[Any, Reader]:
    """The input type of a struct (with further optional fields) and its reader; None for a struct without fields."""
    key = (struct, tuple(extra or {}))
    if key not in _made:
        _made[key] = _object(_name(struct.__name__), struct, extra or {})
    return _made[key]


def _name(struct: str) -> str:
    return struct if struct.endswith("Input") else f"{struct}Input"


def _object(name: str, struct: type, extra: Mapping[str, Any]) -> tuple[Any, Reader]:
    hints = get_type_hints(struct, include_extras=True)
    annotations: dict[str, Any] = {}
    readers: dict[str, tuple[str, Reader]] = {}
    optional: set[str] = set()
    for field in struct_fields(struct):
        annotation, read = graphql_type(hints[field.name], f"{struct.__name__}{_capitals(field.name)}")
        if not field.required and not _is_optional(annotation):
            annotation = annotation | None
            optional.add(field.name)
        annotations[field.name] = annotation
        readers[_camel(field.name)] = (field.name, read)
    made: Any = _make(
        name, annotations | dict(extra), {f.name for f in struct_fields(struct) if not f.required} | set(extra)
    )
    made = strawberry.input(made, description=first_sentence(struct.__doc__)) if annotations or extra else None

    def read_object(given: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key, value in given.items():
            python_name, read = readers[key]
            if value is not None:
                found[python_name] = read(value)
            elif python_name not in optional:
                found[python_name] = None
        return found

    return made, read_object


def _make(name: str, annotations: dict[str, Any], defaulted: set[str]) -> type:
    # What Python has a word of its own for (`from_`) is named without the underscore.
    renamed = {field: strawberry.field(name=_camel(field)) for field in annotations if field.endswith("_")}
    return type(name, (), {"__annotations__": annotations, **dict.fromkeys(defaulted, UNSET), **renamed})


def graphql_type(
    hint: Any, name: str, of_struct: Callable[[type], tuple[Any, Reader]] = input_type
) -> tuple[Any, Reader]:
    """The GraphQL annotation of a Python type, and its reader. `name` names an enum or object that has none."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        meta = next((m for m in arguments[1:] if isinstance(m, Meta)), None)
        if meta is not None and (meta.extra or {}).get("id"):
            return strawberry.ID, str
        return graphql_type(arguments[0], name, of_struct)
    if origin in (Union, UnionType):
        inner = [argument for argument in arguments if argument is not NoneType]
        annotation, read = graphql_type(inner[0], name, of_struct)
        return (annotation | None if len(inner) < len(arguments) else annotation), read
    if origin is Literal and isinstance(arguments[0], int):
        return int, _same
    if origin is Literal:
        return ENUMS.get(tuple(sorted(arguments))) or enumeration(name, arguments, "One of these."), _word
    if origin in (list, tuple, set, frozenset):
        annotation, read = graphql_type(arguments[0], name, of_struct)
        return list[annotation], lambda items: [read(item) for item in items]  # type: ignore[valid-type]
    if origin is dict and get_origin(arguments[0]) is Literal:
        return _keyed(name, get_args(arguments[0]), arguments[1])
    if isinstance(hint, type) and issubclass(hint, Struct):
        return of_struct(hint)
    return _SCALARS.get(hint, JSON), _same


def _keyed(name: str, keys: tuple[str, ...], hint: Any) -> tuple[Any, Reader]:
    """An object with these optional keys, such as words in both languages."""
    key = (keys, str(hint)) if set(keys) != {"zh", "en"} else keys
    if key not in _made:
        annotation, read = graphql_type(hint, name)
        label = "WordsInput" if set(keys) == {"zh", "en"} else f"{name}Input"
        made = strawberry.input(_make(label, dict.fromkeys(keys, annotation | None), set(keys)))

        def read_keyed(given: Mapping[str, Any]) -> dict[str, Any]:
            return {name: read(value) for name, value in given.items() if value is not None}

        _made[key] = made, read_keyed
    return _made[key]


def _is_optional(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation)


def _word(value: Any) -> Any:
    return getattr(value, "value", value)


def _same(value: Any) -> Any:
    return value


def _capitals(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
