"""Watch: asks twice a second whether those who follow may still act, so that a revoked session or key ends its streams.

What a stream tells is read anew under the reader's rights each time; this is for the streams that have nothing to tell.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from mendline.kernel import log
from mendline_schema.live.hub import Waiting
from mendline_tenants import Credential, credential_of, lapsed

EVERY = 0.4
"""Seconds from one look to the next: a stream ends within a second of the revocation's commit."""


class Watch:
    """This process's one look at everybody who follows something: one statement, however many they are."""

    def __init__(self) -> None:
        self._queues: dict[Credential, set[Waiting]] = {}
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def over(self, token: str, queue: Waiting) -> AsyncIterator[None]:
        """Puts None into the queue when whoever shows this token may act no more, until the end of the block."""
        credential = credential_of(token)
        self._queues.setdefault(credential, set()).add(queue)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._queues[credential].discard(queue)
            if not self._queues[credential]:
                del self._queues[credential]
            if not self._queues:
                self._looking.cancel()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                ended = await lapsed(self._queues)
            except Exception as error:  # the database is away: nothing can be read meanwhile
                log.warning("watch_failed", error=f"{type(error).__name__}: {error}")
                continue
            for credential in ended:
                for queue in self._queues.get(credential, ()):
                    queue.put(None)


@cache
def _watch_on(loop: asyncio.AbstractEventLoop) -> Watch:
    return Watch()


def watch() -> Watch:
    """The watch of this event loop."""
    return _watch_on(asyncio.get_running_loop())
