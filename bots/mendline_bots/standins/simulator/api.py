"""The simulator's JSON API: one contract for both channels, sent on to the stand-in of the person's channel."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ..channel import ChannelStandin, ModalStandin, SimulatorError, Stage
from ..faults import Fault
from ..person import Person
from ..requests import Body, answer

PAGE = Path(__file__).parent / "page"
KEEP_ALIVE = 15.0  # seconds between comments that keep an event stream open
# Blocks of Slack messages name pictures anywhere; everything else comes from here.
_POLICY = "default-src 'self'; img-src 'self' data: blob: http: https:; style-src 'self'; base-uri 'none'"
_SAFE = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
}


class _PageFiles(StaticFiles):
    """Static files that the browser asks for again, so that an upgrade is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_SAFE)
        return response


class SimulatorApi:
    """Routes under `/sim/` and the page at `/`."""

    def __init__(self, stage: Stage, channels: Mapping[str, ChannelStandin]) -> None:
        self._stage = stage
        self._channels = channels

    def routes(self) -> list[BaseRoute]:
        """All routes of the page."""
        get, post = ["GET"], ["POST"]
        return [
            Route("/", self.page, methods=get),
            Mount("/sim/ui", _PageFiles(directory=PAGE)),
            Route("/sim/health", self.health, methods=get),
            Route("/sim/people", self.people, methods=get),
            Route("/sim/people", self.add_people, methods=post),
            Route("/sim/labels/{file}", self.label, methods=get),
            Route("/sim/chats", self.chats, methods=get),
            Route("/sim/messages", self.messages, methods=get),
            Route("/sim/events", self.events, methods=get),
            Route("/sim/send", self.send, methods=post),
            Route("/sim/photo", self.photo, methods=post),
            Route("/sim/press", self.press, methods=post),
            Route("/sim/view", self.view, methods=get),
            Route("/sim/view/submit", self.submit, methods=post),
            Route("/sim/view/close", self.close, methods=post),
            Route("/sim/home", self.published_home, methods=get),
            Route("/sim/home", self.home, methods=post),
            Route("/sim/transcript", self.transcript, methods=get),
            Route("/sim/faults", self.faults, methods=get),
            Route("/sim/faults", self.add_fault, methods=post),
            Route("/sim/faults", self.clear_faults, methods=["DELETE"]),
        ]

    def _channel(self, person: Person) -> ChannelStandin:
        channel = self._channels.get(person.channel)
        if channel is None:
            raise SimulatorError(f"This person's channel, {person.channel}, is not played here.", 404)
        return channel

    def _modals(self, person: Person) -> ModalStandin:
        channel: Any = self._channel(person)
        if not hasattr(channel, "submit"):
            raise SimulatorError("This channel has no modals.")
        modals: ModalStandin = channel
        return modals

    async def _body(self, request: Request) -> Body:
        return await Body.of(request, self._stage)

    def _chat(self, body: Body) -> str:
        """The named chat, else the person's first one: the private chat with the bot."""
        return body.text("chat") or self._channel(body.person).chats(body.person)[0].chat

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return FileResponse(PAGE / "index.html", headers=_SAFE)

    async def health(self, request: Request) -> Response:
        """Alive, and for each channel whether Mendline listens to it and how many updates it has not taken yet."""
        channels = {
            name: {"connected": channel.connected(), "untaken": channel.untaken()}
            for name, channel in self._channels.items()
        }
        return answer({"ok": True, "channels": channels})

    async def people(self, request: Request) -> Response:
        """Everybody, each with `unread`, `last` and `at` over all chats."""
        rows = []
        for person in self._stage.people.all():
            chats = self._channel(person).chats(person)
            newest = max(chats, key=lambda chat: chat.at)
            news = {"unread": sum(chat.unread for chat in chats), "last": newest.last, "at": newest.at}
            rows.append(msgspec.to_builtins(person) | {"display_name": person.display_name} | news)
        return answer(rows)

    async def add_people(self, request: Request) -> Response:
        """Add people, or replace those with the same key: one object or a list."""
        body = await request.body()
        try:
            people = msgspec.json.decode(body, type=list[Person] | Person)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise SimulatorError(f"Not a person or a list of people: {error}") from None
        people = people if isinstance(people, list) else [people]
        self._stage.people.add(people)
        for person in people:
            self._stage.bell.ring(person.key, "people")
        return answer({"added": len(people)}, 201)

    async def label(self, request: Request) -> Response:
        """A label picture of the demo."""
        path = (self._stage.labels / request.path_params["file"]).resolve()
        if not path.is_relative_to(self._stage.labels.resolve()) or not path.is_file():
            raise SimulatorError("No such label picture.", 404)
        return FileResponse(path, headers={"Cache-Control": "max-age=3600"})

    async def chats(self, request: Request) -> Response:
        """The person's chats."""
        person = (await self._body(request)).person
        return answer(self._channel(person).chats(person))

    async def messages(self, request: Request) -> Response:
        """A chat's messages; reading them marks them as read unless `peek=1`."""
        body = await self._body(request)
        person, chat = body.person, self._chat(body)
        shown = self._channel(person).messages(person, chat)
        if not body.flag("peek"):
            self._channel(person).mark_read(person, chat)
        return answer(shown)

    async def send(self, request: Request) -> Response:
        """Text, or a slash command."""
        body = await self._body(request)
        channel = self._channel(body.person)
        text, reply_to, command = body.text("text"), body.text("reply_to") or None, body.text("command") or None
        return answer({"id": await channel.send(body.person, self._chat(body), text, reply_to, command)})

    async def photo(self, request: Request) -> Response:
        """A picture, a label, or any file with `as_file`."""
        body = await self._body(request)
        sent = await self._channel(body.person).photo(
            body.person,
            self._chat(body),
            body.upload(),
            body.text("caption"),
            body.text("reply_to") or None,
            as_file=body.flag("as_file"),
        )
        return answer({"id": sent})

    async def press(self, request: Request) -> Response:
        """A button."""
        body = await self._body(request)
        pressed = await self._channel(body.person).press(
            body.person,
            self._chat(body),
            body.text("message"),
            data=body.text("data") or None,
            action_id=body.text("action_id") or None,
            block_id=body.text("block_id") or None,
            value=body.values.get("value"),
        )
        return answer(pressed)

    async def view(self, request: Request) -> Response:
        """The open modal, or null."""
        person = (await self._body(request)).person
        return answer(self._modals(person).view(person))

    async def submit(self, request: Request) -> Response:
        """Submit the open modal."""
        body = await self._body(request)
        values: dict[str, Any] = body.values.get("values") or {}
        return answer(await self._modals(body.person).submit(body.person, body.text("view_id"), values))

    async def close(self, request: Request) -> Response:
        """Close the open modal."""
        person = (await self._body(request)).person
        await self._modals(person).close(person)
        return answer({})

    async def home(self, request: Request) -> Response:
        """Open the Home tab."""
        person = (await self._body(request)).person
        return answer(await self._modals(person).home(person))

    async def published_home(self, request: Request) -> Response:
        """The Home tab as it was published last."""
        person = (await self._body(request)).person
        return answer(self._modals(person).published_home(person))

    async def transcript(self, request: Request) -> Response:
        """What crossed, oldest first; `since` (a seq), `channel` and `person` narrow it."""
        body = await self._body(request)
        since, channel, person = int(body.number("since", 0)), body.text("channel"), body.text("person")
        return answer(self._stage.transcript.entries(since=since, channel=channel or None, person=person or None))

    async def faults(self, request: Request) -> Response:
        """What is still to go wrong."""
        return answer(self._stage.faults.waiting())

    async def add_fault(self, request: Request) -> Response:
        """Order a fault."""
        try:
            fault = msgspec.json.decode(await request.body(), type=Fault)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise SimulatorError(f"Not a fault: {error}") from None
        self._stage.faults.add(fault)
        return answer(fault, 201)

    async def clear_faults(self, request: Request) -> Response:
        """Forget every fault that has not struck yet."""
        self._stage.faults.clear()
        return answer([])

    async def events(self, request: Request) -> Response:
        """Server-sent events: what happens to one `person`, or to everybody."""
        person = request.query_params.get("person")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._stream(person), media_type="text/event-stream", headers=headers)

    async def _stream(self, person: str | None) -> AsyncIterator[bytes]:
        async with self._stage.bell.listen() as queue:
            yield b": open\n\n"
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE):
                        happening = await queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if happening is None:
                    return
                if person in {None, happening.person}:
                    yield b"data: " + msgspec.json.encode(happening) + b"\n\n"
