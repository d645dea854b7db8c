"""Travel times that an engine told before, kept in Valkey for each organisation: most places are yesterday's too."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

import msgspec
from redis.exceptions import RedisError

from mendline.kernel import log, valkey

At = tuple[float, float]
Times = dict[tuple[int, int], int | None]

KEPT_SECONDS = 7 * 24 * 3600
PLACES = 2000
"""Destinations that are remembered of one place; with more it is forgotten and asked about anew."""

TIMEOUT, TRIES = 1.0, 1


def _key(tenant: UUID, engine: str) -> str:
    return f"{tenant}:travel:{engine}"


def _name(at: At) -> str:
    """A place to about ten metres."""
    return f"{at[0]:.4f},{at[1]:.4f}"


async def kept_times(tenant: UUID, engine: str, places: list[At]) -> Times:
    """What is remembered of the times between these places; nothing when Valkey is away."""
    names = [_name(place) for place in places]
    try:
        stored = await _rows(tenant, engine, names)
    except RedisError as away:
        log.info("travel_cache_away", error=str(away))
        return {}
    return {(a, b): row[name] for a, row in enumerate(stored) for b, name in enumerate(names) if a != b and name in row}


async def keep_times(tenant: UUID, engine: str, places: list[At], fresh: Times) -> None:
    """Remembers what the engine has just told; a week without any use forgets all of it."""
    names = [_name(place) for place in places]
    sources = sorted({a for a, _ in fresh})
    try:
        rows = dict(zip(sources, await _rows(tenant, engine, [names[a] for a in sources]), strict=True))
        for (a, b), seconds in fresh.items():
            rows[a][names[b]] = seconds
        mapping: dict[Any, Any] = {
            names[a]: msgspec.msgpack.encode(row) for a, row in rows.items() if len(row) <= PLACES
        }
        client, key = valkey(TIMEOUT, TRIES), _key(tenant, engine)
        if mapping:
            await client.hset(key, mapping=mapping)
            await client.expire(key, KEPT_SECONDS)
    except RedisError as away:
        log.info("travel_cache_away", error=str(away))


async def _rows(tenant: UUID, engine: str, names: Iterable[str]) -> list[dict[str, int | None]]:
    listed = list(names)
    found = await valkey(TIMEOUT, TRIES).hmget(_key(tenant, engine), listed) if listed else []
    return [msgspec.msgpack.decode(cast("bytes", row), type=dict[str, int | None]) if row else {} for row in found]
