"""Calling off: offers of a ticket that nobody needs to go to any more are withdrawn, and it is told why."""

from msgspec import Struct

from mendline.dispatch.offers.rounds import close_round, tell_withdrawn
from mendline.kernel import Envelope, TicketId, command, consumer, opaque, parse_opaque, run, told
from mendline.tickets import CalledOff, TicketResult, lock_ticket, nobody_goes, result
from mendline_tenants import Actor, system_actor


class EndOffers(Struct, frozen=True):
    """The ticket that was closed or dealt with otherwise; who: whose doing that was, by its name {zh, en}."""

    ticket: TicketId
    who: dict[str, str] = {}


@command("dispatch.end_offers", "dispatch.time_out")
async def end_offers(actor: Actor, input: EndOffers) -> TicketResult:
    """Withdraws what is still offered. A ticket that may be given out again meanwhile keeps its offers."""
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    if nobody_goes(ticket):
        ended = await close_round(actor, ticket, "withdrawn", why=ticket.state, by=input.who)
        told(ticket=ticket.number, withdrawn=len(ended))
        tell_withdrawn(ticket, ended, ticket.state, input.who)
    return result(ticket)


@consumer("dispatch.call_off", CalledOff)
async def call_off(envelope: Envelope) -> None:
    """In the provider's name: its book of offers is its own, whoever has closed the ticket."""
    happened: CalledOff = envelope.event
    given = EndOffers(opaque("tk", happened.tenant, happened.ticket), happened.who)
    await run(system_actor(happened.provider), "dispatch.end_offers", given, key=f"event:{envelope.id}:offers")
