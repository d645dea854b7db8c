"""The operations that are measured, as each of the servers is asked for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mendline.kernel import opaque
from support.crowd import Organisation

_ITEM = """number state priority openedAt dueAt device { assetNumber serial modelNumber name { text } } assignee
      events { seq command role at } ticketId"""

WORKLIST = f"""query Worklist {{
  worklist(first: 50) {{ nodes {{ {_ITEM} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""

FILTERED = f"""query Filtered($state: [TicketState!]) {{
  worklist(first: 50, filter: {{ state: $state }}) {{ nodes {{ {_ITEM} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""

TICKET = """query Ticket($id: ID!) {
  ticket(id: $id) {
    id number kind state phase version attempt priority openedAt changedAt closedAt
    deviceCard { assetNumber serial name { text } manufacturer { text } modelNumber deviceIdentifier }
    facility { code name { text } }
    provider { code name { text } }
    people { reporterName contactName contactPhone location { text } assigneeName assigneePhone }
    clinical { symptom useState happenedAt isolation decontamination priorityReasons { input value points } }
    quality { result cause action workMinutes finishedAt }
    commercial { entitlement reason { text } }
    participants { organisation { code name { text } } part groups startsAt }
    reports { attempt result cause action workMinutes finishedAt }
    visits { nodes { attempt arrivedAt leftAt } }
    signatureSlots { position role meaning state signerName signedAt }
    messages { nodes { kind body authorName occurredAt } }
    evidence { nodes { kind filename mediaType size sha256 recordedAt } }
    audit { nodes { seq command actorRole channel occurredAt } }
  }
}"""

DEVICE = """query Device($id: ID!) {
  device(id: $id) {
    id assetNumber serial state softwareVersion warrantyUntil
    model { name { text } manufacturer { text } modelNumber deviceIdentifier }
    place { name { text } }
    history(first: 50) { nodes { number state openedAt closedAt quality { result cause action } } }
  }
}"""

CHANGES = f"""query Changes($since: String) {{
  changes(since: $since, first: 100) {{
    nodes {{
      __typename ticketId
      ... on TicketChanged {{ item {{ {_ITEM.replace("assignee", "changedAt")} }} }}
      ... on TicketGone {{ goneAt }}
    }}
    cursor hasMore
  }}
}}"""

_ITEM_BY_POSTGRAPHILE = """number state priority openedAt dueAt ownerId ticketId
      ticket {
        deviceCard
        people { assigneeName }
        auditEntriesByTenantIdAndTicketId(first: 3, orderBy: [SEQ_DESC]) { nodes { seq command actorRole occurredAt } }
      }"""

_PAGE_BY_POSTGRAPHILE = """(first: 50, orderBy: [CHANGED_AT_DESC, TICKET_ID_DESC], condition: { %s }) {
    nodes { %s }
    pageInfo { hasNextPage endCursor }
  }"""

WORKLIST_BY_POSTGRAPHILE = (
    "query Worklist($tenant: UUID!) { allWorklists"
    + _PAGE_BY_POSTGRAPHILE % ("tenantId: $tenant", _ITEM_BY_POSTGRAPHILE)
    + " }"
)

FILTERED_BY_POSTGRAPHILE = (
    "query Filtered($tenant: UUID!, $state: String!) { allWorklists"
    + _PAGE_BY_POSTGRAPHILE % ("tenantId: $tenant, state: $state", _ITEM_BY_POSTGRAPHILE)
    + " }"
)

TICKET_BY_POSTGRAPHILE = """query Ticket($tenant: UUID!, $id: UUID!) {
  ticketByTenantIdAndRowId(tenantId: $tenant, rowId: $id) {
    id number kind state phase version attempt priority openedAt changedAt closedAt deviceCard facilityCard providerCard
    people { reporterName contactName contactPhone location assigneeName assigneePhone }
    clinical { symptom useState happenedAt isolation decontamination priorityReasons }
    quality { result cause action workMinutes finishedAt }
    commercial { entitlement reason }
    ticketParticipantsByTenantIdAndTicketId { nodes { card part groups startsAt } }
    serviceReportsByTenantIdAndTicketId { nodes { attempt result cause action workMinutes finishedAt } }
    visitsByTenantIdAndTicketId { nodes { attempt arrivedAt leftAt } }
    signatureSlotsByTenantIdAndTicketId { nodes { position role meaning state signerName signedAt } }
    ticketMessagesByTenantIdAndTicketId(first: 50) { nodes { kind body authorName occurredAt } }
    evidencesByTenantIdAndTicketId(first: 50) { nodes { kind filename mediaType size sha256 recordedAt } }
    auditEntriesByTenantIdAndTicketId(first: 50) { nodes { seq command actorRole channel occurredAt } }
  }
}"""

DEVICE_BY_POSTGRAPHILE = """query Device($tenant: UUID!, $id: UUID!) {
  deviceByTenantIdAndRowId(tenantId: $tenant, rowId: $id) {
    id assetNumber serial state softwareVersion warrantyUntil
    deviceModelByTenantIdAndModelId { name manufacturer modelNumber deviceIdentifier }
    placeByTenantIdAndPlaceId { name }
    ticketsByTenantIdAndDeviceId(first: 50, orderBy: [PRIMARY_KEY_DESC]) {
      nodes { number state openedAt closedAt quality { result cause action } }
    }
  }
}"""


CHANGES_BY_POSTGRAPHILE = """query Changes($tenant: UUID!, $since: Cursor) {
  allWorklists(first: 100, after: $since, orderBy: [CHANGED_IN_ASC, OWNER_ID_ASC, TICKET_ID_ASC],
    condition: { tenantId: $tenant }) {
    nodes { number state priority openedAt changedAt dueAt ownerId ticketId card }
    pageInfo { endCursor hasNextPage }
  }
}"""
"""It knows of no tombstones, and the card comes as it is."""


@dataclass(frozen=True)
class Asker:
    """One organisation that asks, rows of its own that it asks for, and where it has been in its feed.

    cursors: of the feed, by the name of the server that gave them.
    """

    organisation: Organisation
    tickets: Sequence[UUID]
    devices: Sequence[UUID]
    cursors: dict[str, list[str]] = field(default_factory=dict)


Variables = Callable[[Asker], list[dict[str, Any]]]


@dataclass(frozen=True)
class Operation:
    """One operation: its title, our document and PostGraphile's, and what is asked for in turn.

    name: the path under which the limit answers it. recorded: whether it reads people's names, which is recorded.
    """

    name: str
    title: str
    document: str
    variables: Variables
    by_postgraphile: str
    postgraphile_variables: Variables
    recorded: bool = False


def _named(kind: str, of: Callable[[Asker], Sequence[UUID]]) -> Variables:
    return lambda asker: [{"id": opaque(kind, asker.organisation.id, row)} for row in of(asker)]


def _plain(of: Callable[[Asker], Sequence[UUID]]) -> Variables:
    return lambda asker: [{"tenant": str(asker.organisation.id), "id": str(row)} for row in of(asker)]


OPERATIONS = (
    Operation(
        "worklist",
        "first page of a worklist",
        WORKLIST,
        lambda asker: [{}],
        WORKLIST_BY_POSTGRAPHILE,
        lambda asker: [{"tenant": str(asker.organisation.id)}],
        recorded=True,
    ),
    Operation(
        "ticket",
        "one ticket in full",
        TICKET,
        _named("tk", lambda asker: asker.tickets),
        TICKET_BY_POSTGRAPHILE,
        _plain(lambda asker: asker.tickets),
        recorded=True,
    ),
    Operation(
        "filtered",
        "a filtered page",
        FILTERED,
        lambda asker: [{"state": ["ACCEPTED"]}],
        FILTERED_BY_POSTGRAPHILE,
        lambda asker: [{"tenant": str(asker.organisation.id), "state": "accepted"}],
        recorded=True,
    ),
    Operation(
        "device",
        "a device with its history",
        DEVICE,
        _named("dv", lambda asker: asker.devices),
        DEVICE_BY_POSTGRAPHILE,
        _plain(lambda asker: asker.devices),
    ),
    Operation(
        "changes",
        "a portal's changes(since:) of 100",
        CHANGES,
        lambda asker: [{"since": cursor} for cursor in asker.cursors["mendline"]],
        CHANGES_BY_POSTGRAPHILE,
        lambda asker: [
            {"tenant": str(asker.organisation.id), "since": cursor} for cursor in asker.cursors["postgraphile"]
        ],
    ),
)
