"""Equivalence: whether a compiled answer is what graphql-core's own executor answers to the same operation."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    get_named_type,
    parse,
    validate,
    visit,
)
from graphql.language import Visitor

from mendline.kernel import frozen, now
from mendline_schema.context import Context
from mendline_schema.schema import build_schema
from mendline_tenants import Actor
from support.documents import Author, Material, Operation
from support.reference import Reference, code_of, plain_schema
from support.reference_rows import Rows
from support.shrinking import shrink

TOO_LARGE = {"too_many_nodes", "document_too_large", "answer_too_large", "too_many_finished"}
"""Refused whole; graphql-core knows no such limit."""

SIGNATURE = re.compile(r'(https?://[^"?]+)\?[^"]*')
"""Signed URLs differ by the second in which they were made."""

Errors = set[tuple[tuple[str, ...], str]]


async def difference(actor: Actor, operation: Operation, rows: Rows) -> str | None:
    """What differs between the two answers in data or errors (by path and code); None when nothing does.

    A field that the actor may not read is one error of ours, whatever the number of rows, also of none: where the
    executor has several (one a row) they count as one, and where no row came ours is no difference.
    Raises TooLarge for an operation that our limits refuse. Both answer at one moment: a clock shows what is used now.
    """
    with frozen(now()):
        return await _difference(actor, operation, rows)


async def _difference(actor: Actor, operation: Operation, rows: Rows) -> str | None:
    ours = await compiled(actor, operation)
    errors = ours.errors or []
    if {(error.extensions or {}).get("code") for error in errors} & TOO_LARGE:
        raise TooLarge
    theirs = await Reference(actor, rows).execute(operation.document, operation.variables, operation.name)
    our_data, their_data = _comparable(ours.data), _comparable(theirs.data)
    if our_data != their_data:
        return f"data differs at {_first_difference(our_data, their_data)}"
    found = {(tuple(error.path or ()), str((error.extensions or {})["code"])) for error in errors}
    if len({(tuple(error.path or ()), error.message) for error in errors}) != len(errors):
        return f"an error is told twice: {[(error.path, error.message) for error in errors]}"
    expected = {(_fields_of(error.path), code_of(error)) for error in theirs.errors or ()}
    if expected - found:
        return f"errors are missing: {expected - found}, there are {found}"
    if extra := {one for one in found - expected if _answered(ours.data, one[0])}:  # type: ignore[arg-type]
        return f"errors too many: {extra}; expected {expected}"
    return None


class TooLarge(Exception):
    """The operation asks for more than the limits allow."""


async def compiled(actor: Actor, operation: Operation) -> ExecutionResult:
    """The house's answer, without HTTP."""
    context = Context(None, actor.locale, known=actor)  # type: ignore[arg-type]
    result: Any = await build_schema().execute(
        operation.document,
        variable_values=operation.variables,
        context_value=context,
        operation_name=operation.name,
    )
    return result  # type: ignore[no-any-return]


def _comparable(data: Any) -> Any:
    """The answer with the order of its fields, as lists of pairs."""
    if data is None:
        return None
    text = msgspec.json.encode(data).decode()
    return json.loads(SIGNATURE.sub(r"\1", text), object_pairs_hook=list)


def _fields_of(path: Any) -> tuple[str, ...]:
    return tuple(key for key in path or () if isinstance(key, str))


def _answered(data: Any, path: tuple[str, ...]) -> bool:
    """Whether an object in the answer has the field that an error speaks of."""
    value = json.loads(msgspec.json.encode(data)) if data is not None else None
    return any(path[-1] in found for found in _objects(value, path[:-1])) if path else True


def _objects(value: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, path)
    elif isinstance(value, dict):
        if not path:
            yield value
        elif path[0] in value:
            yield from _objects(value[path[0]], path[1:])


def _first_difference(one: Any, other: Any, path: str = "data") -> str:
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for n, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                step = (
                    f"{path}.{left[0]}"
                    if isinstance(left, list) and left and isinstance(left[0], str)
                    else f"{path}[{n}]"
                )
                return _first_difference(left, right, step)
    return f"{path}: ours {str(one)[:300]} theirs {str(other)[:300]}"


@dataclass(frozen=True)
class Fault:
    """An operation that is answered differently, made as small as it can be."""

    seed: int
    actor: Actor
    operation: Operation
    difference: str

    def __str__(self) -> str:
        who = f"{'/'.join(self.actor.roles)} in {self.actor.locale}"
        variables = json.dumps(self.operation.variables, ensure_ascii=False)
        return f"seed {self.seed} as {who}: {self.difference}\n{self.operation.document}\nvariables: {variables}"


class _Asked(Visitor):
    """Notes the type and the name of each field that a document asks for."""

    def __init__(self, types: TypeInfo, found: set[tuple[str, str]]) -> None:
        super().__init__()
        self._types = types
        self._found = found

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        if parent is not None and node.name.value != "__typename":
            self._found.add((parent.name, node.name.value))


def readable() -> set[tuple[str, str]]:
    """Every field that a query can ask for, by its type and name."""
    schema = plain_schema()
    waiting, seen, found = [schema.query_type], set(), set()
    while waiting:
        type_ = waiting.pop()
        if type_ is None or type_.name in seen:
            continue
        seen.add(type_.name)
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            waiting += schema.get_possible_types(type_)
        for name, definition in getattr(type_, "fields", {}).items():
            found.add((type_.name, name))
            named = get_named_type(definition.type)
            if isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
                waiting.append(named)
    return found


class Hunt:
    """Compares random operations, one for each seed, by each actor in turn; counts what came of them."""

    def __init__(self, actors: list[Actor], rows: Rows, stuff: Material) -> None:
        self.counts: Counter[str] = Counter()
        self.fields: set[tuple[str, str]] = set()
        self._actors = actors
        self._rows = rows
        self._material = stuff

    async def compare(self, seed: int) -> Fault | None:
        """Compares the operation of a seed. An invalid or too large one is counted, and is no fault."""
        schema = plain_schema()
        operation = Author(schema, self._material, seed).operation()
        actor = self._actors[seed % len(self._actors)]
        parsed = parse(operation.document)
        if validate(schema, parsed):
            self.counts["invalid"] += 1
            return None
        try:
            found = await difference(actor, operation, self._rows)
        except TooLarge:
            self.counts["too large"] += 1
            return None
        self.counts["compared"] += 1
        types = TypeInfo(schema)
        visit(parsed, TypeInfoVisitor(types, _Asked(types, self.fields)))
        return await self._small(seed, actor, operation) if found else None

    async def _small(self, seed: int, actor: Actor, operation: Operation) -> Fault:
        async def shown(document: str) -> str | None:
            try:
                return await difference(actor, replace(operation, document=document), self._rows)
            except TooLarge:
                return None

        async def shows(document: str) -> bool:
            return await shown(document) is not None

        small = await shrink(plain_schema(), operation.document, shows)
        return Fault(seed, actor, replace(operation, document=small), str(await shown(small)))
