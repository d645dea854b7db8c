"""Binding: which GraphQL type lies over which table, and what each of its fields is there, checked at the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from mendline.kernel import TABLES, Kind
from mendline_schema.declarations.fields import READ, Column, Feed, Itself, Over, Part, Read, Relation
from mendline_schema.declarations.groups import HOLDER, KNOWN, group_of_table
from mendline_tenants import PERMISSIONS

_DECLARED = GraphQLCoreConverter.DEFINITION_BACKREF


@dataclass(frozen=True)
class Field:
    """A field as the compiler sees it.

    target: the name of the object type it leads to. members: of a feed, the types of its changes. group: its field
    group. permission: what its reader needs, a name of PERMISSIONS or a word of `groups`. needs: that permission where
    the row it lies in has not asked for it already.
    """

    name: str
    python_name: str
    owner: str
    read: Read
    definition: GraphQLField
    target: str | None
    scalar: str
    group: str
    permission: str
    needs: str | None
    is_enum: bool
    is_list: bool
    members: tuple[str, ...] = ()

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
        declared = {
            name: (definition, _over(definition) or _ROOT)
            for name, definition in schema.type_map.items()
            if isinstance(definition, GraphQLObjectType)
        }
        for name, (_, over) in declared.items():
            _check_type(name, over)
        for name, (definition, over) in declared.items():
            if fields := _declared(definition):
                self.types[name] = Type(name, over, {f: self._field(name, over, f, d) for f, d in fields.items()})
        self.kinds = {bound.over.kind: bound for bound in self.types.values() if bound.over.kind}
        for bound in self.types.values():
            _check_fields(bound)

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
        led = reached if reached and reached.table is not None else _ROOT
        where = f"{owner}.{name}"
        permission = read.needs or led.needs or over.needs
        if permission is None:
            raise TypeError(f"{where} names no permission, so nobody may read it: say needs=…")
        group = read.group or _group(led) or (None if _is_mixed(over, read) else _group(over))
        if group is None:
            raise TypeError(f"{where} names no field group: say group=…")
        asked = read.needs or (led.needs if led.needs != over.needs else None)
        return Field(
            name=name,
            python_name=declared.python_name,
            owner=owner,
            read=read,
            definition=definition,
            target=target,
            scalar=named.name,
            group=group,
            permission=permission,
            needs=None if asked == KNOWN else asked,
            is_enum=isinstance(named, GraphQLEnumType),
            is_list=_is_list(definition),
            members=self._members(named) if isinstance(read, Feed) else (),
        )

    def _members(self, feed: Any) -> tuple[str, ...]:
        change = get_named_type(feed.fields["nodes"].type)
        assert isinstance(change, GraphQLInterfaceType)
        return tuple(sorted(member.name for member in self.schema.get_possible_types(change)))


def filter_conditions(definition: GraphQLInputObjectType) -> dict[str, Any]:
    """The condition that each field of a filter input adds, by its GraphQL name."""
    return {name: field.extensions[_DECLARED].metadata[READ] for name, field in definition.fields.items()}


_ROOT = Over(None, None)


def _group(over: Over) -> str | None:
    return over.group or (group_of_table(over.table) if over.table in TABLES else None)


def _is_mixed(over: Over, read: Read) -> bool:
    """Whether nothing settles the group of this expression: a worklist's card is made of several groups."""
    mixed = over.table in TABLES and TABLES[over.table].kind is Kind.WORKLIST
    return mixed and isinstance(read, Column | Part) and read.sql is not None


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


def _check_type(name: str, over: Over) -> None:
    """Raises TypeError, in words, for a type that could not work or would be readable by everyone."""
    if over.table is None:
        return
    if over.table not in TABLES:
        raise TypeError(f"{name} lies over {over.table}, which no domain declares")
    if over.needs is None:
        raise TypeError(f"{name} names no permission, so nobody may read it: say over({over.table!r}, needs=…)")
    if _group(over) is None:
        raise TypeError(f"{name} names no field group: say over({over.table!r}, group=…)")


def _check_fields(bound: Type) -> None:
    """Raises TypeError, in words, for a field that could not work or would be readable by everyone."""
    table = bound.over.table
    for field in bound.fields.values():
        where = f"{bound.name}.{field.name}"
        plain = isinstance(field.read, Column | Part) and field.read.sql is None
        if plain and table is not None and field.python_name not in TABLES[table].columns:
            raise TypeError(f"{where} names no column of {table}; an expression is column('…')")
        if field.permission not in PERMISSIONS and field.permission not in (HOLDER, KNOWN):
            raise TypeError(f"{where} needs {field.permission}, which is no permission")
        if field.needs is not None and is_non_null_type(field.definition.type):
            raise TypeError(f"{where} may be withheld ({field.needs}), so its type must be nullable")
        if field.target is None and isinstance(field.read, Itself | Part):
            raise TypeError(f"{where} must lead to an object type")
