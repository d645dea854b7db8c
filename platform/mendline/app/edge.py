"""The edge of the web process: every request gets a correlation id, a log line, a size limit and safe headers."""

import re
from contextlib import suppress
from time import monotonic
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mendline.kernel import known_locale, log, new_correlation, new_id, say

BODY_LIMIT = 1024 * 1024
"""Bytes of a request's body. Files never come this way: they go straight to S3."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET = ("/healthz", "/readyz")


class BodyTooLarge(Exception):
    """A body grew beyond the limit while it was read."""


class Edge:
    """Wraps the whole application. What goes wrong inside is logged with an id, and answered with that id alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        correlation = new_correlation(given if _GIVEN_ID.fullmatch(given) else None)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        await _Exchange(self._app, correlation).run(scope, receive, send, headers)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            id = new_id().hex  # noqa: A001 - the word that the log uses
            log.error("socket failed", error=id, path=scope["path"], exc_info=error)
            with suppress(Exception):  # it may be closed already
                await send({"type": "websocket.close", "code": 1011, "reason": id})


class _Exchange:
    """One HTTP request and its answer."""

    def __init__(self, app: ASGIApp, correlation: str) -> None:
        self._app = app
        self._correlation = correlation
        self._status = 0
        self._received = 0

    async def run(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        began = monotonic()

        async def limited() -> Message:
            message = await receive()
            self._received += len(message.get("body", b""))
            if self._received > BODY_LIMIT:
                raise BodyTooLarge
            return message

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                self._mark(MutableHeaders(scope=message))
            await send(message)

        try:
            length = headers.get("content-length", "")
            if length.isdecimal() and int(length) > BODY_LIMIT:
                raise BodyTooLarge
            await self._app(scope, limited, marked)
        except BodyTooLarge:
            await self._refuse(413, "body_too_large", headers, scope, receive, marked, limit=BODY_LIMIT)
        except Exception as error:
            id = new_id().hex  # noqa: A001 - the word that the answer uses
            log.error("request failed", error=id, path=scope["path"], exc_info=error)
            await self._refuse(500, "internal", headers, scope, receive, marked, id=id)
        if scope["path"] not in _QUIET:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=self._status,
                ms=round((monotonic() - began) * 1000, 1),
            )

    async def _refuse(
        self, status: int, code: str, headers: Headers, scope: Scope, receive: Receive, send: Send, **facts: Any
    ) -> None:
        if self._status == 0:
            wishes = [wish.split(";")[0].strip() for wish in headers.get("accept-language", "").split(",")]
            message = say(f"error.{code}", known_locale(*wishes), **facts)
            told = {"errors": [{"message": message, "extensions": {"code": code, "facts": facts}}]}
            await JSONResponse(told, status_code=status)(scope, receive, send)

    def _mark(self, headers: MutableHeaders) -> None:
        headers["x-request-id"] = self._correlation
        headers["x-content-type-options"] = "nosniff"
        headers.setdefault("referrer-policy", "no-referrer")
        headers.setdefault("x-frame-options", "DENY")
