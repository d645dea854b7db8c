"""What dispatch does when something happened: it weighs who could go, and asks where the policy says so."""

from uuid import UUID

from mendline.dispatch.events import JobDeclined, OffersExpired
from mendline.dispatch.matching.suggesting import Suggest
from mendline.dispatch.offers.auto_offer import auto_offer_of
from mendline.dispatch.offers.offering import OfferNext
from mendline.kernel import DomainError, Envelope, consumer, fetchval, log, opaque, rows, run, transaction
from mendline.tickets import ProviderAssigned, Ticket
from mendline_tenants import system_actor


@consumer("dispatch.suggest", ProviderAssigned, JobDeclined, OffersExpired)
async def suggest_technicians(envelope: Envelope) -> None:
    """In the provider's name, once for each assignment, refusal and time-out: the next is asked, or a suggestion made.

    It is asked where the policy offers by itself, and where those before were asked one after the other.
    """
    happened = envelope.event
    provider = happened.provider if isinstance(happened, ProviderAssigned) else envelope.organisation
    if not await _has_technicians(provider):
        return
    ticket = opaque("tk", happened.tenant, happened.ticket)
    try:
        asks = getattr(happened, "automatic", False) or await _asks(provider, happened.tenant, happened.ticket)
        name, given = ("dispatch.offer_next", OfferNext(ticket)) if asks else ("dispatch.suggest", Suggest(ticket))
        await run(system_actor(provider), name, given, key=f"event:{envelope.id}:suggest")
    except DomainError as refused:  # passed on, unshared or offered by a person meanwhile: nobody needs it any more
        log.info("suggestion_skipped", code=refused.code, ticket=str(happened.ticket))


async def _has_technicians(provider: UUID) -> bool:
    async with transaction(provider):
        return bool(await fetchval("SELECT EXISTS (SELECT 1 FROM technician WHERE tenant_id = $1)", provider))


async def _asks(provider: UUID, tenant: UUID, id: UUID) -> bool:
    """Whether the provider's policy offers tickets like this one by itself."""
    async with transaction(provider):
        policy = await auto_offer_of(provider)
        return policy.mode_for((await rows.get(Ticket, tenant, id)).priority) != "dispatcher"
