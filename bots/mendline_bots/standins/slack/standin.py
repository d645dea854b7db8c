"""The stand-in Slack as the shared server mounts it: routes, start and stop, and a person's side."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from ..channel import Attachment, PressAnswer, Quote, ShownChat, ShownMessage, Stage, Upload, ViewAnswer, Writer
from ..faults import ChannelName
from ..journal import Journal
from ..person import Person
from ..requests import Body
from . import chat_methods, file_methods, view_methods, workspace_methods
from .acts import Acts
from .api import Api, Entry
from .chat_methods import respond
from .delivery import Delivery
from .messages import Message
from .mrkdwn import shown_blocks, to_html, unescape
from .refusals import Refusal, Wire
from .request_url import RequestUrl
from .settings import SlackSettings
from .socket_mode import Sockets
from .state import State

VERIFY_SECONDS = 1.0
SHORT = 80


class SlackStandin:
    """A strict local Slack: Web API, socket mode or signed requests, modals, Home tab and files."""

    name: ChannelName = "slack"

    def __init__(self, stage: Stage, settings: SlackSettings) -> None:
        self.settings = settings
        self._journal = Journal(stage.data / "slack.jsonl")
        self._request_url: RequestUrl | None = None
        self._verified = False
        self._verifier: asyncio.Task[None] | None = None
        self._sockets = Sockets(settings.app_id, stage.url)
        delivery = Delivery(self._sockets, stage.faults, settings.ack_seconds, settings.retry_delays)
        self.state = State(stage, settings, self._journal, delivery)
        self._acts = Acts(self.state)
        self._installation = workspace_methods.Installation(self.state)
        self._files = file_methods.FileRoutes(self.state)

    @classmethod
    def from_environment(cls, stage: Stage, environment: Mapping[str, str]) -> Self:
        """Settings from `<home>/standins/slack.json` and the `MENDLINE_SLACK_…` variables over it."""
        return cls(stage, SlackSettings.load(stage.data / "slack.json", environment))

    def routes(self) -> Sequence[BaseRoute]:
        """Slack's API under `/slack/`, and `/sim/slack/…` for whoever directs the play."""
        api, files = Api(self.state, self._methods()), self._files
        return [
            Route("/slack/api/{method}", api.__call__, methods=["GET", "POST"]),
            Route("/slack/response/{tail}", self._respond, methods=["POST"]),
            Route("/slack/upload/v1/{file_id}", files.upload, methods=["POST"]),
            Route("/slack/files-pri/{names}/{rest:path}", files.download),
            Route("/slack/login", files.login),
            Route("/slack/oauth/v2/authorize", self._installation.authorize),
            WebSocketRoute("/slack/socket", self._sockets.serve),
            Route("/sim/slack/file/{file_id}", files.shown),
            Route("/sim/slack/shortcut", self._shortcut, methods=["POST"]),
            Route("/sim/slack/request_url", self._set_request_url, methods=["POST"]),
            Route("/sim/slack/disconnect", self._disconnect, methods=["POST"]),
            Route("/sim/slack/uninstall", self._uninstall, methods=["POST"]),
            Route("/sim/slack/broadcasts", self._broadcasts),
        ]

    def _methods(self) -> dict[str, Entry]:
        chat, views, files, workspace = chat_methods, view_methods, file_methods, workspace_methods
        return {
            "api.test": Entry(workspace.api_test, "nothing"),
            "auth.test": Entry(workspace.auth_test),
            "auth.revoke": Entry(workspace.auth_revoke),
            "apps.connections.open": Entry(workspace.connection_opener(self._sockets), "app"),
            "oauth.v2.access": Entry(self._installation.access, "nothing"),
            "chat.postMessage": Entry(chat.post),
            "chat.postEphemeral": Entry(chat.post_ephemeral),
            "chat.update": Entry(chat.update),
            "chat.delete": Entry(chat.delete),
            "reactions.add": Entry(chat.react),
            "conversations.open": Entry(workspace.conversation_open),
            "conversations.info": Entry(workspace.conversation_info),
            "conversations.history": Entry(workspace.history_refused),
            "conversations.replies": Entry(workspace.history_refused),
            "users.info": Entry(workspace.user_info),
            "users.lookupByEmail": Entry(workspace.lookup_by_email),
            "views.open": Entry(views.open_view),
            "views.push": Entry(views.push_view),
            "views.update": Entry(views.update_view),
            "views.publish": Entry(views.publish_view),
            "files.getUploadURLExternal": Entry(files.get_upload_url),
            "files.completeUploadExternal": Entry(files.complete_upload),
            "files.info": Entry(files.file_info),
        }

    async def start(self) -> None:
        """Begin to deliver: over HTTP when a request URL is set, else over socket mode."""
        if self.settings.request_url:
            self._use_http(self.settings.request_url)
            self._verifier = asyncio.create_task(self._verify_until_answered())

    def _use_http(self, url: str) -> None:
        settings = self.settings
        settings.request_url = url
        self._request_url = RequestUrl(url, settings.signing_secret, settings.verification_token)
        self.state.delivery.carrier = self._request_url

    async def _verify_until_answered(self) -> None:
        while self._request_url and not self._verified:
            self._verified = await self._request_url.verify()
            await asyncio.sleep(VERIFY_SECONDS)

    async def stop(self) -> None:
        """End tries and connections; what was said stays in the journal."""
        if self._verifier:
            self._verifier.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._verifier
        await self._sockets.disconnect()
        await self.state.delivery.stop()
        if self._request_url:
            await self._request_url.close()
        self._journal.close()

    def connected(self) -> bool:
        """Whether the app holds a socket, or its request URL has answered the challenge."""
        return self._verified if self._request_url else self._sockets.count > 0

    def untaken(self) -> int:
        """Events that are not acknowledged yet, and are still tried."""
        return self.state.delivery.untaken

    def chats(self, person: Person) -> list[ShownChat]:
        """The direct messages with the bot, then the channels this person is in."""
        shown = []
        for conversation in self.state.directory.conversations_of(person):
            seen = self._seen(person, conversation.id)
            unread = self.state.messages.unread(str(person.user_id), conversation.id)
            title = conversation.name if conversation.is_im else f"#{conversation.name}"
            last = unescape(str(seen[-1].wire["text"]))[:SHORT] if seen else ""
            shown.append(ShownChat(conversation.id, title, unread, last, float(seen[-1].ts) if seen else 0))
        return shown

    def _seen(self, person: Person, chat: str) -> list[Message]:
        return [each for each in self.state.messages.of(chat) if each.only_for in {None, person.user_id}]

    def messages(self, person: Person, chat: str) -> list[ShownMessage]:
        """A conversation's messages with the threads in line, each answer naming its thread."""
        self._acts.conversation(person, chat)
        return [self._shown(person, each) for each in self._seen(person, chat)]

    def _shown(self, person: Person, message: Message) -> ShownMessage:
        state, wire = self.state, message.wire
        files = wire.get("files") or []
        pictures = [file for file in files if file["mimetype"].startswith("image/")]
        others = [file for file in files if file not in pictures]
        blocks = wire.get("blocks") if message.by_bot else None
        return ShownMessage(
            id=message.ts,
            writer=Writer(state.name_of(message.author), message.by_bot),
            mine=message.author == person.user_id,
            at=float(message.ts),
            text=unescape(str(wire["text"])),
            html=to_html(str(wire["text"]), state.name_of),
            photo_url=_own_url(pictures[0]) if pictures else None,
            file=Attachment(others[0]["name"], _own_url(others[0]), others[0]["size"]) if others else None,
            blocks=shown_blocks(blocks, state.name_of, _own_url) if blocks else None,
            reply_to=self._quote(message),
            edited="edited" in wire,
            reactions=message.reactions,
            ephemeral=bool(message.only_for),
        )

    def _quote(self, message: Message) -> Quote | None:
        if message.thread == message.ts:
            return None
        root = self.state.messages.find(message.channel, message.thread)
        if root is None:
            return Quote(message.thread, "", "")
        return Quote(root.ts, self.state.name_of(root.author), unescape(str(root.wire["text"]))[:SHORT])

    def mark_read(self, person: Person, chat: str) -> None:
        """The person has seen everything in this chat."""
        self.state.messages.mark_read(str(person.user_id), chat)

    async def send(self, person: Person, chat: str, text: str, reply_to: str | None, command: str | None) -> str:
        """The person writes; text that begins with a slash is a command, as in Slack's own client."""
        if not command and text.startswith("/"):
            command, _, text = text.partition(" ")
        if command:
            return await self._acts.command(person, chat, command, text)
        return self._acts.write(person, chat, text, reply_to).ts

    async def photo(
        self, person: Person, chat: str, upload: Upload, caption: str, reply_to: str | None, *, as_file: bool
    ) -> str:
        """The person sends a file; Slack never shrinks pictures, so `as_file` changes nothing."""
        return self._acts.share(person, chat, upload, caption, reply_to).ts

    async def press(
        self,
        person: Person,
        chat: str,
        message: str,
        *,
        data: str | None,
        action_id: str | None,
        block_id: str | None,
        value: Any,
    ) -> PressAnswer:
        """The person works a button or menu; `message` may be the id of a modal or of the Home tab."""
        return await self._acts.press(person, chat, message, action_id, block_id, value)

    def view(self, person: Person) -> dict[str, Any] | None:
        """The modal in front, or None."""
        view = self.state.views.top(str(person.user_id))
        return self._shown_view(view.wire) if view else None

    def _shown_view(self, wire: Wire) -> Wire:
        return {**wire, "blocks": shown_blocks(wire["blocks"], self.state.name_of, _own_url)}

    async def submit(self, person: Person, view_id: str, values: dict[str, Any]) -> ViewAnswer:
        """The person submits the modal."""
        return await self._acts.submit(person, view_id, values)

    async def close(self, person: Person) -> None:
        """The person closes the modal in front."""
        await self._acts.close(person)

    async def home(self, person: Person) -> dict[str, Any] | None:
        """The person opens the Home tab; what the app publishes in answer is told by the bell."""
        self._acts.open_home(person)
        return self.published_home(person)

    def published_home(self, person: Person) -> dict[str, Any] | None:
        """The Home tab as it was published last, without opening it again."""
        view = self.state.views.home(str(person.user_id))
        return self._shown_view(view.wire) if view else None

    async def _respond(self, request: Request) -> Response:
        """A post to a response URL."""
        try:
            url = self.state.triggers.spend(request.path_params["tail"])
        except Refusal as refusal:
            return PlainTextResponse(refusal.code, status_code=404)
        try:
            args = msgspec.json.decode(await request.body(), type=dict[str, Any])
            respond(self.state, url, args)
        except msgspec.DecodeError:
            return PlainTextResponse("invalid_payload", status_code=400)
        except Refusal as refusal:
            return JSONResponse(refusal.answer(), status_code=400)
        self.state.stage.transcript.add("slack", "out", "response_url", args, chat=url.channel)
        return PlainTextResponse("ok")

    async def _shortcut(self, request: Request) -> Response:
        """A message shortcut: `{person, chat, message, callback_id}`."""
        body = await Body.of(request, self.state.stage)
        await self._acts.shortcut(body.person, body.text("chat"), body.text("message"), body.text("callback_id"))
        return JSONResponse({"ok": True})

    async def _set_request_url(self, request: Request) -> Response:
        """What an admin does on the app's page: Slack takes a URL only when it answers the challenge."""
        url = str((await request.json()).get("url", ""))
        trial = RequestUrl(url, self.settings.signing_secret, self.settings.verification_token)
        answered = await trial.verify()
        await trial.close()
        if not answered:
            return JSONResponse({"error": "url_verification_failed"}, status_code=400)
        self._use_http(url)
        self._verified = True
        return JSONResponse({"ok": True})

    async def _disconnect(self, request: Request) -> Response:
        """Tell the app's sockets to reconnect."""
        await self._sockets.disconnect(str((await request.json()).get("reason", "refresh_requested")))
        return JSONResponse({"ok": True})

    async def _uninstall(self, request: Request) -> Response:
        """An admin removes the app from a workspace."""
        try:
            self._installation.remove(str((await request.json()).get("team_id", "")))
        except Refusal as refusal:
            return JSONResponse({"error": refusal.code}, status_code=404)
        return JSONResponse({"ok": True})

    async def _broadcasts(self, _request: Request) -> Response:
        """Every message of the app that rang a whole channel; a house that escapes its text has none."""
        messages = [each for chat in self.state.messages.channels() for each in self.state.messages.of(chat)]
        found = [{"channel": m.channel, "ts": m.ts, "broadcasts": m.broadcasts} for m in messages if m.broadcasts]
        return JSONResponse(found)


def _own_url(file: Wire) -> str:
    """Where the page finds a Slack file, by its id or its private URL."""
    file_id = file.get("id") or str(file.get("url", "")).partition("/files-pri/")[2].partition("/")[0].partition("-")[2]
    return f"/sim/slack/file/{file_id}"
