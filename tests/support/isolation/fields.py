"""GraphQL's fields and their permissions: what the reviewed matrix promises, and mutants of what the compiler asks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, get_named_type, get_variable_values, is_leaf_type, is_required_argument, parse

from mendline_schema.checks.facts import facts
from mendline_schema.checks.matrix import matrix
from mendline_schema.reads.binding import Bindings, Field, Type
from mendline_schema.reads.plan import Planner
from mendline_schema.reads.refusals import Refusal
from mendline_schema.reads.sql import Writer
from mendline_schema.schema import build_schema
from mendline_tenants import MASKS, PERMISSIONS
from support.isolation.hunt import BEHAVIOUR, DECLARED, NOTHING, Caught
from support.isolation.mutants import Mutant

MATRIX = Path(__file__).parents[3] / "schema" / "access.txt"
_LINE = re.compile(r"(\w+)\.(\w+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+)(?: +(\w+): \w+)?")


@dataclass(frozen=True)
class Promise:
    """One line of the matrix: the permission that a field needs, and the kind of text it is where it is masked."""

    permission: str
    mask: str | None


@cache
def promises() -> dict[tuple[str, str], Promise]:
    """(type, field) -> what the committed matrix says of it."""
    found = {}
    for line in MATRIX.read_text().splitlines():
        if match := _LINE.match(line):
            found[match[1], match[2]] = Promise(match[4], match[9])
    return found


def bindings() -> Bindings:
    """Those that the process compiles with."""
    bound: Bindings = build_schema().execution_context_class.statements.bindings  # type: ignore[attr-defined]
    return bound


def field_findings(bound: Type, field: Field) -> list[str]:
    """In words, where a field is answered without what the matrix asks for, or refused with it."""
    promise = promises().get((bound.name, field.name))
    definition = bindings().schema.type_map[bound.name]
    assert isinstance(definition, GraphQLObjectType)
    if promise is None:
        return [f"{bound.name}.{field.name} is not in the matrix"]
    if any(map(is_required_argument, definition.fields[field.name].args.values())):
        return []
    found = []
    everything = frozenset(PERMISSIONS)
    writer = _compiled(definition, field, everything)
    if _refused(writer, bound, field):
        found.append(f"{bound.name}.{field.name} is refused to who may everything")
    if promise.permission in PERMISSIONS and promise.permission != bound.over.needs:
        without = _compiled(definition, field, everything - {promise.permission})
        if not _refused(without, bound, field):
            found.append(f"{bound.name}.{field.name} is answered without {promise.permission}")
    if promise.mask is not None:
        mask = MASKS[promise.mask]  # type: ignore[index]
        if mask.function not in _compiled(definition, field, everything - {f"read.{mask.group}"}).text:
            found.append(f"{bound.name}.{field.name} is shown unmasked to who may not read {mask.group}")
        # A worklist is masked for its viewer when it is put, a part by the row it lies in; others at each read.
        if bound.over.table not in (None, "worklist") and mask.function not in writer.text:
            found.append(f"{bound.name}.{field.name} crosses borders unmasked")
    return found


@dataclass
class _Compiled:
    """A field's SQL and what of it was refused."""

    text: str
    refusals: list[Any]


def _compiled(definition: GraphQLObjectType, field: Field, permissions: frozenset[str]) -> _Compiled:
    inner = "" if is_leaf_type(get_named_type(field.definition.type)) else " { __typename }"
    operation: Any = parse(f"{{ {field.name}{inner} }}").definitions[0]
    schema = bindings().schema
    variables: Any = get_variable_values(schema, (), {})
    wanted = Planner(schema, {}, variables).fields(definition, [operation.selection_set])
    writer = Writer(bindings(), permissions, {})
    writer.recorder.enter(field, wanted[0])  # as if it were a root, so that it may be of a row
    with writer.recorder.within("t0"):
        text = writer.object(definition.name, "t0", wanted)
    return _Compiled(text, list(writer.refusals))


def _refused(compiled: _Compiled, bound: Type, field: Field) -> bool:
    named = f"{bound.name}.{field.name}"
    return any(isinstance(one, Refusal) and one.field == named for one in compiled.refusals)


@dataclass(frozen=True)
class FieldMutant:
    """A field as it would be without one of its protections."""

    mutant: Mutant
    type: Type
    instead: Field


def field_mutants() -> Iterator[FieldMutant]:
    """Each permission that a field asks for, each mask and each field group taken away."""
    for bound in bindings().types.values():
        for field in bound.fields.values():
            name = f"{bound.name}.{field.name}"
            if field.needs is not None:
                label = Mutant("GraphQL permission", f"{name}: asks for no {field.needs}", "")
                yield FieldMutant(label, bound, replace(field, needs=None))
            if getattr(field.read, "mask", None) is not None:
                label = Mutant("GraphQL mask", f"{name}: not masked", "")
                yield FieldMutant(label, bound, replace(field, read=replace(field.read, mask=None)))
            if field.group not in ("progress", "own", "holder", "found", "answer"):
                label = Mutant("GraphQL field group", f"{name}: counts as progress, not {field.group}", "")
                yield FieldMutant(label, bound, replace(field, group="progress"))


def hunt_fields(mutants: Iterable[FieldMutant]) -> list[Caught]:
    """What became of each: caught by what is compiled, by the reviewed matrix alone, or by nothing."""
    return [_one(mutant) for mutant in mutants]


def _one(mutant: FieldMutant) -> Caught:
    fields: Any = mutant.type.fields
    before = fields[mutant.instead.name]
    fields[mutant.instead.name] = mutant.instead
    try:
        if found := field_findings(mutant.type, mutant.instead):
            return Caught(mutant.mutant, BEHAVIOUR, found[0])
        schema = build_schema()
        calls = schema.execution_context_class.calls  # type: ignore[attr-defined]
        if matrix(facts(schema._schema, bindings(), calls)) != MATRIX.read_text():
            return Caught(mutant.mutant, DECLARED, "schema/access.txt says otherwise")
        return Caught(mutant.mutant, NOTHING, "")
    finally:
        fields[mutant.instead.name] = before
