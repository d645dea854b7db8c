"""The chats and messages of the Telegram stand-in: Bot API objects in memory, each kept in the journal."""

import time
from typing import Any

import msgspec

from ..journal import Journal
from ..person import People, Person
from .refusals import bad_request, forbidden

Json = dict[str, Any]
SERVICE_FIELDS = ("migrate_to_chat_id", "migrate_from_chat_id", "new_chat_members", "group_chat_created")


class Chat(msgspec.Struct, kw_only=True):
    """One chat. Messages of private chats and groups share one run of ids, a supergroup has its own, as at Telegram.

    `read` holds, by person's key, the last message seen; `blocked` and `started` speak of private chats.
    """

    id: int
    type: str
    title: str = ""
    members: list[int] = []
    started: bool = False
    blocked: bool = False
    bot_is_admin: bool = False
    migrated_to: int | None = None
    read: dict[str, int] = {}
    last_id: int = 0


class World:
    """Everything that Telegram would remember, apart from files and updates."""

    def __init__(self, journal: Journal, people: People, bot: Json) -> None:
        self.bot = bot
        self.people = people
        self._journal = journal
        self._chats = {int(key): msgspec.convert(row, Chat) for key, row in journal.loaded("chat")}
        self._messages: dict[int, dict[int, Json]] = {}
        for _, message in journal.loaded("message"):
            self._messages.setdefault(message["chat"]["id"], {})[message["message_id"]] = message
        self._last_id = max((max(m) for m in self._messages.values() if m), default=0)
        self.inaccessible: set[tuple[int, int]] = set()

    def keep(self, chat: Chat) -> None:
        """Write a changed chat to the journal."""
        self._chats[chat.id] = chat
        self._journal.put("chat", chat.id, chat)

    def private(self, person: Person) -> Chat:
        """The person's private chat with the bot."""
        assert isinstance(person.user_id, int)
        chat = self._chats.get(person.user_id)
        if chat is None:
            chat = Chat(id=person.user_id, type="private", members=[person.user_id], started=person.started)
            self.keep(chat)
        return chat

    def chats_of(self, person: Person) -> list[Chat]:
        """The person's chats, the private one first, without groups that became supergroups."""
        private = self.private(person)
        groups = [c for c in self._chats.values() if c.type != "private" and c.migrated_to is None]
        return [private] + [chat for chat in groups if person.user_id in chat.members]

    def find(self, chat_id: int) -> Chat | None:
        """A chat by its id, known from the people or from use."""
        if chat := self._chats.get(chat_id):
            return chat
        person = self.people.by_user("telegram", chat_id)
        return self.private(person) if person else None

    def open_to_bot(self, chat_id: int) -> Chat:
        """The chat, if the bot may write there. Raises what Telegram answers when it may not."""
        chat = self.find(chat_id)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.type == "private" and not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def user(self, person: Person) -> Json:
        """The person as a User object."""
        language = "zh-hans" if person.language.startswith("zh") else "en"
        return {
            "id": person.user_id,
            "is_bot": False,
            "first_name": person.display_name,
            "username": person.key.replace("-", "_"),
            "language_code": language,
        }

    def chat_object(self, chat: Chat) -> Json:
        """The chat as a Chat object."""
        if chat.type == "private":
            person = self.people.by_user("telegram", chat.id)
            who = self.user(person) if person else {"first_name": str(chat.id)}
            return {"id": chat.id, "type": "private"} | {k: who[k] for k in ("first_name", "username") if k in who}
        return {"id": chat.id, "type": chat.type, "title": chat.title}

    def new_message(self, chat: Chat, author: Json, content: Json, reply_to: int | None = None) -> Json:
        """Make, keep and return a message; `content` is text or caption, media, entities, reply_markup."""
        chat.last_id += 1
        self._last_id += 1
        if chat.type == "supergroup":
            message_id = chat.last_id
        else:
            chat.last_id = message_id = self._last_id
        message: Json = {
            "message_id": message_id,
            "from": author,
            "chat": self.chat_object(chat),
            "date": int(time.time()),
        }
        quoted = self.message(chat.id, reply_to) if reply_to else None
        if quoted:
            message["reply_to_message"] = {k: v for k, v in quoted.items() if k != "reply_to_message"}
        message |= content
        self.keep(chat)
        self.store(message)
        return message

    def store(self, message: Json) -> None:
        """Keep a new or changed message."""
        chat_id, message_id = message["chat"]["id"], message["message_id"]
        self._messages.setdefault(chat_id, {})[message_id] = message
        self._journal.put("message", f"{chat_id}/{message_id}", message)

    def delete(self, chat_id: int, message_id: int) -> None:
        """Forget a message."""
        del self._messages[chat_id][message_id]
        self._journal.put("message", f"{chat_id}/{message_id}", None)

    def message(self, chat_id: int, message_id: int) -> Json | None:
        """A message that was not deleted."""
        return self._messages.get(chat_id, {}).get(message_id)

    def messages(self, chat_id: int) -> list[Json]:
        """A chat's messages, oldest first."""
        return list(self._messages.get(chat_id, {}).values())

    def for_update(self, message: Json) -> Json:
        """A message as an update carries it: one that is too old comes without content and with date 0."""
        where = message["chat"]["id"], message["message_id"]
        if where in self.inaccessible:
            return {"message_id": where[1], "chat": message["chat"], "date": 0}
        return message

    def new_group(self, title: str, members: list[Person], *, bot_is_admin: bool) -> Chat:
        """A group of people and the bot."""
        taken = [chat.id for chat in self._chats.values() if -1_000_000_000_000 < chat.id < 0]
        chat = Chat(
            id=min(taken, default=-4_000_000_000) - 1,
            type="group",
            title=title,
            members=[int(person.user_id) for person in members],
            bot_is_admin=bot_is_admin,
        )
        self.keep(chat)
        return chat

    def upgrade(self, group: Chat) -> Chat:
        """Turn a group into a supergroup; the old id answers with the new one from then on."""
        supergroup = Chat(
            id=-1_000_000_000_000 + group.id,
            type="supergroup",
            title=group.title,
            members=group.members,
            bot_is_admin=group.bot_is_admin,
        )
        self.keep(supergroup)
        group.migrated_to = supergroup.id
        self.keep(group)
        return supergroup

    def unread(self, person: Person, chat: Chat) -> int:
        """How many messages of others the person has not seen."""
        seen = chat.read.get(person.key, 0)
        mine = person.user_id
        return sum(1 for m in self.messages(chat.id) if m["message_id"] > seen and m["from"]["id"] != mine)
