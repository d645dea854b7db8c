"""`mendline queues` and `mendline dead-letters`: what waits, what failed for good, and sending it again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rich.console import Console
from rich.table import Table

from mendline.app.start import start
from mendline.kernel import QUEUES, DomainError, close_pools, now, pool, replay

_SHOWN = 50

_STATUS = """
SELECT count(*) FILTER (WHERE completed_at IS NULL AND due_at <= $1) AS due,
       min(due_at) FILTER (WHERE completed_at IS NULL AND due_at <= $1) AS oldest,
       count(*) FILTER (WHERE completed_at IS NULL AND due_at > $1) AS later,
       count(completed_at) AS done
  FROM "{queue}"
"""


@dataclass(frozen=True)
class QueueStatus:
    """One queue now: rows due and not done (with the oldest's moment), rows due later, rows done and still kept."""

    queue: str
    due: int
    oldest: datetime | None
    later: int
    done: int


@dataclass(frozen=True)
class Letter:
    """A dead letter as the operator sees it; `organisation` is its tenant's id, zero for what precedes any tenant."""

    id: UUID
    organisation: UUID
    queue: str
    error: str
    attempts: int
    recorded_at: datetime


async def queues_status() -> list[QueueStatus]:
    """Every queue of every organisation, as the relay's role sees them."""
    found = []
    for queue in sorted(QUEUES):
        row = await pool("relay").fetchrow(_STATUS.format(queue=queue), now())
        found.append(QueueStatus(queue, *row.values()))
    return found


async def dead_letters() -> list[Letter]:
    """The dead letters that nobody has replayed, newest first, as the auditor's role sees them."""
    records = await pool("auditor").fetch(
        "SELECT id, tenant_id, queue, error, attempts, recorded_at FROM dead_letter"
        " WHERE replayed_at IS NULL ORDER BY recorded_at DESC"
    )
    return [Letter(*record.values()) for record in records]


def show() -> int:
    """`mendline queues`."""

    async def work() -> int:
        table = Table("queue", "due", "oldest", "later", "done")
        for status in await queues_status():
            oldest = f"{(now() - status.oldest).total_seconds():.0f} s ago" if status.oldest else ""
            table.add_row(status.queue, str(status.due), oldest, str(status.later), str(status.done))
        Console().print(table)
        if letters := await dead_letters():
            Console().print(f"{len(letters)} failed for good: see `mendline dead-letters list`")
        return 0

    return _begin(work)


def show_dead_letters() -> int:
    """`mendline dead-letters list`."""

    async def work() -> int:
        letters = await dead_letters()
        table = Table("id", "when", "organisation", "queue", "attempts", "error")
        for letter in letters[:_SHOWN]:
            when = f"{letter.recorded_at:%Y-%m-%d %H:%M}"
            table.add_row(
                str(letter.id), when, str(letter.organisation), letter.queue, str(letter.attempts), letter.error
            )
        Console().print(table if letters else "No dead letters.")
        if len(letters) > _SHOWN:
            Console().print(f"and {len(letters) - _SHOWN} older ones")
        return 0

    return _begin(work)


def replay_dead_letters(id: str | None) -> int:
    """`mendline dead-letters replay`: one by its id, or all; 1 when one could not be replayed."""

    async def work() -> int:
        chosen = [letter for letter in await dead_letters() if id in (None, str(letter.id))]
        failed = id is not None and not chosen
        for letter in chosen:
            try:
                await replay(letter.organisation, letter.id)
                Console().print(f"{letter.id} is due again in {letter.queue}")
            except DomainError:
                failed = True
                Console().print(f"{letter.id}: its row in {letter.queue} has gone")
        if not chosen:
            Console().print("There is no such dead letter." if id else "No dead letters.")
        return int(failed)

    return _begin(work)


def _begin(work: Callable[[], Awaitable[int]]) -> int:
    async def begin() -> int:
        await start("queues", "app", "gateway", "relay", "auditor", pool_size=2)
        try:
            return await work()
        finally:
            await asyncio.sleep(0.05)  # the wake-up of a replay is on its way
            await close_pools()

    return asyncio.run(begin())
