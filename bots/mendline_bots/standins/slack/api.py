"""The Web API's front door: token, arguments, rate limits, faults, and the method that answers."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .refusals import Refusal, Wire
from .settings import SCOPES, Workspace
from .state import State

# Arguments that are JSON documents, and Slack's word for a document that cannot be read.
_DOCUMENTS = {
    "blocks": "invalid_blocks_format",
    "attachments": "invalid_attachments",
    "view": "invalid_arguments",
    "files": "invalid_arguments",
    "metadata": "invalid_metadata_format",
}


@dataclass
class Call:
    """One API call: its arguments as Slack reads them, and the workspace of its bot token."""

    method: str
    args: Wire
    state: State
    workspace: Workspace = field(default_factory=lambda: Workspace(team_id=""))
    login: tuple[str, str] = ("", "")

    def text(self, name: str) -> str:
        """An argument as text; empty when it is missing."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def need(self, *names: str) -> None:
        """Raises `invalid_arguments` unless these are given."""
        missing = [name for name in names if not self.text(name)]
        if missing:
            raise Refusal("invalid_arguments", [f"[ERROR] missing required field: {name}" for name in missing])

    def flag(self, name: str) -> bool:
        """An argument as a truth value."""
        return self.text(name).lower() in {"1", "true"}


Method = Callable[[Call], Awaitable[Wire]]


@dataclass(frozen=True)
class Entry:
    """One method and the token it needs."""

    run: Method
    needs: Literal["bot", "app", "nothing"] = "bot"


class Api:
    """Answers `/slack/api/<method>`."""

    def __init__(self, state: State, methods: dict[str, Entry]) -> None:
        self._state = state
        self._methods = methods
        self._last_post: dict[str, float] = {}

    async def __call__(self, request: Request) -> Response:
        """One API call over HTTP."""
        name = request.path_params["method"]
        if fault := self._state.stage.faults.take("slack", name, "429"):
            return self._limited(name, {}, max(1, round(fault.seconds)))
        headers = {"X-OAuth-Scopes": SCOPES}
        try:
            call = await self._call(name, request)
        except Refusal as refusal:
            return JSONResponse(refusal.answer(), headers=headers)
        if self._too_fast(call):
            return self._limited(name, call.args, 1)
        try:
            body = {"ok": True, **await self._methods[name].run(call)}
        except Refusal as refusal:
            body = refusal.answer()
        self._record(name, call.args, body)
        if fault := self._state.stage.faults.take("slack", name, "timeout_after"):
            await asyncio.sleep(fault.seconds)
        return JSONResponse(body, headers=headers)

    async def _call(self, name: str, request: Request) -> Call:
        entry = self._methods.get(name)
        if entry is None:
            raise Refusal("unknown_method", req_method=name)
        args, token = await _arguments(request)
        call = Call(name, args, self._state, login=_basic(request))
        if entry.needs == "nothing":
            return call
        if not token:
            raise Refusal("not_authed")
        if entry.needs == "bot":
            call.workspace = self._state.directory.by_token(token)
        elif token != self._state.settings.app_token:
            self._state.directory.by_token(token)
            raise Refusal("not_allowed_token_type")
        return call

    def _too_fast(self, call: Call) -> bool:
        """Slack lets an app post one message per second and channel, with short bursts that we do not allow."""
        if not self._state.settings.channel_rate or call.method not in {"chat.postMessage", "chat.update"}:
            return False
        key, now = f"{call.workspace.team_id}/{call.text('channel')}", time.monotonic()
        if now - self._last_post.get(key, 0) < 1:
            return True
        self._last_post[key] = now
        return False

    def _limited(self, name: str, args: Wire, seconds: int) -> Response:
        body = {"ok": False, "error": "ratelimited"}
        self._record(name, args, body)
        return JSONResponse(body, status_code=429, headers={"Retry-After": str(seconds)})

    def _record(self, name: str, args: Wire, body: Wire) -> None:
        chat = body.get("channel") or args.get("channel")
        chat = chat if isinstance(chat, str) else None
        person = self._state.stage.people.by_chat("slack", chat) if chat else None
        payload = {"arguments": args, "answer": body}
        key = person.key if person else None
        self._state.stage.transcript.add("slack", "out", name, payload, chat=chat, person=key, ok=bool(body["ok"]))


async def _arguments(request: Request) -> tuple[Wire, str]:
    """The arguments and the token of a call: from the query, a form, or a JSON body with a bearer token."""
    args: Wire = dict(request.query_params)
    bearer = request.headers.get("authorization", "")
    token = bearer.removeprefix("Bearer ").strip() if bearer.startswith("Bearer ") else ""
    if request.method == "POST":
        media = request.headers.get("content-type", "").partition(";")[0]
        if media == "application/json":
            args |= _json_body(await request.body())
        elif media in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            form = dict(await request.form())
            token = token or str(form.pop("token", ""))
            args |= {name: value for name, value in form.items() if isinstance(value, str)}
        elif media:
            raise Refusal("invalid_post_type")
    for name, code in _DOCUMENTS.items():
        if isinstance(args.get(name), str):
            try:
                args[name] = msgspec.json.decode(args[name])
            except msgspec.DecodeError as unreadable:
                raise Refusal(code, [f"[ERROR] {name} is not valid JSON"]) from unreadable
    return args, token


def _json_body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError as unreadable:
        raise Refusal("invalid_json") from unreadable
    if not isinstance(found, dict):
        raise Refusal("json_not_object")
    return {name: value for name, value in found.items() if value is not None}


def _basic(request: Request) -> tuple[str, str]:
    """Client id and secret of HTTP Basic, as `oauth.v2.access` takes them."""
    header = request.headers.get("authorization", "")
    if not header.startswith("Basic "):
        return "", ""
    try:
        name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote(name), unquote(secret)
