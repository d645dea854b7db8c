"""Timers: calls that are due later, kept in Postgres, done once, cancelled by their key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from mendline.kernel.clock import now
from mendline.kernel.database import execute
from mendline.kernel.ids import new_id
from mendline.kernel.log import correlation_id
from mendline.kernel.queues import Queued, handles
from mendline.kernel.tables import Kind, table

TimerHandler = Callable[["Timer"], Awaitable[None]]
TIMERS: dict[str, TimerHandler] = {}


@table(Kind.QUEUE)
class Timer(Queued):
    """A named call with its payload, due at `due_at`; `key` is unique for the organisation."""

    name = fields.TextField()
    key = fields.TextField()
    payload = fields.JSONField[dict[str, Any]]()

    class Meta:
        table = "timer"
        unique_together = (("tenant_id", "key"),)


def timer(name: str) -> Callable[[TimerHandler], TimerHandler]:
    """Registers the function called for timers of this name, at least once; it must be idempotent."""

    def register(function: TimerHandler) -> TimerHandler:
        TIMERS[name] = function
        return function

    return register


async def set_timer(tenant: UUID, name: str, key: str, due_at: datetime, **payload: Any) -> None:
    """Sets or moves the timer `key` in the current transaction; an earlier one of that key is replaced.

    A timer that is set anew gets a new id: messages that still carry the old one find no row, and a handler that sets
    its own timer again does not complete the new one.
    """
    await execute(
        "INSERT INTO timer (tenant_id, id, name, key, payload, due_at, attempts, correlation)"
        " VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (tenant_id, key) DO UPDATE SET id = excluded.id,"
        " name = excluded.name, payload = excluded.payload, due_at = excluded.due_at, attempts = 0, held_until = NULL,"
        " completed_at = NULL, error = NULL, correlation = excluded.correlation",
        tenant,
        new_id(),
        name,
        key,
        payload,
        due_at,
        correlation_id(),
    )


async def cancel_timer(tenant: UUID, key: str) -> None:
    """Takes the timer `key` back, if it has not been done."""
    await execute(
        "UPDATE timer SET completed_at = $3 WHERE tenant_id = $1 AND key = $2 AND completed_at IS NULL",
        tenant,
        key,
        now(),
    )


@handles(Timer)
async def ring(row: Queued) -> None:
    """Calls the function of a timer that is due."""
    assert isinstance(row, Timer)
    await TIMERS[row.name](row)
