"""Sharing one ticket: the user facility lets another organisation in, for a time or until told otherwise."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mendline.kernel import (
    DomainError,
    OrganisationId,
    Reference,
    TicketId,
    Timer,
    cancel_timer,
    command,
    emit,
    fetchval,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    timer,
    touch,
    work,
)
from mendline.tickets.events import ShareEnded, ShareGranted
from mendline.tickets.lifecycle import change, lock_ticket, require_part
from mendline.tickets.results import TicketResult, result
from mendline.tickets.ticket import GROUPS, Ticket, TicketParticipant
from mendline_tenants import Actor, partner_card, share_ticket, system_actor, unshare_ticket

SHARED_BY_ITSELF = """
SELECT EXISTS (SELECT FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2
  AND command = 'tickets.share' AND facts->>'partner' = $3)"""
"""Whether this ticket was ever shared with this organisation as such, and not along with the ticket it came from."""

Group = Literal["progress", "people", "clinical", "quality", "commercial", "messages", "vigilance"]


class Share(Struct, frozen=True):
    """Which partner gets which part and field groups; `until` ends it by itself."""

    ticket: TicketId
    organisation: OrganisationId
    groups: Annotated[tuple[Group, ...], Meta(min_length=1, max_length=len(GROUPS))]
    part: Literal["service_provider", "manufacturer", "testing_body", "participant"] = "participant"
    until: datetime | None = None


@command("tickets.share", "tickets.share")
async def share(actor: Actor, input: Share) -> TicketResult:
    """Shares the ticket with a partner, with exactly these groups (and progress). Raises not_found for a stranger."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "facility")
    if input.until is not None and input.until <= work().occurred_at:
        raise DomainError("invalid_input", field="until", problem="not_ahead")
    partner = parse_opaque("or", input.organisation).id
    if partner in (ticket.tenant_id, ticket.provider_id):
        raise DomainError("already_participant", number=ticket.number)
    card = await partner_card(actor.organisation, partner)
    groups = [group for group in GROUPS if group == "progress" or group in input.groups]
    await share_ticket(Reference(ticket.tenant_id, ticket.id), partner, groups)
    known = await _participant(ticket, partner)
    values: dict[str, Any] = {"part": input.part, "groups": groups, "ends_at": input.until}
    if known is None:
        await rows.insert(
            TicketParticipant(
                tenant_id=ticket.tenant_id,
                ticket_id=ticket.id,
                author_org=actor.organisation,
                organisation=partner,
                card=card,
                starts_at=work().occurred_at,
                **values,
            )
        )
    else:
        if not known.groups:  # an earlier share has ended
            values["starts_at"] = work().occurred_at
        await rows.update(known, **values)
    key = f"share:{ticket.id}:{partner}"
    if input.until is not None:
        await set_timer(
            actor.organisation,
            "tickets.end_share",
            key,
            input.until,
            ticket=str(ticket.id),
            organisation=str(partner),
            until=input.until.isoformat(),
        )
    else:
        await cancel_timer(actor.organisation, key)
    await change(actor, ticket)
    touch(Reference(ticket.tenant_id, ticket.id), partner=partner, part=input.part, groups=groups, until=input.until)
    emit(
        ShareGranted(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            number=ticket.number,
            organisation=partner,
            part=input.part,
            groups=tuple(groups),
            until=input.until,
        )
    )
    return result(ticket)


class Unshare(Struct, frozen=True):
    """Takes the ticket from a partner."""

    ticket: TicketId
    organisation: OrganisationId


@command("tickets.unshare", "tickets.share")
async def unshare(actor: Actor, input: Unshare) -> TicketResult:
    """Ends a share; it holds from the next statement. The provider that answers for the ticket cannot be unshared.

    What was passed on from the ticket ends with it, as far as the partner sees it for that reason alone.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "facility")
    partner = parse_opaque("or", input.organisation).id
    if partner == ticket.provider_id:
        raise DomainError("provider_stays", number=ticket.number)
    known = await _standing(ticket, partner)
    if known is None:
        raise DomainError("not_found", what="participant")
    await _end(actor, ticket, known)
    return result(ticket)


class EndShare(Struct, frozen=True):
    """Ends a partner's share that was granted until a moment, which has come."""

    ticket: TicketId
    organisation: OrganisationId
    until: datetime


@command("tickets.end_share", "tickets.end_share")
async def end_share(actor: Actor, input: EndShare) -> TicketResult:
    """In the user facility's name, under the ticket's lock, whatever the clocks say.

    Raises not_found for a share that has been prolonged, made lasting or ended meanwhile.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "facility")
    known = await _standing(ticket, parse_opaque("or", input.organisation).id)
    if known is None or known.ends_at is None or known.ends_at > input.until:
        raise DomainError("not_found", what="participant")
    await _end(actor, ticket, known)
    return result(ticket)


@timer("tickets.end_share")
async def ring_end_of_share(due: Timer) -> None:
    """Ends a share whose time is up, in the user facility's name."""
    ticket, partner = UUID(due.payload["ticket"]), UUID(due.payload["organisation"])
    until = datetime.fromisoformat(due.payload["until"]) if "until" in due.payload else due.due_at
    await end_by_itself(Reference(due.tenant_id, ticket), partner, until)


async def end_by_itself(ticket: Reference, partner: UUID, until: datetime) -> None:
    """Ends a share that was granted until this moment and has not been ended or prolonged since."""
    over = EndShare(opaque("tk", *ticket), opaque("or", partner, partner), until)
    try:
        await run(system_actor(ticket.tenant), "tickets.end_share", over)
    except DomainError as refused:
        if refused.code != "not_found":
            raise


async def _end(actor: Actor, ticket: Ticket, known: TicketParticipant) -> None:
    place, partner = Reference(ticket.tenant_id, ticket.id), known.organisation
    await unshare_ticket(place, partner)
    ended = ShareEnded(
        tenant=ticket.tenant_id,
        ticket=ticket.id,
        number=ticket.number,
        organisation=partner,
        part=known.part,
        groups=tuple(known.groups),
        began_at=known.starts_at,
    )
    await rows.update(known, ends_at=work().occurred_at, groups=[])
    await cancel_timer(actor.organisation, f"share:{ticket.id}:{partner}")
    await change(actor, ticket)
    touch(place, partner=partner, part=known.part, groups=ended.groups, ended=True)
    emit(ended)
    await _end_below(actor, ticket, partner)


async def _end_below(actor: Actor, ticket: Ticket, partner: UUID) -> None:
    """Ends what the partner got of the ticket's children by their being passed on, and of theirs.

    Its own work stays with it, and so does a child that the facility has shared with it for itself.
    """
    for below in await rows.select(
        Ticket, "tenant_id = $1 AND parent_id = $2 ORDER BY id", ticket.tenant_id, ticket.id
    ):
        child = await rows.lock(Ticket, below.tenant_id, below.id)
        known = await _standing(child, partner)
        if known is None or partner == child.provider_id:
            continue
        if not await fetchval(SHARED_BY_ITSELF, child.tenant_id, child.id, str(partner)):
            await _end(actor, child, known)


async def _standing(ticket: Ticket, partner: UUID) -> TicketParticipant | None:
    """The part of an organisation that sees the ticket now."""
    known = await _participant(ticket, partner)
    seen = await fetchval(
        "SELECT $3 = ANY (visible_to) FROM ticket WHERE tenant_id = $1 AND id = $2",
        ticket.tenant_id,
        ticket.id,
        partner,
    )
    return known if seen else None


async def _participant(ticket: Ticket, organisation: UUID) -> TicketParticipant | None:
    return await rows.first(
        TicketParticipant,
        "tenant_id = $1 AND ticket_id = $2 AND organisation = $3",
        ticket.tenant_id,
        ticket.id,
        organisation,
    )
