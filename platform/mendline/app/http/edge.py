"""The edge of the web process: every request gets a correlation id, a log line, a size limit and safe headers."""

import re
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from types import MappingProxyType
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mendline.kernel import accepted_locale, log, log_request, new_correlation, new_id, say

BODY_LIMIT = 1024 * 1024
"""Bytes of a request's body. Files never come this way: they go straight to S3."""

_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
"""Headers that every answer has which does not say otherwise."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET = ("/healthz", "/readyz")


class BodyTooLarge(Exception):
    """A body grew beyond the limit while it was read."""


class Edge:
    """Wraps the whole application. What goes wrong inside is logged with an id, and answered with that id alone.

    posted: applications that get what is posted to their path directly; Starlette's routing takes as long as a tenth of
    a small read.
    """

    def __init__(self, app: ASGIApp, posted: Mapping[str, ASGIApp] = MappingProxyType({})) -> None:
        self._app = app
        self._posted = posted

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
        app = self._posted.get(scope["path"], self._app) if scope["method"] == "POST" else self._app
        await _Exchange(app, correlation).run(scope, receive, send, headers)

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
                self._mark(message["headers"])
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
            log_request(
                method=scope["method"],
                path=scope["path"],
                status=self._status,
                ms=round((monotonic() - began) * 1000, 1),
            )

    async def _refuse(
        self, status: int, code: str, headers: Headers, scope: Scope, receive: Receive, send: Send, **facts: Any
    ) -> None:
        if self._status == 0:
            message = say(f"error.{code}", accepted_locale(headers.get("accept-language", "")), **facts)
            told = {"errors": [{"message": message, "extensions": {"code": code, "facts": facts}}]}
            await JSONResponse(told, status_code=status)(scope, receive, send)

    def _mark(self, headers: list[tuple[bytes, bytes]]) -> None:
        given = {name for name, _ in headers}
        headers.append((b"x-request-id", self._correlation.encode()))
        headers += [header for header in _SAFE if header[0] not in given]
