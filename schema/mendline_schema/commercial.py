"""GraphQL over what is agreed for a ticket: quotations with what became of them, and the log of who pays."""

from datetime import date, datetime

from strawberry.scalars import JSON

from mendline.kernel import MinorUnits
from mendline_schema.declarations.enums import EntitlementKind, EntitlementStep, QuotationState
from mendline_schema.declarations.fields import column, one, over, part, parts
from mendline_schema.devices import Contract
from mendline_schema.kernel import Node, Words
from mendline_schema.tenants import OrganisationCard, known_organisation, own_member_name


@part
class QuotationLine:
    """One line of a quotation; a discount is below zero."""

    text: str | None = column()
    quantity: int | None = column()
    unit_amount: MinorUnits | None = column()


@over("quotation_outcome", needs="read.commercial")
class QuotationOutcome:
    """What became of a quotation."""

    outcome: QuotationState = column()
    reason: str = column()
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    author_name: str | None = column(own_member_name("{t}.author_id"), description="One's own member by name.")
    occurred_at: datetime = column()


@over("quotation", needs="read.commercial", kind="qt")
class Quotation(Node):
    """What a provider asks for its work: one revision, seen by it and the hospital alone."""

    revision: int = column()
    currency: str = column(description="ISO 4217.")
    amount: MinorUnits = column(description="The sum of the lines.")
    lines: list[QuotationLine] | None = parts()
    remark: str = column()
    valid_until: datetime = column()
    state: QuotationState = column(
        "coalesce((SELECT q.outcome FROM quotation_outcome q"
        " WHERE q.tenant_id = {t}.tenant_id AND q.id = {t}.id), 'open')"
    )
    outcome: QuotationOutcome | None = one({"id": "id"}, description="Null while it is open.")
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    author_name: str | None = column(own_member_name("{t}.author_id"), description="One's own member by name.")
    occurred_at: datetime = column()


@over("entitlement_entry", needs="read.commercial")
class EntitlementEntry:
    """One word on who pays for a ticket: found by the rules, decided by a person, disputed, or the answer to that."""

    seq: int = column()
    kind: EntitlementStep = column()
    entitlement: EntitlementKind = column(description="What was found, decided, or is wanted by who disputes.")
    misuse: bool = column(description="That the warranty does not cover it.")
    service_level: JSON = column(description="Of the contract, as it then was: title, tier, minutes.")
    found: Words | None = parts(description="The rules' own words.")
    reason: str = column(description="A person's.")
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    author_name: str | None = column(own_member_name("{t}.author_id"), description="One's own member by name.")
    author_role: str = column()
    occurred_at: datetime = column()


@over("ticket_commercial", needs="read.commercial")
class TicketCommercial:
    """Who pays, as it now stands, and why."""

    entitlement: EntitlementKind = column()
    misuse: bool = column(description="That the warranty does not cover it.")
    disputed_by: OrganisationCard | None = parts(
        known_organisation("{t}.disputed_by"), description="Who disputes it and waits for an answer."
    )
    quotation_needed: bool = column(description="That the provider's work waits for an approved quotation.")
    reason: Words | None = parts()
    valid_until: date | None = column()
    contract: Contract | None = one({"id": "contract_id"})
