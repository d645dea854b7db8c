"""Socket mode: connections of the app, envelopes over them, and the acknowledgements that come back."""

import asyncio
import contextlib
import secrets
import uuid
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from .delivery import Answer, Unanswered
from .refusals import Wire

TICKET_BYTES = 16
ANSWERABLE = {"interactive", "slash_commands"}


class Sockets:
    """All open connections of the app; each envelope goes to one of them, in turn."""

    def __init__(self, app_id: str, url: str) -> None:
        self._app_id = app_id
        self._url = url.replace("http", "ws", 1)
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._someone = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Wire]] = {}

    def invite(self) -> str:
        """The address of a new connection; it works once."""
        ticket = secrets.token_hex(TICKET_BYTES)
        self._tickets.add(ticket)
        return f"{self._url}/slack/socket?ticket={ticket}&app_id={self._app_id}"

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def serve(self, socket: WebSocket) -> None:
        """One connection from hello to its end."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(4004)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        self._open.append(socket)
        await self._send(
            socket,
            {
                "type": "hello",
                "num_connections": self.count,
                "connection_info": {"app_id": self._app_id},
                "debug_info": {"host": "standin", "approximate_connection_time": 18060},
            },
        )
        self._someone.set()
        try:
            while True:
                self._acknowledge(await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass  # RuntimeError: receive after our own close
        finally:
            self._forget(socket)

    def _forget(self, socket: WebSocket) -> None:
        if socket in self._open:
            self._open.remove(socket)
        if not self._open:
            self._someone.clear()

    def _acknowledge(self, text: str) -> None:
        try:
            message = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            return
        future = self._waiting.get(str(message.get("envelope_id")))
        if future and not future.done():
            future.set_result(message)

    @staticmethod
    async def _send(socket: WebSocket, message: Wire) -> None:
        await socket.send_text(msgspec.json.encode(message).decode())

    async def deliver(self, kind: str, payload: Wire, seconds: float, attempt: int, reason: str) -> Answer:
        """Send one envelope and wait for its acknowledgement. Raises Unanswered after `seconds`."""
        envelope: Wire = {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "accepts_response_payload": kind in ANSWERABLE,
            "payload": payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        future: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = future
        try:
            async with asyncio.timeout(seconds):
                await self._someone.wait()
                socket = self._open.pop(0)
                self._open.append(socket)
                await self._send(socket, envelope)
                return Answer((await future).get("payload"))
        except TimeoutError as late:
            raise Unanswered("timeout") from late
        except (WebSocketDisconnect, RuntimeError) as gone:
            self._forget(socket)
            raise Unanswered("connection_failed") from gone
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every client to reconnect: a `warning` only announces it, other reasons close."""
        for socket in list(self._open):
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._send(socket, {"type": "disconnect", "reason": reason, "debug_info": {"host": "standin"}})
                if reason != "warning":
                    self._forget(socket)
                    await socket.close()
