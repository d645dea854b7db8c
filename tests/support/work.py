"""A relay in this process, a worker in another, and rows of work that leave marks (support/probe.py)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from mendline.app.child import Child
from mendline.kernel import now, set_timer, settings, transaction, wake
from mendline.workers import Publisher, Relay
from support import probe
from support.processes import running

LEASE = 2.0
"""Seconds, so that what was lost is taken up again while a test waits."""


@asynccontextmanager
async def relaying(broker_url: str | None = None) -> AsyncIterator[None]:
    """A relay at work."""
    publisher = Publisher(broker_url or str(settings().broker_url))
    task = asyncio.create_task(Relay(publisher).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await publisher.close()


@asynccontextmanager
async def working(folder: Path, broker_url: str | None = None) -> AsyncIterator[Child]:
    """A worker process that knows the timers of probe.py."""
    env = {"MENDLINE_BROKER_URL": broker_url or str(settings().broker_url), "MENDLINE_LEASE_SECONDS": str(LEASE)}
    async with running(folder / "worker.log", str(probe.__file__), **env) as child:
        yield child


async def schedule(
    tenant: UUID, numbers: Sequence[int], name: str = "probe.mark", after: float = 0, **payload: object
) -> None:
    """Timers of one organisation, due `after` seconds, numbered."""
    async with transaction(tenant):
        for n in numbers:
            await set_timer(tenant, name, f"probe-{n}", now() + timedelta(seconds=after), n=n, **payload)
    wake()


async def marks(what: str, *tenants: UUID) -> list[tuple[UUID, int]]:
    """What the probe has `begun` or `done`, in order for each organisation."""
    async with probe.client() as valkey:
        return [(tenant, int(n)) for tenant in tenants for n in await valkey.lrange(f"{what}:{tenant}", 0, -1)]


def done(count: int, *tenants: UUID) -> Callable[[], Awaitable[bool]]:
    """A check for `until`: so many rows of these organisations are done."""

    async def check() -> bool:
        return len(await marks("done", *tenants)) >= count

    return check
