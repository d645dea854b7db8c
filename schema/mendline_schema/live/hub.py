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
from mendline.tickets import ShareEnded, TicketChanged

WAITING = 1_000
"""Tickets that may wait for one slow subscriber; when more have changed, it looks anew at all that did."""

NOTHING_YET = 0.01
"""Seconds until the reader looks again whether anything is subscribed."""

PATIENCE = 5
"""Seconds that Valkey may take to confirm a subscription."""


class Change(msgspec.Struct, frozen=True):
    """A ticket that has changed; `initial` says that it is told as it already was when somebody subscribed."""

    tenant: UUID
    ticket: UUID
    version: int = 0
    initial: bool = False


class Waiting:
    """What one subscriber has yet to be told: each ticket once, since it is read anew when its turn has come.

    None stands for what may have been missed: an interruption, or more tickets than can wait. It is told before all
    else, so that the moment since which the subscriber looks anew lies before it.
    """

    def __init__(self, limit: int = WAITING) -> None:
        self._limit = limit
        self._changes: dict[tuple[UUID, UUID], Change] = {}
        self._missed = False
        self._come = asyncio.Event()

    def put(self, change: Change | None) -> None:
        """Lets a change wait, in the place of an earlier one of its ticket."""
        if change is not None and ((key := (change.tenant, change.ticket)) in self._changes or not self._full):
            self._changes[key] = change
        else:
            self._missed = True
        self._come.set()

    async def get(self) -> Change | None:
        """The next that is to be told, waited for; by one task alone."""
        while not (self._missed or self._changes):
            self._come.clear()
            await self._come.wait()
        if self._missed:
            self._missed = False
            return None
        return self._changes.pop(next(iter(self._changes)))

    @property
    def _full(self) -> bool:
        return len(self._changes) >= self._limit


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
    await _tell(Change(changed.tenant, changed.ticket, changed.version), *envelope.visible_to)


@consumer("live.ended", ShareEnded)
async def publish_end(envelope: Envelope) -> None:
    """Tells the organisation that sees the ticket no more: its readers find the tombstone and end."""
    ended: ShareEnded = envelope.event
    await _tell(Change(ended.tenant, ended.ticket), ended.organisation)


async def _tell(change: Change, *organisations: UUID) -> None:
    message = msgspec.json.encode(change)
    async with _valkey().pipeline(transaction=False) as pipeline:
        for organisation in organisations:
            pipeline.publish(channel_of(organisation), message)
        await pipeline.execute()


class Hub:
    """This process's one connection to Valkey's pub/sub, shared by all its subscriptions."""

    def __init__(self) -> None:
        self._queues: dict[str, set[Waiting]] = {}
        self._subscribed: dict[str, asyncio.Event] = {}
        self._pubsub = _valkey().pubsub()
        self._one_at_a_time = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self, organisation: UUID) -> AsyncIterator[Waiting]:
        """The changes that an organisation may know, from now until the end of the block."""
        channel, queue = channel_of(organisation), Waiting()
        self._queues.setdefault(channel, set()).add(queue)
        try:
            await self._follow(channel)
            yield queue
        finally:
            self._queues[channel].discard(queue)
            await asyncio.shield(self._leave(channel))  # who hangs up is cancelled more than once

    async def _follow(self, channel: str) -> None:
        """Returns when Valkey has confirmed: what is read after this and what comes leave no gap between them."""
        async with self._one_at_a_time:
            if channel not in self._subscribed:
                self._subscribed[channel] = asyncio.Event()
                await self._pubsub.subscribe(channel)
            if self._reader is None or self._reader.done():
                self._reader = asyncio.create_task(self._read())
        async with asyncio.timeout(PATIENCE):
            await self._subscribed[channel].wait()

    async def _leave(self, channel: str) -> None:
        async with self._one_at_a_time:
            if not self._queues.get(channel) and channel in self._subscribed:
                del self._queues[channel], self._subscribed[channel]
                with suppress(RedisError, OSError):
                    await self._pubsub.unsubscribe(channel)

    async def _read(self) -> None:
        while self._queues:
            try:
                async for message in self._pubsub.listen():
                    self._take(message["type"], message["channel"].decode(), message["data"])
            except (RedisError, OSError) as error:
                log.warning("live changes interrupted", error=str(error))
                await asyncio.sleep(0.5)
            else:
                # Nothing is subscribed just now: whoever has come meanwhile needs this loop to be free to subscribe.
                await asyncio.sleep(NOTHING_YET)

    def _take(self, kind: str, channel: str, data: bytes) -> None:
        if kind == "message":
            self._hand_out(channel, msgspec.json.decode(data, type=Change))
        elif kind == "subscribe" and (confirmed := self._subscribed.get(channel)):
            if confirmed.is_set():  # the client has connected anew and subscribed again
                self._hand_out(channel, None)
            confirmed.set()

    def _hand_out(self, channel: str, change: Change | None) -> None:
        for queue in self._queues.get(channel, ()):
            queue.put(change)

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
