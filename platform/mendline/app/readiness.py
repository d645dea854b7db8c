"""Readiness: whether each part that the house stands on answers now."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from redis.asyncio import Redis

from mendline.kernel import pool, settings, stat_blob
from mendline.tickets import late_shares
from mendline.workers import alive
from mendline_bots import channel_names, channel_of

PATIENCE = 2.0
"""Seconds that a part may take to answer."""


async def _database() -> None:
    for role in ("app", "gateway"):
        await pool(role).fetchval("SELECT 1")


async def _reach(url: str) -> None:
    """Pings Valkey or Redis; for any other broker, opens its port."""
    if url.startswith(("redis", "valkey")):
        client = Redis.from_url(url)
        try:
            await client.ping()
        finally:
            await client.aclose()
        return
    parts = urlsplit(url)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port or 5672)
    writer.close()


async def _broker() -> None:
    await _reach(str(settings().broker_url))


async def _cache() -> None:
    await _reach(str(settings().cache_url))


async def _evidence_store() -> None:
    await stat_blob("readiness")


def _beating(process: str) -> Callable[[], Awaitable[None]]:
    async def look() -> None:
        if not await alive(process):
            raise RuntimeError(f"no {process} has been heard of lately")

    return look


async def _bots() -> None:
    if any(channel_of(name).ready for name in channel_names()):
        await _beating("bots")()


async def _share_ends() -> None:
    if late := await late_shares():
        raise RuntimeError(f"{late} shares are open after their end")


PARTS: dict[str, Callable[[], Awaitable[None]]] = {
    "database": _database,
    "broker": _broker,
    "cache": _cache,
    "evidence_store": _evidence_store,
    "relay": _beating("relay"),
    "worker": _beating("worker"),
    "bots": _bots,
    "share_ends": _share_ends,
}


async def readiness() -> dict[str, object]:
    """`{"ready": bool, "parts": {name: "ready" | what is wrong}}`. What is wrong is told by its kind alone."""
    answers = await asyncio.gather(*(_ask(part) for part in PARTS.values()))
    parts = dict(zip(PARTS, answers, strict=True))
    return {"ready": all(answer == "ready" for answer in answers), "parts": parts}


async def _ask(part: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await part()
    except Exception as error:  # whatever it is, the part is not ready
        return f"not ready: {type(error).__name__}"
    return "ready"
