"""What a dispatcher does: see who could go and why, offer the job to one, to one after the other, or to all at once."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from mendline.kernel import opaque, transaction
from mendline_bots.suggestions import latest_suggestion, suggestion_message, suggestion_presses
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView
from mendline_bots.verbs.verb import Answers, Place, verb


def _candidates_places(view: TicketView) -> Iterator[Place]:
    there = view.ticket.phase == "working"  # whose work another goes on with is told when its holder is gone
    passed_on = view.ticket.waiting_for == "provider"
    if view.provider and not there and not passed_on and view.allows("dispatch.offer_job"):
        waits = view.ticket.state in ("reported", "triaged", "rework")
        label = "button.reassign" if view.held else "button.candidates"
        yield Place(label, 1, "primary" if waits else "plain", more=not waits)


@verb("candidates", permission="dispatch.offer", places=_candidates_places)
async def candidates(talk: Talk, _: Answers) -> None:
    """Weighs everybody anew and shows the best with their reasons."""
    assert talk.ticket is not None
    await talk.run("dispatch.suggest")
    view = await talk.view()
    async with transaction(talk.tenant):
        suggestion = await latest_suggestion(talk.tenant, talk.ticket)
    assert suggestion is not None
    await talk.say(suggestion_message(view, suggestion), suggestion_presses(view, suggestion), card=talk.card)


@verb("offer", permission="dispatch.offer")
async def offer(talk: Talk, _: Answers) -> None:
    """Offers the job to the candidate whose button it is, also from whoever had it when the button was shown."""
    technician = opaque("mb", talk.tenant, UUID(talk.arguments["technician"]))
    await talk.run("dispatch.offer_job", technician=technician, **_taken_from(talk))
    await _show(talk)


@verb("offer_next", permission="dispatch.offer")
async def offer_next(talk: Talk, _: Answers) -> None:
    """Asks the best, then the next one when there is no answer in time."""
    await talk.run("dispatch.offer_next")
    await _show(talk)


@verb("ask_group", permission="dispatch.offer")
async def ask_group(talk: Talk, _: Answers) -> None:
    """Asks all who could at once; the first to answer has it."""
    await talk.run("dispatch.ask_group", **_taken_from(talk))
    await _show(talk)


def _withdraw_places(view: TicketView) -> Iterator[Place]:
    if view.provider and view.allows("dispatch.withdraw_offers"):
        arguments = {"held_by": str(view.people.assignee_id)} if view.held and view.people else {}
        yield Place("button.take_back" if view.held else "button.withdraw", 9, arguments=arguments, more=True)


@verb("withdraw", permission="dispatch.offer", places=_withdraw_places)
async def withdraw(talk: Talk, _: Answers) -> None:
    """Takes back what is offered and not yet answered, or what somebody had accepted when the button was shown."""
    await talk.run("dispatch.withdraw_offers", **_taken_from(talk))
    await _show(talk)


def _taken_from(talk: Talk) -> dict[str, Any]:
    """Whose job it was when the button was shown: from anybody else a press takes nothing (job_held)."""
    holder = talk.arguments.get("held_by")
    return {"reassign": True, "held_by": opaque("mb", talk.tenant, UUID(holder))} if holder else {}


async def _show(talk: Talk) -> None:
    """The card brought up to date, and who is asked said in words: the press may have been on a list below it."""
    card, _ = await talk.show()
    view = await talk.view()
    asked = [offer.technician_name for offer in view.offers if offer.state == "offered"]
    if asked:
        names = ", ".join(asked[:5]) + ("…" if len(asked) > 5 else "")
        await talk.say(talk.words("said.offered", number=view.ticket.number, names=names), card=card)
