"""A suggestion as a dispatcher reads it in chat: the best few with their reasons, who fell out, buttons to offer."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from mendline.dispatch import SHUT_OUT, HolderAway, JobSuggested, NobodyLeft, Suggestion
from mendline.kernel import Envelope, Reference, consumer, rows, say, transaction, wake
from mendline.tickets import Ticket, steps_from
from mendline_bots.buttons import ChatButton, keep_buttons
from mendline_bots.cards import show_card
from mendline_bots.messages import Message, cut, plain
from mendline_bots.people import reachable
from mendline_bots.sends import Priority
from mendline_bots.sends import say as queue_message
from mendline_bots.talk import Press, pressable
from mendline_bots.ticket_view import TicketView, view_ticket
from mendline_tenants import Actor, Member

SHOWN = 5
"""Candidates that are shown with their reasons."""

LABEL = 40
"""Characters of a name on a button."""

Head = Callable[[TicketView], str]


async def latest_suggestion(tenant: UUID, ticket: Reference) -> Suggestion | None:
    """The organisation's last suggestion for a ticket, in the current transaction."""
    return await rows.first(
        Suggestion,
        "tenant_id = $1 AND owner_id = $2 AND ticket_id = $3 ORDER BY recorded_at DESC, id DESC",
        tenant,
        *ticket,
    )


def suggestion_message(view: TicketView, suggestion: Suggestion, head: str = "") -> Message:
    """The explained list. head: a sentence that goes before it."""
    locale = view.actor.locale
    shown = suggestion.candidates[:SHOWN]
    facts = tuple(
        (f"{n}. {plain(c['name'])} ({c['score']:g})", " · ".join(_reasons(view, c["reasons"])))
        for n, c in enumerate(shown, 1)
    )
    rest = (suggestion.fit or 0) - len(shown)
    lines = [head, "" if shown else say("suggestion.nobody", locale)]
    lines += [say("suggestion.more", locale, count=rest)] if rest > 0 else []
    lines += [_fallen_out(view, suggestion)]
    title = say("suggestion.title", locale, number=view.ticket.number)
    return Message(title=title, facts=facts, text="\n".join(filter(None, lines)))


def _reasons(view: TicketView, reasons: list[dict[str, Any]]) -> Iterator[str]:
    """Each reason in words, with its points where it has some."""
    locale = view.actor.locale
    for reason in reasons:
        value, points = reason["value"], reason.get("points")
        if value in SHUT_OUT:
            words = say(f"why.{value}", locale)
        elif value is None:
            words = say(f"reason.{reason['criterion']}_open", locale)
        else:
            told = view.local(datetime.fromisoformat(value)) if reason["criterion"] == "accessible" else value
            words = say(f"reason.{reason['criterion']}", locale, value=told)
        yield f"{words} {points:+g}" if points else words


def _fallen_out(view: TicketView, suggestion: Suggestion) -> str:
    """How many fell out for each reason, and the first of them by name."""
    if not suggestion.fallen_out:
        return ""
    parts = []
    for why, count in suggestion.fallen_out.items():
        names = [plain(one["name"]) for one in suggestion.excluded if one["why"] == why][:2]
        more = "…" if count > len(names) else ""
        parts.append(f"{say(f'why.{why}', view.actor.locale)} {count} ({', '.join(names)}{more})")
    return say("suggestion.fallen_out", view.actor.locale, reasons="; ".join(parts))


def suggestion_presses(view: TicketView, suggestion: Suggestion) -> list[list[Press]]:
    """A button for each candidate that is shown, then to ask them one after the other, or all at once.

    Where somebody has the job it goes from them to another: none of the buttons is theirs.
    """
    locale = view.actor.locale
    ticket = Reference(view.ticket.tenant_id, view.ticket.id)
    holder = str(view.people.assignee_id) if view.held and view.people else ""
    others = [c for c in suggestion.candidates[:SHOWN] if c["technician"] != holder]
    if not others or not view.allows("dispatch.offer_job"):
        return []
    meant = {"held_by": holder} if view.held else {}
    label = "button.reassign_to" if view.held else "button.offer_to"
    offers = [
        Press(
            say(label, locale, name=cut(plain(c["name"]), LABEL)),
            "offer",
            {"technician": c["technician"], **meant},
            ticket,
            "primary" if n == 0 else "plain",
        )
        for n, c in enumerate(others)
    ]
    asks = [Press(say("button.ask_group", locale), "ask_group", meant, ticket)]
    if view.allows("dispatch.offer_next"):
        asks.insert(0, Press(say("button.offer_next", locale), "offer_next", {}, ticket))
    return [*([offer] for offer in offers), asks]


@consumer("chat.suggestion", JobSuggested)
async def tell_suggestion(envelope: Envelope) -> None:
    """The provider's dispatchers read who could go; a person who asked for it reads it where it was asked."""
    if envelope.actor == envelope.organisation:  # the organisation's own system
        await _tell(envelope, "dispatch.offer_next", lambda _: "")


@consumer("chat.nobody_left", NobodyLeft)
async def tell_nobody_left(envelope: Envelope) -> None:
    """The provider's dispatchers read that everybody was asked in vain, and decide."""
    happened: NobodyLeft = envelope.event

    def head(view: TicketView) -> str:
        return say("suggestion.nobody_left", view.actor.locale, count=happened.asked)

    await _tell(envelope, "dispatch.offer_next", head)


@consumer("chat.holder_away", HolderAway)
async def tell_holder_away(envelope: Envelope) -> None:
    """The provider's dispatchers read whose job somebody else must do, and give it to another with one press."""
    happened: HolderAway = envelope.event
    async with transaction(envelope.organisation):
        member = await rows.get(Member, envelope.organisation, happened.technician)

    def head(view: TicketView) -> str:
        if happened.ends is None:
            return say("suggestion.holder_gone", view.actor.locale, name=plain(member.name))
        span = {"begins": view.local(happened.begins), "ends": view.local(happened.ends)}
        return say("suggestion.holder_away", view.actor.locale, name=plain(member.name), **span)

    await _tell(envelope, "dispatch.offer_job", head)


async def _tell(envelope: Envelope, step: str, head: Head) -> None:
    """head: the sentence that goes before the list. Nobody is told any more once the step cannot be taken."""
    tenant, happened = envelope.organisation, envelope.event
    ticket = Reference(happened.tenant, happened.ticket)
    async with transaction(tenant):
        found = await rows.select(
            Member,
            "tenant_id = $1 AND 'dispatcher' = ANY (roles) AND status = 'active' AND NOT unit_account"
            " ORDER BY id LIMIT 50",
            tenant,
        )
    for member in found:
        known = await reachable(tenant, member.id)
        if known is not None:
            to, actor = known
            async with transaction(tenant):
                row = await rows.find(Ticket, *ticket)
                if row is None or step not in steps_from(row.state, row.kind, "provider"):
                    return  # shared no more, or somebody has decided meanwhile
                card, _ = await show_card(tenant, to, ticket, member.id, private=True, priority=Priority.PUSH)
                await _queue(actor, ticket, to, f"event:{envelope.id}:{member.id}", card.id, head)
    wake()


async def _queue(actor: Actor, ticket: Reference, to: Any, key: str, card: UUID, head: Head) -> None:
    """The list with this member's own buttons, as an answer to the card."""
    view = await view_ticket(actor, ticket)
    suggestion = await latest_suggestion(actor.organisation, ticket)
    if suggestion is None:
        return
    made: list[ChatButton] = []
    drawn = tuple(
        tuple(pressable(press, actor.organisation, actor.id, made) for press in row)
        for row in suggestion_presses(view, suggestion)
    )
    listed = suggestion_message(view, suggestion, head(view))
    message = Message(title=listed.title, facts=listed.facts, text=listed.text, rows=drawn)
    await keep_buttons(made)
    await queue_message(actor.organisation, to, message, key=key, priority=Priority.PUSH, card=card)
