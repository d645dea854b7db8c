"""Waking the relay after a commit: many wake-ups within some milliseconds become one NOTIFY."""

import asyncio

from mendline.kernel.database import _pools
from mendline.kernel.log import log

CHANNEL = "work"
_PAUSE = 0.003  # seconds; long enough to gather a burst, short enough not to be felt
_pending: asyncio.Task[None] | None = None


def wake() -> None:
    """Tells the relay that rows are waiting. Losing one costs nothing but the relay's next look."""
    global _pending  # noqa: PLW0603 - one pending wake-up for the process
    if _pending is None:
        _pending = asyncio.get_running_loop().create_task(_notify())


async def _notify() -> None:
    global _pending  # noqa: PLW0603
    try:
        await asyncio.sleep(_PAUSE)
    finally:
        # Before NOTIFY is sent: what commits while it is on its way needs one of its own.
        _pending = None
    for role in ("app", "gateway"):
        if role in _pools:
            try:
                await _pools[role].execute(f"NOTIFY {CHANNEL}")
            except Exception as error:
                log.info("wake_failed", error=str(error))
            return
