"""Conditions: which rows of another table a field leads to, from its declaration, its arguments and its filter."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from graphql import GraphQLInputObjectType, get_named_type

from mendline.kernel import DomainError, Reference, parse_opaque
from mendline_schema.binding import Field, filter_conditions
from mendline_schema.fields import VIEWER, Relation, Where
from mendline_schema.plan import Selected
from mendline_schema.values import Components, Inputs, Parameters, Reader


def opaque_id(kind: str) -> Callable[[str], Reference | None]:
    """Reads an opaque id of this kind; None for anything else, so that it finds nothing, as a foreign one would."""

    def parse(text: str) -> Reference | None:
        try:
            return parse_opaque(kind, text)
        except DomainError:
            return None

    return parse


def by_id(kind: str) -> Where:
    """The row that an opaque id of this kind names."""
    return Where("{o}.tenant_id = {value.tenant} AND {o}.id = {value.id}", opaque_id(kind))


class Conditions:
    """Writes conditions into one statement, their values as its parameters."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._scope = parameters.scope()

    def fill(self, template: str, **words: Any) -> str:
        """An SQL template with the words that every expression may use."""
        return template.format_map({**self._scope, **words})

    def of(self, field: Field, read: Relation, this: str, other: str, selected: Selected) -> str:
        """What binds rows under the alias `other` to the row under `this`, and to what was asked.

        Raises DomainError invalid_input when a field that looks something up was given nothing to look for.
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
        found += self._filtered(field, selected, other)
        return " AND ".join(found) or "true"

    def given(self, field: Field, selected: Selected, where: Where, path: tuple[str, ...], other: str) -> str:
        """The condition of one argument (or of a field within it)."""
        read = self.reader(field, selected, path)
        parse = where.parse
        key: Hashable = (id(selected.node), path)
        value = Components(self._parameters, key, (lambda inputs: inputs.parsed(key, parse, read)) if parse else read)
        return self.fill(where.sql, o=other, value=value)

    def reader(self, field: Field, selected: Selected, path: tuple[str, ...]) -> Reader:
        """Reads an argument anew from each request's variables."""
        definition, node = field.definition, selected.node

        def read(inputs: Inputs) -> Any:
            return inputs.argument(definition, node, path)

        return read

    def _filtered(self, field: Field, selected: Selected, other: str) -> list[str]:
        asked: Mapping[str, Any] | None = selected.arguments.get("filter")
        if not asked:
            return []
        filter_type = get_named_type(field.definition.args["filter"].type)
        assert isinstance(filter_type, GraphQLInputObjectType)
        conditions = filter_conditions(filter_type)
        return [
            self.given(field, selected, _sharpened(conditions[name], value), ("filter", name), other)
            for name, value in asked.items()
            if value is not None
        ]


def _sharpened(where: Where, value: Any) -> Where:
    """A list of one becomes plain equality: only then can the index also give the order."""
    if isinstance(value, list) and len(value) == 1:
        return Where(where.sql.replace("= ANY ({value}::text[])", "= ({value}::text[])[1]"), where.parse)
    return where
