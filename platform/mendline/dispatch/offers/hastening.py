"""A ticket that becomes urgent while somebody is asked: the answer is due as soon as an urgent ticket's."""

from msgspec import Struct

from mendline.dispatch.offers.auto_offer import auto_offer_of
from mendline.dispatch.offers.rounds import hasten_round
from mendline.kernel import TicketId, command, parse_opaque, told, work
from mendline.tickets import TicketResult, lock_ticket, require_part, result
from mendline_tenants import Actor


class HastenOffers(Struct, frozen=True):
    """The ticket that has risen."""

    ticket: TicketId


@command("dispatch.hasten_offers", "dispatch.time_out")
async def hasten_offers(actor: Actor, input: HastenOffers) -> TicketResult:
    """Who is asked is asked again, with the time that the policy gives for the priority that the ticket has now.

    An offer that waits without a time, as a dispatcher has made it, goes on waiting; one due sooner stays.
    """
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_part(actor, ticket, "provider")
    policy = await auto_offer_of(actor.organisation)
    asked = await hasten_round(actor, ticket, work().occurred_at + policy.time_for(ticket.priority))
    told(ticket=ticket.number, hastened=len(asked))
    return result(ticket)
