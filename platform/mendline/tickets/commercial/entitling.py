"""Entitlement decided by people: in warranty (misuse excluded), under contract, or outside; and its dispute."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mendline.devices import Contract, Entitlement
from mendline.kernel import ContractId, DomainError, Reference, TicketId, command, emit, parse_opaque, rows, touch, work
from mendline.tickets.commercial.entitlement_log import EntitlementEntry
from mendline.tickets.commercial.quoting import release
from mendline.tickets.events import EntitlementMoved
from mendline.tickets.lifecycle import change, lock_ticket, require_part
from mendline.tickets.partners.participants import require_group
from mendline.tickets.results import TicketResult, result
from mendline.tickets.states import VOID_OUTCOMES
from mendline.tickets.ticket import Ticket, TicketCommercial
from mendline_tenants import Actor, day_at, own_organisation

EntitlementKind = Literal["warranty", "contract", "outside"]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class DecideEntitlement(Struct, frozen=True):
    """Who pays, and why.

    misuse: the warranty does not cover it. contract: the hospital's own, where it names another.
    """

    ticket: TicketId
    entitlement: EntitlementKind
    reason: Reason
    misuse: bool = False
    contract: ContractId | None = None


@command("tickets.decide_entitlement", "tickets.triage")
async def decide_entitlement(actor: Actor, input: DecideEntitlement) -> TicketResult:
    """Decides anew; the decisions before stay in the log. What is covered waits for no quotation any more.

    Either side decides, and the other may dispute it. Raises wrong_part, group_withheld, ticket_closed for a cancelled
    one, dispute_open, misuse_excludes_warranty, contract_needed, and not_found for a contract that is not the
    hospital's own.
    """
    ticket, commercial = await _held(actor, input.ticket)
    contract = await named_contract(actor, ticket, input.contract)
    if commercial.disputed_by is not None:
        raise DomainError("dispute_open", number=ticket.number)
    await decide(actor, ticket, commercial, input.entitlement, input.reason, misuse=input.misuse, contract=contract)
    if ticket.state == "quotation" and input.entitlement != "outside":
        await release(actor, ticket, input.reason)
    else:
        await change(actor, ticket)
    return result(ticket)


async def decide(
    actor: Actor,
    ticket: Ticket,
    commercial: TicketCommercial,
    entitlement: EntitlementKind,
    reason: str,
    *,
    misuse: bool = False,
    contract: Contract | None = None,
    kind: str = "decided",
) -> None:
    """Writes a decision on a locked ticket down, and its commercial row after it."""
    if misuse and entitlement == "warranty":
        raise DomainError("misuse_excludes_warranty", number=ticket.number)
    named = contract.id if contract else commercial.contract_id
    if entitlement == "contract" and named is None:
        raise DomainError("contract_needed", number=ticket.number)
    level = level_of(contract) if contract else await _known_level(ticket)
    await _write(actor, ticket, kind, entitlement, reason, misuse=misuse, contract=named, level=level)
    await rows.update(
        commercial,
        entitlement=entitlement,
        misuse=misuse,
        contract_id=named,
        reason={"zh": reason, "en": reason},
        valid_until=contract.ends_on if contract else commercial.valid_until,
        quotation_needed=entitlement == "outside" and ticket.provider_id != ticket.tenant_id,
        disputed_by=None,
    )
    _tell(actor, ticket, kind)
    touch(Reference(ticket.tenant_id, ticket.id), entitlement=entitlement)


class DisputeEntitlement(Struct, frozen=True):
    """What the decision should be instead, and why."""

    ticket: TicketId
    entitlement: EntitlementKind
    reason: Reason
    misuse: bool = False


@command("tickets.dispute_entitlement", "tickets.triage")
async def dispute_entitlement(actor: Actor, input: DisputeEntitlement) -> TicketResult:
    """One side disputes; the decision stands until the other side has answered.

    Raises wrong_part, nobody_to_dispute_with where the hospital repairs itself, dispute_open, invalid_input for what
    is decided already, and misuse_excludes_warranty.
    """
    ticket, commercial = await _held(actor, input.ticket)
    if ticket.provider_id == ticket.tenant_id:
        raise DomainError("nobody_to_dispute_with", number=ticket.number)
    if commercial.disputed_by is not None:
        raise DomainError("dispute_open", number=ticket.number)
    if input.misuse and input.entitlement == "warranty":
        raise DomainError("misuse_excludes_warranty", number=ticket.number)
    if (input.entitlement, input.misuse) == (commercial.entitlement, commercial.misuse):
        raise DomainError("invalid_input", field="entitlement", problem="decided_already")
    await _write(actor, ticket, "disputed", input.entitlement, input.reason, misuse=input.misuse)
    await rows.update(commercial, disputed_by=actor.organisation)
    await change(actor, ticket)
    _tell(actor, ticket, "disputed")
    return result(ticket)


class AnswerDispute(Struct, frozen=True):
    """The other side's answer: what was wanted is granted, or the decision upheld. contract: as in a decision."""

    ticket: TicketId
    granted: bool
    reason: Reason
    contract: ContractId | None = None


@command("tickets.answer_dispute", "tickets.triage")
async def answer_dispute(actor: Actor, input: AnswerDispute) -> TicketResult:
    """Ends a dispute. Raises no_dispute, wrong_part for the side that disputes, and as a decision does."""
    ticket, commercial = await _held(actor, input.ticket)
    contract = await named_contract(actor, ticket, input.contract)
    wanted = await _last(ticket, "disputed")
    if commercial.disputed_by is None or wanted is None:
        raise DomainError("no_dispute", number=ticket.number)
    if commercial.disputed_by == actor.organisation:
        raise DomainError("wrong_part", part="either", number=ticket.number)
    if not input.granted:
        await _write(actor, ticket, "upheld", commercial.entitlement, input.reason, misuse=commercial.misuse)
        await rows.update(commercial, disputed_by=None)
        await change(actor, ticket)
        _tell(actor, ticket, "upheld")
        return result(ticket)
    await decide(
        actor,
        ticket,
        commercial,
        wanted.entitlement,  # type: ignore[arg-type]
        input.reason,
        misuse=wanted.misuse,
        contract=contract,
        kind="granted",
    )
    if ticket.state == "quotation" and wanted.entitlement != "outside":
        await release(actor, ticket, input.reason)
    else:
        await change(actor, ticket)
    return result(ticket)


def found_entry(actor: Actor, ticket: Ticket, commercial: TicketCommercial, level: dict[str, Any]) -> EntitlementEntry:
    """The first entry of a new ticket's log, yet to be stored: what the rules have found, or a parent brings along."""
    return EntitlementEntry(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        author_org=ticket.tenant_id,
        author_id=actor.id,
        author_role="system",
        seq=1,
        kind="found",
        entitlement=commercial.entitlement,
        misuse=commercial.misuse,
        contract_id=commercial.contract_id,
        service_level=level,
        found=commercial.reason,
        occurred_at=work().occurred_at,
    )


def level_found(entitled: Entitlement | None) -> dict[str, Any]:
    """The service level that comes with what intake has found."""
    return level_of(entitled.contract) if entitled and entitled.contract else {}


def level_of(contract: Contract) -> dict[str, Any]:
    """A contract's service level as it is kept with a decision: {title, tier, minutes}."""
    return {"title": contract.title, "tier": contract.tier, "minutes": contract.service_level}


async def _held(actor: Actor, id: str) -> tuple[Ticket, TicketCommercial]:
    """The locked ticket of one of the two sides, and its commercial row."""
    ticket = await lock_ticket(parse_opaque("tk", id))
    require_part(actor, ticket, "either")
    require_group(actor, ticket, "commercial")
    if ticket.outcome in VOID_OUTCOMES:
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)
    return ticket, await rows.get(TicketCommercial, ticket.tenant_id, ticket.id)


async def named_contract(actor: Actor, ticket: Ticket, id: str | None) -> Contract | None:
    """The contract that is named: it is the hospital's own and stands in nobody else's registry.

    Raises wrong_part, not_found, and contract_not_in_force for one that did not hold when the ticket was opened.
    """
    if id is None:
        return None
    require_part(actor, ticket, "facility")
    reference = parse_opaque("ct", id)
    contract = await rows.get(Contract, *reference)
    opened_on = day_at(await own_organisation(ticket.tenant_id), ticket.opened_at)
    if not contract.starts_on <= opened_on <= contract.ends_on:
        raise DomainError("contract_not_in_force", number=ticket.number, title=contract.title)
    return contract


async def _known_level(ticket: Ticket) -> dict[str, Any]:
    found = await rows.first(
        EntitlementEntry,
        "tenant_id = $1 AND ticket_id = $2 AND service_level <> '{}' ORDER BY seq DESC",
        ticket.tenant_id,
        ticket.id,
    )
    return found.service_level if found else {}


async def _last(ticket: Ticket, kind: str | None = None) -> EntitlementEntry | None:
    return await rows.first(
        EntitlementEntry,
        "tenant_id = $1 AND ticket_id = $2 AND ($3::text IS NULL OR kind = $3) ORDER BY seq DESC",
        ticket.tenant_id,
        ticket.id,
        kind,
    )


async def _write(
    actor: Actor,
    ticket: Ticket,
    kind: str,
    entitlement: str,
    reason: str,
    *,
    misuse: bool,
    contract: UUID | None = None,
    level: dict[str, Any] | None = None,
) -> None:
    last = await _last(ticket)
    await rows.insert(
        EntitlementEntry(
            tenant_id=ticket.tenant_id,
            ticket_id=ticket.id,
            author_org=actor.organisation,
            author_id=actor.id,
            author_role=actor.role,
            seq=last.seq + 1 if last else 1,
            kind=kind,
            entitlement=entitlement,
            misuse=misuse,
            contract_id=contract,
            service_level=level or {},
            reason=reason,
            occurred_at=work().occurred_at,
        )
    )


def _tell(actor: Actor, ticket: Ticket, what: str) -> None:
    emit(
        EntitlementMoved(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            provider=ticket.provider_id,
            by=actor.organisation,
            what=what,
        )
    )
