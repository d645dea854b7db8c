"""What dispatch does when something happened: it weighs who could go, and asks where the policy says so."""

from uuid import UUID

from mendline.dispatch.events import JobDeclined, OffersExpired
from mendline.dispatch.matching.suggesting import Suggest
from mendline.dispatch.offers.auto_offer import auto_offer_of
from mendline.dispatch.offers.hastening import HastenOffers
from mendline.dispatch.offers.offering import OfferNext
from mendline.kernel import DomainError, Envelope, consumer, fetchval, log, opaque, rows, run, transaction
from mendline.tickets import BecameUrgent, ProviderAssigned, Ticket
from mendline_tenants import system_actor

UNASKED = ("reported", "triaged", "rework")
"""States in which nobody has been asked, or has to be asked anew."""


@consumer("dispatch.suggest", ProviderAssigned, BecameUrgent, JobDeclined, OffersExpired)
async def suggest_technicians(envelope: Envelope) -> None:
    """In the provider's name, once for each assignment, rise, refusal and time-out: the next is asked, or suggested.

    It is asked where the policy offers by itself, and where those before were asked one after the other. A ticket that
    becomes urgent while somebody is asked is answered sooner; one that somebody has taken needs nobody else.
    """
    happened = envelope.event
    provider = happened.provider if isinstance(happened, ProviderAssigned | BecameUrgent) else envelope.organisation
    if not await _has_technicians(provider):
        return
    ticket = opaque("tk", happened.tenant, happened.ticket)
    try:
        if isinstance(happened, BecameUrgent):
            state = await _state(provider, happened)
            if state == "offered":
                await _hasten(envelope, provider)
            if state not in UNASKED:
                return
        asks = getattr(happened, "automatic", False) or await _asks(provider, happened.tenant, happened.ticket)
        name, given = ("dispatch.offer_next", OfferNext(ticket)) if asks else ("dispatch.suggest", Suggest(ticket))
        await run(system_actor(provider), name, given, key=f"event:{envelope.id}:suggest")
    except DomainError as refused:  # passed on, unshared or offered by a person meanwhile: nobody needs it any more
        log.info("suggestion_skipped", code=refused.code, ticket=str(happened.ticket))


async def _state(provider: UUID, happened: BecameUrgent) -> str:
    """The ticket's state; none where the provider sees it no more."""
    async with transaction(provider):
        ticket = await rows.find(Ticket, happened.tenant, happened.ticket)
    return ticket.state if ticket is not None else ""


async def _hasten(envelope: Envelope, provider: UUID) -> None:
    given = HastenOffers(opaque("tk", envelope.event.tenant, envelope.event.ticket))
    await run(system_actor(provider), "dispatch.hasten_offers", given, key=f"event:{envelope.id}:hasten")


async def _has_technicians(provider: UUID) -> bool:
    async with transaction(provider):
        return bool(await fetchval("SELECT EXISTS (SELECT 1 FROM technician WHERE tenant_id = $1)", provider))


async def _asks(provider: UUID, tenant: UUID, id: UUID) -> bool:
    """Whether the provider's policy offers tickets like this one by itself."""
    async with transaction(provider):
        policy = await auto_offer_of(provider)
        return policy.mode_for((await rows.get(Ticket, tenant, id)).priority) != "dispatcher"
