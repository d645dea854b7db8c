"""Equivalence: whether a compiled answer is what graphql-core's own executor answers to the same operation."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from graphql import ExecutionResult, get_named_type, parse, validate

from mendline.kernel import iso, opaque
from mendline_schema.context import Context
from mendline_schema.schema import build_schema
from mendline_tenants import Actor
from support.documents import Author, Material, Operation
from support.reference import Reference, Rows, code_of, plain_schema
from support.shrinking import shrink

TOO_LARGE = {"too_many_nodes", "document_too_large"}
"""Refused before anything is answered; graphql-core knows no such limit."""

SIGNATURE = re.compile(r'(https?://[^"?]+)\?[^"]*')
"""Signed URLs differ by the second in which they were made."""

Errors = set[tuple[tuple[str, ...], str]]


async def difference(actor: Actor, operation: Operation, rows: Rows) -> str | None:
    """What differs between the two answers in data or errors (by path and code); None when nothing does.

    A field that the actor may not read is one error of ours, whatever the number of rows, also of none: where the
    executor has several (one a row) they count as one, and where no row came ours is no difference.
    Raises TooLarge for an operation that our limits refuse.
    """
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


CURSORS = """{
  worklist(first: 20) { edges { cursor node { ticket {
    messages(first: 8) { edges { cursor } } evidence(first: 8) { edges { cursor } } audit(first: 8) { edges { cursor } }
  } } } }
  due: worklist(orderBy: DUE_AT) { edges { cursor } }
  urgent: worklist(orderBy: PRIORITY) { edges { cursor } }
  up: worklist(order: ASC) { edges { cursor } }
  devices(first: 20) { edges { cursor node { history(first: 20) { edges { cursor } } } } }
  recorded: devices(orderBy: RECORDED_AT) { edges { cursor } }
  places { edges { cursor } } partners { edges { cursor } } members { edges { cursor } } models { edges { cursor } }
  technicians { edges { cursor } } agreements { edges { cursor } } apiKeys { edges { cursor } }
  sessions { edges { cursor } } contracts { edges { cursor } } deadLetters { edges { cursor } }
  organisationAudit { edges { cursor } }
}"""
"""Every connection, so that pages can begin at real places."""


async def material(actors: list[Actor], rows: Rows) -> Material:
    """Ids, cursors, texts and moments of what these actors see."""
    made = Material()
    for actor in actors:
        await _gather(actor, rows, made)
    return made


async def _gather(actor: Actor, rows: Rows, made: Material) -> None:
    ours = build_schema()
    bindings = ours.execution_context_class.statements.bindings  # type: ignore[attr-defined]
    for kind, bound in bindings.kinds.items():
        known = await rows.table(actor.organisation, bound.over.table)
        made.ids.setdefault(kind, []).extend(opaque(kind, row["tenant_id"], row["id"]) for row in known)
    for table, column, name in (
        ("worklist", "number", "number"),
        ("device", "asset_number", "assetNumber"),
        ("device", "serial", "serial"),
        ("device", "asset_number", "code"),
        ("device", "serial", "code"),
        ("device_model", "device_class", "deviceClass"),
        ("device_model", "model_number", "modelNumber"),
        ("device_model", "device_identifier", "deviceIdentifier"),
        ("contract", "title", "title"),
        ("partner", "code", "code"),
        ("member", "login", "login"),
        ("member", "status", "status"),
        ("place", "kind", "kind"),
    ):
        found = {row[column] for row in await rows.table(actor.organisation, table)}
        made.texts.setdefault(name, []).extend(sorted(found - {None}))
    for table, number in (
        ("ticket", "external_number"),
        ("device", "number"),
        ("place", "number"),
        ("member", "number"),
    ):
        found = {(row["system"], row[number]) for row in await rows.table(actor.organisation, table)}
        made.texts.setdefault("pairs", []).extend(pair for pair in sorted(found, key=str) if None not in pair)
    made.texts.setdefault("code", []).append("(01)06921234567890(21)SN1001")
    made.texts["code"].append("(01)06921234567891(21)SN1001")
    made.moments += [iso(row["changed_at"]) for row in await rows.table(actor.organisation, "worklist")]
    answer = await compiled(actor, Operation(CURSORS, None, {}))
    assert answer.data is not None, answer.errors
    _cursors(json.loads(msgspec.json.encode(answer.data)), ours._schema.query_type, "Query", made)


def _cursors(value: Any, type_: Any, name: str, made: Material) -> None:
    """Sorts the cursors of an answer by the list they belong to."""
    names = {"due": "worklist", "urgent": "worklist", "up": "worklist", "recorded": "devices"}
    for key, item in value.items() if isinstance(value, dict) else ():
        field = names.get(key, key)
        definition = type_.fields.get(field)
        if definition is None or not isinstance(item, dict):
            continue
        inner = get_named_type(definition.type)
        for edge in item.get("edges", ()):
            made.cursors.setdefault(f"{type_.name}.{field}", []).append(edge["cursor"])
            node = get_named_type(inner.fields["nodes"].type)
            _cursors(edge.get("node"), node, "", made)
        _cursors(item, inner, "", made)


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


class Hunt:
    """Compares random operations, one for each seed, by each actor in turn; counts what came of them."""

    def __init__(self, actors: list[Actor], rows: Rows, stuff: Material) -> None:
        self.counts: Counter[str] = Counter()
        self.fields: set[str] = set()
        self._actors = actors
        self._rows = rows
        self._material = stuff

    async def compare(self, seed: int) -> Fault | None:
        """Compares the operation of a seed. An invalid or too large one is counted, and is no fault."""
        schema = plain_schema()
        operation = Author(schema, self._material, seed).operation()
        actor = self._actors[seed % len(self._actors)]
        if validate(schema, parse(operation.document)):
            self.counts["invalid"] += 1
            return None
        try:
            found = await difference(actor, operation, self._rows)
        except TooLarge:
            self.counts["too large"] += 1
            return None
        self.counts["compared"] += 1
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
