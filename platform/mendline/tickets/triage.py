"""Triage: own repair, warranty, contract or outside; and passing work on as a child ticket."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mendline.devices import Device
from mendline.kernel import (
    ContractId,
    DomainError,
    OrganisationId,
    Reference,
    TicketId,
    command,
    emit,
    not_found,
    parse_opaque,
    rows,
    touch,
)
from mendline.tickets.commercial.entitling import decide, named_contract
from mendline.tickets.events import DuplicateMarked, ProviderAssigned, QuotationMoved
from mendline.tickets.lifecycle import lock_ticket, may_step, move
from mendline.tickets.partners.passing import pass_to
from mendline.tickets.results import TicketResult, result
from mendline.tickets.states import TicketKind
from mendline.tickets.ticket import Ticket, TicketCommercial
from mendline.tickets.updates import add_message
from mendline_tenants import Actor, partner_card

Reason = Annotated[str, Meta(max_length=500)]


class Triage(Struct, frozen=True):
    """Which way a report goes; the reason stays with the ticket, and is needed for another entitlement than was found.

    contract: the hospital's own, where it goes by another than was found.
    """

    ticket: TicketId
    route: Literal["own", "contract", "warranty", "outside"]
    reason: Reason = ""
    contract: ContractId | None = None


@command("tickets.triage", "tickets.triage")
async def triage(actor: Actor, input: Triage) -> TicketResult:
    """Decides the route. `own` leads to dispatch by the ticket's provider; the others are then passed on.

    What goes outside needs a quotation of whoever else does it, and waits for it. Raises reason_needed where this
    decides the entitlement anew without saying why, and as such a decision does (decide_entitlement).
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    may_step(actor, ticket)
    waits = await _entitle(actor, ticket, input)
    await move(actor, ticket, "quotation" if waits else "triaged", waiting_for="quotation" if waits else None)
    if input.reason:
        await add_message(actor, ticket, "comment", input.reason)
    if waits:
        _ask(actor, ticket)
    if input.route == "own":
        emit(ProviderAssigned(tenant=ticket.tenant_id, ticket=ticket.id, provider=ticket.provider_id))
    return result(ticket)


async def _entitle(actor: Actor, ticket: Ticket, input: Triage) -> bool:
    """Keeps what the route says of who pays; whether the ticket waits for its provider's quotation now."""
    contract = await named_contract(actor, ticket, input.contract)
    if input.route == "own":
        return False
    commercial = await rows.find(TicketCommercial, ticket.tenant_id, ticket.id)
    if commercial is None:
        raise DomainError("group_withheld", number=ticket.number)
    if input.route != commercial.entitlement or contract is not None:
        if not input.reason:
            raise DomainError("reason_needed")
        if commercial.disputed_by is not None:
            raise DomainError("dispute_open", number=ticket.number)
        await decide(actor, ticket, commercial, input.route, input.reason, contract=contract)
    needed = input.route == "outside"
    if commercial.quotation_needed != needed:
        await rows.update(commercial, quotation_needed=needed)
    return needed and ticket.provider_id != ticket.tenant_id


def _ask(actor: Actor, ticket: Ticket) -> None:
    emit(
        QuotationMoved(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            provider=ticket.provider_id,
            by=actor.organisation,
            what="asked",
        )
    )


class PassOn(Struct, frozen=True):
    """Hands the work to another provider, as a child ticket for which that provider answers. kind: of that work."""

    ticket: TicketId
    provider: OrganisationId
    reason: Reason = ""
    kind: TicketKind | None = None


@command("tickets.pass_on", "tickets.triage")
async def pass_on(actor: Actor, input: PassOn) -> TicketResult:
    """Opens the child ticket and lets the parent wait for it. What goes to a testing body is a verification.

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
    kind = input.kind or ("mandatory_verification" if card["kind"] == "testing_body" else None)
    child = await pass_to(actor, parent, provider, card, kind=kind)
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
    """Closes this one in favour of the other, which goes on; who reported it is told.

    Raises not_found when the other is hidden, missing or another hospital's, not_a_duplicate for the ticket itself,
    other_not_open when the other has ended (a fault that comes back is a new one), and other_device when both name a
    device and it is not the same unit.
    """
    reference = parse_opaque("tk", input.ticket)
    ticket, other = await _lock_both(reference, parse_opaque("tk", input.of))
    if other.id == ticket.id:
        raise DomainError("not_a_duplicate", number=ticket.number)
    if other.outcome is not None:
        raise DomainError("other_not_open", number=other.number, state=other.state)
    units = await _unit(ticket), await _unit(other)
    if None not in units and units[0] != units[1]:
        raise DomainError("other_device", number=other.number, asset_number=ticket.device_card["asset_number"])
    await move(actor, ticket, duplicate_of_id=other.id)
    touch(reference, duplicate_of=other.id)
    emit(DuplicateMarked(tenant=ticket.tenant_id, ticket=ticket.id, number=ticket.number, of=other.id))
    return result(ticket)


async def _lock_both(reference: Reference, of: Reference) -> tuple[Ticket, Ticket]:
    """Both tickets of one hospital, locked in the order of their ids: of two merged into each other one stays."""
    if of.tenant != reference.tenant:
        await lock_ticket(reference)
        raise not_found("ticket")
    if of.id < reference.id:
        other = await rows.lock(Ticket, *of)
        return await lock_ticket(reference), other
    return await lock_ticket(reference), await rows.lock(Ticket, *of)


async def _unit(ticket: Ticket) -> UUID | None:
    """The unit that a ticket is about, though its record was merged into another since."""
    if ticket.device_id is None:
        return None
    device = await rows.find(Device, ticket.tenant_id, ticket.device_id)
    return ticket.device_id if device is None else device.merged_into or device.id


class FixRemotely(Struct, frozen=True):
    """The fault was dealt with from afar; the report of it follows with finish."""

    ticket: TicketId


@command("tickets.fix_remotely", "tickets.triage")
async def fix_remotely(actor: Actor, input: FixRemotely) -> TicketResult:
    """Takes the ticket into remote repair."""
    return result(await move(actor, await lock_ticket(parse_opaque("tk", input.ticket))))


class AskQuotation(Struct, frozen=True):
    """The work waits for a quotation that the hospital approves; the provider makes it with quote."""

    ticket: TicketId


@command("tickets.ask_quotation", "tickets.triage")
async def ask_quotation(actor: Actor, input: AskQuotation) -> TicketResult:
    """Stops the ticket until one is approved, or its provider drops it."""
    return result(await move(actor, await lock_ticket(parse_opaque("tk", input.ticket)), waiting_for="quotation"))
