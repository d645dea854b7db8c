"""The worker process with timers of the tests: each leaves a mark in Valkey when it has begun and when it is done.

Run by its path; tests import it for the names.
"""

import asyncio

from redis.asyncio import Redis

from mendline.kernel import DomainError, Timer, settings, timer
from mendline.kernel.queues import Queued


def client() -> Redis:
    """Where the marks are: the cache, which the tests do not kill."""
    return Redis.from_url(str(settings().cache_url), decode_responses=True)


@timer("probe.mark")
async def mark(row: Queued) -> None:
    """Marks `n`, after `seconds` when the payload has any."""
    assert isinstance(row, Timer)
    async with client() as valkey:
        await valkey.rpush(f"begun:{row.tenant_id}", row.payload["n"])
        await asyncio.sleep(row.payload.get("seconds", 0))
        await valkey.rpush(f"done:{row.tenant_id}", row.payload["n"])


@timer("probe.refuse")
async def refuse(row: Queued) -> None:
    """Refuses, as a domain does."""
    raise DomainError("forbidden", permission="none", why={"zh": "不", "en": "no"})


if __name__ == "__main__":
    from mendline.app.worker import run

    run()
