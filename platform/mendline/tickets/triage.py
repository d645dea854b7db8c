"""Triage: own repair, warranty, contract or outside; and passing work on as a child ticket."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mendline.kernel import DomainError, OrganisationId, TicketId, command, emit, new_id, parse_opaque, rows, work
from mendline.tickets.events import ProviderAssigned, TicketReported
from mendline.tickets.intake import at_home, next_number
from mendline.tickets.lifecycle import lock_ticket, move, tell
from mendline.tickets.participants import PROVIDER_GROUPS, Part, audience, participants, parts_of
from mendline.tickets.results import TicketResult, result
from mendline.tickets.states import PHASES
from mendline.tickets.ticket import (
    Ticket,
    TicketClinical,
    TicketCommercial,
    TicketGroup,
    TicketParticipant,
    TicketPeople,
    TicketQuality,
    TicketVigilance,
)
from mendline.tickets.updates import add_message
from mendline_tenants import Actor, own_organisation, partner_card

Reason = Annotated[str, Meta(max_length=500)]

ASSIGNEE = {"assignee_id", "assignee_name", "assignee_phone"}
"""Who came for the parent does not come for the child."""


class Triage(Struct, frozen=True):
    """Which way a report goes; the reason stays with the ticket."""

    ticket: TicketId
    route: Literal["own", "contract", "warranty", "outside"]
    reason: Reason = ""


@command("tickets.triage", "tickets.triage")
async def triage(actor: Actor, input: Triage) -> TicketResult:
    """Decides the route. `own` leads to dispatch by the ticket's provider; the others are then passed on."""
    ticket = await move(actor, await lock_ticket(parse_opaque("tk", input.ticket)))
    if input.reason:
        await add_message(actor, ticket, "comment", input.reason)
    if input.route == "own":
        emit(ProviderAssigned(tenant=ticket.tenant_id, ticket=ticket.id, provider=ticket.provider_id))
    return result(ticket)


class PassOn(Struct, frozen=True):
    """Hands the work to another provider, as a child ticket for which that provider answers."""

    ticket: TicketId
    provider: OrganisationId
    reason: Reason = ""


@command("tickets.pass_on", "tickets.triage")
async def pass_on(actor: Actor, input: PassOn) -> TicketResult:
    """Opens the child ticket and lets the parent wait for it.

    Only the user facility may pass on; a provider's subcontract needs its consent first. Raises not_found for a
    provider that is no partner, already_provider when it has the work already.
    """
    parent = await lock_ticket(parse_opaque("tk", input.ticket))
    if actor.organisation != parent.tenant_id:
        raise DomainError("consent_needed", number=parent.number)
    provider = parse_opaque("or", input.provider).id
    if provider == parent.provider_id:
        raise DomainError("already_provider", number=parent.number)
    card = await partner_card(actor.organisation, provider)
    child = await _child(actor, parent, provider, card)
    await move(actor, parent, waiting_for="provider")
    if input.reason:
        await add_message(actor, child, "comment", input.reason)
    tell(child, to=child.state, parent=parent.number)
    emit(
        TicketReported(
            tenant=child.tenant_id, ticket=child.id, number=child.number, provider=provider, device=child.device_id
        )
    )
    emit(ProviderAssigned(tenant=child.tenant_id, ticket=child.id, provider=provider))
    return result(child)


async def _child(actor: Actor, parent: Ticket, provider: UUID, card: dict[str, object]) -> Ticket:
    # A share that has ended, or will, is not inherited.
    standing = await rows.select(
        TicketParticipant,
        "tenant_id = $1 AND ticket_id = $2 AND ends_at IS NULL AND part NOT IN ('user_facility', 'service_provider')",
        parent.tenant_id,
        parent.id,
    )
    parts = parts_of(
        parent.tenant_id,
        provider,
        [
            Part(provider, "service_provider", PROVIDER_GROUPS),
            *(Part(p.organisation, p.part, tuple(p.groups)) for p in standing),
        ],
    )
    viewers, held = audience(parts)
    organisation = await own_organisation(actor.organisation)
    moment = work().occurred_at
    copied = (
        "kind",
        "manufacturer_id",
        "device_id",
        "device_card",
        "facility_card",
        "priority",
        "opened_at",
        "response_due_at",
        "restoration_due_at",
    )
    child = Ticket(
        id=new_id(),
        tenant_id=parent.tenant_id,
        visible_to=viewers,
        audience=held,
        number=await next_number(actor.organisation, organisation.code, at_home(organisation, moment)),
        parent_id=parent.id,
        state="triaged",
        phase=PHASES["triaged"],
        provider_id=provider,
        provider_card=card,
        changed_at=moment,
        changed_by=actor.role,
        **{name: getattr(parent, name) for name in copied},
    )
    await rows.insert(child)
    await rows.insert(*await participants(child, parts))
    for group in (TicketPeople, TicketClinical, TicketCommercial, TicketQuality, TicketVigilance):
        await _copy_group(group, parent, child)
    return child


async def _copy_group(group: type[TicketGroup], parent: Ticket, child: Ticket) -> None:
    known = await rows.find(group, parent.tenant_id, parent.id)
    if known is None:
        return
    fixed = {"id", "tenant_id", "ticket_id", "visible_to", "author_org"} | ASSIGNEE
    values = {name: getattr(known, name) for name in group._meta.fields_db_projection if name not in fixed}
    await rows.insert(
        group(id=child.id, tenant_id=child.tenant_id, ticket_id=child.id, author_org=child.tenant_id, **values)
    )


class TakeBack(Struct, frozen=True):
    """Takes work back that was passed on, when nobody does it any more."""

    ticket: TicketId


@command("tickets.take_back", "tickets.triage")
async def take_back(actor: Actor, input: TakeBack) -> TicketResult:
    """The hospital decides anew. Raises children_open while a child is under way."""
    return result(await move(actor, await lock_ticket(parse_opaque("tk", input.ticket)), waiting_for=None))


class MarkDuplicate(Struct, frozen=True):
    """Says that another ticket already tells of this fault."""

    ticket: TicketId
    of: TicketId


@command("tickets.mark_duplicate", "tickets.triage")
async def mark_duplicate(actor: Actor, input: MarkDuplicate) -> TicketResult:
    """Closes this one in favour of the other. Raises not_found when the other is hidden or missing."""
    other = await rows.get(Ticket, *parse_opaque("tk", input.of))
    ticket = await move(actor, await lock_ticket(parse_opaque("tk", input.ticket)))
    await add_message(actor, ticket, "comment", other.number)
    return result(ticket)


class FixRemotely(Struct, frozen=True):
    """The fault was dealt with from afar; the report of it follows with finish."""

    ticket: TicketId


@command("tickets.fix_remotely", "tickets.triage")
async def fix_remotely(actor: Actor, input: FixRemotely) -> TicketResult:
    """Takes the ticket into remote repair."""
    return result(await move(actor, await lock_ticket(parse_opaque("tk", input.ticket))))


class AskQuotation(Struct, frozen=True):
    """The work is outside warranty and contract and waits for an approved quotation."""

    ticket: TicketId


@command("tickets.ask_quotation", "tickets.triage")
async def ask_quotation(actor: Actor, input: AskQuotation) -> TicketResult:
    """Stops the ticket until the hospital has answered."""
    return result(await move(actor, await lock_ticket(parse_opaque("tk", input.ticket)), waiting_for="quotation"))


class AnswerQuotation(Struct, frozen=True):
    """The hospital's answer."""

    ticket: TicketId
    approved: bool


@command("tickets.answer_quotation", "tickets.triage")
async def answer_quotation(actor: Actor, input: AnswerQuotation) -> TicketResult:
    """Lets the work go on, or ends the ticket."""
    target = "triaged" if input.approved else "cancelled"
    ticket = await move(actor, await lock_ticket(parse_opaque("tk", input.ticket)), target, waiting_for=None)
    if input.approved:
        emit(ProviderAssigned(tenant=ticket.tenant_id, ticket=ticket.id, provider=ticket.provider_id))
    return result(ticket)
