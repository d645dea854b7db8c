"""Conditions: which rows of another table a field leads to, from its declaration, its arguments and its filter."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from graphql import GraphQLInputObjectType, get_named_type

from mendline.kernel import NIL, DomainError, require_storable
from mendline_schema.declarations.connections import LARGEST_PAGE
from mendline_schema.declarations.fields import VIEWER, Relation, Where
from mendline_schema.declarations.filters import nth_among, opaque_id
from mendline_schema.reads.binding import Field, filter_conditions
from mendline_schema.reads.plan import Selected
from mendline_schema.reads.values import MERGED, Components, Inputs, Parameters, Reader, Unreadable
from mendline_schema.reads.variables import variable_in


class Ids(NamedTuple):
    """Opaque ids taken apart: kinds, tenants and ids side by side. What is no id has the kind "" and finds nothing."""

    kinds: list[str]
    tenants: list[UUID]
    ids: list[UUID]


def _taken_apart(texts: list[str]) -> Ids:
    if len(texts) > LARGEST_PAGE:
        raise DomainError("page_too_large", asked=len(texts), limit=LARGEST_PAGE)
    read = [(text[:2], opaque_id(None)(text)) for text in texts]
    named = [(kind, *reference) if reference else ("", NIL, NIL) for kind, reference in read]
    return Ids(*(list(part) for part in zip(*named, strict=True))) if named else Ids([], [], [])


EVERY_ID = Where(
    "unnest({value.kinds}::text[], {value.tenants}::uuid[], {value.ids}::uuid[])"
    " WITH ORDINALITY AS {o}(kind, tenant, id, n)",
    _taken_apart,
)
"""Opaque ids of any kind, as rows in the order in which they were given."""


class Conditions:
    """Writes conditions into one statement, their values as its parameters."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._scope = parameters.scope()

    def fill(self, template: str, **words: Any) -> str:
        """An SQL template with the words that every expression may use."""
        return template.format_map({**self._scope, **words})

    def each_of(
        self, field: Field, read: Relation, this: str, other: str, selected: Selected, ordered: Callable[[str], bool]
    ) -> list[str]:
        """`of` in parts, every row in one of them: a part for each word of a list that a column is among.

        ordered: whether an index gives the page's order for each word of that column; only then parts are of use.
        """
        for name, value in (selected.arguments.get("filter") or {}).items():
            where = _filters(field)[name]
            if where.compares == "any" and value and 1 < len(value) <= MERGED and ordered(str(where.column)):
                places = range(1, len(value) + 1)
                return [self.of(field, read, this, other, selected, (name, place)) for place in places]
        return [self.of(field, read, this, other, selected)]

    def of(
        self,
        field: Field,
        read: Relation,
        this: str,
        other: str,
        selected: Selected,
        part: tuple[str, int] | None = None,
    ) -> str:
        """What binds rows under the alias `other` to the row under `this`, and to what was asked.

        part: a filter that is a list, and which of its words is meant alone. Raises DomainError invalid_input when a
        field that looks something up was given nothing to look for.
        """
        found = []
        if read.tenant == VIEWER:
            found.append(self.fill("{o}.tenant_id = {organisation}", o=other))
        elif read.tenant is not None:
            found.append(f'{other}.tenant_id = {this}."{read.tenant}"')
        found += [f'{other}."{theirs}" = {this}."{ours}"' for theirs, ours in read.on.items()]
        if read.where:
            found.append(f"({self.fill(read.where, o=other, t=this)})")
        asked = [name for name in read.arguments if selected.arguments.get(name) is not None]
        if read.required and not asked:
            raise DomainError("invalid_input", field=", ".join(read.arguments), problem="give_one")
        found += [self.given(field, selected, read.arguments[name], (name,), other) for name in asked]
        found += self._filtered(field, selected, other, part)
        return " AND ".join(found) or "true"

    def given(self, field: Field, selected: Selected, where: Where, path: tuple[str, ...], other: str) -> str:
        """The condition of one argument (or of a field within it)."""
        read = self.reader(field, selected, path, where.parse)
        key: Hashable = (id(selected.node), path)
        value = Components(self._parameters, key, (lambda inputs: inputs.once(key, read)) if where.parse else read)
        return self.fill(where.sql, o=other, value=value)

    def reader(
        self, field: Field, selected: Selected, path: tuple[str, ...], parse: Callable[[Any], Any] | None = None
    ) -> Reader:
        """Reads an argument anew from each request's variables; it raises Unreadable for what is no value."""
        definition, node = field.definition, selected.node
        variable, below = variable_in(node, path) or (None, ())

        def read(inputs: Inputs) -> Any:
            given = inputs.variables.coerced.get(variable) if variable else None
            if given is None:  # no variable, or its default
                given = inputs.argument(definition, node, path)
            else:
                for name in below:
                    given = given.get(name) if given is not None else None
            try:
                value = given if parse is None else parse(given)
                require_storable(value, ".".join(path))
                return value
            except DomainError as cause:
                raise Unreadable({id(node): cause}) from None

        return read

    def _filtered(self, field: Field, selected: Selected, other: str, part: tuple[str, int] | None) -> list[str]:
        asked: Mapping[str, Any] = selected.arguments.get("filter") or {}
        found = []
        for name, value in asked.items():
            if value is not None:
                where = _filters(field)[name]
                where = nth_among(where, part[1]) if part and part[0] == name else _sharpened(where, value)
                found.append(self.given(field, selected, where, ("filter", name), other))
        return found


def _filters(field: Field) -> dict[str, Where]:
    filter_type = get_named_type(field.definition.args["filter"].type)
    assert isinstance(filter_type, GraphQLInputObjectType)
    return filter_conditions(filter_type)


def _sharpened(where: Where, value: Any) -> Where:
    return replace(where, sql=where.one) if where.one and isinstance(value, list) and len(value) == 1 else where
