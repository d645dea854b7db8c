"""Processes that a test starts, and kills by their id."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

from mendline.app.child import Child, Process


@asynccontextmanager
async def running(log: Path, *argv: str, **env: str) -> AsyncIterator[Child]:
    """`python argv…` with this process's environment and `env`; stopped at the end. Its output goes to `log`."""
    child = Child(Process(log.stem, (sys.executable, *argv), env=env), log)
    child.start()
    try:
        yield child
    finally:
        await asyncio.to_thread(child.stop)


def kill(child: Child) -> None:
    """`kill -9`, and wait until it is gone."""
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    child.stop()


async def until(check: Callable[[], Awaitable[object]], seconds: float = 40, told: Callable[[], str] = str) -> None:
    """Waits until `check` answers something true; fails after `seconds`, with what `told` says."""
    deadline = monotonic() + seconds
    while not await check():
        assert monotonic() < deadline, f"not within {seconds} s. {told()}"
        await asyncio.sleep(0.02)
