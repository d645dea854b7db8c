"""Bot API methods that change what was sent: edits, deletion, reactions, and the answer to a press."""

import time
from typing import Any

from .core import Core, method
from .keyboards import inline_keyboard
from .parameters import Parameters
from .refusals import NOT_MODIFIED, QUERY_TOO_OLD, bad_request
from .sending import media_content
from .world import Chat

Json = dict[str, Any]
ANSWER_LIMIT = 200  # characters; core.telegram.org/bots/api#answercallbackquery
_CONTENT = ("text", "entities", "caption", "caption_entities", "photo", "document", "reply_markup")


def _own_message(core: Core, call: Parameters) -> tuple[Chat, Json]:
    chat = core.world.open_to_bot(call.chat_id())
    if not call.integer("message_id"):
        raise bad_request("message identifier is not specified")
    message = core.world.message(chat.id, call.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != core.world.bot["id"]:
        raise bad_request("message can't be edited")
    return chat, message


def _edit(core: Core, chat: Chat, message: Json, content: Json, keyboard: Json | None) -> Json:
    content = content | ({"reply_markup": keyboard} if keyboard else {})
    before = {key: message[key] for key in _CONTENT if key in message}
    if content == before:
        raise bad_request(NOT_MODIFIED)
    core.pace.spend(chat)
    kept = {key: value for key, value in message.items() if key not in _CONTENT}
    # Telegram sets edit_date for new content only: a changed keyboard leaves no "edited" mark.
    same_content = {**content, "reply_markup": None} == {**before, "reply_markup": None}
    edited = kept | content | ({} if same_content else {"edit_date": int(time.time())})
    core.world.store(edited)
    core.ring(chat, "edited", message["message_id"])
    return edited


def _media(message: Json) -> Json:
    return {key: message[key] for key in ("photo", "document") if key in message}


@method("editMessageText")
async def edit_message_text(core: Core, call: Parameters) -> Json:
    """New text and keyboard for a text message."""
    chat, message = _own_message(core, call)
    text, entities = call.body_text()
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    content = {"text": text} | ({"entities": entities} if entities else {})
    return _edit(core, chat, message, content, inline_keyboard(call))


@method("editMessageCaption")
async def edit_message_caption(core: Core, call: Parameters) -> Json:
    """New caption and keyboard for a message with media."""
    chat, message = _own_message(core, call)
    if not _media(message):
        raise bad_request("there is no caption in the message to edit")
    return _edit(core, chat, message, _media(message) | call.caption(), inline_keyboard(call))


@method("editMessageMedia")
async def edit_message_media(core: Core, call: Parameters) -> Json:
    """Another picture or document, with its caption; a text message may become one."""
    chat, message = _own_message(core, call)
    content = media_content(core, call, call.json("media", "can't parse InputMedia JSON object"))
    return _edit(core, chat, message, content, inline_keyboard(call))


@method("editMessageReplyMarkup")
async def edit_message_reply_markup(core: Core, call: Parameters) -> Json:
    """Another keyboard, or none."""
    chat, message = _own_message(core, call)
    content = {key: message[key] for key in _CONTENT if key in message and key != "reply_markup"}
    return _edit(core, chat, message, content, inline_keyboard(call))


@method("deleteMessage")
async def delete_message(core: Core, call: Parameters) -> bool:
    """Deletes a message of the bot, or of the person in a private chat."""
    chat = core.world.open_to_bot(call.chat_id())
    message = core.world.message(chat.id, call.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    mine = message["from"]["id"] == core.world.bot["id"]
    if not mine and chat.type != "private" and not chat.bot_is_admin:
        raise bad_request("message can't be deleted")
    core.world.delete(chat.id, message["message_id"])
    core.ring(chat, "deleted", message["message_id"])
    return True


@method("setMessageReaction")
async def set_message_reaction(core: Core, call: Parameters) -> bool:
    """The bot's reaction to a message; a bot may set one at most."""
    chat = core.world.open_to_bot(call.chat_id())
    message = core.world.message(chat.id, call.integer("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    reactions = call.json("reaction", "can't parse reaction types JSON object") or []
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(reaction.get("type") != "emoji" or not reaction.get("emoji") for reaction in reactions):
        raise bad_request("REACTION_INVALID")
    core.reactions[chat.id, message["message_id"]] = [reaction["emoji"] for reaction in reactions]
    core.ring(chat, "edited", message["message_id"])
    return True


@method("answerCallbackQuery")
async def answer_callback_query(core: Core, call: Parameters) -> bool:
    """The answer to a press: a line that fades, or a box."""
    if len(call.text("text")) > ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    answer = {"text": call.text("text"), "show_alert": call.flag("show_alert"), "url": call.text("url")}
    if not core.answer_query(call.text("callback_query_id"), answer):
        raise bad_request(QUERY_TOO_OLD)
    return True
