"""Recurring jobs of the house itself: each is claimed by one process when it is due, however many run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from tortoise import fields
from tortoise.models import Model

from mendline.kernel.clock import now
from mendline.kernel.database import execute, fetchval, gateway
from mendline.kernel.log import bind, log, new_correlation
from mendline.kernel.tables import Kind, table

Job = Callable[[], Awaitable[None]]


@table(Kind.GATEWAY, key=("name",))
class Schedule(Model):
    """When a recurring job is due next."""

    name = fields.CharField(max_length=100, primary_key=True)
    due_at = fields.DatetimeField()

    class Meta:
        table = "schedule"


@dataclass(frozen=True)
class Recurring:
    """A job and the time from one run to the next."""

    name: str
    every: timedelta
    job: Job


RECURRING: dict[str, Recurring] = {}


def recurring(name: str, every: timedelta) -> Callable[[Job], Job]:
    """Registers a light job (purging what has expired) that the relay's process runs outside any transaction."""

    def register(job: Job) -> Job:
        RECURRING[name] = Recurring(name, every, job)
        return job

    return register


async def run_recurring() -> list[str]:
    """Runs the jobs that are due, each claimed first; answers their names. A job that fails is due again at once."""
    done = []
    for entry in RECURRING.values():
        if await _claim(entry):
            new_correlation()
            bind(job=entry.name)
            try:
                await entry.job()
            except Exception as error:
                log.warning("job_failed", exc_info=error)
                async with gateway():
                    await execute("UPDATE schedule SET due_at = $2 WHERE name = $1", entry.name, now())
            else:
                done.append(entry.name)
    return done


async def _claim(entry: Recurring) -> bool:
    async with gateway():
        claimed = await fetchval(
            "INSERT INTO schedule AS known (name, due_at) VALUES ($1, $2) ON CONFLICT (name)"
            " DO UPDATE SET due_at = excluded.due_at WHERE known.due_at <= $3 RETURNING 1",
            entry.name,
            now() + entry.every,
            now(),
        )
    return claimed is not None
