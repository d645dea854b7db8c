"""Rounds: once a day every organisation looks whether its fault model has something new to learn."""

from datetime import timedelta

from mendline.kernel import definer, fetchval, gateway, recurring, wake
from mendline.tickets.faults.learning import TIMER

SPREAD = timedelta(hours=4)
"""Over which time the looks of all organisations are spread: their lessons take a processor each."""

# The look itself is each organisation's own, under its own policies: this statement reads no ticket.
REQUEST = definer(
    "request_fault_learning()",
    f"""
CREATE OR REPLACE FUNCTION request_fault_learning() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
  WITH asked AS (
    INSERT INTO public.timer AS t (tenant_id, id, name, key, payload, due_at, attempts, correlation)
    SELECT o.tenant_id, gen_random_uuid(), '{TIMER}', '{TIMER}', '{{}}',
           clock_timestamp() + random() * interval '{SPREAD.total_seconds():.0f} s', 0, ''
      FROM public.organisation o
    ON CONFLICT (tenant_id, key) DO UPDATE SET id = excluded.id, due_at = excluded.due_at, attempts = 0,
      held_until = NULL, completed_at = NULL, error = NULL WHERE t.completed_at IS NOT NULL
    RETURNING 1
  )
  SELECT count(*) FROM asked
$$""",  # noqa: S608 - no value is in it
    {"organisation": "SELECT", "timer": "SELECT, INSERT, UPDATE"},
    roles=("gateway",),
)
"""Sets each organisation's timer, unless it waits already. Answers how many were set."""


@recurring("request_fault_learning", every=timedelta(days=1))
async def request_fault_learning() -> None:
    """Sees to it that every organisation looks, some time in the next hours."""
    async with gateway():
        asked = await fetchval("SELECT request_fault_learning()")
    if asked:
        wake()
