"""The worker: takes messages from the broker and performs their rows, in one process and on one event loop."""

import logging
import threading
from collections.abc import Awaitable, Callable

from dramatiq import Worker
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread

from mendline.workers.broker import connect

THREADS = 8
"""Rows performed at a time. A thread only waits for the event loop, so it costs little."""

_IDLE_MS = 1000
_GRACE_MS = 8000


def work_until(
    stop: threading.Event, url: str, opening: Callable[[], Awaitable[None]], closing: Callable[[], Awaitable[None]]
) -> None:
    """Works for the broker at `url` until `stop` is set; then what is under way may finish within eight seconds.

    `opening` and `closing` run on the event loop that the handlers run on: pools belong there.
    """
    loop = EventLoopThread(logging.getLogger("dramatiq.loop"), interrupt_check_ival=1.0)
    loop.daemon = True
    loop.start(timeout=5)
    set_event_loop_thread(loop)
    try:
        loop.run_coroutine(opening())
        broker, _ = connect(url)
        worker = Worker(broker, worker_threads=THREADS, worker_timeout=_IDLE_MS)
        worker.start()
        stop.wait()
        worker.stop(timeout=_GRACE_MS)
        broker.close()
        loop.run_coroutine(closing())
    finally:
        set_event_loop_thread(None)
        loop.stop()  # type: ignore[no-untyped-call]
