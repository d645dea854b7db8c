"""Valkey: one client for each event loop and patience, since connections belong to the loop that opened them."""

import asyncio
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from mendline.kernel.settings import settings

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[float, int], Redis]] = WeakKeyDictionary()


def valkey(timeout: float, tries: int) -> Redis:
    """The client of this loop that waits `timeout` seconds for an answer and connects anew `tries` times.

    Every pooled connection is dead after a restart of Valkey: with no new tries each would cost a caller its turn.
    """
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if (timeout, tries) not in clients:
        clients[timeout, tries] = Redis.from_url(
            settings().cache_url or "",
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.02), tries),
            retry_on_error=[RedisConnectionError],
        )
    return clients[timeout, tries]
