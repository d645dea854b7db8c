"""Waking the relay after a commit: many wake-ups within some milliseconds become one NOTIFY."""

import asyncio

from mendline.kernel.database import _pools
from mendline.kernel.log import log

CHANNEL = "work"
_PAUSE = 0.008  # seconds; long enough to gather a burst, short enough not to be felt
_waiting = False
_tasks: set[asyncio.Task[None]] = set()  # the loop itself holds its tasks only weakly


def wake() -> None:
    """Tells the relay that rows are waiting. Losing one costs nothing but the relay's next look."""
    global _waiting  # noqa: PLW0603 - one wake-up at a time for the process
    if not _waiting:
        _waiting = True
        task = asyncio.get_running_loop().create_task(_notify())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def _notify() -> None:
    global _waiting  # noqa: PLW0603
    try:
        await asyncio.sleep(_PAUSE)
    finally:
        # Before NOTIFY is sent: what commits while it is on its way needs one of its own.
        _waiting = False
    for role in ("app", "gateway"):
        if role in _pools:
            try:
                await _pools[role].execute(f"NOTIFY {CHANNEL}")
            except Exception as error:
                log.info("wake_failed", error=str(error))
            return
