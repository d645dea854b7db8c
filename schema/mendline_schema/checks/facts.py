"""Facts: of every field of the schema its group and its permission; a field without them stops the process's start."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from mendline_schema.changes import Changes
from mendline_schema.declarations.calls import Call
from mendline_schema.declarations.connections import Connection, Edge, PageInfo
from mendline_schema.declarations.fields import Column
from mendline_schema.declarations.groups import ANSWER
from mendline_schema.reads.binding import Bindings, Field
from mendline_tenants import Masked

PLUMBING = (Connection, Edge, PageInfo, Changes)
"""Types that carry pages: what they show is shown by the field that leads to them."""


class Fact(NamedTuple):
    """One field. group: a field group, or a word of `groups`. permission: a name of PERMISSIONS, or a word.

    row: the permission of the row that the field lies in, which its reader needs too. mask: what kind of text it is,
    where that is masked for who does not hold the kind's own group.
    """

    type: str
    field: str
    group: str
    permission: str
    row: str | None = None
    mask: Masked | None = None


def facts(schema: GraphQLSchema, bindings: Bindings, calls: Mapping[str, Call]) -> list[Fact]:
    """Every field that a client can ask for, in the order of the schema's types, introspection and pages apart.

    Raises TypeError, in words, for a field of which neither a table nor a command says who may read it.
    """
    found: list[Fact] = []
    answers = set(_answers(schema.mutation_type)) if schema.mutation_type else set()
    for name, definition in schema.type_map.items():
        if not isinstance(definition, GraphQLObjectType) or name.startswith("__") or _is_plumbing(definition):
            continue
        bound = bindings.types[name].fields if name in bindings.types else {}
        for field in definition.fields:
            if field in bound:
                found.append(_read(bound[field], bindings.types[name].over.needs))
            elif definition is schema.mutation_type:
                found.append(Fact(name, field, ANSWER, calls[field].needs))
            elif name in answers:
                found.append(Fact(name, field, ANSWER, ANSWER))
            else:
                raise TypeError(f"{name}.{field} names neither field group nor permission: lay it over a table")
    return found


def _read(field: Field, row: str | None) -> Fact:
    mask = field.read.mask if isinstance(field.read, Column) else None
    return Fact(field.owner, field.name, field.group, field.permission, row, mask)


def _answers(mutations: GraphQLObjectType) -> Iterator[str]:
    """The types of what commands answer, those within them included."""
    waiting = [get_named_type(definition.type) for definition in mutations.fields.values()]
    seen: set[str] = set()
    while waiting:
        answer = waiting.pop()
        if not isinstance(answer, GraphQLObjectType) or answer.name in seen or "__over__" in _declared(answer):
            continue
        seen.add(answer.name)
        waiting += [get_named_type(definition.type) for definition in answer.fields.values()]
        yield answer.name


def _declared(definition: GraphQLObjectType) -> Mapping[str, object]:
    declared = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return vars(declared.origin) if declared else {}


def _is_plumbing(definition: GraphQLObjectType) -> bool:
    declared = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return declared is not None and issubclass(declared.origin, PLUMBING)
