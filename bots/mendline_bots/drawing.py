"""Drawing a card: a ticket as one person may see it, as a message with that person's buttons."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from mendline.kernel import LOCALES, DomainError, money_text, pick, say, transaction
from mendline.tickets import Quotation, Ticket, TicketClock, TicketCommercial
from mendline_bots.alike import likeness_line
from mendline_bots.buttons import ChatButton, card_token, keep_buttons
from mendline_bots.cards import ChatCard
from mendline_bots.fault_words import code_words, danger_words
from mendline_bots.messages import Button, Message, cut, plain
from mendline_bots.offer_words import offer_words
from mendline_bots.people import member_actor
from mendline_bots.ticket_view import TicketView, view_ticket
from mendline_bots.verbs.verb import VERBS, Place, Verb
from mendline_tenants import AuditEntry

EVENTS_SHOWN = 4
WORDS_SHOWN = 700
"""Characters of a symptom or report that a card shows; the rest is on the web."""


async def draw(card: ChatCard) -> Message:
    """The card as it is now, and its buttons stored; a ticket that is no longer shared leaves a sentence behind."""
    try:
        actor = await member_actor(card.tenant_id, card.member_id, card.channel)
    except DomainError:
        return Message(text=say("card.not_shared", LOCALES[0]))
    async with transaction(card.tenant_id):
        try:
            view = await view_ticket(actor, card.ticket)
        except DomainError:
            return Message(text=say("card.not_shared", actor.locale))
        rows, made = _buttons(view, card)
        await keep_buttons(made)
    return card_message(view, rows)


def card_message(view: TicketView, rows: tuple[tuple[Button, ...], ...] = ()) -> Message:
    """The words of a card."""
    return Message(
        title=plain(title(view.ticket, view.actor.locale, view)),
        facts=tuple((label, cut(plain(words), WORDS_SHOWN)) for label, words in _facts(view) if words),
        small=tuple(plain(event_line(view, event)) for event in reversed(view.events[:EVENTS_SHOWN])),
        rows=rows,
    )


def title(ticket: Ticket, locale: str, view: TicketView | None = None) -> str:
    """Number, priority, device and place in one line."""
    device = ticket.device_card
    named = " ".join(filter(None, (pick(device.get("name"), locale), device.get("asset_number"))))
    place = pick(view.people.location, locale) if view and view.people else ""
    parts = (ticket.number, f"P{ticket.priority}", named or say("card.no_device", locale), place)
    return " · ".join(filter(None, parts))


def _facts(view: TicketView) -> Iterator[tuple[str, str]]:
    def word(name: str, **facts: Any) -> str:
        return say(name, view.actor.locale, **facts)

    clinical, quality = view.clinical, view.quality
    yield word("card.state"), _state(view)
    yield word("card.due"), _due(view)
    yield word("card.offer"), offer_words(view)
    if clinical:
        yield word("card.symptom"), clinical.symptom
        yield word("card.danger"), danger_words(view.actor.locale, clinical)
        yield word("card.fault_code"), code_words(view.actor.locale, clinical)
        flags = [
            word(f"use_state.{clinical.use_state}") if clinical.use_state != "unknown" else "",
            word("card.spare_needed") if clinical.spare_needed else "",
            word("card.isolation") if clinical.isolation else "",
            word(f"decontamination.{clinical.decontamination}") if clinical.decontamination != "not_needed" else "",
        ]
        yield word("card.use_state"), " · ".join(filter(None, flags))
    if view.commercial:
        yield word("card.entitlement"), _entitlement(view, view.commercial)
    if view.quotation:
        yield word("card.quotation"), _quotation(view, view.quotation)
    yield word("card.alike"), "\n".join(likeness_line(view.actor.locale, one, number) for one, number in view.alike)
    if view.device and (last := view.device.last_repair):
        yield word("card.last_repair"), f"{str(last['at'])[:10]} {last['action'] or last['symptom']}"
    yield word("card.loans"), "\n".join(_loans(view))
    yield word("card.provider"), _provider(view)
    yield word("card.contact"), _contact(view)
    if quality and quality.result:
        yield word("card.result"), word(f"result.{quality.result}")
        yield word("card.cause"), quality.cause
        yield word("card.action"), quality.action
        yield word("card.advice"), quality.advice
    if view.files:
        yield word("card.files"), str(view.files)
    yield word("card.signatures"), "\n".join(_signatures(view))


def _state(view: TicketView) -> str:
    ticket, locale = view.ticket, view.actor.locale
    parts = [say(f"state.{ticket.state}", locale)]
    if ticket.state == "archived":
        parts.append(say(f"outcome.{ticket.outcome}", locale))
    if ticket.waiting_for:
        parts.append(say(f"waiting_for.{ticket.waiting_for}", locale))
    if ticket.eta_at:
        parts.append(say("card.eta", locale, at=view.local(ticket.eta_at)))
    if ticket.completion_at:
        parts.append(say("card.completion", locale, at=view.local(ticket.completion_at)))
    return " · ".join(parts)


def _due(view: TicketView) -> str:
    """When each clock is due, while somebody still has to act in time."""
    if view.ticket.phase not in ("open", "working", "waiting"):
        return ""
    return " · ".join(f"{say(f'clock.{c.clock}', view.actor.locale)} {_clock(view, c)}" for c in view.clocks)


def _clock(view: TicketView, clock: TicketClock) -> str:
    """✓ or ✗ once it has stopped, ‖ while it is held back."""
    if clock.state == "stopped":
        return "✓" if clock.met else "✗"
    return view.local(clock.due_at) if clock.due_at else "‖"


def _entitlement(view: TicketView, commercial: TicketCommercial) -> str:
    locale = view.actor.locale
    return " · ".join(
        filter(
            None,
            (
                pick(commercial.reason, locale) or say(f"entitlement.{commercial.entitlement}", locale),
                say("entitlement.misuse", locale) if commercial.misuse else "",
                say("entitlement.disputed", locale) if commercial.disputed_by else "",
            ),
        )
    )


def _quotation(view: TicketView, quotation: Quotation) -> str:
    """The price, where it stands and how long: for those alone who may read what is agreed."""
    locale, state = view.actor.locale, view.quotation_state
    until = say("quotation.until", locale, at=view.local(quotation.valid_until)) if state == "open" else ""
    price = money_text(quotation.amount, quotation.currency, locale)
    return " · ".join(filter(None, (price, say(f"quotation.{state}", locale), until)))


def _provider(view: TicketView) -> str:
    name = pick(view.ticket.provider_card.get("name"), view.actor.locale)
    return " · ".join(filter(None, (name, view.people.assignee_name if view.people else None)))


def _contact(view: TicketView) -> str:
    """Whom to call: the ward sees the technician's number beside the name, the provider the ward's contact."""
    people = view.people
    if people is None or view.ticket.phase not in ("open", "working", "waiting"):
        return ""
    ward = (people.contact_name, people.contact_phone)
    technician = (people.assignee_name, people.assignee_phone) if people.assignee_phone else ()
    return " ".join(filter(None, technician if view.facility else ward))


def _loans(view: TicketView) -> Iterator[str]:
    for loan in view.loans:
        due = say("card.loan_due", view.actor.locale, at=view.local(loan.due_at)) if loan.due_at else ""
        yield " · ".join(filter(None, (loan.device_card["asset_number"], due)))


def _signatures(view: TicketView) -> Iterator[str]:
    for slot in view.slots:
        role = say(f"role.{slot.role}", view.actor.locale)
        if slot.signed_at and slot.state == "signed":
            yield f"✓ {role} {view.named(slot.signer_name)} {view.local(slot.signed_at)}"
        elif slot.state in ("open", "waiting"):
            yield f"○ {role}"


def event_line(view: TicketView, event: AuditEntry) -> str:
    """When, who and what; people of other organisations are named by role and organisation."""
    locale = view.actor.locale
    name = f"did.{event.command}"
    did = say(name, locale)
    return f"{view.local(event.occurred_at)} {who_did(view, event)} {event.command if did == name else did}"


def who_did(view: TicketView, event: AuditEntry) -> str:
    """The one who did it, as far as this reader may know."""
    if event.actor in view.names:
        return view.names[event.actor]
    role = say(f"role.{event.actor_role}", view.actor.locale)
    return " ".join(filter(None, (_organisation(view, event.author_org), role)))


def _organisation(view: TicketView, organisation: UUID) -> str:
    cards = (view.ticket.facility_card, view.ticket.provider_card)
    return next((pick(c.get("name"), view.actor.locale) for c in cards if c.get("id") == str(organisation)), "")


def _buttons(view: TicketView, card: ChatCard) -> tuple[tuple[tuple[Button, ...], ...], list[ChatButton]]:
    """The rows of this person's buttons, and what each one means."""
    made: list[ChatButton] = []
    rows: dict[int, list[Button]] = defaultdict(list)
    hidden = False
    for verb, place in places_of(view):
        if place.more and not card.expanded:
            hidden = True
            continue
        rows[place.row].append(_button(view, card, verb.name, place, bool(verb.form), made))
    if hidden:
        last = max(rows, default=0)
        label = Place("button.more", last)
        rows[last].append(_button(view, card, "more", label, False, made))
    return tuple(tuple(rows[n]) for n in sorted(rows)), made


def places_of(view: TicketView) -> Iterable[tuple[Verb, Place]]:
    """The verbs that this person has on this ticket now."""
    for verb in VERBS.values():
        if verb.places and (verb.permission is None or view.actor.may(verb.permission)):
            for place in verb.places(view):
                yield verb, place


def _button(view: TicketView, card: ChatCard, verb: str, place: Place, form: bool, made: list[ChatButton]) -> Button:
    version = view.ticket.version if place.exact else None
    token = card_token(card.id, verb, place.arguments, version)
    made.append(
        ChatButton(
            tenant_id=card.tenant_id,
            token=token,
            card_id=card.id,
            owner_id=card.owner_id,
            ticket_id=card.ticket_id,
            verb=verb,
            arguments=place.arguments,
            member_id=card.member_id if card.private else None,
            ticket_version=version,
        )
    )
    return Button(token, say(place.label, view.actor.locale), place.style, form)
