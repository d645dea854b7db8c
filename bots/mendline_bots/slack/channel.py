"""The Slack channel: proves who calls, stores, opens windows at once, sends, edits, fetches."""

import asyncio
from typing import Any

import httpx
import msgspec
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from starlette.requests import Request
from starlette.responses import Response

from mendline.kernel import LOCALES, DomainError, Settings, bind, log, new_correlation, say, settings
from mendline_bots import incoming
from mendline_bots.channel import Address, Gone, Limit, TooFast, Unsure
from mendline_bots.conversation import wrong_answers
from mendline_bots.inbound import store
from mendline_bots.messages import Form, Message
from mendline_bots.slack.drawing import fallback, modal, skeleton, to_blocks
from mendline_bots.slack.parsing import (
    NAME,
    Metadata,
    concerns_us,
    key_of,
    opener_of,
    parse_body,
    wants_window,
)
from mendline_bots.slack.sending import SlackCalls, Workspaces
from mendline_bots.verbs import spoken

BODY_LIMIT = 1024 * 1024
FILE_LIMIT = 20 * 1024 * 1024
"""Bytes of a file that we carry from chat to the evidence store; larger ones are uploaded on the web."""

WINDOW_TRIES = 8
"""The worker may be faster than the window it fills: it looks for it this often, a quarter of a second apart."""


def make() -> "SlackChannel":
    """The channel of this process's settings."""
    return SlackChannel(settings())


class SlackChannel:
    """The app in every workspace that installed it."""

    name = NAME
    forms = True
    unsure_seconds = 15.0

    def __init__(self, chosen: Settings) -> None:
        self._app_token = chosen.slack_app_token
        self._url = chosen.slack_api_url
        self._secret = chosen.slack_signing_secret
        self._workspaces = Workspaces()
        self._calls = SlackCalls(self._url, self._workspaces)
        self._app: AsyncApp | None = None

    def _bolt(self) -> AsyncApp:
        """Bolt proves signatures within five minutes, answers the challenge and acknowledges; it runs no listener."""
        if self._app is None:
            # Bolt looks at the names of arguments and takes no methods.
            async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
                token = await self._workspaces.token(team_id or enterprise_id or "")
                return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token) if token else None

            async def keep(request: AsyncBoltRequest) -> BoltResponse:
                return await self._keep(request.body)

            self._app = AsyncApp(
                signing_secret=self._secret,
                client=self._calls.client(None),
                authorize=authorize,  # type: ignore[arg-type] # None: not installed there
                ignoring_self_events_enabled=False,
            )
            self._app.use(keep)
        return self._app

    # --- in

    async def receive(self, request: Request) -> Response:
        """The request URL for events, presses, commands and windows. Without a secret of ours nobody is let in."""
        if not self._secret or int(request.headers.get("content-length") or 0) > BODY_LIMIT:
            log.warning("webhook_refused", channel=NAME, why="no secret" if not self._secret else "size")
            return Response(status_code=401 if not self._secret else 413)
        answer = await AsyncSlackRequestHandler(self._bolt()).handle(request)
        if answer.status_code == 401:
            log.warning("webhook_refused", channel=NAME, why="signature or time")
        return answer

    @property
    def ready(self) -> bool:
        """Whether there is a token for socket mode."""
        return bool(self._app_token)

    async def announce(self, url: str) -> None:
        """Slack's request URL is set on the app's page, by a person."""

    async def listen(self) -> None:
        """Socket mode until cancelled."""
        handler = AsyncSocketModeHandler(self._bolt(), self._app_token)
        while True:
            try:
                await handler.connect_async()  # type: ignore[no-untyped-call]
                break
            except (SlackApiError, OSError, TimeoutError) as error:
                log.info("socket_waits", channel=NAME, error=str(error))
                await asyncio.sleep(1)
        try:
            await asyncio.Event().wait()
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]

    async def _keep(self, body: dict[str, Any]) -> BoltResponse:
        """Bolt's last middleware: stores, does what cannot wait, acknowledges."""
        new_correlation()
        key = key_of(body)
        bind(channel=NAME, update=key)
        if body.get("type") == "view_submission" and (wrong := await self._wrong(body)):
            return BoltResponse(status=200, body={"response_action": "errors", "errors": wrong})
        if concerns_us(body) and await store(NAME, key, body) and self._opens_window(body):
            await self._open(body)
        return BoltResponse(status=200, body="")

    async def _wrong(self, body: dict[str, Any]) -> dict[str, str]:
        """What is wrong with a window's answers: Slack shows it only in the answer to the submission."""
        try:
            async with asyncio.timeout(2):
                wrong = await wrong_answers(parse_body(body))
        except TimeoutError:
            return {}
        blocks = {block.get("block_id") for block in body["view"]["blocks"]}
        return {name: words for name, words in wrong.items() if name in blocks}

    def _opens_window(self, body: dict[str, Any]) -> bool:
        if wants_window(body):
            return True
        verb, rest = spoken(str(body.get("text") or "")) if "command" in body else (None, "")
        return verb is not None and verb.form is not None and not rest

    async def _open(self, body: dict[str, Any]) -> None:
        """A trigger lives three seconds: the window opens now, the worker fills it."""
        came = parse_body(body)
        words = " / ".join(say("said.window_loading", locale) for locale in LOCALES)
        view = skeleton(opener_of(body), words)
        try:
            await self._calls.call(came.workspace, "views.open", trigger_id=body.get("trigger_id"), view=view)
        except (SlackApiError, TooFast, Unsure, Gone) as error:  # the worker then asks in the chat instead
            log.info("window_not_opened", channel=NAME, error=str(error))

    def parse(self, payload: dict[str, Any]) -> incoming.Incoming:
        """What a body says."""
        return parse_body(payload)

    # --- out

    def limits(self, to: Address) -> tuple[Limit, ...]:
        """One message a second and channel (docs.slack.dev/apis/web-api/rate-limits)."""
        return (Limit(f"slack:{to.workspace}:{to.chat}", 1000, 1),)

    async def send(self, to: Address, message: Message, *, reply_to: str, mark: str) -> str:
        """A new message; an answer in a thread also shows in the channel, where people look."""
        picture = await self._calls.upload(to.workspace, message.picture) if message.picture else ""
        thread = {"thread_ts": reply_to, "reply_broadcast": True} if reply_to else {}
        answer = await self._calls.call(
            to.workspace,
            "chat.postMessage",
            channel=to.chat,
            text=fallback(message),
            blocks=to_blocks(message, mark, picture),
            unfurl_links=False,
            **thread,
        )
        return str(answer["ts"])

    async def edit(self, to: Address, id: str, message: Message) -> None:
        """New blocks for a message of ours."""
        await self._calls.call(
            to.workspace, "chat.update", channel=to.chat, ts=id, text=fallback(message), blocks=to_blocks(message)
        )

    async def show_form(self, to: Address, form: Form, opener: str) -> bool:
        """Fills the window that opened at the press."""
        metadata = msgspec.json.encode(Metadata(form.context, to.chat)).decode()
        for _ in range(WINDOW_TRIES):
            try:
                view = modal(form, metadata, opener)
                await self._calls.call(to.workspace, "views.update", external_id=opener, view=view)
                return True
            except SlackApiError as refusal:
                if refusal.response.get("error") != "not_found":
                    log.warning("window_refused", channel=NAME, error=str(refusal))
                    return False
            await asyncio.sleep(0.25)
        return False

    async def fetch(self, to: Address, file: incoming.File) -> bytes:
        """The bytes of a private file; Slack answers its login page to whoever shows no token."""
        limit = DomainError("chat_file_too_large", limit_mb=FILE_LIMIT >> 20, name=file.name)
        if file.size is not None and file.size > FILE_LIMIT:
            raise limit
        host, ours = httpx.URL(file.id).host, httpx.URL(self._url).host
        if host != ours and not host.endswith(".slack.com"):  # the token is for Slack's eyes only
            raise DomainError("chat_file_gone")
        token = await self._workspaces.token(to.workspace)
        async with httpx.AsyncClient(timeout=30, trust_env=host != ours) as client:
            answer = await client.get(file.id, headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 200 or answer.headers.get("content-type", "").startswith("text/html"):
            raise DomainError("chat_file_gone")
        if len(answer.content) > FILE_LIMIT:
            raise limit
        return answer.content
