"""What a card says of offers: until when to answer, who was faster, whom the dispatcher's offer waits for."""

from typing import Any

from mendline.kernel import say
from mendline_bots.ticket_view import TicketView

NAMED = 3
"""How many of those who were asked are named."""


def offer_words(view: TicketView) -> str:
    """Where the offers of an open ticket stand for this reader; empty where it has no part in them."""
    if not view.provider or view.ticket.phase != "open" or view.mine:
        return ""

    def word(sentence: str, **facts: Any) -> str:
        return say(f"offer.{sentence}", view.actor.locale, **facts)

    mine = view.my_offer
    if mine is None:
        return _asked(view) if view.actor.may("dispatch.offer") else ""
    until = view.local(mine.answer_by) if mine.answer_by else ""
    match mine.state:
        case "offered":
            asks = word("who_takes_it" if mine.asked == "group" else "yours")
            return " · ".join(filter(None, (asks, word("until", at=until) if until else "")))
        case "taken":
            assert mine.answered_at is not None
            return word("taken", name=mine.taken_by_name, at=view.local(mine.answered_at))
        case "expired":
            return " · ".join(filter(None, (word("expired", at=until), _asked(view))))
        case "withdrawn":
            return word("reassigned" if mine.ended_why == "reassigned" else "withdrawn")
        case _:
            return ""


def _asked(view: TicketView) -> str:
    """Who is asked now, and until when."""
    asked = [offer for offer in view.offers if offer.state == "offered"]
    if not asked:
        return ""
    names = ", ".join(offer.technician_name for offer in asked[:NAMED])
    more = say("offer.more", view.actor.locale, count=len(asked) - NAMED) if len(asked) > NAMED else ""
    until = say("offer.until", view.actor.locale, at=view.local(asked[0].answer_by)) if asked[0].answer_by else ""
    told = say("offer.asked", view.actor.locale, names=" ".join(filter(None, (names, more))))
    return " · ".join(filter(None, (told, until)))
