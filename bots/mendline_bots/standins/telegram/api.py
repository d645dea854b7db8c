"""The Bot API over HTTP: token, faults, the envelope of an answer, and the download of files."""

import asyncio
import hmac
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from . import asking, editing, sending
from .core import METHODS, Core
from .parameters import Parameters
from .refusals import TelegramRefusalError, too_many_requests

#: Every module that registers methods; naming them here is what loads them.
METHOD_MODULES = (asking, editing, sending)
_QUIET = frozenset({"getme", "getupdates", "getwebhookinfo", "sendchataction"})  # would drown the transcript


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _refused(refusal: TelegramRefusalError) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return _answer(refusal.code, body)


class BotApi:
    """Serves `/telegram/bot<token>/<method>` and `/telegram/file/bot<token>/<path>`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def routes(self) -> list[Route]:
        """Both addresses."""
        return [
            Route("/telegram/bot{token}/{method}", self.call, methods=["GET", "POST"]),
            Route("/telegram/file/bot{token}/{path:path}", self.download, methods=["GET"]),
        ]

    def _token_is_right(self, request: Request) -> bool:
        return hmac.compare_digest(request.path_params["token"].encode(), self._core.token.encode())

    async def call(self, request: Request) -> Response:
        """One method call, in Telegram's order: token, flood, method, parameters."""
        name: str = request.path_params["method"].rstrip("/")
        if not self._token_is_right(request):
            return _refused(TelegramRefusalError(401, "Unauthorized"))
        try:
            call = await Parameters.of(request)
        except TelegramRefusalError as refusal:
            return _refused(refusal)
        chat = call.text("chat_id") or None
        try:
            result = await self._run(name, call)
        except TelegramRefusalError as refusal:
            self._record(name, call, chat, {"error": refusal.description}, ok=False)
            return _refused(refusal)
        if name.lower() not in _QUIET:
            self._record(name, call, chat, {"result": result}, ok=True)
        if fault := self._core.stage.faults.take("telegram", name, "timeout_after"):
            await asyncio.sleep(fault.seconds)
        return _answer(200, {"ok": True, "result": result})

    async def _run(self, name: str, call: Parameters) -> Any:
        if fault := self._core.stage.faults.take("telegram", name, "429"):
            raise too_many_requests(fault.seconds)
        method = METHODS.get(name.lower())
        if method is None:
            raise TelegramRefusalError(404, "Not Found")
        return await method(self._core, call)

    def _record(self, name: str, call: Parameters, chat: str | None, outcome: dict[str, Any], *, ok: bool) -> None:
        files = {key: f"{part.name} ({len(part.content)} bytes)" for key, part in call.files.items()}
        values = {key: value for key, value in call.values.items() if key != "secret_token"}
        person = None
        if chat and chat.lstrip("-").isdigit():
            person = self._core.stage.people.by_user("telegram", int(chat))
        self._core.stage.transcript.add(
            "telegram", "out", name, values | files | outcome, chat=chat, person=person.key if person else None, ok=ok
        )

    async def download(self, request: Request) -> Response:
        """A file's bytes, at the file_path of getFile."""
        if not self._token_is_right(request):
            return _refused(TelegramRefusalError(401, "Unauthorized"))
        stored = self._core.files.by_path(request.path_params["path"])
        if stored is None:
            return _refused(TelegramRefusalError(404, "Not Found"))
        return FileResponse(self._core.files.location(stored), media_type="application/octet-stream")
