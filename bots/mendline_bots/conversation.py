"""The conversation: from what a person did to the verb that is meant, and every refusal said in words."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from mendline.kernel import (
    DomainError,
    Later,
    Reference,
    bind,
    correlation_id,
    known_locale,
    log,
    now,
    parse_opaque,
    rows,
    transaction,
    wake,
)
from mendline_bots.asking import ANSWER, perform
from mendline_bots.buttons import ChatButton, find_button, use_up
from mendline_bots.cards import ChatCard, adopt, answered_card, card_at
from mendline_bots.channel import Address
from mendline_bots.delivery import MARK, move_chat
from mendline_bots.device_choice import read_label, sticker_named
from mendline_bots.dialogs import Dialog, current_dialog
from mendline_bots.drawing import who_did
from mendline_bots.incoming import Incoming
from mendline_bots.people import actor_behind, in_private_chat, organisations_of
from mendline_bots.refusals import refusal_text
from mendline_bots.sends import ChatSend, arrived_by_press, refresh
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import zone_of
from mendline_bots.unreachable import chat_lost
from mendline_bots.verbs import VERBS, Answers, Verb, spoken
from mendline_tenants import move_chat as move_identity
from mendline_tenants import refusal as sentence_of

ECHO_PATIENCE = timedelta(seconds=5)
"""An echo often overtakes the answer to the send itself; only one that stands alone after this settles a doubt."""

FORM_OF_VERB = "verb:"
"""How a form says that no button opened it but a command."""


async def converse(incoming: Incoming, key: str) -> None:
    """Understands one update and answers it. What the domains refuse is said; anything else is tried again."""
    if incoming.event in _SYSTEM:
        await _SYSTEM[incoming.event](incoming)
        return
    if incoming.event == "ignored":
        return
    talk = Talk(incoming, key, known_locale(incoming.locale))
    try:
        await _understand(talk)
    except DomainError as refusal:
        await _refuse(talk, refusal)


async def say_failed(incoming: Incoming, key: str) -> None:
    """Something else than a refusal went wrong: the person gets the id under which it is in the log, nothing more."""
    if incoming.event not in _SYSTEM:
        talk = Talk(incoming, f"{key}:failed", known_locale(incoming.locale))
        await talk.say(talk.words("said.failed", id=correlation_id()))


async def _understand(talk: Talk) -> None:
    match talk.incoming.event:
        case "pressed":
            await _pressed(talk, talk.incoming.press, None)
        case "form":
            await _filled(talk)
        case _:
            await _said(talk)


# --- who


async def _meet(talk: Talk, organisation: UUID | None = None) -> None:
    """Finds out who it is. Raises DomainError not_linked, member_suspended."""
    talk.actor = await actor_behind(talk.incoming, organisation)
    talk.locale = talk.actor.locale
    if talk.incoming.chat == talk.incoming.account:  # the person, not a chat: what is meant is their own chat with us
        talk.incoming = await in_private_chat(talk.incoming, talk.actor)
    bind(organisation=str(talk.actor.organisation))
    async with transaction(talk.actor.organisation):
        talk.zone = await zone_of(talk.actor.organisation)


async def _refuse(talk: Talk, refusal: DomainError) -> None:
    log.info("chat_refused", code=refusal.code, channel=talk.incoming.channel, key=talk.key)
    text = refusal_text(refusal, talk.locale, talk.zone)
    if refusal.code in ("wrong_state", "stale_version") and talk.ticket is not None:
        text = await _who_was_faster(talk, refusal) or text
    came = talk.incoming
    if came.private or came.event != "said" or came.command or came.reply_buttons or talk.card is not None:
        hidden = refusal.code == "not_found"  # what answers the card of a hidden ticket is not sent
        await talk.say(text, card=None if hidden else talk.card)
    if talk.card is not None:
        await talk.show()


async def _who_was_faster(talk: Talk, refusal: DomainError) -> str | None:
    """The loser of two reads who did it and when; None where the last step was somebody's else business."""
    view = await talk.view()
    command = refusal.facts.get("command")
    last = next((event for event in view.events if command is None or event.command == command), None)
    if last is None:
        return None
    did = talk.words(f"did.{last.command}")
    facts = {"number": view.ticket.number, "by": who_did(view, last), "at": view.local(last.occurred_at), "did": did}
    if command is not None:
        return talk.words("error.already_done", **facts)
    return talk.words("error.card_was_old", **facts)


# --- words, photos, places


async def _said(talk: Talk) -> None:
    named, argument = _named(talk.incoming)
    incoming = talk.incoming
    if not incoming.private and not (incoming.command or incoming.reply_to or named):
        dialog = await current_dialog(incoming)
        if dialog is None:
            return
    try:
        await _meet(talk)
    except DomainError:
        if named is None or not named.anyone:
            raise
    incoming, talk.argument = talk.incoming, argument
    if await _find_answered_card(talk):
        await _perform(talk, VERBS["speak" if incoming.location is None else "locate"])
        return
    if named is not None:
        await _perform(talk, named)
        return
    dialog = await current_dialog(incoming)
    if dialog is None and not incoming.private:  # people talking among themselves
        return
    if dialog is not None and incoming.text and not incoming.files:
        await _continue(talk, dialog, dialog.state["field"], incoming.text)
    elif incoming.location is not None:
        await _perform(talk, VERBS["locate"])
    elif dialog is not None and incoming.files and _asks_for_device(dialog):
        await _scanned(talk, dialog)
    elif incoming.files:
        await _perform(talk, VERBS["report"])
    else:
        await talk.say(talk.words("said.not_understood"))


def _named(incoming: Incoming) -> tuple[Verb | None, str]:
    """The verb that a command or a keyword names. An answer to a card and a caption are never a command."""
    if incoming.command:
        if incoming.command == "start" and sticker_named(incoming.text) is not None:  # a sticker was scanned
            return VERBS["report"], incoming.text
        known = next((verb for verb in VERBS.values() if verb.slash == incoming.command), None)
        if known is not None:
            return known, incoming.text
        named, argument = spoken(incoming.text or "help")
        return named or VERBS["help"], argument
    if incoming.reply_to or incoming.files or incoming.location:
        return None, ""
    named, argument = spoken(incoming.text)
    return named, argument


async def _find_answered_card(talk: Talk) -> bool:
    """Whether this answers a card of one of the person's organisations; the card says which one is meant."""
    incoming = talk.incoming
    if not incoming.reply_to or talk.actor is None:
        return False
    for organisation in await organisations_of(incoming):
        async with transaction(organisation):
            card = (
                await card_at(organisation, talk.to, incoming.reply_to)
                or await answered_card(organisation, talk.to, incoming.reply_to)
                or await _card_by_buttons(organisation, incoming)
            )
        if card is not None:
            if organisation != talk.actor.organisation:
                await _meet(talk, organisation)
            talk.card, talk.ticket = card, card.ticket
            return True
    return False


async def _card_by_buttons(organisation: UUID, incoming: Incoming) -> ChatCard | None:
    """A card whose message we lost sight of is known by the buttons it carries."""
    for token in incoming.reply_buttons:
        button = await find_button(organisation, token)
        if button is not None and button.card_id is not None:
            await _adopt(organisation, button.card_id, incoming.reply_to)
            return await rows.find(ChatCard, organisation, button.card_id)
    return None


async def _adopt(organisation: UUID, card_id: UUID, message: str) -> None:
    card = await rows.find(ChatCard, organisation, card_id)
    if card is not None and card.message is None:
        await adopt(organisation, card_id, message)
        await refresh(organisation, card.address, card_id)


async def _scanned(talk: Talk, dialog: Dialog) -> None:
    """A photo of a label answers the open question for the device."""
    answers = _resume(talk, dialog)
    await read_label(talk, answers)
    await perform(talk, VERBS[dialog.verb], answers, dialog)


def _asks_for_device(dialog: Dialog) -> bool:
    """Whether the open question is for a device, of a verb that reads labels."""
    return VERBS[dialog.verb].scans and dialog.state["field"] == "device"


def _resume(talk: Talk, dialog: Dialog) -> Answers:
    """The talk knows what the dialog is about; gives the answers so far."""
    state = dialog.state
    talk.ticket = Reference(*map(UUID, state["ticket"])) if state["ticket"] else None
    talk.arguments, talk.version = state["arguments"], state["version"]
    answers: Answers = state["answers"]
    return answers


async def _continue(talk: Talk, dialog: Dialog, field: str, value: str) -> None:
    """An answer to the open question."""
    answers = _resume(talk, dialog) | {field: talk.clean(value)}
    await perform(talk, VERBS[dialog.verb], answers, dialog)


async def _perform(talk: Talk, verb: Verb, answers: Answers | None = None) -> None:
    if verb.private and not talk.incoming.private:
        await talk.say(talk.words("said.in_private_only"))
        return
    if not talk.allows(verb.permission, verb.anyone):
        if talk.actor is None:
            raise DomainError("not_linked")
        raise DomainError("forbidden", permission=verb.permission, why=sentence_of(verb.permission or ""))
    await perform(talk, verb, answers or {})


# --- buttons and forms


async def _pressed(talk: Talk, token: str, answers: Answers | None) -> None:
    """A press, or the form that a press opened."""
    button = await _open_button(talk, token)
    if button.verb == ANSWER:
        await _answered(talk, button)
        return
    await _perform(talk, VERBS[button.verb], answers)
    if button.once:  # only now: a press whose worker died before it signed is understood again, and still good
        async with transaction(talk.tenant):
            await use_up(button, now())


async def _open_button(talk: Talk, token: str) -> ChatButton:
    """What a press means. Identity, organisation, person and expiry are checked now, the version by the command."""
    incoming = talk.incoming
    await _meet(talk)
    button = await _button(talk, token)
    if button is None:
        raise DomainError("button_unknown")
    if button.member_id is not None and button.member_id != talk.person.id:
        raise DomainError("button_of_another")
    await _require_good(talk, button)
    talk.arguments, talk.version = button.arguments, button.ticket_version
    if button.owner_id and button.ticket_id:
        talk.ticket = Reference(button.owner_id, button.ticket_id)
    async with transaction(talk.tenant):
        if button.card_id:
            talk.card = await rows.find(ChatCard, talk.tenant, button.card_id)
            if incoming.pressed:
                await _adopt(talk.tenant, button.card_id, incoming.pressed)
        elif incoming.pressed:
            await arrived_by_press(talk.tenant, talk.to, button.token, incoming.pressed)
    wake()
    return button


async def _filled(talk: Talk) -> None:
    """A form came back: from a button's press, or from a command."""
    context = talk.incoming.form
    if context.startswith(FORM_OF_VERB):
        await _meet(talk)
        await _perform(talk, VERBS[context.removeprefix(FORM_OF_VERB)], talk.incoming.answers)
    else:
        await _pressed(talk, context, talk.incoming.answers)


async def wrong_answers(incoming: Incoming) -> Answers:
    """Field -> what is wrong with it, for channels that must say so before their window closes. Changes nothing."""
    talk = Talk(incoming, "", known_locale(incoming.locale))
    context, answers = incoming.form, dict(incoming.answers)
    try:
        if context.startswith(FORM_OF_VERB):
            await _meet(talk)
            verb = VERBS[context.removeprefix(FORM_OF_VERB)]
        else:
            verb = VERBS[(await _open_button(talk, context)).verb]
        if verb.form is None:
            return {}
        form = await verb.form(talk, answers)
        wrong = await verb.check(talk, answers) if verb.check else {}
        missing = form.missing(answers)
    except DomainError:  # said in the chat when the answers are understood
        return {}
    return wrong or ({missing.name: talk.words("wrong.missing")} if missing else {})


async def _button(talk: Talk, token: str) -> ChatButton | None:
    """The button in the organisation that the person acts for, or in another one of theirs."""
    for organisation in await organisations_of(talk.incoming):
        async with transaction(organisation):
            button = await find_button(organisation, token)
        if button is not None:
            if organisation != talk.tenant:
                await _meet(talk, organisation)
            return button
    return None


async def _require_good(talk: Talk, button: ChatButton) -> None:
    """A confirmation counts once and for a while; the same update understood again is the same press."""
    if button.once and await talk.done_before("quality.sign"):
        return
    if button.used_at is not None:
        raise DomainError("button_used")
    if button.expires_at is not None and button.expires_at < now():
        raise DomainError("button_expired")


async def _answered(talk: Talk, button: ChatButton) -> None:
    dialog = await current_dialog(talk.incoming)
    meant = button.arguments
    if dialog is None or (dialog.verb, dialog.state["field"]) != (meant["verb"], meant["field"]):
        raise DomainError("question_gone")
    await _continue(talk, dialog, meant["field"], meant["value"])


# --- what the channel itself tells


async def _echoed(incoming: Incoming) -> None:
    """Our own message came by: a send of unknown outcome has arrived."""
    where = parse_opaque(MARK, incoming.mark)
    async with transaction(where.tenant):
        send = await rows.find(ChatSend, where.tenant, where.id)
        if send is None or send.message is not None:
            return
        if send.tried_at is not None and now() - send.tried_at < ECHO_PATIENCE:
            raise Later(ECHO_PATIENCE.total_seconds())
        await rows.update(send, message=incoming.message, completed_at=now())
        if send.card_id is not None and send.content is None:
            await _adopt(where.tenant, send.card_id, incoming.message)
    wake()


async def _blocked(incoming: Incoming) -> None:
    """The person shut the bot out."""
    await chat_lost(Address(incoming.channel, incoming.workspace, incoming.chat), "blocked")


async def _removed(incoming: Incoming) -> None:
    """The app was taken out of a workspace: nobody can be reached there until it is installed again."""
    await chat_lost(Address(incoming.channel, incoming.workspace, ""), "app removed")


async def _moved(incoming: Incoming) -> None:
    to = Address(incoming.channel, incoming.workspace, incoming.chat)
    for organisation in await organisations_of(incoming):
        async with transaction(organisation):
            await move_chat(organisation, to, incoming.moved_to)
    await move_identity(*to, incoming.moved_to)


_SYSTEM: dict[str, Callable[[Incoming], Awaitable[None]]] = {
    "echo": _echoed,
    "blocked": _blocked,
    "moved": _moved,
    "removed": _removed,
}
