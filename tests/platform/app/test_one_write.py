"""The head of an answer leaves with its body, and alone where the body takes its time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from mendline.app.http.one_write import LARGE, OneWrite
from support.system import free_port

HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
LARGE_BODY = b"word " * (LARGE // 2)
gate = asyncio.Event()


async def application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    match scope["path"]:
        case "/at-once":
            await send(HEAD)
            await send({"type": "http.response.body", "body": b"hello"})
        case "/large":
            await send({**HEAD, "headers": [(b"content-length", str(len(LARGE_BODY)).encode())]})
            await send({"type": "http.response.body", "body": LARGE_BODY})
        case "/empty":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        case "/slow":
            await send(HEAD)
            await gate.wait()
            await send({"type": "http.response.body", "body": b"hello"})
        case "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for part in (b"one", b"two"):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        case "/socket":
            await send({"type": "websocket.accept"})
            told = await receive()
            await send({"type": "websocket.send", "text": told["text"]})
            await send({"type": "websocket.close"})
        case _:
            raise AssertionError("no such path")


class Client:
    """One connection, what it received so far, packet by packet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def ask(self, path: str, *headers: str) -> None:
        lines = "".join(f"{line}\r\n" for line in ("host: here", *headers))
        self._writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())

    async def packet(self) -> bytes:
        return await asyncio.wait_for(self._reader.read(65536), 5)

    async def until(self, end: bytes) -> bytes:
        return await asyncio.wait_for(self._reader.readuntil(end), 5)


@asynccontextmanager
async def serving() -> AsyncIterator[Client]:
    port = free_port()
    config = uvicorn.Config(application, port=port, http=OneWrite, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - it tells no other way
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        server.should_exit = True
        await running


async def test_the_head_leaves_with_the_body() -> None:
    async with serving() as client:
        for _ in range(3):  # on one connection
            client.ask("/at-once")
            answer = await client.packet()
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"\r\n\r\nhello")


async def test_a_large_body_leaves_with_its_head_too() -> None:
    async with serving() as client:
        for _ in range(2):
            client.ask("/large")
            received = await client.packet()
            head, _, body = received.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert body, "it came alone"
            while len(body) < len(LARGE_BODY):
                body += await client.packet()
            assert body == LARGE_BODY


async def test_a_head_whose_body_takes_its_time_goes_ahead() -> None:
    gate.clear()
    async with serving() as client:
        client.ask("/slow")
        assert (await client.packet()).endswith(b"\r\n\r\n")
        gate.set()
        assert await client.packet() == b"hello"


async def test_an_answer_without_a_body_and_a_stream_arrive_whole() -> None:
    async with serving() as client:
        client.ask("/empty")
        assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        client.ask("/stream")
        assert b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n" in await client.until(b"\r\n0\r\n\r\n")


async def test_an_answer_that_ends_the_connection_is_sent_first() -> None:
    async with serving() as client:
        client.ask("/at-once", "connection: close")
        assert (await client.until(b"hello")).startswith(b"HTTP/1.1 200")
        assert await client.packet() == b""


async def test_what_fails_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as client:
        client.ask("/nowhere")
        assert (await client.until(b"Internal Server Error")).startswith(b"HTTP/1.1 500")


async def test_a_websocket_is_opened_over_it() -> None:
    async with serving() as client:
        key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="
        client.ask("/socket", "upgrade: websocket", "connection: Upgrade", key, "sec-websocket-version: 13")
        assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        client._writer.write(b"\x81\x82\x00\x00\x00\x00hi")
        assert (await client.packet()).startswith(b"\x81\x02hi")
