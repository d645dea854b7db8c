"""A negative cache: whoever sends the same right after "too many requests" is told the same, for next to nothing.

A flood is mostly one request over and over, and what each costs this process is taken from everybody else. To judge one
costs 100 µs, to make an exchange of it for uvicorn another 80; to find its bytes here costs 2. An answer is repeated
for less time than its Retry-After names, so that nobody who waits as told ever meets it.
"""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from mendline.app.http.one_write import OneWrite
from mendline.kernel import LRU, log

MOMENT = 0.1
"""Seconds for which a refusal is repeated. Retry-After is never less than a whole one."""

LARGEST = 64 * 1024
"""Bytes of a request that is worth remembering."""

REMEMBERED = 8 * 1024 * 1024
"""Bytes of requests and answers that a process remembers."""

_REFUSES = b"HTTP/1.1 429 "
_SAYS_WHEN = b"\r\nretry-after: "


@dataclass
class _Refusal:
    answer: bytes
    until: float
    times: int = 0


_refusals: LRU[tuple[str, bytes], _Refusal] = LRU(REMEMBERED)


class NegativeCache(OneWrite):
    """One connection. A request is known by all its bytes and the client's address; one in pieces is never known."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._asked: tuple[str, bytes] | None = None
        self._begun = 0
        self._inside = False

    def data_received(self, data: bytes) -> None:
        """Repeats a refusal, or reads on."""
        between = not self._inside and (self.cycle is None or self.cycle.response_complete)
        client = self.client[0] if self.client else ""
        asked = (client, data) if between and len(data) <= LARGEST else None
        if asked is not None and not self.flow.write_paused:
            known = _refusals.get(asked)
            if known is not None and known.until > monotonic():
                known.times += 1
                self._repeat(known.answer)
                return
            if known is not None and known.times:
                log.info("refusal repeated", client=client, times=known.times)
                known.times = 0
        self._begun = 0
        self._asked = asked
        super().data_received(data)
        if self._begun != 1 or self._inside:  # it was not one whole request
            self._asked = None

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begun += 1
        self._inside = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """It is whole."""
        self._inside = False
        super().on_message_complete()

    def answered(self, answer: bytes) -> None:
        """Remembers a refusal that says when to come back, on a connection that stays."""
        asked, self._asked = self._asked, None
        if asked is None or not answer.startswith(_REFUSES) or not self.cycle.keep_alive:
            return
        if _SAYS_WHEN in answer.partition(b"\r\n\r\n")[0]:
            _refusals.put(asked, _Refusal(answer, monotonic() + MOMENT), len(asked[1]) + len(answer))

    def _repeat(self, answer: bytes) -> None:
        self._unset_keepalive_if_required()
        self.transport.write(answer)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
