"""Triage: own repair, warranty, contract or outside; and passing work on as a child ticket."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from mendline.kernel import DomainError, OrganisationId, TicketId, command, emit, parse_opaque, rows
from mendline.tickets.events import ProviderAssigned
from mendline.tickets.lifecycle import lock_ticket, move
from mendline.tickets.passing import pass_to
from mendline.tickets.results import TicketResult, result
from mendline.tickets.ticket import Ticket
from mendline.tickets.updates import add_message
from mendline_tenants import Actor, partner_card

Reason = Annotated[str, Meta(max_length=500)]


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

    Only the user facility may pass on; a provider asks for its consent first (tickets.ask_subcontract). Raises
    not_found for a provider that is no partner, already_provider when it has the work already.
    """
    parent = await lock_ticket(parse_opaque("tk", input.ticket))
    if actor.organisation != parent.tenant_id:
        raise DomainError("consent_needed", number=parent.number)
    provider = parse_opaque("or", input.provider).id
    if provider == parent.provider_id:
        raise DomainError("already_provider", number=parent.number)
    card = await partner_card(actor.organisation, provider)
    child = await pass_to(actor, parent, provider, card)
    if input.reason:
        await add_message(actor, child, "comment", input.reason)
    return result(child)


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
