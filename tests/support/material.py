"""Material for random operations: ids, cursors, texts and moments that mean something to those who ask."""

import json
from typing import Any

import msgspec
from graphql import get_named_type

from mendline.kernel import iso, opaque
from mendline_schema.schema import build_schema
from mendline_tenants import Actor
from support.documents import Material, Operation
from support.equivalence import compiled
from support.reference_rows import Rows

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
  organisationAudit { edges { cursor } } audit { edges { cursor } }
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
    for first in range(1, 6):
        feed = await compiled(actor, Operation(f"{{ changes(first: {first}) {{ cursor }} }}", None, {}))
        found = json.loads(msgspec.json.encode(feed.data))["changes"]["cursor"]
        made.cursors.setdefault("Query.changes", []).append(found)
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
