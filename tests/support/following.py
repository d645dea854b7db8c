"""Following GraphQL subscriptions as a client does: graphql-transport-ws, and server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

FOLLOW = "subscription($t: ID) { ticketChanged(ticket: $t) { initial version ticket { number state } } }"
PATIENCE = 5


class Follower:
    """One graphql-transport-ws connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, **message: Any) -> None:
        """Sends one message of the protocol."""
        await self._socket.send(msgspec.json.encode(message).decode())

    async def receive(self) -> Any:
        """The next message of the protocol."""
        received = await asyncio.wait_for(self._socket.recv(), PATIENCE)
        assert isinstance(received, str), "text frames, not binary ones"
        return msgspec.json.decode(received)

    async def next(self) -> Any:
        """The data of the next message."""
        message = await self.receive()
        assert message["type"] == "next", message
        return message["payload"]

    async def nothing(self) -> None:
        """Nothing comes for a while."""
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self._socket.recv(), 0.3)

    async def ends(self) -> str:
        """The code of the last word, after which the server completes the operation."""
        last = await self.next()
        assert not last["data"]
        assert (await self.receive())["type"] == "complete"
        (error,) = last["errors"]
        assert error["message"]
        return str(error["extensions"]["code"])


@asynccontextmanager
async def following(port: int, token: str | None, document: str = FOLLOW, **variables: Any) -> AsyncIterator[Follower]:
    """Follows over a WebSocket of its own."""
    async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        follower = Follower(socket)
        await follower.send(type="connection_init", payload={"authorization": f"Bearer {token}"} if token else {})
        assert (await follower.receive())["type"] == "connection_ack"
        await follower.send(id="1", type="subscribe", payload={"query": document, "variables": variables})
        yield follower


@asynccontextmanager
async def streaming(
    port: int, token: str, document: str = FOLLOW, **variables: Any
) -> AsyncIterator[AsyncIterator[Any]]:
    """Follows over server-sent events: gives each answer, and ends when the server says that it is complete."""
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    body = {"query": document, "variables": variables}

    async def answers(stream: httpx.Response) -> AsyncIterator[Any]:
        event = ""
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                event = line[6:].strip()
            if event == "complete":
                return
            if line.startswith("data:") and event == "next":
                yield msgspec.json.decode(line[5:])
        pytest.fail("the stream broke off without a last word")

    async with (
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("POST", f"http://127.0.0.1:{port}/graphql", json=body, headers=headers) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        yield answers(stream)
