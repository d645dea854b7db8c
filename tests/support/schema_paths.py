"""Paths through the schema: for every type a document that asks for its fields, and which fields lie before it."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from mendline.kernel import NIL, opaque
from mendline_schema.reads.binding import Bindings

SAMPLES = {
    "Int": "1",
    "MinorUnits": "1",
    "Float": "1",
    "Boolean": "true",
    "DateTime": '"2026-01-01T00:00:00Z"',
    "Date": '"2026-01-01"',
}


@dataclass(frozen=True)
class Path:
    """The way to a type: the keys in the answer, the text before and after its selection, the fields passed."""

    type: str
    keys: tuple[str, ...]
    before: str
    after: str
    passed: tuple[tuple[str, str], ...]

    def document(self, selection: str) -> str:
        """A query that asks for this selection at the end of the path."""
        return f"{{ {self.before} {{ {selection} }} {self.after} }}"


def paths(schema: GraphQLSchema, bindings: Bindings, ids: dict[str, str]) -> dict[str, Path]:
    """The shortest path from the query's root to every type that it can reach. ids: an opaque id by kind or field."""
    assert schema.query_type is not None
    root = Path("Query", (), "", "", ())
    found: dict[str, Path] = {}
    waiting = [root]
    for kind, bound in bindings.kinds.items():
        given = ids.get(kind, opaque(kind, NIL, NIL))
        before = f'node(id: "{given}") {{ ... on {bound.name}'
        waiting.append(Path(bound.name, ("node",), before, "}", (("Query", "node"),)))
    while waiting:
        path = waiting.pop(0)
        if path.type in found:
            continue
        found[path.type] = path
        definition = schema.type_map[path.type]
        assert isinstance(definition, GraphQLObjectType)
        waiting += _further(path, definition, bindings, ids)
    return found


def _further(path: Path, type_: GraphQLObjectType, bindings: Bindings, ids: dict[str, str]) -> Iterator[Path]:
    for name, field in type_.fields.items():
        bound = bindings.find(type_.name, name)
        if bound is not None and not path.before:
            passed = (*path.passed, (type_.name, name))
            for member in bound.members:
                yield Path(member, (name, "nodes"), f"{name} {{ nodes {{ ... on {member}", "} }", passed)
        if bound is None or bound.target is None or bound.members:
            continue
        text = f"{name}{arguments(name, field, ids)}"
        keys: tuple[str, ...] = (*path.keys, name)
        after = path.after
        if get_named_type(field.type).name.endswith("Connection"):
            text, keys, after = f"{text} {{ nodes", (*keys, "nodes"), f"}} {after}"
        before = f"{path.before} {{ {text}" if path.before else text
        after = f"}} {after}" if path.before else after
        yield Path(bound.target, keys, before, after, (*path.passed, (type_.name, name)))


def arguments(name: str, field: GraphQLField, ids: dict[str, str]) -> str:
    """The arguments without which a field is not answered."""
    if "id" in field.args:
        return f'(id: "{ids.get(name, "xx_none")}")'
    needed = [f"{key}: {sample(argument)}" for key, argument in field.args.items() if is_non_null_type(argument.type)]
    return f"({', '.join(needed)})" if needed else ""


def sample(argument: GraphQLArgument) -> str:
    """Some value of the right type; whether it means anything is another matter."""
    return _sample(argument.type)


def _sample(type_: object) -> str:
    if is_non_null_type(type_):
        return _sample(type_.of_type)
    if is_list_type(type_):
        return f"[{_sample(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        needed = {name: field for name, field in type_.fields.items() if is_non_null_type(field.type)}
        return "{" + ", ".join(f"{name}: {_sample(field.type)}" for name, field in needed.items()) + "}"
    return SAMPLES.get(str(type_), '"x"')


def asked(field: GraphQLField, name: str, ids: dict[str, str]) -> str:
    """The text that asks for a field, with the least selection that it needs."""
    leaf = is_leaf_type(get_named_type(field.type))
    return f"{name}{arguments(name, field, ids)}" + ("" if leaf else " { __typename }")
