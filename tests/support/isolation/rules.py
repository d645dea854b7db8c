"""The rules of isolation as a reader of the design would say them, in Python: what the policies are judged by.

Nothing here reads policies or grants. What a table's kind promises is said once more, in other words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from mendline.kernel import NIL, TABLES, Function, Kind, Table

WRITTEN_BY_FUNCTIONS = {"audit_entry"}
"""Tables of tickets into which no role writes: a definer function does."""

BOOKS = {
    *("audit_entry", "organisation_audit", "read_log", "outbox", "dead_letter"),
    *("audit_checkpoint", "audit_leaf", "witnessed_checkpoint", "witnessed_ticket"),
}
"""Tables that the auditor reads, of every organisation."""

NAMES_NO_TICKET = {
    *("id", "tenant_id", "ticket_id", "author_org", "actor", "author_id", "organisation"),
    *("technician_id", "assignee_id", "reporter_id", "contract_id", "disputed_by", "evidence_id"),
    *("asked_by", "subcontractor", "device_id", "signer_id"),
}
"""Columns with ids in children of tickets that never name a ticket other than the row's own."""

TOLD_OF = {("subcontract", "child_id"): "the id of the child, told to the provider that asked for it; no word of it"}
"""Columns of children that name a second ticket by its id alone, and to whom."""

ROUTING = frozenset({"tenant_id", "id", "due_at", "completed_at"})
"""What the relay may know of a row of work."""

ROLES = ("app", "gateway", "relay", "auditor")
"""The roles that processes log in as."""


@dataclass(frozen=True)
class Stored:
    """A row as the administrator sees it: all that the rules ask about."""

    key: tuple[str, ...]
    tenant: UUID = NIL
    viewers: frozenset[UUID] = frozenset()
    author: UUID | None = None
    disposable: bool = False


def shows(table: Table, row: Stored, organisation: UUID) -> bool:
    """Whether an organisation sees a row."""
    if table.kind in (Kind.TICKET, Kind.CHILD):
        return organisation in row.viewers
    return table.kind is Kind.CATALOGUE or row.tenant == organisation


def may_change(table: Table, row: Stored, organisation: UUID) -> bool:
    """Whether an organisation may change a row that it need not have looked at."""
    if not works_with(table):
        return False
    if table.kind is Kind.CHILD and table.writer == "facility":
        return row.tenant == organisation
    if table.kind is Kind.CHILD and table.writer == "author":
        return row.author == organisation and organisation in row.viewers
    return shows(table, row, organisation)


def may_remove(table: Table, row: Stored, organisation: UUID) -> bool:
    """Whether an organisation could take a row away, had it the right to: its own books alone, and nothing shared."""
    return table.kind is Kind.OWN and row.tenant == organisation


def works_with(table: Table) -> bool:
    """Whether organisations change rows of this table at all; lists and catalogues are only read."""
    own_of_gateway = table.kind is Kind.GATEWAY and table.key[0] == "tenant_id"
    own_queue = table.kind is Kind.QUEUE and table.role == "app"
    return table.kind in (Kind.OWN, Kind.TICKET, Kind.CHILD) or own_of_gateway or own_queue


def adds_to(table: Table) -> bool:
    """Whether organisations add rows to this table, where they may."""
    return works_with(table) and table.kind is not Kind.GATEWAY


@dataclass(frozen=True)
class Rights:
    """What a role may do with a table at all, whoever's the rows are. Columns for reading, adding and changing."""

    read: frozenset[str] = frozenset()
    add: frozenset[str] = frozenset()
    change: frozenset[str] = frozenset()
    remove: bool = False


def rights(table: Table, role: str) -> Rights:
    """What the kind of a table gives to a role."""
    everything = frozenset(table.columns)
    changeable = frozenset(table.updatable)
    own_key = table.key[0] == "tenant_id"
    match table.kind, role:
        case ((Kind.OWN | Kind.TICKET | Kind.CHILD), "app"):
            added = frozenset() if table.name in WRITTEN_BY_FUNCTIONS else everything
            found = Rights(everything, added, changeable, table.delete and table.kind is Kind.OWN)
        case ((Kind.WORKLIST | Kind.CATALOGUE), "app"):
            found = Rights(everything)
        case Kind.GATEWAY, "gateway":
            found = Rights(everything, everything, everything, remove=True)
        case Kind.GATEWAY, "app" if own_key:
            found = Rights(everything, change=changeable)
        case Kind.QUEUE, worker if worker == table.role:
            found = Rights(everything, everything, everything)
        case Kind.QUEUE, "relay":
            found = Rights(ROUTING, change=frozenset({"due_at"}), remove=True)
        case _:
            found = Rights()
    if role == "auditor" and table.name in BOOKS:
        found = Rights(everything)
    if role == "gateway" and table.name == "dead_letter":
        found = Rights(everything, everything, everything)
    return found


def reaches(table: Table, row: Stored, role: str) -> bool:
    """Whether a role other than `app` reaches a row, where it has rights."""
    if role == "gateway" and table.name == "dead_letter":
        return row.tenant == NIL
    return True


def keepers_rights(functions: Mapping[str, Function]) -> dict[str, dict[str, frozenset[str]]]:
    """Table -> privilege -> columns, all that the definer functions together say they need."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for function in functions.values():
        for name, needed in function.needs.items():
            for verb, listed in re.findall(r"(\w+)(?: \(([^)]*)\))?", needed):
                columns = frozenset(part.strip(' "') for part in listed.split(",")) if listed else None
                known = found.setdefault(name, {}).get(verb, frozenset())
                found[name][verb] = known | (columns or frozenset(TABLES[name].columns))
    return found
