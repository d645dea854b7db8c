"""The application on a real port, and a graphql-transport-ws client that looks at every frame."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from mendline.app.http.web import make_app

PATIENCE = 5
"""Seconds to wait for a frame."""


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """The port of the application, served by uvicorn in this loop."""
    config = uvicorn.Config(
        make_app(), host="127.0.0.1", port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


class Follower:
    """One graphql-transport-ws connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        """Sends a message of the protocol."""
        await self.socket.send(msgspec.json.encode(message).decode())

    async def receive(self) -> Any:
        """The next message."""
        received = await asyncio.wait_for(self.socket.recv(), PATIENCE)
        assert isinstance(received, str), "text frames, not binary ones"
        return msgspec.json.decode(received)

    async def next(self) -> Any:
        """What the next message of an operation carries."""
        message = await self.receive()
        while message["type"] == "complete":
            message = await self.receive()
        assert message["type"] == "next", message
        return message["payload"]

    async def nothing(self) -> None:
        """Nothing comes for a while."""
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.socket.recv(), 0.3)

    async def ends(self) -> str:
        """The code of the last word, after which the server completes the operation."""
        last = await self.next()
        assert not last["data"]
        assert (await self.receive())["type"] == "complete"
        (error,) = last["errors"]
        assert error["message"]
        return str(error["extensions"]["code"])


@asynccontextmanager
async def opened(port: int, token: str | None) -> AsyncIterator[Follower]:
    """A connection that has said who is there."""
    async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        follower = Follower(socket)
        await follower.send(type="connection_init", payload={"authorization": f"Bearer {token}"} if token else {})
        assert (await follower.receive())["type"] == "connection_ack"
        yield follower
