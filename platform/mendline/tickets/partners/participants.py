"""Participants: which organisations have a part in a ticket, and which field groups each one holds."""

from typing import NamedTuple
from uuid import UUID

from mendline.kernel import DomainError, Reference, emit, touch
from mendline.tickets.events import ShareGranted
from mendline.tickets.ticket import GROUPS, Ticket, TicketParticipant
from mendline_tenants import PROVIDER_GROUPS, Actor, partner_card

SUBCONTRACTOR_GROUPS = tuple(group for group in PROVIDER_GROUPS if group != "commercial")
"""What the hospital agreed with the provider that passed the work on is not the subcontractor's to see."""


class Part(NamedTuple):
    """An organisation's part before the ticket exists."""

    organisation: UUID
    part: str
    groups: tuple[str, ...]


def parts_of(
    facility: UUID, provider: UUID, agreed: list[Part], groups: tuple[str, ...] = PROVIDER_GROUPS
) -> list[Part]:
    """The facility with everything, the provider with what its work needs, and what standing agreements add."""
    parts = {facility: Part(facility, "user_facility", GROUPS)}
    if provider != facility:
        parts[provider] = Part(provider, "service_provider", groups)
    for part in agreed:
        known = parts.get(part.organisation)
        if known is None:
            parts[part.organisation] = part._replace(groups=_with_progress(part.groups))
        elif part.organisation != facility:
            parts[part.organisation] = known._replace(groups=_with_progress((*known.groups, *part.groups)))
    return list(parts.values())


def _with_progress(groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(group for group in GROUPS if group == "progress" or group in groups)


def audience(parts: list[Part]) -> tuple[list[UUID], dict[str, list[str]]]:
    """visible_to and, for each field group, the organisations that hold it."""
    viewers = sorted(part.organisation for part in parts)
    held = {g: sorted(str(part.organisation) for part in parts if g in part.groups) for g in GROUPS}
    return viewers, held


def require_group(actor: Actor, ticket: Ticket, group: str) -> None:
    """Raises DomainError group_withheld unless the actor's organisation holds this field group of the ticket."""
    if str(actor.organisation) not in ticket.audience.get(group, ()):
        raise DomainError("group_withheld", number=ticket.number)


async def participants(ticket: Ticket, parts: list[Part], *, news: bool = True) -> list[TicketParticipant]:
    """The participants of a new ticket, yet to be stored, each with its name as the user facility knows it.

    Every grant to a partner is a fact of the ticket's first audit entry and, unless it is history (`news`), an event.
    """
    granted = [part for part in parts if part.organisation != ticket.tenant_id]
    facts = [{"partner": part.organisation, "part": part.part, "groups": part.groups} for part in granted]
    touch(Reference(ticket.tenant_id, ticket.id), shared=facts)
    for part in granted if news else ():
        emit(
            ShareGranted(
                tenant=ticket.tenant_id,
                ticket=ticket.id,
                number=ticket.number,
                organisation=part.organisation,
                part=part.part,
                groups=part.groups,
            )
        )
    known = {ticket.tenant_id: ticket.facility_card, ticket.provider_id: ticket.provider_card}
    return [
        TicketParticipant(
            tenant_id=ticket.tenant_id,
            ticket_id=ticket.id,
            author_org=ticket.tenant_id,
            organisation=part.organisation,
            part=part.part,
            groups=list(part.groups),
            card=known.get(part.organisation) or await partner_card(ticket.tenant_id, part.organisation),
        )
        for part in parts
    ]
