"""Queue tables: rows of work with a due time, published by the relay, done by a worker, tried again until done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise import fields

from mendline.kernel import rows
from mendline.kernel.clock import now
from mendline.kernel.database import Session, execute, fetchrow, gateway, transaction
from mendline.kernel.dead_letters import bury
from mendline.kernel.errors import DomainError
from mendline.kernel.log import bind, log, new_correlation, redact
from mendline.kernel.settings import settings
from mendline.kernel.tables import TABLES, Record

ROUTING = ("tenant_id", "id", "due_at", "completed_at")
"""All that the relay may read of a queue table."""

LONGEST = 600
"""Seconds after which work that does not end counts as failed."""


class Queued(Record):
    """The base of queue tables.

    due_at: when the relay publishes it (again). held_until: until then no other worker takes it. completed_at: done,
    or given up. error: why the last attempt failed.
    """

    due_at = fields.DatetimeField(default=now)
    attempts = fields.IntField(default=0)
    held_until = fields.DatetimeField(null=True)
    completed_at = fields.DatetimeField(null=True)
    error = fields.TextField(null=True)
    correlation = fields.TextField(default="")

    class Meta:
        abstract = True


class Later(Exception):
    """Raised by a handler to be called again after `seconds` without counting as a failure."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


Handler = Callable[[Queued], Awaitable[None]]


@dataclass(frozen=True)
class Queue:
    """A queue table's handler and how often it may fail before its row becomes a dead letter."""

    table: str
    model: type[Queued]
    handler: Handler
    attempts: int


QUEUES: dict[str, Queue] = {}


def handles(model: type[Queued], attempts: int = 8) -> Callable[[Handler], Handler]:
    """Registers the function that does the work of a row of `model`; it must be idempotent."""

    def register(function: Handler) -> Handler:
        name = model._meta.db_table
        QUEUES[name] = Queue(name, model, function, attempts)
        return function

    return register


async def perform(queue: str, tenant: UUID, id: UUID) -> bool:
    """Does one row of work; answers whether it is done. Called by workers, safe to call twice or for a row long done.

    While it works, the row is held: a second message for it finds nothing to do. A worker that dies lets go after the
    lease of the settings. A failure is retried with growing pauses (2, 4, 8 ... 300 s) and ends as a dead letter; so
    does a row whose workers died as often. What a domain refuses (DomainError) is final at once, for trying again
    would be refused again; only a stale version is not.
    """
    entry = QUEUES[queue]
    row = await _claim(entry, tenant, id)
    if row is None:
        return False
    new_correlation(row.correlation)
    bind(queue=queue, row=str(id), organisation=str(tenant))
    if row.attempts > entry.attempts:
        await _give_up(entry, row, "every process that worked on it has died")
        return False
    try:
        async with asyncio.timeout(LONGEST), _held(entry, row):
            await entry.handler(row)
    except Later as later:
        await _release(entry, row, later.seconds, row.error, attempts=row.attempts - 1)
        return False
    except Exception as error:
        await _failed(entry, row, error)
        return False
    await _change(entry, row, "completed_at = $3, error = NULL", now())
    return True


def _bound(queue: str, tenant: UUID) -> AbstractAsyncContextManager[Session]:
    return gateway() if TABLES[queue].role == "gateway" else transaction(tenant)


def _lease() -> timedelta:
    return timedelta(seconds=settings().lease_seconds)


async def _claim(entry: Queue, tenant: UUID, id: UUID) -> Queued | None:
    async with _bound(entry.table, tenant):
        record = await fetchrow(
            f'UPDATE "{entry.table}" SET attempts = attempts + 1, held_until = $4, due_at = $4'  # noqa: S608
            " WHERE tenant_id = $1 AND id = $2 AND completed_at IS NULL"
            " AND (held_until IS NULL OR held_until <= $3) RETURNING *",
            tenant,
            id,
            now(),
            now() + _lease(),
        )
    return None if record is None else rows.load_all(entry.model, [record])[0]


async def _change(entry: Queue, row: Queued, assignments: str, *values: Any) -> None:
    async with _bound(entry.table, row.tenant_id):
        await execute(
            f'UPDATE "{entry.table}" SET {assignments} WHERE tenant_id = $1 AND id = $2'  # noqa: S608
            " AND completed_at IS NULL",
            row.tenant_id,
            row.id,
            *values,
        )


@asynccontextmanager
async def _held(entry: Queue, row: Queued) -> AsyncIterator[None]:
    """Keeps the row while its handler works, however long that takes."""

    async def hold() -> None:
        while True:
            await asyncio.sleep(settings().lease_seconds / 3)
            try:
                await _change(entry, row, "held_until = $3, due_at = $3", now() + _lease())
            except Exception as error:  # the database is away: the handler will notice, or the next round succeeds
                log.warning("hold_failed", error=str(error))

    holding = asyncio.create_task(hold())
    try:
        yield
    finally:
        holding.cancel()
        with suppress(asyncio.CancelledError):
            await holding


async def _failed(entry: Queue, row: Queued, error: Exception) -> None:
    words = redact(None, "", {"error": f"{type(error).__name__}: {error}"[:2000]})["error"]
    refused = isinstance(error, DomainError) and error.code != "stale_version"
    final = refused or row.attempts >= entry.attempts
    log.warning("work_failed", attempt=row.attempts, final=final, exc_info=error)
    if final:
        await _give_up(entry, row, words)
    else:
        await _release(entry, row, min(2.0**row.attempts, 300.0), words, attempts=row.attempts)


async def _give_up(entry: Queue, row: Queued, words: str) -> None:
    await bury(row.tenant_id, entry.table, row.id, words, row.attempts)
    await _change(entry, row, "completed_at = $3, error = $4", now(), words)


async def _release(entry: Queue, row: Queued, seconds: float, words: str | None, attempts: int) -> None:
    due = now() + timedelta(seconds=seconds)
    # Held until due: a second message that still waits in the broker must not start it earlier.
    await _change(entry, row, "held_until = $3, due_at = $3, error = $4, attempts = $5", due, words, attempts)
