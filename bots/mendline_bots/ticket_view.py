"""One ticket as one member may see it: read from the database under row-level security, for cards and verbs."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from mendline.devices import Device
from mendline.dispatch import JobOffer
from mendline.fieldwork import Visit
from mendline.kernel import COMMANDS, Record, Reference, fetch, fetchval, rows
from mendline.quality import SignatureSlot
from mendline.tickets import (
    STEPS,
    TAKEN,
    Quotation,
    Ticket,
    TicketClinical,
    TicketClock,
    TicketCommercial,
    TicketLikeness,
    TicketLoan,
    TicketMessage,
    TicketPeople,
    TicketQuality,
    clocks_of,
    latest_quotation,
    outcome_of,
    steps_from,
)
from mendline_tenants import SENSITIVE, Actor, AuditEntry, Member, masked_name, own_organisation

_STEP_COMMANDS = {step.command for step in STEPS}
GroupRow = TypeVar("GroupRow", bound=Record)


@dataclass(frozen=True)
class TicketView:
    """What `actor` may know of a ticket; a group that its organisation or role does not hold is None.

    names: members of the actor's own organisation by id, for the timeline. photos: how many files are stored.
    clocks: those for which a target was agreed. alike: other tickets of the same fault, with their numbers. quotation:
    the latest, and where it stands. loans: units that stand in and are not back. offers: of the actor's organisation,
    the open ones and all that the actor was made, the latest first.
    """

    actor: Actor
    zone: ZoneInfo
    ticket: Ticket
    clinical: TicketClinical | None = None
    people: TicketPeople | None = None
    commercial: TicketCommercial | None = None
    quality: TicketQuality | None = None
    device: Device | None = None
    offers: list[JobOffer] = field(default_factory=list)
    visit: Visit | None = None
    slots: list[SignatureSlot] = field(default_factory=list)
    messages: list[TicketMessage] = field(default_factory=list)
    events: list[AuditEntry] = field(default_factory=list)
    names: dict[UUID, str] = field(default_factory=dict)
    files: int = 0
    clocks: list[TicketClock] = field(default_factory=list)
    alike: list[tuple[TicketLikeness, str]] = field(default_factory=list)
    quotation: Quotation | None = None
    quotation_state: str = ""
    loans: list[TicketLoan] = field(default_factory=list)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """The field groups in it whose reading is recorded when a person has asked for it."""
        return tuple(group for group in SENSITIVE if getattr(self, group) is not None)

    def named(self, name: str | None) -> str:
        """A person's name as this reader may see it: in full for who holds `people`."""
        return (name if self.people is not None else masked_name(name)) if name else ""

    @property
    def facility(self) -> bool:
        """Whether the actor's organisation is the user facility."""
        return self.actor.organisation == self.ticket.tenant_id

    @property
    def provider(self) -> bool:
        """Whether it answers for the ticket."""
        return self.actor.organisation == self.ticket.provider_id

    @property
    def mine(self) -> bool:
        """Whether the actor has taken the job."""
        return self.people is not None and self.people.assignee_id == self.actor.id

    @property
    def held(self) -> bool:
        """Whether somebody has taken the job."""
        return self.ticket.state in TAKEN and self.ticket.waiting_for != "provider"

    @property
    def my_offer(self) -> JobOffer | None:
        """The last offer that the actor was made."""
        return next((offer for offer in self.offers if offer.technician_id == self.actor.id), None)

    @property
    def offered_to_me(self) -> bool:
        """Whether the job waits for the actor's answer."""
        return self.my_offer is not None and self.my_offer.state == "offered"

    @property
    def open_slot(self) -> SignatureSlot | None:
        """The signature that is due now."""
        return next((slot for slot in self.slots if slot.state == "open"), None)

    @property
    def slot_to_sign(self) -> SignatureSlot | None:
        """The signature that is due from this actor."""
        slot = self.open_slot
        return slot if slot and slot.role in self.actor.roles and not self.actor.unit_account else None

    def allows(self, command: str) -> bool:
        """Whether the table of steps, the actor's part and its permissions allow the command now."""
        if not self.actor.may(COMMANDS[command].permission):
            return False
        if command not in _STEP_COMMANDS:
            return self.ticket.phase != "closed"
        parts = [name for name, held in (("facility", self.facility), ("provider", self.provider)) if held]
        return any(command in steps_from(self.ticket.state, self.ticket.kind, part) for part in parts)

    def local(self, moment: datetime) -> str:
        """A time in the reader's zone: the hour today, with its day otherwise."""
        there = moment.astimezone(self.zone)
        today = there.date() == datetime.now(self.zone).date()
        return f"{there:%H:%M}" if today else f"{there:%m-%d %H:%M}"


async def zone_of(tenant: UUID) -> ZoneInfo:
    """The organisation's time zone, in the current transaction."""
    return ZoneInfo((await own_organisation(tenant)).timezone)


async def view_ticket(actor: Actor, ticket: Reference) -> TicketView:
    """Reads a ticket for an actor, in the current transaction. Raises DomainError not_found."""
    row = await rows.get(Ticket, *ticket)
    tenant = actor.organisation
    events = await rows.select(
        AuditEntry, "tenant_id = $1 AND ticket_id = $2 ORDER BY seq DESC LIMIT 12", row.tenant_id, row.id
    )
    people = await _group(TicketPeople, actor, row)
    quotation, state = await _quotation(actor, row)
    return TicketView(
        actor=actor,
        zone=await zone_of(tenant),
        ticket=row,
        clinical=await _group(TicketClinical, actor, row),
        people=people,
        commercial=await _entitlement(actor, row),
        quality=await _group(TicketQuality, actor, row),
        device=await rows.find(Device, tenant, row.device_id) if row.device_id and tenant == row.tenant_id else None,
        offers=await _offers(actor, row),
        visit=await rows.first(
            Visit,
            "tenant_id = $1 AND ticket_id = $2 AND author_org = $3 ORDER BY recorded_at DESC",
            row.tenant_id,
            row.id,
            tenant,
        ),
        slots=await _slots(actor, row),
        messages=await _messages(actor, row),
        events=events,
        names=await _names(tenant, [event.actor for event in events if event.author_org == tenant]),
        files=await fetchval(
            "SELECT count(*) FROM evidence WHERE tenant_id = $1 AND ticket_id = $2 AND state = 'stored'",
            row.tenant_id,
            row.id,
        ),
        clocks=[clock for clock in await clocks_of(row) if clock.target],
        alike=await _alike(actor, row),
        quotation=quotation,
        quotation_state=state,
        loans=await _loans(actor, row),
    )


async def _group(model: type[GroupRow], actor: Actor, ticket: Ticket) -> GroupRow | None:
    name = model._meta.db_table.removeprefix("ticket_")
    return await rows.find(model, ticket.tenant_id, ticket.id) if actor.may(f"read.{name}") else None


async def _entitlement(actor: Actor, ticket: Ticket) -> TicketCommercial | None:
    """Who pays is shown at intake to the ward too, so that it knows what happens next; the card shows no price."""
    own = actor.organisation == ticket.tenant_id and actor.may("tickets.report")
    if not (own or actor.may("read.commercial")):
        return None
    return await rows.find(TicketCommercial, ticket.tenant_id, ticket.id)


async def _quotation(actor: Actor, ticket: Ticket) -> tuple[Quotation | None, str]:
    found = await latest_quotation(ticket) if actor.may("read.commercial") else None
    known = await outcome_of(found) if found else None
    return found, known.outcome if known else "open"


async def _alike(actor: Actor, ticket: Ticket) -> list[tuple[TicketLikeness, str]]:
    if not actor.may("read.clinical"):
        return []
    found = await rows.select(
        TicketLikeness,
        "tenant_id = $1 AND ticket_id = $2 ORDER BY score DESC, id LIMIT 3",
        ticket.tenant_id,
        ticket.id,
    )
    others = [one.other_id for one in found]
    sql = "SELECT id, number FROM ticket WHERE tenant_id = $1 AND id = ANY ($2)"
    numbers = {row["id"]: row["number"] for row in await fetch(sql, ticket.tenant_id, others)} if others else {}
    return [(one, numbers[one.other_id]) for one in found if one.other_id in numbers]


async def _offers(actor: Actor, ticket: Ticket) -> list[JobOffer]:
    return await rows.select(
        JobOffer,
        "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3 AND (state = 'offered' OR technician_id = $4)"
        " ORDER BY offered_at DESC, id DESC LIMIT 120",
        actor.organisation,
        ticket.tenant_id,
        ticket.id,
        actor.id,
    )


async def _loans(actor: Actor, ticket: Ticket) -> list[TicketLoan]:
    if not actor.may("read.progress"):
        return []
    return await rows.select(
        TicketLoan,
        "tenant_id = $1 AND ticket_id = $2 AND returned_at IS NULL ORDER BY out_at, id LIMIT 8",
        ticket.tenant_id,
        ticket.id,
    )


async def _slots(actor: Actor, ticket: Ticket) -> list[SignatureSlot]:
    if not actor.may("read.quality"):
        return []
    return await rows.select(
        SignatureSlot,
        "tenant_id = $1 AND ticket_id = $2 AND attempt = $3 ORDER BY position",
        ticket.tenant_id,
        ticket.id,
        ticket.attempt,
    )


async def _messages(actor: Actor, ticket: Ticket) -> list[TicketMessage]:
    if not actor.may("read.messages"):
        return []
    return await rows.select(
        TicketMessage,
        "tenant_id = $1 AND ticket_id = $2 ORDER BY recorded_at DESC, id DESC LIMIT 30",
        ticket.tenant_id,
        ticket.id,
    )


async def _names(tenant: UUID, members: list[UUID]) -> dict[UUID, str]:
    if not members:
        return {}
    found = await rows.select(Member, "tenant_id = $1 AND id = ANY ($2)", tenant, members)
    return {member.id: member.name for member in found}
