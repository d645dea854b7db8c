"""GraphQL over what the registry keeps of a unit: its history, its parts, its loans and the documents that apply."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import DevicePool, DocumentKind, Happening
from mendline_schema.declarations.fields import VIEWER, Order, column, one, over, parts, root
from mendline_schema.declarations.filters import among, before, equal, refers
from mendline_schema.kernel import Node
from mendline_schema.proofs import Proof
from mendline_schema.tenants import OrganisationCard, Place, known_organisation

LazyDevice = Annotated["Device", strawberry.lazy("mendline_schema.devices")]  # type: ignore[name-defined]  # noqa: F821 - it imports us
LazyModel = Annotated["DeviceModel", strawberry.lazy("mendline_schema.devices")]  # type: ignore[name-defined]  # noqa: F821 - it imports us
LazyDocument = Annotated["RegulatoryDocument", strawberry.lazy("mendline_schema.registry")]
LazyTicket = Annotated["Ticket", strawberry.lazy("mendline_schema.tickets")]  # type: ignore[name-defined]  # noqa: F821 - it imports us

OF_UNIT = "{o}.device_id = ANY ({t}.id || {t}.duplicates)"
"""What names any record of this unit: a merged duplicate keeps its own rows."""

NEVER = "'infinity'::timestamptz"
"""When a document without an end ends."""


@over("device_event", needs="read.devices")
class DeviceEvent:
    """One line of a unit's history."""

    happened: Happening = column()
    facts: JSON = column(description="What changed, as from and to, in words that hold when names change later.")
    ticket: LazyTicket | None = one({"id": "ticket_id"}, tenant="ticket_tenant", description="For which it was done.")
    actor_name: str | None = column(needs="read.members")
    occurred_at: datetime = column()
    recorded_at: datetime = column()


@over("device_part", needs="read.devices", kind="fp")
class DevicePart(Node):
    """A part that is, or was, in a unit."""

    device: LazyDevice | None = one({"id": "device_id"})
    part_number: str = column()
    name: str = column()
    serial: str | None = column()
    lot: str | None = column()
    quantity: int = column()
    version: int = column()
    fitted_at: datetime = column()
    fitted_for: LazyTicket | None = one({"id": "fitted_ticket_id"}, description="The ticket for which it was fitted.")
    removed_at: datetime | None = column(description="Null while it is in the unit.")
    removed_for: LazyTicket | None = one({"id": "removed_ticket_id"}, description="The ticket for which it came out.")
    removed_why: str | None = column()


@over("device_loan", needs="read.devices")
class DeviceLoan:
    """A loan of one's own spare unit or loaner, in one's own book."""

    device: LazyDevice | None = one({"id": "device_id"})
    ticket: LazyTicket | None = one({"id": "ticket_id"}, tenant="ticket_tenant")
    ticket_number: str | None = column()
    place: Place | None = one({"id": "place_id"}, description="Where it went, in the own house.")
    returns_to: Place | None = one({"id": "from_id"}, description="Where it stood before.")
    out_at: datetime = column()
    due_at: datetime | None = column()
    returned_at: datetime | None = column(description="Null while it is out.")
    condition: str = column(description="In which it came back.")


@over("ticket_loan", needs="read.progress")
class TicketLoan:
    """A unit that stands in while a ticket's device is away."""

    lender: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    asset_number: str | None = column("{t}.device_card->>'asset_number'", description="In the lender's registry.")
    device_class: str | None = column("{t}.device_card->>'device_class'")
    pool: DevicePool = column()
    out_at: datetime = column()
    due_at: datetime | None = column()
    returned_at: datetime | None = column(description="Null while it is out: the ticket cannot close.")


@over("regulatory_document", needs="read.devices", kind="rd")
class RegulatoryDocument(Node):
    """A regulatory document, for a model, a unit, an organisation or several."""

    document_kind: DocumentKind = column("{t}.kind")
    number: str = column()
    title: str = column()
    issuer: str = column()
    version: int = column()
    model: LazyModel | None = one({"id": "model_id"})
    device: LazyDevice | None = one({"id": "device_id"})
    organisation: OrganisationCard | None = parts(known_organisation("{t}.organisation_id"))
    issued_on: date | None = column()
    expires_on: date | None = column(description="The last day on which it holds; null: without end.")
    ends_at: datetime | None = column(description="The moment after that day, by the organisation's own zone.")
    in_force: bool = column(
        "{t}.withdrawn_at IS NULL AND {t}.replaced_by IS NULL", description="Neither withdrawn nor replaced."
    )
    withdrawn_at: datetime | None = column()
    withdrawn_why: str | None = column()
    replaced_by: LazyDocument | None = one({"id": "replaced_by"})
    scan: Proof | None = one({"id": "proof_id"}, needs="devices.proofs")
    recorded_at: datetime = column()


@strawberry.input(description="Which documents.")
class DocumentFilter:
    """Which documents."""

    document_kind: list[DocumentKind] | None = among("kind")
    number: str | None = equal("number")
    model: strawberry.ID | None = refers("model_id", "md", tenant="tenant_id")
    device: strawberry.ID | None = refers("device_id", "dv", tenant="tenant_id")
    organisation: strawberry.ID | None = refers("organisation_id", "or")
    ends_before: datetime | None = before("ends_at", NEVER)


@strawberry.input(description="Which parts, of whatever unit: a recalled lot is found by this.")
class PartFilter:
    """Which parts."""

    part_number: str | None = equal("part_number")
    serial: str | None = equal("serial")
    lot: str | None = equal("lot")


@root
class RegistryQueries:
    """Queries over parts, documents and loans."""

    documents: Connection[RegulatoryDocument] | None = connection(
        tenant=VIEWER,
        order=Order(("ends_at", "id"), absent={"ends_at": NEVER}),
        filter=DocumentFilter,
        description="Regulatory documents, those that end first before the others.",
    )
    fitted_parts: Connection[DevicePart] | None = connection(
        tenant=VIEWER,
        order=Order(("fitted_at", "id"), descending=True),
        filter=PartFilter,
        description="Parts in one's own units, those fitted last before the others.",
    )
    loans: Connection[DeviceLoan] | None = connection(
        tenant=VIEWER,
        order=Order(("out_at", "id"), descending=True),
        description="Loans of one's own spare units and loaners, the newest first.",
    )
