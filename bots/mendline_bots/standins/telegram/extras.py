"""What the simulator can do at Telegram beyond the common contract: `/sim/telegram/…`, for tests and the curious."""

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ..channel import SimulatorError
from ..person import Person
from ..requests import Body, answer
from .files import voice
from .updates import Delivery

if TYPE_CHECKING:
    from .standin import TelegramStandin

Json = dict[str, Any]
Action = Callable[[Body], Awaitable[Any]]


class Extras:
    """Routes that take `{person, chat?, deliver?, late?, …}` as JSON or multipart.

    `deliver: 4` sends the update four times at once (webhook) or four times in the queue (polling), `late` after so
    many seconds. `chat` may be left out for the private chat.
    """

    def __init__(self, standin: "TelegramStandin") -> None:
        self._standin = standin
        self._core = standin.core
        self._actions: dict[str, Action] = {
            "send": self.send,
            "start": self.start,
            "photo": self.photo,
            "album": self.album,
            "voice": self.voice,
            "location": self.location,
            "press": self.press,
            "block": self.block,
            "unblock": self.unblock,
            "groups": self.groups,
            "migrate": self.migrate,
            "age": self.age,
            "pace": self.pace,
        }

    def routes(self) -> list[Route]:
        """One route for every action, and the files that messages show."""
        return [
            Route("/sim/telegram/files/{unique_id}", self.file, methods=["GET"]),
            Route("/sim/telegram/{action}", self.act, methods=["POST"]),
        ]

    async def act(self, request: Request) -> Response:
        """Run the named action."""
        action = self._actions.get(request.path_params["action"])
        if action is None:
            raise SimulatorError(f"Known actions: {', '.join(self._actions)}.", 404)
        return answer(await action(await Body.of(request, self._core.stage)))

    async def file(self, request: Request) -> Response:
        """A picture or document of a message."""
        stored = self._core.files.by_unique_id(request.path_params["unique_id"])
        if stored is None:
            raise SimulatorError("No such file.", 404)
        shown = stored.media_type if stored.media_type.startswith(("image/", "audio/")) else "application/octet-stream"
        inline = "inline" if shown != "application/octet-stream" else "attachment"
        return FileResponse(
            self._core.files.location(stored),
            media_type=shown,
            filename=stored.name,
            content_disposition_type=inline,
            headers={"X-Content-Type-Options": "nosniff"},
        )

    def _chat(self, body: Body) -> str:
        return body.text("chat") or str(body.person.user_id)

    def _delivery(self, body: Body) -> Delivery:
        return Delivery(int(body.number("deliver", 1)), body.number("late", 0))

    async def send(self, body: Body) -> Json:
        """Text."""
        sent = await self._standin.send(
            body.person, self._chat(body), body.text("text"), body.text("reply_to") or None, None, self._delivery(body)
        )
        return {"id": sent}

    async def start(self, body: Body) -> Json:
        """Open the bot by a link: `/start payload`. The payload has Telegram's limits."""
        payload = body.text("payload")
        if payload and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload):
            raise SimulatorError("A start payload has 1-64 of A-Z a-z 0-9 _ -.")
        chat = self._chat(body)
        sent = await self._standin.send(body.person, chat, payload, None, "/start", self._delivery(body))
        return {"id": sent}

    async def photo(self, body: Body) -> Json:
        """A picture, or a file with `as_file`."""
        sent = await self._standin.photo(
            body.person,
            self._chat(body),
            body.upload(),
            body.text("caption"),
            body.text("reply_to") or None,
            as_file=body.flag("as_file"),
            delivery=self._delivery(body),
        )
        return {"id": sent}

    async def album(self, body: Body) -> Json:
        """Several pictures as one album; the caption goes to the first, as Telegram's apps do."""
        album, sent = self._core.new_album_id(), []
        for number, upload in enumerate(body.uploads):
            caption = "" if number else body.text("caption")
            chat = self._chat(body)
            sent.append(
                await self._standin.photo(
                    body.person, chat, upload, caption, delivery=self._delivery(body), album=album
                )
            )
        return {"ids": sent, "media_group_id": album}

    async def voice(self, body: Body) -> Json:
        """A voice message; `seconds` is its length."""
        upload = body.upload()
        stored = self._core.files.keep(upload.name, upload.media_type or "audio/ogg", upload.content, "voice")
        content = {"voice": voice(stored, int(body.number("seconds", 1)))}
        return {"id": self._say(body, content)}

    async def location(self, body: Body) -> Json:
        """The person's place."""
        point = {"latitude": body.number("latitude", 0), "longitude": body.number("longitude", 0)}
        return {"id": self._say(body, {"location": point})}

    def _say(self, body: Body, content: Json) -> str:
        chat = self._standin.chat(body.person, self._chat(body))
        reply_to = body.text("reply_to") or None
        return self._standin.say(body.person, chat, content, reply_to, self._delivery(body))

    async def press(self, body: Body) -> Any:
        """A button."""
        return await self._standin.press(
            body.person,
            self._chat(body),
            body.text("message"),
            data=body.text("data"),
            delivery=self._delivery(body),
        )

    async def block(self, body: Body) -> Json:
        """Block the bot: it is told, and every call to the chat is refused from then on."""
        return self._membership(body.person, blocked=True)

    async def unblock(self, body: Body) -> Json:
        """Take the bot back."""
        return self._membership(body.person, blocked=False)

    def _membership(self, person: Person, *, blocked: bool) -> Json:
        world = self._core.world
        chat = world.private(person)
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        if chat.blocked != blocked:
            chat.blocked = blocked
            world.keep(chat)
            ban = {"until_date": 0}
            body = {
                "chat": world.chat_object(chat),
                "from": world.user(person),
                "date": self._core.now(),
                "old_chat_member": {"user": world.bot, "status": old} | (ban if old == "kicked" else {}),
                "new_chat_member": {"user": world.bot, "status": new} | (ban if new == "kicked" else {}),
            }
            self._standin.publish("my_chat_member", body, person, chat)
        return {"blocked": blocked}

    async def groups(self, body: Body) -> Json:
        """A new group of `members` (keys) and the bot; with `bot_is_admin` it sees every message."""
        keys: list[str] = body.values.get("members") or []
        people = [person for key in keys if (person := self._core.stage.people.get(key))]
        if body.person not in people:
            people.insert(0, body.person)
        admin = body.flag("bot_is_admin")
        chat = self._core.world.new_group(body.text("title"), people, bot_is_admin=admin)
        content = {"new_chat_members": [self._core.world.bot]}
        self._announce(body.person, chat.id, content)
        return {"chat": str(chat.id)}

    async def migrate(self, body: Body) -> Json:
        """The group becomes a supergroup with another id."""
        world = self._core.world
        group = self._standin.chat(body.person, self._chat(body))
        if group.type != "group":
            raise SimulatorError("Only a group can become a supergroup.")
        supergroup = world.upgrade(group)
        self._announce(body.person, group.id, {"migrate_to_chat_id": supergroup.id})
        self._announce(body.person, supergroup.id, {"migrate_from_chat_id": group.id})
        return {"chat": str(supergroup.id)}

    def _announce(self, person: Person, chat_id: int, content: Json) -> None:
        world = self._core.world
        chat = world.find(chat_id)
        assert chat is not None
        message = world.new_message(chat, world.user(person), content)
        self._core.ring(chat, "message", message["message_id"])
        self._standin.publish("message", message, person, chat)

    async def age(self, body: Body) -> Json:
        """Make a message old: presses on it come without its content and with date 0."""
        chat = self._standin.chat(body.person, self._chat(body))
        self._core.world.inaccessible.add((chat.id, int(body.text("message"))))
        return {}

    async def pace(self, body: Body) -> Json:
        """Turn flood control on or off: `private_per_second`, `group_per_minute` (0 is off)."""
        self._core.pace.private_per_second = body.number("private_per_second", 0) or None
        self._core.pace.group_per_minute = body.number("group_per_minute", 0) or None
        return {
            "private_per_second": self._core.pace.private_per_second,
            "group_per_minute": self._core.pace.group_per_minute,
        }
