"""Load over HTTP: a process of its own keeps some connections busy, and tells how long each answer took."""

import asyncio
import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import uvloop


@dataclass(frozen=True)
class Sent:
    """What one connection sends, over and over: whole HTTP requests, taken in turn.

    every: seconds from one request to the next on average, as people ask: at random and not in step (a Poisson process;
    every run draws the same); without it each is sent when the last was answered. With it an answer's time counts from
    when the request was due: who has to wait to ask has waited. limited: whether answers may be 429.
    """

    requests: tuple[bytes, ...]
    every: float | None = None
    limited: bool = False


@dataclass
class Told:
    """What came back: the seconds that each answer took, the wall's seconds, bytes, and answers that were no good.

    limited: how many were answered that too much was asked.
    """

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    size: int = 0
    refused: list[str] = field(default_factory=list)
    limited: int = 0

    def share(self, share: float) -> float:
        """The seconds that this share of the answers took at most."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, round(len(ordered) * share))]

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return len(self.seconds) / self.wall


def post(body: Any, headers: Mapping[str, str], path: str = "/graphql") -> bytes:
    """A whole HTTP request that posts JSON and keeps the connection."""
    text = json.dumps(body, ensure_ascii=False).encode()
    lines = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(text)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + text


class _Connection(asyncio.Protocol):
    """Sends one request, waits for its answer, sends the next, until the time is over."""

    def __init__(self, sent: Sent, seed: int, until: float, told: Told) -> None:
        self._requests: Iterator[bytes] = cycle(sent.requests)
        self._sent = sent
        self._until = until
        self._chance = random.Random(seed)
        self._due = time.perf_counter()
        self._told = told
        self._received = bytearray()
        self._wanted = 0
        self._began = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._wait()

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if not self._wanted:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(received[:end]).lower()
            at = head.index(b"content-length:") + 15
            self._wanted = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
        if len(received) >= self._wanted:
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._told.refused.append(f"the connection was closed: {error}")
            self.done.set_result(None)

    def _send(self) -> None:
        self._wanted = 0
        self._received.clear()
        self._began = time.perf_counter() if self._sent.every is None else self._due
        self._transport.write(next(self._requests))

    def _answered(self) -> None:
        moment = time.perf_counter()
        received = self._received
        if received.startswith(b"HTTP/1.1 200") and b'"errors"' not in received[:4000]:
            self._told.seconds.append(moment - self._began)
            self._told.size += self._wanted
        elif self._sent.limited and received.startswith(b"HTTP/1.1 429"):
            self._told.limited += 1
        else:
            self._told.refused.append(bytes(received[:400]).decode(errors="replace"))
        if moment >= self._until:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._wait()

    def _wait(self) -> None:
        if self._sent.every is None:
            self._send()
        else:
            self._due += self._chance.expovariate(1 / self._sent.every)
            asyncio.get_running_loop().call_later(max(0.0, self._due - time.perf_counter()), self._send)


async def _drive(port: int, connections: Sequence[Sent], seconds: float) -> Told:
    told, began = Told(), time.perf_counter()
    loop = asyncio.get_running_loop()
    made = []
    for number, sent in enumerate(connections):
        _, protocol = await loop.create_connection(
            lambda sent=sent, number=number: _Connection(sent, number, began + seconds, told),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        made.append(protocol.done)
    await asyncio.gather(*made)
    told.wall = time.perf_counter() - began
    return told


def _run(port: int, connections: Sequence[Sent], seconds: float) -> Told:
    return uvloop.run(_drive(port, connections, seconds))


class Driver:
    """The process that makes the load."""

    def __init__(self, workers: ProcessPoolExecutor) -> None:
        self._workers = workers

    def drive(self, port: int, connections: Sequence[Sent], seconds: float) -> Told:
        """Keeps the connections busy for so many seconds. Raises AssertionError when any answer was no good."""
        return self.begin(port, connections, seconds)()

    def begin(self, port: int, connections: Sequence[Sent], seconds: float) -> Callable[[], Told]:
        """The same, begun now; what it gives waits for the end."""
        running = self._workers.submit(_run, port, connections, seconds)

        def ended() -> Told:
            told = running.result(seconds + 60)
            assert not told.refused, f"{len(told.refused)} answers were no good, such as {told.refused[0]}"
            return told

        return ended


@contextmanager
def driver(nice: int = 0) -> Iterator[Driver]:
    """One such process, for as long as the block lasts.

    nice: how far it stands back for the processes that are measured, on whose cores it would not run in life.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=os.nice, initargs=(nice,)) as workers:
        yield Driver(workers)
