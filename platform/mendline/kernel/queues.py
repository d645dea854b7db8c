"""Queue tables: rows of work with a due time, published by the relay, done by a worker, tried again until done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tortoise import fields

from mendline.kernel import rows
from mendline.kernel.clock import now
from mendline.kernel.database import execute, fetchrow, gateway, transaction
from mendline.kernel.dead_letters import DeadLetter
from mendline.kernel.errors import DomainError
from mendline.kernel.log import log
from mendline.kernel.settings import settings
from mendline.kernel.tables import TABLES, Record

ROUTING = ("tenant_id", "id", "due_at", "completed_at")
"""All that the relay may read of a queue table."""


class Queued(Record):
    """The base of queue tables.

    due_at: when the relay publishes it (again). started_at: when a worker took it. completed_at: done, or given up.
    """

    due_at = fields.DatetimeField(default=now)
    attempts = fields.IntField(default=0)
    started_at = fields.DatetimeField(null=True)
    completed_at = fields.DatetimeField(null=True)
    error = fields.TextField(null=True)
    correlation = fields.TextField(default="")

    class Meta:
        abstract = True


class Later(Exception):  # noqa: N818 - not an error: the work asks to be done at another time
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


def _bound(queue: str, tenant: UUID):  # type: ignore[no-untyped-def]
    return gateway() if TABLES[queue].role == "gateway" else transaction(tenant)


async def perform(queue: str, tenant: UUID, id: UUID) -> bool:
    """Does one row of work; answers whether it is done. Called by workers, safe to call twice or for a row long done.

    A failure is retried with growing pauses and ends as a dead letter that a person can read and replay.
    """
    entry = QUEUES[queue]
    row = await _claim(entry, tenant, id)
    if row is None:
        return False
    try:
        await entry.handler(row)
    except Later as later:
        await _release(entry, row, later.seconds, None, counted=False)
        return False
    except Exception as error:
        await _failed(entry, row, error)
        return False
    await complete(entry.table, row)
    return True


async def _claim(entry: Queue, tenant: UUID, id: UUID) -> Queued | None:
    async with _bound(entry.table, tenant):
        record = await fetchrow(
            f'UPDATE "{entry.table}" SET attempts = attempts + 1, started_at = $3, due_at = $3 + $4::interval'  # noqa: S608
            " WHERE tenant_id = $1 AND id = $2 AND completed_at IS NULL"
            " AND (started_at IS NULL OR started_at < $3 - $4::interval) RETURNING *",
            tenant,
            id,
            now(),
            timedelta(seconds=settings().lease_seconds),
        )
    return None if record is None else rows.load_all(entry.model, [record])[0]


async def complete(table: str, row: Queued) -> None:
    """Marks a row as done, in a transaction of its own."""
    async with _bound(table, row.tenant_id):
        await execute(
            f'UPDATE "{table}" SET completed_at = $3, error = NULL WHERE tenant_id = $1 AND id = $2',  # noqa: S608
            row.tenant_id,
            row.id,
            now(),
        )


async def _failed(entry: Queue, row: Queued, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"[:2000]
    final = isinstance(error, DomainError) or row.attempts >= entry.attempts
    log().warning("work_failed", queue=entry.table, row=str(row.id), attempt=row.attempts, final=final, exc_info=error)
    if not final:
        await _release(entry, row, min(2.0**row.attempts, 300.0), words, counted=True)
        return
    async with _bound(entry.table, row.tenant_id):
        await rows.insert(
            DeadLetter(tenant_id=row.tenant_id, queue=entry.table, row_id=row.id, error=words, attempts=row.attempts)
        )
        await execute(
            f'UPDATE "{entry.table}" SET completed_at = $3, error = $4 WHERE tenant_id = $1 AND id = $2',  # noqa: S608
            row.tenant_id,
            row.id,
            now(),
            words,
        )


async def _release(entry: Queue, row: Queued, seconds: float, words: str | None, counted: bool) -> None:
    async with _bound(entry.table, row.tenant_id):
        await execute(
            f'UPDATE "{entry.table}" SET started_at = NULL, due_at = $3, error = $4, attempts = attempts - $5'  # noqa: S608
            " WHERE tenant_id = $1 AND id = $2",
            row.tenant_id,
            row.id,
            now() + timedelta(seconds=seconds),
            words,
            0 if counted else 1,
        )
