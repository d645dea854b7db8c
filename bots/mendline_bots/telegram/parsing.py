"""Telegram's updates in the words of the house."""

from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, MessageEntity, Update

from mendline_bots.incoming import File, Incoming

NAME = "telegram"


def parse_update(payload: dict[str, Any]) -> Incoming:
    """What an update says; an update of no concern comes back as `ignored`."""
    update = Update.de_json(payload, None)
    if update.callback_query and update.callback_query.data:
        return _press(update.callback_query)
    if update.my_chat_member:
        return _membership(update.my_chat_member)
    if update.message:
        return _message(update.message)
    return Incoming(event="ignored", channel=NAME, account="", chat="")


def album_of(payload: dict[str, Any]) -> str | None:
    """What joins the photos of one album."""
    message = payload.get("message")
    if not isinstance(message, dict) or "media_group_id" not in message:
        return None
    return f"tg:{message['chat']['id']}:{message['media_group_id']}"


def _press(query: CallbackQuery) -> Incoming:
    # An old message comes without its content; its chat and id are all that is needed.
    message, who = query.message, query.from_user
    return Incoming(
        event="pressed",
        channel=NAME,
        account=str(who.id),
        name=who.full_name,
        locale=who.language_code,
        chat=str(message.chat.id) if message else str(who.id),
        private=message is None or message.chat.type == "private",
        press=query.data or "",
        pressed=str(message.message_id) if message else "",
    )


def _membership(change: ChatMemberUpdated) -> Incoming:
    gone = change.new_chat_member.status in ("kicked", "left")
    event = "blocked" if gone and change.chat.type == "private" else "ignored"
    return Incoming(event=event, channel=NAME, account=str(change.from_user.id), chat=str(change.chat.id))  # type: ignore[arg-type]


def _message(message: Message) -> Incoming:
    # Anonymous administrators write as the group: nobody knows who they are.
    who = message.from_user if message.sender_chat is None else None
    command, text = _command(message)
    answered = message.reply_to_message
    told = message.migrate_to_chat_id
    return Incoming(
        event="moved" if told else "located" if message.location else "said",
        channel=NAME,
        account=str(who.id) if who else "anonymous",
        name=who.full_name if who else "",
        locale=who.language_code if who else None,
        chat=str(message.chat.id),
        private=message.chat.type == "private",
        thread=str(message.message_thread_id or "") if message.is_topic_message else "",
        message=str(message.message_id),
        text=text,
        command=command,
        files=_files(message),
        location=(message.location.latitude, message.location.longitude) if message.location else None,
        reply_to=str(answered.message_id) if answered else "",
        reply_buttons=_buttons(answered) if answered else (),
        moved_to=str(told or ""),
    )


def _command(message: Message) -> tuple[str, str]:
    """The command that a message begins with, and the rest of it."""
    text = message.text or message.caption or ""
    first = next(iter(message.entities), None)
    if first is None or first.type != MessageEntity.BOT_COMMAND or first.offset != 0 or not message.text:
        return "", text
    word, _, rest = text.partition(" ")
    return word.lstrip("/").partition("@")[0].lower(), rest.strip()


def _buttons(answered: Message) -> tuple[str, ...]:
    rows = answered.reply_markup.inline_keyboard if answered.reply_markup else ()
    return tuple(str(button.callback_data) for row in rows for button in row if button.callback_data)


def _files(message: Message) -> tuple[File, ...]:
    if message.photo:
        largest = message.photo[-1]
        return (File(id=largest.file_id, name="photo.jpg", media_type="image/jpeg", size=largest.file_size),)
    if document := message.document:
        media = document.mime_type or "application/octet-stream"
        kind = "photo" if media.startswith("image/") else "file"
        name = document.file_name or "file"
        return (File(id=document.file_id, name=name, media_type=media, size=document.file_size, kind=kind),)  # type: ignore[arg-type]
    if voice := message.voice:
        media = voice.mime_type or "audio/ogg"
        return (File(id=voice.file_id, name="voice.ogg", media_type=media, size=voice.file_size, kind="voice"),)
    return ()
