"""The broker by setting - Valkey/Redis or RabbitMQ - and the one message that travels over it: do this row."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import UUID

import dramatiq
from dramatiq.broker import Broker, Consumer
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from mendline.kernel import Reference, log, perform

QUEUE = "work"
_NAMESPACE = "mendline"
_IDLE_MS = 40
"""How long a Valkey consumer rests when it found nothing: it has to ask, RabbitMQ tells."""

T = TypeVar("T")


class _ValkeyBroker(RedisBroker):
    """Dramatiq's broker without delayed messages (those are rows), so that nobody asks for them 25 times a second."""

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = _IDLE_MS) -> Consumer:
        return super().consume(queue_name, prefetch, _IDLE_MS)

    def waiting(self) -> int:
        return cast(int, self.client.llen(f"{_NAMESPACE}:{QUEUE}"))


def _valkey(url: str) -> Broker:
    client = Redis.from_url(url, socket_timeout=10, socket_connect_timeout=5, health_check_interval=30)
    return _ValkeyBroker(client=client, namespace=_NAMESPACE, middleware=[])  # type: ignore[no-untyped-call]


def _rabbitmq(url: str) -> Broker:
    from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415 - pika is not needed with Valkey
    from pika.exceptions import AMQPError  # type: ignore[import-untyped]  # noqa: PLC0415

    class _RabbitmqBroker(RabbitmqBroker):
        def waiting(self) -> int:
            try:
                self.declare_queue(QUEUE, ensure=True)
                return cast(int, self.channel.queue_declare(QUEUE, passive=True).method.message_count)
            except AMQPError:
                del self.connection  # else every later call meets the same dead connection
                raise

    return cast(Broker, _RabbitmqBroker(url=url, middleware=[], confirm_delivery=True))


_BROKERS: dict[str, Callable[[str], Broker]] = {
    "redis": _valkey,
    "rediss": _valkey,
    "amqp": _rabbitmq,
    "amqps": _rabbitmq,
}


async def _perform(queue: str, tenant: str, id: str) -> None:
    try:
        await perform(queue, UUID(tenant), UUID(id))
    except Exception as error:
        # The database is away, or the message is of a queue this code no longer has. The row remembers the work.
        log.warning("message_dropped", queue=queue, row=id, exc_info=error)


def connect(url: str) -> tuple[Broker, "dramatiq.Actor[[str, str, str], Any]"]:
    """The broker at `url` and the actor that performs a row; nothing is sent before it is used.

    Raises ValueError for a scheme other than redis, rediss, amqp and amqps.
    """
    scheme = urlsplit(url).scheme
    if scheme not in _BROKERS:
        raise ValueError(f"MENDLINE_BROKER_URL begins with {scheme}://; known: {', '.join(_BROKERS)}")
    broker = _BROKERS[scheme](url)
    # No Retries middleware: a row that failed is tried again from its own table.
    return broker, dramatiq.actor(broker=broker, actor_name="perform", queue_name=QUEUE)(_perform)


class Publisher:
    """The relay's side of the broker. It lives on one thread, because a connection of RabbitMQ belongs to a thread."""

    def __init__(self, url: str) -> None:
        self._broker, self._actor = connect(url)
        self._thread = ThreadPoolExecutor(1, "publisher")

    async def waiting(self) -> int:
        """How many messages no worker has taken yet. Raises what the broker raises when it is away."""
        return await self._on_thread(self._broker.waiting)  # type: ignore[attr-defined]

    async def publish(self, queue: str, rows: Sequence[Reference]) -> None:
        """Sends a message for each row, in order; when this returns, the broker has them."""

        def send() -> None:
            for row in rows:
                self._broker.enqueue(self._actor.message(queue, str(row.tenant), str(row.id)))

        await self._on_thread(send)

    async def close(self) -> None:
        """Ends the connection."""
        await self._on_thread(self._broker.close)
        self._thread.shutdown()

    async def _on_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
