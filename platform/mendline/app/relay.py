"""`mendline relay`: carries work from the database to the broker, sweeps up what was lost, runs recurring jobs."""

import asyncio
import contextlib
import signal

from mendline.app.start import start
from mendline.kernel import close_pools, settings
from mendline.workers import Publisher, Relay


async def _relay() -> None:
    task = asyncio.current_task()
    assert task is not None
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, task.cancel)
    await start("relay", "relay", "gateway", pool_size=2)
    publisher = Publisher(str(settings().broker_url))
    try:
        await Relay(publisher).run()
    finally:
        await publisher.close()
        await close_pools()


def run() -> None:
    """Works until SIGTERM or Ctrl-C."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_relay())
