"""Heartbeats in Valkey: how the web process knows that worker and relay are there."""

import asyncio
from contextlib import suppress
from functools import cache

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mendline.kernel import log, settings

_EVERY = 2.0
_LASTS = 10
"""Seconds: a process that has not beaten for so long is taken for dead."""


@cache
def _valkey(url: str, loop: asyncio.AbstractEventLoop) -> Redis:
    return Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3, health_check_interval=30)


def _client() -> Redis:
    return _valkey(str(settings().cache_url), asyncio.get_running_loop())


def _key(process: str) -> str:
    return f"mendline:alive:{process}"


async def alive(process: str) -> bool:
    """Whether a process of this name (`worker`, `relay`) has beaten lately. Raises RedisError when Valkey is away."""
    return bool(await _client().exists(_key(process)))


async def beating(process: str) -> None:
    """Beats for `process` until cancelled; that Valkey is away is logged and borne."""
    client, away = _client(), False
    try:
        while True:
            try:
                await client.set(_key(process), 1, ex=_LASTS)
                away = False
            except (RedisError, OSError) as error:
                if not away:
                    log.warning("heartbeat_failed", error=str(error))
                away = True
            await asyncio.sleep(_EVERY)
    finally:
        with suppress(RedisError, OSError):
            await client.delete(_key(process))
