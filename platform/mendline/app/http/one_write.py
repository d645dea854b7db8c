"""HTTP for uvicorn: the head of an answer and its body leave in one write, where both are there at once.

uvicorn writes the head as soon as it is told, and uvloop sends what is written at once: each answer would be two
packets, which cost both sides 25 µs more.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGE = 16 * 1024
"""Bytes from which a body is not copied to stand behind its head: both are given to the kernel as they are."""


class _Joining:
    """A transport that holds back the head of an answer until the next write, or the end of this turn of the loop."""

    def __init__(self, transport: asyncio.Transport, answered: Callable[[bytes], None]) -> None:
        self._transport = transport
        self._answered = answered
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Sends it behind what is held back, or holds it back itself."""
        if self._held:
            head, self._held = self._held, b""
            if len(data) >= LARGE:
                self._transport.writelines((head, data))
                return
            answer = head + data
            self._transport.write(answer)
            self._answered(answer)
        elif data.startswith(b"HTTP/") and data.endswith(b"\r\n\r\n"):
            self._held = data
            asyncio.get_running_loop().call_soon(self._release)
        else:
            self._transport.write(data)

    def writelines(self, lines: Any) -> None:
        """Sends them together."""
        self.write(b"".join(lines))

    def close(self) -> None:
        """Closes the connection once everything is sent."""
        self._release()
        self._transport.close()

    def _release(self) -> None:
        if self._held and not self._transport.is_closing():
            self._transport.write(self._held)
        self._held = b""


class OneWrite(HttpToolsProtocol):
    """uvicorn's own protocol over such a transport."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        joining = _Joining(cast("asyncio.Transport", transport), self.answered)
        super().connection_made(cast("asyncio.Transport", joining))

    def answered(self, answer: bytes) -> None:
        """A head and what follows it, unless that is large, have left together."""
