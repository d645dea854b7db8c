"""Housekeeping of the kernel's own tables: work long done and keys long past are removed."""

from datetime import timedelta

from mendline.kernel.clock import now
from mendline.kernel.commands import KEY_LIFETIME
from mendline.kernel.database import execute, gateway, pool
from mendline.kernel.queues import QUEUES
from mendline.kernel.schedule import recurring
from mendline.kernel.tables import definer

WORK_LIFETIME = timedelta(days=14)
"""How long a row of work is kept after it was done. Failed rows are kept until somebody has dealt with them."""

FORGET_KEYS = definer(
    "forget_idempotency_keys(timestamptz)",
    """
CREATE OR REPLACE FUNCTION forget_idempotency_keys(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DELETE FROM public.idempotency_key WHERE recorded_at < least(before, clock_timestamp() - interval '24 hours')
    AND NOT (actor = tenant_id AND key LIKE 'errand:%')
$$""",
    {"idempotency_key": "SELECT, DELETE"},
    roles=("gateway",),
)
"""Deletes keys of every organisation; never one that a client may still rely on.

Those of errands stay for good: they are the receipt by which an errand that is asked again, however late, is not done
again (decision 0013).
"""


@recurring("forget_idempotency_keys", every=timedelta(hours=1))
async def forget_keys() -> None:
    """Deletes idempotency keys older than KEY_LIFETIME."""
    async with gateway():
        await execute("SELECT forget_idempotency_keys($1)", now() - KEY_LIFETIME)


@recurring("purge_queues", every=timedelta(hours=6))
async def purge_queues() -> None:
    """Deletes rows of work that were done WORK_LIFETIME ago."""
    for queue in QUEUES:
        await pool("relay").execute(f'DELETE FROM "{queue}" WHERE completed_at < $1', now() - WORK_LIFETIME)  # noqa: S608
