"""What the Bot API's methods work on: chats, files, updates, presses that wait for an answer, flood buckets."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ..channel import Stage
from ..journal import Journal
from ..person import Person
from .files import Files
from .parameters import Parameters
from .refusals import too_many_requests
from .updates import Updates
from .world import Chat, World

Json = dict[str, Any]
Method = Callable[["Core", Parameters], Awaitable[Any]]

METHODS: dict[str, Method] = {}
QUERY_LIFETIME = 30.0  # seconds in which a press can be answered; Telegram documents none, its apps give up by then


def method(name: str) -> Callable[[Method], Method]:
    """Serve a function as this Bot API method (names are matched without regard to case)."""

    def register(function: Method) -> Method:
        METHODS[name.lower()] = function
        return function

    return register


class Pace:
    """Flood control, off until it is asked for: messages a second to one private chat, a minute to one group."""

    def __init__(self) -> None:
        self.private_per_second: float | None = None
        self.group_per_minute: float | None = None
        self._ready: dict[int, float] = {}

    def spend(self, chat: Chat) -> None:
        """Count one message or edit. Raises a 429 that says how long to wait."""
        rate = self.private_per_second if chat.type == "private" else (self.group_per_minute or 0) / 60
        if not rate:
            return
        now, ready = time.monotonic(), self._ready.get(chat.id, 0)
        if now < ready:
            raise too_many_requests(ready - now + 0.5)
        self._ready[chat.id] = now + 1 / rate


class Core:
    """The state behind one bot."""

    def __init__(self, stage: Stage, token: str) -> None:
        folder = stage.data / "telegram"
        self.stage = stage
        self.token = token
        self.journal = Journal(folder / "journal.jsonl")
        bot = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Mendline",
            "username": "mendline_bot",
        }
        self.world = World(self.journal, stage.people, bot)
        self.files = Files(folder / "files", self.journal)
        self.updates = Updates(self.journal, stage.faults, self.now)
        self.commands: dict[str, list[Json]] = dict(self.journal.loaded("commands"))
        self.pace = Pace()
        self.reactions: dict[tuple[int, int], list[str]] = {}
        self._queries: dict[str, tuple[float, asyncio.Future[Json]]] = {}
        self._query_count = int(time.time() * 1000)

    def now(self) -> int:
        """Whole seconds since 1970, as Telegram writes dates."""
        return int(time.time())

    def members(self, chat: Chat) -> list[Person]:
        """The people in a chat whom the simulator can show."""
        found = (self.stage.people.by_user("telegram", user_id) for user_id in chat.members)
        return [person for person in found if person]

    def ring(self, chat: Chat, kind: str, message_id: int = 0) -> None:
        """Tell the pages of everybody in the chat."""
        for person in self.members(chat):
            self.stage.bell.ring(person.key, kind, chat.id, message_id)

    def say(self, chat: Chat, content: Json, reply_to: int | None = None) -> Json:
        """A message of the bot."""
        message = self.world.new_message(chat, self.world.bot, content, reply_to)
        self.ring(chat, "message", message["message_id"])
        return message

    def new_album_id(self) -> str:
        """A media_group_id that was not used before."""
        return str(time.time_ns())

    def open_query(self) -> tuple[str, asyncio.Future[Json]]:
        """A press: its query id, and the answer to wait for."""
        self._query_count += 1
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        query_id = str(self._query_count)
        self._queries[query_id] = (time.monotonic() + QUERY_LIFETIME, answer)
        return query_id, answer

    def answer_query(self, query_id: str, answer: Json) -> bool:
        """Answer a press, once and in time; False when it is too late or was answered."""
        expires, waiting = self._queries.pop(query_id, (0.0, None))
        if waiting is None or time.monotonic() > expires:
            return False
        if not waiting.done():
            waiting.set_result(answer)
        return True
