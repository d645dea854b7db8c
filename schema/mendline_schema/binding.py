"""Binding: which GraphQL type lies over which table, and what each of its fields is there, checked at the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from mendline.kernel import TABLES
from mendline_schema.fields import READ, Column, Itself, Over, Part, Read, Relation
from mendline_tenants import PERMISSIONS

_DECLARED = GraphQLCoreConverter.DEFINITION_BACKREF


@dataclass(frozen=True)
class Field:
    """A field as the compiler sees it.

    target: the name of the object type it leads to. needs: the permission beyond that of the row it lies in.
    """

    name: str
    python_name: str
    owner: str
    read: Read
    definition: GraphQLField
    target: str | None
    scalar: str
    needs: str | None
    is_enum: bool
    is_list: bool

    @property
    def is_text(self) -> bool:
        """Whether its value is text, also where a JSON value holds a number or a truth value."""
        return self.is_enum or (self.target is None and not self.is_list and self.scalar in ("String", "ID"))


@dataclass(frozen=True)
class Type:
    """A GraphQL type over a table, or over a JSON value (table None)."""

    name: str
    over: Over
    fields: Mapping[str, Field]


class Bindings:
    """Every bound type by its name, and by the prefix of its opaque ids."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.types: dict[str, Type] = {}
        for name, definition in schema.type_map.items():
            if isinstance(definition, GraphQLObjectType) and (fields := _declared(definition)):
                over = _over(definition) or Over(None, None)
                self.types[name] = Type(name, over, {f: self._field(name, over, f, d) for f, d in fields.items()})
        self.kinds = {bound.over.kind: bound for bound in self.types.values() if bound.over.kind}
        for bound in self.types.values():
            _check(bound)

    def find(self, type_name: str, field_name: str) -> Field | None:
        """The bound field, or None where the ordinary executor resolves it."""
        bound = self.types.get(type_name)
        return bound.fields.get(field_name) if bound else None

    def _field(self, owner: str, over: Over, name: str, definition: GraphQLField) -> Field:
        declared = definition.extensions[_DECLARED]
        read = declared.metadata.get(READ)
        if read is None and name == "id" and over.kind:
            read = Column(f"opaque('{over.kind}', {{t}}.tenant_id, {{t}}.id)")
        if read is None:
            raise TypeError(f"{owner}.{name} says nothing of where it is read from: give it column(), one(), many() …")
        named = get_named_type(definition.type)
        if isinstance(read, Relation) and read.many == "connection":
            assert isinstance(named, GraphQLObjectType)
            named = get_named_type(named.fields["nodes"].type)
        target = named.name if isinstance(named, GraphQLObjectType) else None
        reached = _over(named) if isinstance(named, GraphQLObjectType) else None
        return Field(
            name=name,
            python_name=declared.python_name,
            owner=owner,
            read=read,
            definition=definition,
            target=target,
            scalar=named.name,
            needs=read.needs or (reached.needs if reached and reached.needs != over.needs else None),
            is_enum=isinstance(named, GraphQLEnumType),
            is_list=_is_list(definition),
        )


def filter_conditions(definition: GraphQLInputObjectType) -> dict[str, Any]:
    """The condition that each field of a filter input adds, by its GraphQL name."""
    return {name: field.extensions[_DECLARED].metadata[READ] for name, field in definition.fields.items()}


def _over(definition: GraphQLObjectType) -> Over | None:
    declared = definition.extensions.get(_DECLARED)
    return getattr(declared.origin, "__over__", None) if declared else None


def _declared(definition: GraphQLObjectType) -> dict[str, GraphQLField]:
    """All fields of a type over a table; of any other (a mutation's payload) those that say where they are read."""
    fields: dict[str, GraphQLField] = definition.fields
    if _over(definition) is not None:
        return fields
    return {name: field for name, field in fields.items() if READ in _metadata(field)}


def _metadata(field: GraphQLField) -> Mapping[Any, Any]:
    declared = field.extensions.get(_DECLARED)
    return declared.metadata if declared else {}


def _is_list(definition: GraphQLField) -> bool:
    inner = definition.type.of_type if is_non_null_type(definition.type) else definition.type
    return is_list_type(inner)


def _check(bound: Type) -> None:
    """Raises TypeError, in words, for a declaration that could not work or would be readable by everyone."""
    table = bound.over.table
    if table is not None and table not in TABLES:
        raise TypeError(f"{bound.name} lies over {table}, which no domain declares")
    if table is not None and bound.over.needs is None:
        raise TypeError(f"{bound.name} names no permission, so nobody may read it: say over({table!r}, needs=…)")
    for field in bound.fields.values():
        where = f"{bound.name}.{field.name}"
        plain = isinstance(field.read, Column | Part) and field.read.sql is None
        if plain and table is not None and field.python_name not in TABLES[table].columns:
            raise TypeError(f"{where} names no column of {table}; an expression is column('…')")
        if field.needs is not None and field.needs not in PERMISSIONS:
            raise TypeError(f"{where} needs {field.needs}, which is no permission")
        if field.needs is not None and is_non_null_type(field.definition.type):
            raise TypeError(f"{where} may be withheld ({field.needs}), so its type must be nullable")
        if field.target is None and isinstance(field.read, Itself | Part):
            raise TypeError(f"{where} must lead to an object type")
