"""Delivery to the app: events until they are acknowledged, interactions once, with the faults that were ordered."""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import msgspec

from ..faults import Faults
from .refusals import Wire

HEAD_START = 0.2  # seconds that the overtaking event has before the one that was held back


class Answer(msgspec.Struct):
    """What came back with the acknowledgement."""

    payload: Wire | None


class Unanswered(Exception):
    """No acknowledgement in time. `final` forbids another try (`X-Slack-No-Retry: 1`)."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class Carrier(Protocol):
    """A way to the app."""

    async def deliver(self, kind: str, payload: Wire, seconds: float, attempt: int, reason: str) -> Answer:
        """Hand one payload over. Raises Unanswered."""
        ...


class Delivery:
    """Carries events and interactions over whichever way the app has chosen."""

    def __init__(self, carrier: Carrier, faults: Faults, ack_seconds: float, retry_delays: Sequence[float]) -> None:
        self.carrier = carrier
        self._faults = faults
        self._ack_seconds = ack_seconds
        self._retry_delays = retry_delays
        self._next = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def untaken(self) -> int:
        """What is under way in the background."""
        return len(self._tasks)

    async def stop(self) -> None:
        """End every try that is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def event(self, body: Wire) -> None:
        """Deliver an event in the background, again and again until it is acknowledged or the tries are used up."""
        kind = str(body["event"]["type"])
        if reorder := self._faults.take("slack", kind, "reorder"):
            self._spawn(self._behind_the_next(body, reorder.seconds))
            return
        late = self._faults.take("slack", kind, "late")
        self._spawn(self._until_acknowledged(body, late.seconds if late else 0))
        if self._faults.take("slack", kind, "duplicate"):
            self._spawn(self._until_acknowledged(body, 0, attempt=1, reason="timeout"))
        overtaken, self._next = self._next, asyncio.Event()
        overtaken.set()

    async def _behind_the_next(self, body: Wire, seconds: float) -> None:
        """Hold an event until another one has gone out, or for `seconds` when none comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._next.wait()
        await self._until_acknowledged(body, HEAD_START)

    async def _until_acknowledged(self, body: Wire, wait: float, attempt: int = 0, reason: str = "") -> None:
        await asyncio.sleep(wait)
        for delay in (None, *self._retry_delays):
            if delay is not None:
                attempt += 1
                await asyncio.sleep(delay)
            try:
                await self.carrier.deliver("events_api", body, self._ack_seconds, attempt, reason)
                return
            except Unanswered as failure:
                reason = failure.reason
                if failure.final:
                    return

    async def interaction(self, kind: str, payload: Wire, name: str) -> Answer:
        """Deliver an `interactive` or `slash_commands` payload; Slack never repeats these. Raises Unanswered."""
        if late := self._faults.take("slack", name, "late"):
            await asyncio.sleep(late.seconds)
        if self._faults.take("slack", name, "duplicate"):
            self._spawn(self._once_more(kind, payload))
        return await self.carrier.deliver(kind, payload, self._ack_seconds, 0, "")

    async def _once_more(self, kind: str, payload: Wire) -> None:
        try:
            await self.carrier.deliver(kind, payload, self._ack_seconds, 0, "")
        except Unanswered:
            return
