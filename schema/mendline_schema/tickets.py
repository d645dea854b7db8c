"""GraphQL over tickets: the ticket with its field groups and children, and the worklist."""

from datetime import date, datetime

import strawberry
from strawberry.scalars import JSON

from mendline.tickets import GROUPS
from mendline_schema.audit import TicketProof
from mendline_schema.clocks import TicketClock, TicketClockEvent
from mendline_schema.commercial import EntitlementEntry, Quotation, TicketCommercial
from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import (
    Decontamination,
    FieldGroup,
    Part,
    TicketKind,
    TicketOutcome,
    TicketPhase,
    TicketState,
    UseState,
    WaitingFor,
    WorkResult,
)
from mendline_schema.declarations.fields import (
    VIEWER,
    Order,
    Orders,
    Where,
    column,
    find,
    many,
    masked,
    one,
    over,
    part,
    parts,
    root,
)
from mendline_schema.declarations.filters import (
    ExternalReference,
    among,
    before,
    by_id,
    by_reference,
    condition,
    equal,
    refers,
    since,
)
from mendline_schema.devices import Device, DeviceCard
from mendline_schema.dispatch import JobOffer, Suggestion
from mendline_schema.fault_texts import FaultProposal
from mendline_schema.fieldwork import Estimate, Evidence, ServiceReport, Visit
from mendline_schema.kernel import Node, Words
from mendline_schema.likeness import Likeness
from mendline_schema.quality import SignatureSlot
from mendline_schema.registry import TicketLoan
from mendline_schema.subcontracts import Subcontract, SubcontractFilter
from mendline_schema.tenants import OrganisationCard, known_organisation, own_member_name

OF_TICKET = {"ticket_id": "id"}
GROUP = {"id": "id"}
IN_OWN_BOOK = {"owner_id": "tenant_id", "ticket_id": "id"}

NEVER = "'infinity'::timestamptz"
"""When what has no due time is due."""

WITHHELD = (
    "ARRAY(SELECT g FROM unnest(ARRAY[" + ", ".join(map(repr, GROUPS)) + "]) AS g"  # noqa: S608 - our own words
    " WHERE ({t}.audience->g ? {organisation}::text) IS NOT TRUE)"
)

BY_NUMBER = Where(
    "({o}.tenant_id, {o}.id) = (SELECT w.owner_id, w.ticket_id FROM worklist w"
    " WHERE w.tenant_id = {organisation} AND w.number = {value} LIMIT 1)"
)


@part
class PriorityReason:
    """One input of the priority's score: its name, the value found, the points it gave."""

    input: str | None = column()
    value: str | None = column()
    points: int | None = column()
    reason: str | None = column(description="Why a person set the priority.")


@over("ticket_people", needs="read.people")
class TicketPeople:
    """Who reports, whom to ask at the ward and where, and who comes."""

    reporter_name: str = column()
    caller_ward: str = column(description="Where a caller said to be whose ticket a vendor's service desk opened.")
    contact_name: str = column()
    contact_phone: str = column()
    location: Words | None = parts()
    place_note: str = column(description="Where exactly: a bed, a corner.")
    latitude: float | None = column()
    longitude: float | None = column()
    assignee_name: str | None = column()
    assignee_phone: str | None = column()


@over("ticket_clinical", needs="read.clinical")
class TicketClinical:
    """What the ward says: the symptom, whether the device is usable, what the technician must know."""

    symptom: str = column()
    fault_code: str | None = column(description="In the organisation's own codes.")
    fault_proposal: FaultProposal | None = parts(description="What was found in the symptom at intake.")
    use_state: UseState = column()
    happened_at: datetime = column()
    spare_needed: bool = column()
    isolation: bool = column()
    decontamination: Decontamination = column()
    access_windows: list[list[datetime]] = column()
    priority_reasons: list[PriorityReason] | None = parts(
        description="The inputs of the ticket's priority, which add up to it."
    )


@over("ticket_quality", needs="read.quality")
class TicketQuality:
    """What was found and done."""

    result: WorkResult | None = column()
    cause: str = column()
    action: str = column()
    advice: str = column()
    next_maintenance_on: date | None = column()
    work_minutes: int | None = column()
    finished_at: datetime | None = column()
    returned_at: datetime | None = column(description="When the device went back to clinical use.")


@over("ticket_vigilance", needs="read.vigilance")
class TicketVigilance:
    """The screening for suspected adverse events."""

    suspected: bool = column()
    words: list[str] = column()
    outcome: str | None = column()


@over("ticket_message", needs="read.messages", kind="ms")
class Message(Node):
    """Something said on the ticket, by a person or with a file."""

    kind: str = column()
    body: str = column()
    author_name: str = masked("name")
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    evidence: Evidence | None = one({"id": "evidence_id"})
    channel: str = column()
    occurred_at: datetime = column()
    recorded_at: datetime = column()


@over("ticket_participant", needs="read.progress")
class Participant:
    """An organisation's part in the ticket, and the field groups it holds."""

    organisation: OrganisationCard | None = parts("{t}.card")
    part: Part = column()
    groups: list[FieldGroup] = column()
    starts_at: datetime = column()
    ends_at: datetime | None = column()


@over("audit_entry", needs="read.audit", kind="ae")
class AuditEntry(Node):
    """One command's mark on a ticket."""

    ticket: "Ticket | None" = one({"id": "ticket_id"})
    seq: int = column()
    command: str = column()
    actor_name: str | None = column(
        f"coalesce({own_member_name('{t}.actor')}, {{roles}}->>{{t}}.actor_role, {{t}}.actor_role)",
        description="One's own member by name, anybody else by the word for the role.",
    )
    actor_role: str = column()
    organisation: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    channel: str = column()
    facts: JSON = column()
    occurred_at: datetime = column()
    claimed: bool = column(description="Whether the time was claimed by who reported it.")
    recorded_at: datetime = column()
    correlation: str = column()
    hash: str | None = column("encode({t}.hash, 'hex')")


@over("ticket", needs="read.progress", kind="tk")
class Ticket(Node):
    """One piece of work on a device for which one organisation answers. A group that is `withheld` is null."""

    number: str = column()
    kind: TicketKind = column()
    state: TicketState = column()
    phase: TicketPhase = column()
    outcome: TicketOutcome | None = column(description="How it ended.")
    version: int = column()
    attempt: int = column()
    priority: int = column(description="1 is the highest.")
    device_card: DeviceCard | None = parts()
    facility: OrganisationCard | None = parts("{t}.facility_card")
    provider: OrganisationCard | None = parts("{t}.provider_card")
    opened_at: datetime = column()
    response_due_at: datetime | None = column()
    restoration_due_at: datetime | None = column()
    clocks: list[TicketClock] | None = many(OF_TICKET, order=Order(("clock",)))
    clock_events: Connection[TicketClockEvent] | None = connection(OF_TICKET, order=Order(("seq",)))
    eta_at: datetime | None = column(description="When the technician is expected.")
    completion_at: datetime | None = column(description="When the device is expected to work again.")
    estimates: Connection[Estimate] | None = connection(OF_TICKET, order=Order(("recorded_at", "id")))
    loans: list[TicketLoan] | None = many(OF_TICKET, order=Order(("out_at", "id")))
    waiting_for: WaitingFor | None = column()
    closed_at: datetime | None = column()
    changed_at: datetime = column()
    changed_by: str = column()
    external_system: str | None = column("{t}.system")
    external_number: str | None = column()
    withheld: list[FieldGroup] = column(
        WITHHELD, description="The groups that the reader's organisation does not hold."
    )
    device: Device | None = one({"id": "device_id"}, description="The device, for its own hospital.")
    parent: "Ticket | None" = one({"id": "parent_id"})
    duplicate_of: "Ticket | None" = one({"id": "duplicate_of_id"}, description="Which goes on in this one's stead.")
    possible_duplicates: list[Likeness] | None = many(
        OF_TICKET, where="{o}.kind = 'duplicate'", order=Order(("score", "id"), descending=True)
    )
    repeats: list[Likeness] | None = many(
        OF_TICKET,
        where="{o}.kind <> 'duplicate'",
        order=Order(("score", "id"), descending=True),
        description="Earlier faults that this one repeats, and like faults of the same model.",
    )
    quotations: list[Quotation] | None = many(OF_TICKET, order=Order(("revision",)))
    entitlement_log: Connection[EntitlementEntry] | None = connection(OF_TICKET, order=Order(("seq",)))
    children: "list[Ticket] | None" = many({"parent_id": "id"}, order=Order(("opened_at", "id")))
    subcontracts: list[Subcontract] | None = many(OF_TICKET, order=Order(("asked_at", "id")))
    people: TicketPeople | None = one(GROUP)
    clinical: TicketClinical | None = one(GROUP)
    quality: TicketQuality | None = one(GROUP)
    commercial: TicketCommercial | None = one(GROUP)
    vigilance: TicketVigilance | None = one(GROUP)
    participants: list[Participant] | None = many(OF_TICKET, order=Order(("starts_at", "id")))
    reports: list[ServiceReport] | None = many(OF_TICKET, order=Order(("attempt",)))
    visits: Connection[Visit] | None = connection(OF_TICKET, order=Order(("recorded_at", "id")))
    signature_slots: list[SignatureSlot] | None = many(OF_TICKET, order=Order(("attempt", "position")))
    messages: Connection[Message] | None = connection(OF_TICKET, order=Order(("recorded_at", "id")))
    evidence: Connection[Evidence] | None = connection(OF_TICKET, order=Order(("recorded_at", "id")))
    audit: Connection[AuditEntry] | None = connection(OF_TICKET, order=Order(("seq",)))
    proof: TicketProof | None = one(
        {"organisation": "tenant_id", "ticket_id": "id"},
        tenant=VIEWER,
        description="That a signed checkpoint covers this ticket's audit, as the reader was told it.",
    )
    suggestion: Suggestion | None = one(
        IN_OWN_BOOK, tenant=VIEWER, order=Order(("recorded_at", "id"), descending=True), description="The latest one."
    )
    offers: list[JobOffer] | None = many(IN_OWN_BOOK, tenant=VIEWER, order=Order(("offered_at", "id")))


@part
class LatestEvent:
    """One of a ticket's last three events."""

    seq: int | None = column()
    command: str | None = column()
    role: str | None = column()
    organisation: OrganisationCard | None = parts(known_organisation("({t}.v->>'organisation')::uuid"))
    at: datetime | None = column()


@over("worklist", needs="read.progress", group="progress")
class WorklistItem:
    """A ticket on the reader's list, with what its card shows. `ticket` is the whole of it."""

    part: Part = column(description="The reader's part in it.")
    number: str = column()
    kind: TicketKind = column()
    state: TicketState = column()
    phase: TicketPhase = column()
    outcome: TicketOutcome | None = column(description="How it ended.")
    priority: int = column()
    version: int = column()
    opened_at: datetime = column()
    changed_at: datetime = column()
    closed_at: datetime | None = column()
    due_at: datetime | None = column()
    eta_at: str | None = column("{t}.card->>'eta_at'", group="progress")
    device: DeviceCard | None = parts("{t}.card->'device'", group="progress")
    facility: OrganisationCard | None = parts("{t}.card->'facility'", group="progress")
    provider: OrganisationCard | None = parts("{t}.card->'provider'", group="progress")
    events: list[LatestEvent] = parts("{t}.card->'events'", group="progress")
    assignee: str | None = masked("name", "{t}.card->>'assignee'", group="people")
    location: Words | None = parts("{t}.card->'location'", group="people", needs="read.people")
    symptom: str | None = column("{t}.card->>'symptom'", group="clinical", needs="read.clinical")
    use_state: UseState | None = column("{t}.card->>'use_state'", group="clinical", needs="read.clinical")
    isolation: bool | None = column("{t}.card->'isolation'", group="clinical", needs="read.clinical")
    withheld: list[FieldGroup] = column(
        "ARRAY(SELECT jsonb_array_elements_text({t}.card->'withheld'))",
        group="progress",
        description="The groups that the reader's organisation does not hold.",
    )
    ticket_id: strawberry.ID = column("opaque('tk', {t}.owner_id, {t}.ticket_id)", group="progress")
    ticket: Ticket | None = one({"id": "ticket_id"}, tenant="owner_id")


@strawberry.input(description="Which tickets. Every filter lies on an index.")
class WorklistFilter:
    """Which tickets."""

    state: list[TicketState] | None = among("state")
    phase: list[TicketPhase] | None = among("phase")
    kind: list[TicketKind] | None = among("kind")
    part: list[Part] | None = among("part")
    priority: int | None = equal("priority")
    number: str | None = equal("number")
    assignee: strawberry.ID | None = refers("assignee_id", "mb")
    provider: strawberry.ID | None = refers("provider_id", "or")
    device: strawberry.ID | None = refers("device_id", "dv", tenant="owner_id")
    due_before: datetime | None = before("due_at", absent=NEVER)
    opened_since: datetime | None = since("opened_at")
    opened_before: datetime | None = before("opened_at")
    changed_since: datetime | None = since("changed_at")


WORKLIST_ORDERS = Orders(
    "WorklistOrder",
    {
        "CHANGED_AT": Order(("changed_at", "ticket_id"), descending=True),
        "OPENED_AT": Order(("opened_at", "ticket_id"), descending=True),
        "DUE_AT": Order(("due_at", "ticket_id"), absent={"due_at": NEVER}),
        "PRIORITY": Order(("priority", "opened_at", "ticket_id")),
    },
)
"""Newest first; but what is due first, or the most urgent and of those the oldest."""


@strawberry.input(description="Which entries. Times are when they were recorded.")
class AuditFilter:
    """Which entries."""

    since: datetime | None = since("recorded_at")
    before: datetime | None = before("recorded_at")
    command: str | None = equal("command")
    actor: strawberry.ID | None = refers("actor", "mb")
    channel: str | None = equal("channel")
    ticket_number: str | None = condition(
        "{o}.ticket_id = (SELECT w.ticket_id FROM worklist w WHERE w.tenant_id = {organisation}"
        " AND w.number = {value} AND w.owner_id = {organisation} LIMIT 1)",
        column="ticket_id",
    )


@root
class TicketQueries:
    """Queries over tickets."""

    worklist: Connection[WorklistItem] | None = connection(
        tenant=VIEWER,
        order=WORKLIST_ORDERS,
        filter=WorklistFilter,
        description="The tickets that this organisation can see.",
    )
    audit: Connection[AuditEntry] | None = connection(
        tenant=VIEWER,
        order=Order(("recorded_at", "id"), descending=True),
        filter=AuditFilter,
        description="What was done to this organisation's own tickets, by whomever.",
    )
    subcontracts: Connection[Subcontract] | None = connection(
        tenant=VIEWER,
        order=Order(("asked_at", "id"), descending=True),
        filter=SubcontractFilter,
        description="What this hospital's providers have asked to pass on.",
    )
    ticket: Ticket | None = find(
        {
            "id": (strawberry.ID, by_id("tk")),
            "number": (str, BY_NUMBER),
            "external": (ExternalReference, by_reference("external_number")),
        }
    )
