"""Subcontracting: a provider asks to pass its ticket on; the hospital consents or refuses, or has consented before."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mendline.devices import Device, DeviceModel
from mendline.kernel import (
    DomainError,
    OrganisationId,
    Reference,
    SubcontractId,
    TicketId,
    command,
    not_found,
    opaque,
    parse_opaque,
    rows,
    work,
)
from mendline.tickets.intake import at_home
from mendline.tickets.lifecycle import lock_ticket, may_step, note_change, require_part
from mendline.tickets.partners.participants import SUBCONTRACTOR_GROUPS, Part
from mendline.tickets.partners.passing import pass_to
from mendline.tickets.partners.subcontract import Subcontract
from mendline.tickets.ticket import Ticket, TicketParticipant
from mendline_tenants import Actor, Asked, Partner, agreed, ask, askable, card_of, own_organisation, partner_card

Why = Annotated[str, Meta(min_length=1, max_length=500)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
_STEP = "tickets.pass_on"


class AskSubcontract(Struct, frozen=True):
    """Whom the provider wants to pass its ticket on to (a partner of its own), and why."""

    ticket: TicketId
    subcontractor: OrganisationId
    reason: Why


class FileSubcontract(Struct, frozen=True):
    """The same, with how the provider names the subcontractor: {code, kind, name}."""

    ticket: TicketId
    subcontractor: OrganisationId
    reason: Why
    code: Name
    kind: Name
    name: dict[str, str]


class SubcontractResult(Struct, frozen=True):
    """The request after the command; `child` is the subcontractor's ticket once the hospital has approved."""

    subcontract: SubcontractId
    state: str
    ticket: TicketId
    child: TicketId | None = None


@command("tickets.ask_subcontract", "tickets.triage")
async def ask_subcontract(actor: Actor, input: AskSubcontract) -> Asked[SubcontractResult]:
    """Asks the hospital whether the provider may pass its ticket on; an agreement may have allowed it beforehand.

    Raises wrong_part for all but a provider that is not the hospital itself, wrong_state when work has begun,
    not_found for a subcontractor that is no partner, already_provider, already_participant for the hospital, and
    subcontract_open while another request waits.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    if actor.organisation == ticket.tenant_id or actor.organisation != ticket.provider_id:
        raise DomainError("wrong_part", part="provider", number=ticket.number)
    subcontractor = parse_opaque("or", input.subcontractor).id
    await _require_possible(actor, ticket, subcontractor)
    card = await partner_card(actor.organisation, subcontractor)
    filed = FileSubcontract(
        input.ticket,
        input.subcontractor,
        input.reason,
        str(card["code"]),
        str(card["kind"]),
        card["name"],  # type: ignore[arg-type]
    )
    return await ask(actor, ticket.tenant_id, "tickets.file_subcontract", filed)


async def _require_possible(actor: Actor, ticket: Ticket, subcontractor: UUID) -> None:
    may_step(actor, ticket, _STEP)
    if subcontractor == ticket.provider_id:
        raise DomainError("already_provider", number=ticket.number)
    if subcontractor == ticket.tenant_id:
        raise DomainError("already_participant", number=ticket.number)
    waiting = await rows.first(
        Subcontract, "tenant_id = $1 AND ticket_id = $2 AND state = 'asked'", ticket.tenant_id, ticket.id
    )
    if waiting is not None:
        raise DomainError("subcontract_open", number=ticket.number)


async def _by_the_provider(actor: Actor, input: FileSubcontract) -> None:
    """Only the provider of the hospital's own ticket asks; for anybody else there is no such ticket."""
    ticket = await rows.find(Ticket, *parse_opaque("tk", input.ticket))
    if ticket is None or ticket.tenant_id != actor.organisation or ticket.provider_id != actor.asked_by:
        raise not_found("ticket")


@askable("tickets.file_subcontract", _by_the_provider)
async def file_subcontract(actor: Actor, input: FileSubcontract) -> SubcontractResult:
    """In the hospital's name: writes the request down, and grants it where an agreement has allowed it beforehand.

    An agreement's consent reaches only subcontractors that the hospital knows as partners; for others a person decides.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    subcontractor = parse_opaque("or", input.subcontractor).id
    await _require_possible(actor, ticket, subcontractor)
    partner = await rows.find(Partner, ticket.tenant_id, subcontractor)
    named = {"id": str(subcontractor), "code": input.code, "kind": input.kind, "name": input.name}
    request = Subcontract(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        visible_to=sorted((ticket.tenant_id, ticket.provider_id)),
        author_org=actor.organisation,
        asked_by=ticket.provider_id,
        subcontractor=subcontractor,
        card=card_of(partner) if partner else named,
        reason=input.reason,
        asked_at=work().occurred_at,
    )
    await rows.insert(request)
    if partner is not None and await _allowed_beforehand(ticket):
        return await _grant(actor, ticket, request, "")
    await note_change(actor, ticket, subcontract="asked")
    return _result(request)


async def _allowed_beforehand(ticket: Ticket) -> bool:
    """Whether an agreement in force lets the ticket's provider subcontract work on this device."""
    device = await rows.find(Device, ticket.tenant_id, ticket.device_id) if ticket.device_id else None
    model = await rows.get(DeviceModel, ticket.tenant_id, device.model_id) if device else None
    today = at_home(await own_organisation(ticket.tenant_id), work().occurred_at).date()
    standing = await agreed(
        ticket.tenant_id,
        today,
        model.device_class if model else None,
        model.manufacturer_id if model else None,
    )
    return any(
        a.subcontracting and a.part == "service_provider" and a.partner_id == ticket.provider_id for a in standing
    )


class AnswerSubcontract(Struct, frozen=True):
    """The hospital's answer, with its reason."""

    subcontract: SubcontractId
    approved: bool
    reason: Annotated[str, Meta(max_length=500)] = ""


@command("tickets.answer_subcontract", "tickets.triage")
async def answer_subcontract(actor: Actor, input: AnswerSubcontract) -> SubcontractResult:
    """The hospital's consent opens the subcontractor's ticket, which the provider follows; or it refuses, and says why.

    Raises wrong_part for the provider itself, subcontract_answered, wrong_state when the work went another way
    meanwhile, and reason_needed for a refusal without one.
    """
    ticket, request = await _locked(input.subcontract)
    require_part(actor, ticket, "facility")
    _require_asked(ticket, request)
    if input.approved:
        return await _grant(actor, ticket, request, input.reason)
    if not input.reason:
        raise DomainError("reason_needed")
    await _close(actor, ticket, request, "refused", input.reason)
    return _result(request)


async def _grant(actor: Actor, ticket: Ticket, request: Subcontract, reason: str) -> SubcontractResult:
    provider = request.asked_by
    held = await rows.first(
        TicketParticipant,
        "tenant_id = $1 AND ticket_id = $2 AND organisation = $3",
        ticket.tenant_id,
        ticket.id,
        provider,
    )
    if provider != ticket.provider_id or held is None:
        raise DomainError("subcontract_answered", number=ticket.number, subcontract=request.state)
    if await rows.find(Partner, ticket.tenant_id, request.subcontractor) is None:
        named = {name: request.card[name] for name in ("code", "kind", "name")}
        await rows.insert(Partner(tenant_id=ticket.tenant_id, id=request.subcontractor, **named))
    follower = Part(provider, "participant", tuple(held.groups))
    child = await pass_to(
        actor, ticket, request.subcontractor, request.card, groups=SUBCONTRACTOR_GROUPS, followers=[follower]
    )
    await rows.update(request, state="approved", answer=reason, answered_at=work().occurred_at, child_id=child.id)
    return _result(request)


class WithdrawSubcontract(Struct, frozen=True):
    """The provider does the work itself after all."""

    subcontract: SubcontractId


@command("tickets.withdraw_subcontract", "tickets.triage")
async def withdraw_subcontract(actor: Actor, input: WithdrawSubcontract) -> Asked[SubcontractResult]:
    """Takes the request back while it waits.

    Raises wrong_part for all but who asked, and subcontract_answered.
    """
    ticket, request = await _locked(input.subcontract)
    if actor.organisation != request.asked_by:
        raise DomainError("wrong_part", part="provider", number=ticket.number)
    _require_asked(ticket, request)
    return await ask(actor, ticket.tenant_id, "tickets.drop_subcontract", DropSubcontract(input.subcontract))


class DropSubcontract(Struct, frozen=True):
    """The request that its provider takes back."""

    subcontract: SubcontractId


async def _by_who_asked(actor: Actor, input: DropSubcontract) -> None:
    request = await rows.find(Subcontract, *parse_opaque("sc", input.subcontract))
    if request is None or request.tenant_id != actor.organisation or request.asked_by != actor.asked_by:
        raise not_found("subcontract")


@askable("tickets.drop_subcontract", _by_who_asked)
async def drop_subcontract(actor: Actor, input: DropSubcontract) -> SubcontractResult:
    """In the hospital's name: the request is withdrawn. Raises subcontract_answered when it was answered meanwhile."""
    ticket, request = await _locked(input.subcontract)
    _require_asked(ticket, request)
    await _close(actor, ticket, request, "withdrawn", "")
    return _result(request)


async def _locked(id: str) -> tuple[Ticket, Subcontract]:
    """The ticket, whose lock puts all that is done about its requests in order; then the request as it is by now."""
    reference = parse_opaque("sc", id)
    seen = await rows.get(Subcontract, *reference)
    ticket = await lock_ticket(Reference(seen.tenant_id, seen.ticket_id))
    return ticket, await rows.get(Subcontract, *reference)


def _require_asked(ticket: Ticket, request: Subcontract) -> None:
    if request.state != "asked":
        raise DomainError("subcontract_answered", number=ticket.number, subcontract=request.state)


async def _close(actor: Actor, ticket: Ticket, request: Subcontract, state: str, reason: str) -> None:
    await rows.update(request, state=state, answer=reason, answered_at=work().occurred_at)
    await note_change(actor, ticket, subcontract=state)


def _result(request: Subcontract) -> SubcontractResult:
    tenant = request.tenant_id
    child = opaque("tk", tenant, request.child_id) if request.child_id else None
    return SubcontractResult(
        opaque("sc", tenant, request.id), request.state, opaque("tk", tenant, request.ticket_id), child
    )
