"""The people's side of Telegram: they write, send pictures, press buttons, block the bot and form groups."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

from starlette.routing import BaseRoute

from ..channel import (
    Attachment,
    PressAnswer,
    Quote,
    ShownChat,
    ShownMessage,
    SimulatorError,
    Stage,
    Upload,
    Writer,
)
from ..defaults import TELEGRAM_TOKEN
from ..faults import ChannelName
from ..images import image_size
from ..person import Person
from .api import BotApi
from .core import Core
from .extras import Extras
from .files import StoredFile, document, photo_sizes
from .markup import found_entities, trimmed, utf16_length
from .parameters import CAPTION_LIMIT, TEXT_LIMIT
from .rendering import as_html
from .updates import Delivery
from .world import Chat

Json = dict[str, Any]
ANSWER_WAIT = 15.0  # seconds after which Telegram's apps stop showing that a button is busy


class TelegramStandin:
    """One bot and everybody who talks with it."""

    name: ChannelName = "telegram"

    def __init__(self, stage: Stage, token: str) -> None:
        self.core = Core(stage, token)
        self._stage = stage
        stage.before_end.append(self.core.updates.release)

    @classmethod
    def from_environment(cls, stage: Stage, environment: Mapping[str, str]) -> Self:
        """The token is `MENDLINE_STANDINS_TELEGRAM_TOKEN`, else the one everybody knows."""
        return cls(stage, environment.get("MENDLINE_STANDINS_TELEGRAM_TOKEN") or TELEGRAM_TOKEN)

    def routes(self) -> Sequence[BaseRoute]:
        """The Bot API, and what the simulator can do beyond the common contract."""
        return [*BotApi(self.core).routes(), *Extras(self).routes()]

    async def start(self) -> None:
        """Begin to deliver updates."""
        await self.core.updates.start()

    async def stop(self) -> None:
        """Stop delivering and close the journal."""
        await self.core.updates.stop()
        self.core.journal.close()

    def connected(self) -> bool:
        """Whether the bot polls, or its webhook took the last update."""
        return self.core.updates.connected()

    def untaken(self) -> int:
        """What the next poll would bring, and what is still on its way."""
        return self.core.updates.untaken()

    # --- what a person sees

    def chats(self, person: Person) -> list[ShownChat]:
        """The private chat with the bot, then the groups."""
        world, shown = self.core.world, []
        for chat in world.chats_of(person):
            last = next(reversed(world.messages(chat.id)), None)
            title = self.core.world.bot["first_name"] if chat.type == "private" else chat.title
            at = float(last["date"]) if last else 0
            gist = _gist(last) if last else ""
            shown.append(ShownChat(str(chat.id), title, world.unread(person, chat), gist, at, chat.blocked))
        return shown

    def chat(self, person: Person, chat: str) -> Chat:
        """A chat of this person. Raises when there is none with that id."""
        for each in self.core.world.chats_of(person):
            if str(each.id) == chat:
                return each
        raise SimulatorError("This person has no such chat.", 404)

    def messages(self, person: Person, chat: str) -> list[ShownMessage]:
        """A chat's messages, oldest first."""
        return [self._shown(person, message) for message in self.core.world.messages(self.chat(person, chat).id)]

    def mark_read(self, person: Person, chat: str) -> None:
        """The person has seen everything in this chat."""
        where = self.chat(person, chat)
        if where.read.get(person.key, 0) < where.last_id:
            where.read[person.key] = where.last_id
            self.core.world.keep(where)

    def _shown(self, person: Person, message: Json) -> ShownMessage:
        author, quoted = message["from"], message.get("reply_to_message")
        text = message.get("text") or message.get("caption") or ""
        photo = message.get("photo")
        attachment = message.get("document") or message.get("voice")
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        return ShownMessage(
            id=str(message["message_id"]),
            writer=Writer(author["first_name"], author["is_bot"]),
            mine=author["id"] == person.user_id,
            at=message["date"],
            text=text or _service_text(message),
            html=as_html(text, message.get("entities") or message.get("caption_entities") or []),
            photo_url=self._url(photo[-1]) if photo else None,
            file=self._attachment(attachment) if attachment else None,
            location=message.get("location"),
            buttons=[[_button(button) for button in row] for row in rows],
            reply_to=Quote(str(quoted["message_id"]), quoted["from"]["first_name"], _gist(quoted)) if quoted else None,
            edited="edit_date" in message,
            reactions=self.core.reactions.get((message["chat"]["id"], message["message_id"]), []),
        )

    def _attachment(self, media: Json) -> Attachment:
        return Attachment(media.get("file_name", "voice"), self._url(media), media["file_size"])

    def _url(self, media: Json) -> str:
        return f"/sim/telegram/files/{self.core.files.get(media['file_id']).unique_id}"

    # --- what a person does

    async def send(
        self,
        person: Person,
        chat: str,
        text: str,
        reply_to: str | None = None,
        command: str | None = None,
        delivery: Delivery | None = None,
    ) -> str:
        """Write a message; `command` is put before the text, as typed commands are."""
        text, _ = trimmed(f"{command} {text}" if command else text, [])
        if not text:
            raise SimulatorError("The message is empty.")
        if utf16_length(text) > TEXT_LIMIT:
            raise SimulatorError(f"Telegram takes {TEXT_LIMIT} characters in one message.")
        entities = found_entities(text)
        content = {"text": text} | ({"entities": entities} if entities else {})
        return self.say(person, self.chat(person, chat), content, reply_to, delivery)

    async def photo(
        self,
        person: Person,
        chat: str,
        upload: Upload,
        caption: str,
        reply_to: str | None = None,
        *,
        as_file: bool = False,
        delivery: Delivery | None = None,
        album: str | None = None,
    ) -> str:
        """Send a picture, or any file as a document."""
        content = self.media(upload, as_file=as_file) | self.caption(caption)
        content |= {"media_group_id": album} if album else {}
        return self.say(person, self.chat(person, chat), content, reply_to, delivery)

    def media(self, upload: Upload, *, as_file: bool) -> Json:
        """The `photo` or `document` of a person's message. People may send more than the bot can download."""
        if as_file:
            return {"document": document(self._keep(upload, "documents"))}
        if image_size(upload.content) is None:
            raise SimulatorError("This is not a picture. Send it as a file.")
        return {"photo": photo_sizes(self._keep(upload, "photos"))}

    def _keep(self, upload: Upload, folder: str) -> StoredFile:
        return self.core.files.keep(upload.name, upload.media_type, upload.content, folder)

    def caption(self, text: str) -> Json:
        """The caption's fields."""
        text, _ = trimmed(text, [])
        if utf16_length(text) > CAPTION_LIMIT:
            raise SimulatorError(f"Telegram takes {CAPTION_LIMIT} characters in a caption.")
        entities = found_entities(text)
        return ({"caption": text} if text else {}) | ({"caption_entities": entities} if entities else {})

    def say(self, person: Person, chat: Chat, content: Json, reply_to: str | None, delivery: Delivery | None) -> str:
        """Put a person's message into a chat and send the update."""
        if chat.blocked:
            raise SimulatorError("You blocked the bot. Unblock it to write.", 409)
        if reply_to and not (reply_to.isdigit() and self.core.world.message(chat.id, int(reply_to))):
            raise SimulatorError("The message you answer is gone.", 404)
        if not chat.started and chat.type == "private":
            chat.started = True
            self.core.world.keep(chat)
        message = self.core.world.new_message(
            chat, self.core.world.user(person), content, int(reply_to) if reply_to else None
        )
        self.mark_read(person, str(chat.id))
        self.core.ring(chat, "message", message["message_id"])
        if self._bot_sees(chat, message):
            self.publish("message", message, person, chat, delivery)
        return str(message["message_id"])

    def _bot_sees(self, chat: Chat, message: Json) -> bool:
        """Privacy mode: in groups a bot sees commands and replies to it, unless it is an administrator."""
        if chat.type == "private" or chat.bot_is_admin:
            return True
        quoted = message.get("reply_to_message", {}).get("from", {})
        entities = message.get("entities") or message.get("caption_entities") or []
        return quoted.get("id") == self.core.world.bot["id"] or any(e["type"] == "bot_command" for e in entities)

    def publish(self, kind: str, body: Json, person: Person, chat: Chat, delivery: Delivery | None = None) -> None:
        """Queue an update and write it into the transcript."""
        self.core.updates.publish(kind, body, delivery)
        self._stage.transcript.add("telegram", "in", kind, body, chat=chat.id, person=person.key)

    async def press(
        self,
        person: Person,
        chat: str,
        message: str,
        *,
        data: str | None = None,
        action_id: str | None = None,
        block_id: str | None = None,
        value: Any = None,
        delivery: Delivery | None = None,
    ) -> PressAnswer:
        """Press an inline button and wait for the bot's answer, as long as Telegram's apps do."""
        where = self.chat(person, chat)
        pressed = self.core.world.message(where.id, int(message)) if message.isdigit() else None
        rows = (pressed or {}).get("reply_markup", {}).get("inline_keyboard", [])
        if pressed is None or data not in {button.get("callback_data") for row in rows for button in row}:
            raise SimulatorError("This button is no longer there.", 404)
        query_id, answer = self.core.open_query()
        body = {
            "id": query_id,
            "from": self.core.world.user(person),
            "message": self.core.world.for_update(pressed),
            "chat_instance": str(abs(where.id) * 7919),
            "data": data,
        }
        self.publish("callback_query", body, person, where, delivery)
        try:
            async with asyncio.timeout(ANSWER_WAIT):
                said = await answer
        except TimeoutError:
            return PressAnswer()
        text = said["text"] or None
        return PressAnswer(alert=text) if said["show_alert"] else PressAnswer(toast=text)


def _gist(message: Json) -> str:
    """One line of a message, for a list or a quote."""
    text = message.get("text") or message.get("caption") or ""
    marks = {"photo": "🖼", "document": "📄", "voice": "🎤", "location": "📍"}
    mark = next((sign for field, sign in marks.items() if field in message), "")
    return re.sub(r"\s+", " ", f"{mark} {text or _service_text(message)}").strip()[:120]


def _service_text(message: Json) -> str:
    if "migrate_to_chat_id" in message:
        return "↑ supergroup · 已升级为超级群"
    if "new_chat_members" in message:
        return "＋ " + ", ".join(member["first_name"] for member in message["new_chat_members"])
    return ""


def _button(button: Json) -> dict[str, str]:
    shown = {"text": button["text"]}
    if "callback_data" in button:
        return shown | {"data": button["callback_data"]}
    return shown | ({"url": button["url"]} if "url" in button else {})
