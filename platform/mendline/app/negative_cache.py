"""A negative cache: whoever asks the same right after "too many requests" is told the same, for next to nothing.

A flood is mostly one request over and over. To judge each costs fifty times what it costs to find that it was judged a
moment ago (100 and 2 µs), and that work would be taken from everybody else's. An answer is repeated for less time than
its Retry-After names, so that nobody who waits as told ever meets it.
"""

from dataclasses import dataclass
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mendline.kernel import LRU, log

MOMENT = 0.1
"""Seconds for which a refusal is repeated. Retry-After is never less than a whole one."""

LARGEST = 64 * 1024
"""Bytes of a body that is worth remembering."""

REMEMBERED = 8 * 1024 * 1024
"""Bytes of bodies and answers that a process remembers."""

TOO_MANY_REQUESTS = 429

_TELLING = frozenset((b"authorization", b"accept", b"accept-language", b"content-type", b"x-acting-for"))
"""The headers that a refusal depends on: who asks, for whom, and in what form and language it is answered."""


@dataclass
class _Refusal:
    until: float
    messages: tuple[Message, ...]
    times: int = 0


class NegativeCache:
    """Stands before an application and repeats its refusals. A request whose body comes in pieces passes through."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path
        self._refusals: LRU[tuple[object, ...], _Refusal] = LRU(REMEMBERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        first = await receive()
        body = first.get("body", b"")
        if first["type"] != "http.request" or first.get("more_body") or len(body) > LARGEST:
            await self._app(scope, _replayed(first, receive), send)
            return
        # A stranger is known by the address alone.
        address = scope["client"][0] if scope["client"] else None
        asked = (body, address, *(header for header in scope["headers"] if header[0] in _TELLING))
        known = self._refusals.get(asked)
        if known is None or known.until <= monotonic():
            if known is not None and known.times:
                log.info("refusal repeated", times=known.times, request=_request_id(known.messages))
                known.times = 0
            await self._app(scope, _replayed(first, receive), self._watched(asked, len(body), send))
            return
        known.times += 1
        for message in known.messages:
            # Whoever sends may add to the headers.
            await send({**message, "headers": list(message["headers"])} if "headers" in message else message)

    def _watched(self, asked: tuple[object, ...], weight: int, send: Send) -> Send:
        """Sends, and remembers the answer once it is whole, if it is a refusal that says when to come back."""
        messages: list[Message] = []

        async def watched(message: Message) -> None:
            if messages or _says_when(message):
                copied = {**message, "headers": list(message["headers"])} if "headers" in message else message
                messages.append(copied)
            await send(message)
            if messages and message["type"] == "http.response.body" and not message.get("more_body"):
                size = weight + sum(len(one.get("body", b"")) for one in messages) + 1024
                self._refusals.put(asked, _Refusal(monotonic() + MOMENT, tuple(messages)), size)

        return watched


def _replayed(first: Message, receive: Receive) -> Receive:
    """What gives a message that was taken already, and then what follows."""
    pending = [first]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _says_when(message: Message) -> bool:
    """Whether it begins a refusal that says when to come back."""
    begins = message["type"] == "http.response.start" and message["status"] == TOO_MANY_REQUESTS
    return begins and any(name == b"retry-after" for name, _ in message["headers"])


def _request_id(messages: tuple[Message, ...]) -> str:
    """The id under which the refusal itself was logged."""
    return next((value.decode() for name, value in messages[0]["headers"] if name == b"x-request-id"), "")
