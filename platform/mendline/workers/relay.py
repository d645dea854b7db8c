"""The relay: publishes rows of work that are due, publishes again what was not done in time, runs recurring jobs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import asyncpg

from mendline.kernel import CHANNEL, log, now, pool, run_recurring, settings
from mendline.workers.broker import Publisher
from mendline.workers.due import Due, look, take
from mendline.workers.heartbeat import beating

ROOM = 64
"""Messages that may wait in the broker. Short, because who comes later stands behind them: fairness ends there."""

_LONGEST_REST = 1.0
_CROWDED_REST = 0.02
_JOBS_EVERY = 20.0
_LONGEST_PAUSE = 5.0


class Relay:
    """One relay; several may run beside each other. It needs the pools of the roles relay and gateway."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Works until cancelled. A database or broker that is away is waited for."""
        others = [asyncio.create_task(beating("relay")), asyncio.create_task(_jobs())]
        pause = 0.1
        try:
            while True:
                try:
                    async with self._listening() as connection:
                        while True:
                            await self._rest(await self.round(connection))
                            pause = 0.1
                except Exception as error:
                    log.warning("relay_interrupted", pause=pause, error=f"{type(error).__name__}: {error}")
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def round(self, connection: asyncpg.pool.PoolConnectionProxy) -> float:
        """Publishes what is due, as far as the broker has room; answers for how many seconds to rest."""
        self._woken.clear()
        moment = now()
        queues = await look(connection, moment, ROOM + 1)
        due = sorted((queue for queue in queues if queue.rows), key=lambda queue: queue.rows)
        room = ROOM - await self._publisher.waiting() if due else 0
        crowded = False
        for place, queue in enumerate(due):
            # An equal share of the room that is left; what the shorter queues leave, the longer ones get.
            taken = await self._publish(connection, queue, moment, room // (len(due) - place))
            room -= taken
            crowded = crowded or taken < queue.rows
        return _CROWDED_REST if crowded else _until_next(queues)

    async def _publish(
        self, connection: asyncpg.pool.PoolConnectionProxy, queue: Due, moment: datetime, limit: int
    ) -> int:
        if limit <= 0:
            return 0
        lease = timedelta(seconds=settings().lease_seconds)
        # Published before the commit: a broker that is away leaves the rows due.
        async with connection.transaction():
            rows = await take(connection, queue.queue, moment, limit, lease, crowded=queue.rows > limit)
            await self._publisher.publish(queue.queue, rows)
        return len(rows)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        def wake(*_: object) -> None:
            self._woken.set()

        async with pool("relay").acquire() as connection:
            await connection.add_listener(CHANNEL, wake)
            try:
                yield connection
            finally:
                with suppress(Exception):  # the connection may be gone
                    await connection.remove_listener(CHANNEL, wake)

    async def _rest(self, seconds: float) -> None:
        if seconds > _CROWDED_REST:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
        else:
            await asyncio.sleep(seconds)


def _until_next(queues: list[Due]) -> float:
    moments = [queue.following for queue in queues if queue.following]
    if not moments:
        return _LONGEST_REST
    return min(_LONGEST_REST, max(0.001, (min(moments) - now()).total_seconds()))


async def _jobs() -> None:
    while True:
        try:
            await run_recurring()
        except Exception as error:  # the database is away
            log.warning("recurring_jobs_failed", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(_JOBS_EVERY)
