"""Live changes: from a ticket's event, through Valkey, to the subscriptions of every organisation that may know."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from mendline.kernel import Envelope, consumer, log, settings
from mendline.tickets import TicketChanged

WAITING = 1_000
"""Changes that may wait for one slow subscriber; what is beyond is dropped, since each message is read anew anyway."""


class Change(msgspec.Struct, frozen=True):
    """A ticket that has changed; `initial` says that it is told as it already was when somebody subscribed."""

    tenant: UUID
    ticket: UUID
    version: int = 0
    initial: bool = False


def channel_of(organisation: UUID) -> str:
    """The pub/sub channel of an organisation's live changes."""
    return f"live:{organisation}"


@cache
def _client_on(loop: asyncio.AbstractEventLoop) -> Redis:
    return Redis.from_url(str(settings().cache_url), health_check_interval=30)


def _valkey() -> Redis:
    """The client of this event loop: its connections belong to the loop that opened them."""
    return _client_on(asyncio.get_running_loop())


@consumer("live", TicketChanged)
async def publish(envelope: Envelope) -> None:
    """Tells every organisation that may know. Told twice, it does no harm: each reader reads the ticket anew."""
    changed: TicketChanged = envelope.event
    message = msgspec.json.encode(Change(changed.tenant, changed.ticket, changed.version))
    async with _valkey().pipeline(transaction=False) as pipeline:
        for organisation in envelope.visible_to:
            pipeline.publish(channel_of(organisation), message)
        await pipeline.execute()


class Hub:
    """This process's one connection to Valkey's pub/sub, shared by all its subscriptions."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[Change]]] = {}
        self._pubsub = _valkey().pubsub()
        self._reader: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self, organisation: UUID) -> AsyncIterator["asyncio.Queue[Change]"]:
        """The changes that an organisation may know, from now until the end of the block."""
        channel, queue = channel_of(organisation), asyncio.Queue[Change](WAITING)
        if channel not in self._queues:
            self._queues[channel] = set()
            await self._pubsub.subscribe(channel)
        self._queues[channel].add(queue)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        try:
            yield queue
        finally:
            self._queues[channel].discard(queue)
            if not self._queues[channel]:
                del self._queues[channel]
                await self._pubsub.unsubscribe(channel)

    async def _read(self) -> None:
        while True:
            try:
                async for message in self._pubsub.listen():
                    if message["type"] == "message":
                        self._hand_out(message["channel"].decode(), message["data"])
                    elif not self._queues:
                        break
            except (RedisError, OSError) as error:
                log.warning("live changes interrupted", error=str(error))
            if not self._queues:
                return
            await asyncio.sleep(0.5)

    def _hand_out(self, channel: str, data: bytes) -> None:
        change = msgspec.json.decode(data, type=Change)
        for queue in self._queues.get(channel, ()):
            with suppress(asyncio.QueueFull):
                queue.put_nowait(change)

    async def close(self) -> None:
        """Ends the connection and whoever still listens."""
        if self._reader is not None:
            self._reader.cancel()
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]


_hub: Hub | None = None


def hub() -> Hub:
    """The hub of this process."""
    global _hub  # noqa: PLW0603 - one connection for the process
    if _hub is None:
        _hub = Hub()
    return _hub


async def close_hub() -> None:
    """Ends this process's live connection, if it has one."""
    global _hub  # noqa: PLW0603
    if _hub is not None:
        await _hub.close()
        _hub = None
    await _valkey().aclose()
    _client_on.cache_clear()
