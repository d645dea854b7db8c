"""Reading as an organisation: a ticket, a worklist and every table, and what of it the reference does not allow."""

import re
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from graphql import OperationDefinitionNode, get_variable_values, parse

from mendline.kernel import TABLES, Kind, fetch, opaque, transaction
from mendline_schema.reads.statements import Request
from mendline_schema.reads.values import Inputs
from mendline_schema.schema import build_schema
from mendline_tenants import Actor
from support.isolation.reference import Case, Reference

MARK = re.compile(r"mk[a-z]+\d+km")
"""A text that names the ticket and the field group it was written into."""

TICKET = """query($id: ID!) { ticket(id: $id) { id number withheld
  people { contactName location { zh } } clinical { symptom } quality { cause action } commercial { entitlement }
  vigilance { suspected words } participants { part groups organisation { id } }
  visits { nodes { id } } reports { cause }
  messages(last: 100) { nodes { body authorName } } audit(last: 20) { nodes { command facts } }
  device { serial } children { id } parent { id } } node(id: $id) { id } }"""

WORKLIST = """{ worklist(first: 100) { totalCount nodes { ticketId number state symptom assignee location { zh }
  device { assetNumber serial } events { command } ticket { id clinical { symptom } people { contactName }
  messages(last: 10) { nodes { body } } } } } }"""

OWN = """{ devices(first: 50) { nodes { assetNumber serial history(first: 10) { nodes { id clinical { symptom } } } } }
  members(first: 50) { nodes { login name } } partners { nodes { code } } agreements { nodes { id groups } }
  audit(first: 20) { nodes { command facts ticket { id } } } subcontracts { nodes { id } } }"""


@cache
def _parsed(text: str) -> OperationDefinitionNode:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return operation


async def read(actor: Actor, text: str, variables: dict[str, Any] | None = None) -> str:
    """The JSON that Postgres writes for a query, compiled as the house compiles it."""
    schema = build_schema()._schema
    operation = _parsed(text)
    given: Any = get_variable_values(schema, operation.variable_definitions or (), variables or {})
    statements = build_schema().execution_context_class.statements  # type: ignore[attr-defined]
    answer, refused = await statements.query(Request(schema, operation, {}, given), Inputs(given, actor))
    assert not refused, refused
    return "null" if answer is None else bytes(answer).decode()


async def wrong_ticket(actor: Actor, case: Case, known: Reference) -> list[str]:
    """One ticket read whole: nothing of it where it is hidden, and its shown marks and no others where it is seen."""
    text = await read(actor, TICKET, {"id": opaque("tk", *case.place)})
    told = msgspec.json.decode(text)
    organisation = actor.organisation
    if not case.sees(organisation):
        return [f"ticket {case.place} is seen: {text[:300]}"] if (told["ticket"], told["node"]) != (None, None) else []
    if told["ticket"] is None:
        return [f"ticket {case.place} is not seen by {organisation}, though it holds {case.parts[organisation]}"]
    found = set(MARK.findall(text))
    wrong = [f"{mark} is read in {case.place}" for mark in found - case.shown(organisation)]
    wrong += [f"{mark} is not read in {case.place}" for mark in case.shown(organisation) - found]
    for group in ("people", "clinical", "quality", "commercial", "vigilance"):
        if (told["ticket"][group] is not None) != case.holds(organisation, group):
            wrong.append(f"{group} of {case.place} is {told['ticket'][group]}")
    return wrong


async def wrong_list(actor: Actor, known: Reference) -> list[str]:
    """The worklist: the tickets that are seen and no others, no mark that may not be read."""
    text = await read(actor, WORKLIST)
    nodes = msgspec.json.decode(text)["worklist"]["nodes"]
    seen = {opaque("tk", *case.place) for case in known.visible(actor.organisation)}
    listed = {node["ticketId"] for node in nodes}
    return [
        *(f"{ticket} is listed" for ticket in listed - seen),
        *(f"{ticket} is not listed" for ticket in seen - listed),
        *_marks(text, actor, known),
    ]


async def wrong_own(actor: Actor, known: Reference) -> list[str]:
    """What is an organisation's own, with what lies behind it."""
    return _marks(await read(actor, OWN), actor, known)


def _marks(text: str, actor: Actor, known: Reference) -> list[str]:
    return [f"{mark} is read" for mark in set(MARK.findall(text)) - known.may_read(actor.organisation)]


@cache
def _every_table() -> str:
    parts = []
    for name, table in sorted(TABLES.items()):
        if table.kind in (Kind.OWN, Kind.WORKLIST) or (table.kind is Kind.QUEUE and table.role == "app"):
            parts.append(f"SELECT '{name}' AS name, tenant_id, NULL::uuid AS ticket FROM \"{name}\"")
        elif table.kind in (Kind.TICKET, Kind.CHILD):
            column = "id" if table.kind is Kind.TICKET else "ticket_id"
            parts.append(f"SELECT '{name}', tenant_id, {column} FROM \"{name}\"")
    return " UNION ALL ".join(parts)


async def wrong_rows(organisation: UUID, known: Reference) -> list[str]:
    """Every row of every table that the organisation sees, without any WHERE."""
    async with transaction(organisation):
        rows = await fetch(_every_table())
    wrong = []
    for row in rows:
        name, tenant, ticket = row["name"], row["tenant_id"], row["ticket"]
        if ticket is None:
            if tenant != organisation:
                wrong.append(f"a row of {name} of {tenant}")
            continue
        case = known.cases.get((tenant, ticket))
        group = TABLES[name].group or "progress"
        if case is None or not case.holds(organisation, group):
            wrong.append(f"a row of {name} of the ticket {ticket} of {tenant}")
    return wrong
