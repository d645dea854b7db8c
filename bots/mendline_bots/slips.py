"""What comes later than expected is told in every chat that has the ticket's card and may still see the ticket."""

from mendline.fieldwork import EstimateSlipped
from mendline.kernel import DomainError, Envelope, Reference, consumer, rows, say, transaction, wake
from mendline.tickets import Ticket
from mendline_bots.cards import ChatCard, cards_of
from mendline_bots.messages import Message, plain
from mendline_bots.people import member_actor
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from mendline_bots.ticket_view import zone_of


@consumer("chat.slip", EstimateSlipped)
async def tell_slip(envelope: Envelope) -> None:
    """Each card is answered in its reader's language and time, once; who slipped knows it already."""
    happened: EstimateSlipped = envelope.event
    for organisation in envelope.visible_to:
        async with transaction(organisation):
            cards = await cards_of(organisation, Reference(happened.tenant, happened.ticket))
        for card in cards:
            if card.message is not None and card.member_id != envelope.actor:
                await _tell(card, envelope)
    wake()


async def _tell(card: ChatCard, envelope: Envelope) -> None:
    happened: EstimateSlipped = envelope.event
    try:
        actor = await member_actor(card.tenant_id, card.member_id, card.channel)
    except DomainError:  # unlinked or suspended meanwhile
        return
    async with transaction(card.tenant_id):
        if await rows.find(Ticket, *card.ticket) is None:  # shared no more: what the event froze is no right
            return
        zone = await zone_of(card.tenant_id)
        sentence = say(
            f"slip.{happened.estimated}",
            actor.locale,
            number=happened.number,
            expected=f"{happened.expected.astimezone(zone):%m-%d %H:%M}",
            before=f"{happened.before.astimezone(zone):%m-%d %H:%M}",
        )
        why = say("slip.reason", actor.locale, reason=plain(happened.reason)) if happened.reason else ""
        await queue_message(
            card.tenant_id,
            card.address,
            Message(text=" ".join(filter(None, (sentence, why)))),
            key=f"event:{envelope.id}:{card.id}",
            priority=Priority.PUSH,
            card=card.id,
        )
