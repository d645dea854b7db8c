"""Following GraphQL subscriptions as a client does: graphql-transport-ws, and server-sent events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from support.sockets import PATIENCE, Follower, opened

FOLLOW = "subscription($t: ID) { ticketChanged(ticket: $t) { initial version ticket { number state } } }"


@asynccontextmanager
async def following(port: int, token: str | None, document: str = FOLLOW, **variables: Any) -> AsyncIterator[Follower]:
    """Follows over a WebSocket of its own."""
    async with opened(port, token) as follower:
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
