"""`mendline worker`: does what follows a command - notices, documents, pushes."""

import asyncio
import signal
import threading
from types import FrameType

from mendline.app.start import start
from mendline.kernel import close_pools, settings
from mendline.workers import beating, work_until


def run() -> None:
    """Works until SIGTERM or Ctrl-C; what is under way is finished first."""
    stop = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    heart: list[asyncio.Task[None]] = []

    async def opening() -> None:
        await start("worker", "app", "gateway")
        heart.append(asyncio.create_task(beating("worker")))

    async def closing() -> None:
        heart[0].cancel()
        await asyncio.gather(*heart, return_exceptions=True)
        await close_pools()

    work_until(stop, str(settings().broker_url), opening, closing)
