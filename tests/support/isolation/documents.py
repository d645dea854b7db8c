"""Documents: operations made from the schema alone, asked in this process as any actor, nothing left out of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)
from starlette.requests import Request

from mendline_schema.context import Context
from mendline_schema.schema import build_schema
from mendline_tenants import Actor

DEPTH = 5
"""Objects inside each other in a full selection; a type is not asked for again inside itself."""

MOST = 900
"""Fields in one document; the house refuses more than a thousand."""

SAMPLES = {
    "MinorUnits": 1,
    **{"ID": "xx_none", "String": "none", "Int": 20, "Float": 1.0, "Boolean": True},
    **{"DateTime": "2026-01-01T00:00:00Z", "Date": "2026-01-01", "UUID": "00000000-0000-7000-8000-000000000001"},
}


def graphql_schema() -> Any:
    """The schema as graphql-core has it."""
    return build_schema()._schema


def context_of(actor: Actor) -> Context:
    """The context of a request of this actor."""
    request = Request({"type": "http", "method": "POST", "path": "/graphql", "headers": [], "query_string": b""})
    return Context(request, actor.locale, known=actor)


async def answer_to(actor: Actor, text: str, variables: Mapping[str, Any] | None = None) -> str:
    """What leaves the house for an operation, as JSON text: data and errors."""
    result = await build_schema().execute(text, variable_values=dict(variables or {}), context_value=context_of(actor))
    told = {"data": result.data, "errors": [error.formatted for error in result.errors or ()]}
    return msgspec.json.encode(told, enc_hook=str).decode()


def selection(type_: Any, depth: int = DEPTH, within: tuple[str, ...] = (), of: str | None = None) -> str:
    """Every field of a type, with all that lies in it down to a depth; connections give their nodes.

    of: the one type of an interface or a union that is meant.
    """
    if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
        possible = [one for one in graphql_schema().get_possible_types(type_) if of in (None, one.name)]
        parts = [f"... on {one.name} {selection(one, depth, within)}" for one in possible if one.name not in within]
        return "{ __typename " + " ".join(parts) + " }"
    parts = ["__typename"]
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        needed = [argument for argument, one in field.args.items() if is_required_argument(one)]
        assert not needed, f"{type_.name}.{name} must be given {needed}: say here what a full selection gives it"
        if not isinstance(named, GraphQLObjectType | GraphQLUnionType | GraphQLInterfaceType):
            parts.append(name)
        elif depth > 0 and named.name not in within:
            page = "(first: 5)" if "first" in field.args else ""
            # A page's nodes are its edges' too.
            if not (name == "edges" and "nodes" in type_.fields):
                parts.append(f"{name}{page} {selection(named, depth - 1, (*within, named.name))}")
    return "{ " + " ".join(parts) + " }"


@dataclass(frozen=True)
class Argument:
    """Where a root field takes an id or a text: the argument, and the field within it for a filter."""

    root: str
    path: tuple[str, ...]
    type: str

    def variables(self, value: Any) -> dict[str, Any]:
        """The value in its place."""
        for name in reversed(self.path[1:]):
            value = {name: value}
        return {self.path[0]: value}


def arguments(root: GraphQLObjectType, *types: str) -> Iterator[Argument]:
    """Every argument of these scalar types that a root's fields take, also within their input objects."""
    for name, field in root.fields.items():
        for argument, definition in field.args.items():
            for path, scalar in _scalars(definition.type):
                if scalar in types:
                    yield Argument(name, (argument, *path), scalar)


def _scalars(type_: Any, within: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        if named.name not in within:
            for name, field in named.fields.items():
                for path, scalar in _scalars(field.type, (*within, named.name)):
                    yield (name, *path), scalar
    else:
        yield (), named.name


def document(root: str, name: str, given: Mapping[str, Any], depth: int = 2, of: str | None = None) -> str:
    """An operation that asks one root field with these arguments as variables, and for all that it answers.

    As deep as it may be without being refused for its size.
    """
    field = roots(root)[name]
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in given)
    passed = ", ".join(f"{argument}: ${argument}" for argument in given)
    named = get_named_type(field.type)
    wanted = "" if _is_leaf(named) else selection(named, depth, (named.name,), of)
    while len(wanted.split()) > MOST and depth > 0:
        depth -= 1
        wanted = selection(named, depth, (named.name,), of)
    return f"{root}{f'({declared})' if declared else ''} {{ {name}{f'({passed})' if passed else ''} {wanted} }}"


def roots(root: str) -> dict[str, GraphQLField]:
    """The fields of `query`, `mutation` or `subscription`."""
    fields: dict[str, GraphQLField] = getattr(graphql_schema(), f"{root}_type").fields
    return fields


def _is_leaf(named: Any) -> bool:
    return not isinstance(named, GraphQLObjectType | GraphQLUnionType | GraphQLInterfaceType)


def required(root: str, name: str) -> dict[str, Any]:
    """Sample values of the arguments that a root field must have, and the size of a page."""
    args = roots(root)[name].args
    page = {"first": 30} if "first" in args else {}
    return page | {name: sample(one.type) for name, one in args.items() if is_required_argument(one)}


def sample(type_: Any) -> Any:
    """A value of an input type."""
    if isinstance(type_, GraphQLNonNull):
        return sample(type_.of_type)
    if isinstance(type_, GraphQLList):
        return [sample(type_.of_type)]
    if isinstance(type_, GraphQLInputObjectType):
        return {name: sample(field.type) for name, field in type_.fields.items() if _wanted(field.type)}
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    return SAMPLES.get(type_.name, {})


def _wanted(type_: Any) -> bool:
    return isinstance(type_, GraphQLNonNull) or get_named_type(type_).name == "ID"


def as_graphql(value: Any, type_: Any) -> Any:
    """A command's input as GraphQL takes it: names in camel case, words as the names of their enums."""
    if isinstance(type_, GraphQLNonNull):
        return as_graphql(value, type_.of_type)
    if isinstance(type_, GraphQLList):
        return [as_graphql(item, type_.of_type) for item in value]
    if isinstance(type_, GraphQLInputObjectType):
        return {camel(name): as_graphql(item, type_.fields[camel(name)].type) for name, item in value.items()}
    if isinstance(type_, GraphQLEnumType):
        return next(name for name, one in type_.values.items() if getattr(one.value, "value", one.value) == value)
    return value


def camel(name: str) -> str:
    """A name as GraphQL writes it."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
