"""Suggestions: everybody is weighed for a ticket, and what counted is kept in the provider's own book."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from mendline.dispatch.events import JobSuggested
from mendline.dispatch.matching.criterion import Job
from mendline.dispatch.matching.jobs import Suggestion
from mendline.dispatch.matching.matching import KEPT, NAMED, Match, match
from mendline.dispatch.territory import territories_around
from mendline.kernel import MemberId, TicketId, command, emit, opaque, parse_opaque, rows, told, work
from mendline.tickets import Ticket, TicketClinical, TicketClock, TicketPeople, require_part
from mendline_tenants import Actor, own_organisation


class Suggest(Struct, frozen=True):
    """Asks who of the provider's technicians could do the job."""

    ticket: TicketId


class SuggestionResult(Struct, frozen=True):
    """How many candidates there are, and the best one's id."""

    candidates: int
    best: MemberId | None = None


@command("dispatch.suggest", "dispatch.offer")
async def suggest(actor: Actor, input: Suggest) -> SuggestionResult:
    """Weighs the actor's technicians for a ticket that its organisation answers for, and keeps the reasons."""
    ticket = await rows.get(Ticket, *parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    found = await weigh(actor, ticket)
    await keep(actor, ticket, found)
    best = found.candidates[0].technician if found.candidates else None
    told(ticket=ticket.number, candidates=len(found.fit), best=str(best) if best else None)
    emit(JobSuggested(tenant=ticket.tenant_id, ticket=ticket.id, best=best))
    return SuggestionResult(len(found.fit), _member_id(actor, best) if best else None)


def _member_id(actor: Actor, member: UUID) -> str:
    return opaque("mb", actor.organisation, member)


async def weigh(actor: Actor, ticket: Ticket) -> Match:
    """The actor's technicians weighed for a ticket as it is now, by the organisation's own weights."""
    policies = (await own_organisation(actor.organisation)).policies
    return await match(await job_of(actor.organisation, ticket), policies.get("matching"))


async def job_of(provider: UUID, ticket: Ticket) -> Job:
    """What a ticket asks of whoever takes it, as far as the provider may know."""
    people = await rows.find(TicketPeople, ticket.tenant_id, ticket.id)
    clinical = await rows.find(TicketClinical, ticket.tenant_id, ticket.id)
    place = None
    if people is not None and people.latitude is not None and people.longitude is not None:
        place = (people.latitude, people.longitude)
    card = ticket.device_card
    windows = clinical.access_windows if clinical is not None else []
    arrival = await rows.first(
        TicketClock,
        "tenant_id = $1 AND ticket_id = $2 AND clock = 'arrival' AND state = 'running'",
        ticket.tenant_id,
        ticket.id,
    )
    return Job(
        provider=provider,
        facility=ticket.tenant_id,
        ticket=ticket.id,
        device_class=card.get("device_class", ""),
        model_number=card.get("model_number"),
        moment=work().occurred_at,
        priority=ticket.priority,
        place=place,
        windows=tuple((datetime.fromisoformat(begins), datetime.fromisoformat(ends)) for begins, ends in windows),
        arrival_due=arrival.due_at if arrival is not None else None,
        territories=await territories_around(provider, *place) if place else (),
        authorised_only=bool(card.get("authorised_only")),
        makers=tuple((card.get("manufacturer") or {}).values()),
        device_identifier=card.get("device_identifier"),
    )


async def keep(actor: Actor, ticket: Ticket, found: Match) -> None:
    """Stores what came of weighing: the best with every reason, who fell out, and the weights that were used."""
    await rows.insert(
        Suggestion(
            tenant_id=actor.organisation,
            owner_id=ticket.tenant_id,
            ticket_id=ticket.id,
            ticket_version=ticket.version,
            candidates=msgspec.to_builtins(found.candidates[:KEPT]),
            excluded=msgspec.to_builtins(found.excluded[:NAMED]),
            fit=len(found.fit),
            fallen_out=found.fallen_out,
            weights=found.weights,
            weights_version=found.weights_version,
        )
    )
