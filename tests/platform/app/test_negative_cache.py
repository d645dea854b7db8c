"""The negative cache repeats a refusal to who was refused, for a moment, and to nobody else; nothing else at all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import uvicorn

from mendline.app.http import negative_cache
from mendline.app.http.negative_cache import LARGEST, MOMENT, REMEMBERED, NegativeCache
from mendline.kernel import LRU
from support.system import free_port


class Judge:
    """An application that answers with its number which request it was, and how long its body."""

    def __init__(self) -> None:
        self.reached = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request; the path says how it is answered."""
        length = 0
        while True:
            message = await receive()
            length += len(message["body"])
            if not message["more_body"]:
                break
        self.reached += 1
        body = b"<%d:%d>" % (self.reached, length)
        status, when = {"/refused": (429, b"1"), "/full": (429, None), "/good": (200, b"1")}[scope["path"]]
        headers = [(b"content-length", str(len(body)).encode()), *([(b"retry-after", when)] if when else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def ask(self, path: str, *headers: str, body: bytes = b"{}") -> str:
        """Sends a request; the answer's body."""
        self.writer.write(request(path, *headers, body=body))
        return await self.told()

    async def told(self) -> str:
        """The body of the next answer."""
        answer = await asyncio.wait_for(self._reader.readuntil(b">"), 5)
        return answer.partition(b"\r\n\r\n")[2].decode()


class House:
    """The server, and connections to it."""

    def __init__(self, judge: Judge, port: int, open_connections: AsyncExitStack) -> None:
        self.judge, self._port, self._open = judge, port, open_connections

    async def connect(self, address: str = "127.0.0.1") -> Client:
        """A connection that comes from this address."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(address, 0))
        self._open.callback(writer.close)
        return Client(reader, writer)


def request(path: str, *headers: str, body: bytes = b"{}") -> bytes:
    lines = "".join(f"{line}\r\n" for line in ("host: here", f"content-length: {len(body)}", *headers))
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


@asynccontextmanager
async def serving() -> AsyncIterator[House]:
    port, judge = free_port(), Judge()
    config = uvicorn.Config(judge, port=port, http=NegativeCache, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - it tells no other way
        await asyncio.sleep(0.01)
    async with AsyncExitStack() as connections:
        yield House(judge, port, connections)
    server.should_exit = True
    await running


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time, which stands still until it is moved."""
    moment = [1000.0]
    monkeypatch.setattr(negative_cache, "monotonic", lambda: moment[0])
    monkeypatch.setattr(negative_cache, "_refusals", LRU(REMEMBERED))
    yield moment


async def test_who_asks_the_same_again_at_once_is_told_the_same_on_any_connection(clock: list[float]) -> None:
    async with serving() as house:
        first, other = await house.connect(), await house.connect()
        assert await first.ask("/refused") == "<1:2>"
        assert [await one.ask("/refused") for one in (first, other, first)] == ["<1:2>"] * 3
        clock[0] += MOMENT
        assert await other.ask("/refused") == "<2:2>"
        assert await first.ask("/good") == "<3:2>", "a connection goes on as before"


@pytest.mark.parametrize("other", ["authorization: Bearer b", "accept-language: en", "x-forwarded-for: 10.0.0.9"])
async def test_who_asks_otherwise_is_judged(other: str) -> None:
    async with serving() as house:
        client = await house.connect()
        assert await client.ask("/refused", "authorization: Bearer a") == "<1:2>"
        assert await client.ask("/refused", other) == "<2:2>"
        assert await client.ask("/refused", "authorization: Bearer a", body=b"[]") == "<3:2>"


async def test_a_stranger_at_another_address_is_judged() -> None:
    async with serving() as house:
        assert await (await house.connect()).ask("/refused") == "<1:2>"
        assert await (await house.connect("127.0.0.2")).ask("/refused") == "<2:2>"


@pytest.mark.parametrize("path", ["/full", "/good"])
async def test_nothing_is_repeated_that_does_not_say_when_to_come_back(path: str) -> None:
    async with serving() as house:
        client = await house.connect()
        assert [await client.ask(path) for _ in range(2)] == ["<1:2>", "<2:2>"]


async def test_an_answer_that_ends_its_connection_is_not_repeated() -> None:
    async with serving() as house:
        for number in (1, 2):
            assert await (await house.connect()).ask("/refused", "connection: close") == f"<{number}:2>"


async def test_requests_in_pieces_or_several_at_once_are_each_judged() -> None:
    async with serving() as house:
        client = await house.connect()
        for number in (1, 2):
            client.writer.write(request("/refused")[:-1])
            await client.writer.drain()
            await asyncio.sleep(0.02)
            client.writer.write(b"}")
            assert await client.told() == f"<{number}:2>"
        for number in (3, 5):
            client.writer.write(request("/refused", "x: 1") + request("/refused", "x: 1"))
            assert [await client.told(), await client.told()] == [f"<{number}:2>", f"<{number + 1}:2>"]


async def test_a_refused_request_inside_another_ones_body_is_body() -> None:
    async with serving() as house:
        client = await house.connect()
        refused = request("/refused")
        assert await client.ask("/refused") == "<1:2>"
        client.writer.write(request("/good", body=refused)[: -len(refused)])
        await client.writer.drain()
        await asyncio.sleep(0.02)
        client.writer.write(refused)
        assert await client.told() == f"<2:{len(refused)}>"


async def test_a_giant_request_is_not_remembered() -> None:
    async with serving() as house:
        client = await house.connect()
        giant = b"x" * (LARGEST + 1)
        assert [await client.ask("/refused", body=giant) for _ in range(2)] == ["<1:65537>", "<2:65537>"]


async def test_the_log_says_how_often_it_was_repeated(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(negative_cache.log, "info", lambda event, **facts: told.append({"event": event, **facts}))
    async with serving() as house:
        client = await house.connect()
        for _ in range(4):
            await client.ask("/refused", "x: logged")
        clock[0] += MOMENT
        await client.ask("/refused", "x: logged")
    assert told == [{"event": "refusal repeated", "client": "127.0.0.1", "times": 3}]
