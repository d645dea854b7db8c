"""Time-outs: an offer that nobody answers in time expires, by a timer that outlives any process."""

from uuid import UUID

from msgspec import Struct

from mendline.dispatch.events import OffersExpired
from mendline.dispatch.matching.jobs import JobOffer, JobOfferId
from mendline.dispatch.offers.rounds import TIMER, close_round
from mendline.kernel import (
    DomainError,
    Reference,
    Timer,
    command,
    emit,
    opaque,
    parse_opaque,
    rows,
    run,
    timer,
    told,
    work,
)
from mendline.tickets import TicketResult, lock_ticket, move, result
from mendline_tenants import Actor, system_actor


class ExpireOffers(Struct, frozen=True):
    """The time to answer is over, for this offer and all that were made with it."""

    offer: JobOfferId


@command("dispatch.expire_offers", "dispatch.time_out")
async def expire_offers(actor: Actor, input: ExpireOffers) -> TicketResult:
    """Whoever has not answered is asked no more; then the next is asked, or the dispatcher decides.

    Of a ticket that is no longer to be given out the offers end, and nothing follows. Raises offers_answered when
    somebody has answered or was given more time, and not_found.
    """
    offer = await rows.get(JobOffer, *parse_opaque("jo", input.offer))
    ticket = await lock_ticket(Reference(offer.owner_id, offer.ticket_id))
    open_ = await rows.select(
        JobOffer,
        "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3 AND round_id = $4 AND state = 'offered'",
        actor.organisation,
        ticket.tenant_id,
        ticket.id,
        offer.round_id,
    )
    if not open_ or open_[0].answer_by is None or open_[0].answer_by > work().occurred_at:
        raise DomainError("offers_answered", number=ticket.number)
    await close_round(actor, ticket, "expired")
    if ticket.state != "offered" or ticket.provider_id != actor.organisation:
        told(ticket=ticket.number, expired=len(open_))
        return result(ticket)
    await move(actor, ticket)
    emit(
        OffersExpired(
            tenant=ticket.tenant_id,
            ticket=ticket.id,
            technicians=tuple(one.technician_id for one in open_),
            automatic=offer.automatic,
        )
    )
    return result(ticket)


@timer(TIMER)
async def time_is_over(due: Timer) -> None:
    """Expires the offers that a timer was set for; where somebody was faster than it, there is nothing left to do."""
    key = f"timer:{due.id}:{due.due_at.isoformat()}"
    offer = opaque("jo", due.tenant_id, UUID(due.payload["offer"]))
    try:
        await run(system_actor(due.tenant_id), TIMER, ExpireOffers(offer), key=key)
    except DomainError as refused:
        if refused.code not in ("offers_answered", "not_found"):
            raise
