"""Rounds: which organisations have written what no checkpoint covers, found once in a while for all of them."""

from datetime import timedelta

from mendline.kernel import definer, fetchval, gateway, recurring, wake
from mendline_tenants.auditing.checkpoints import LATE

_LATE = f"interval '{LATE.total_seconds():.0f} s'"

# An organisation that has been silent for a while costs three looks into an index. For as long as a late transaction
# may still commit, what was recorded shortly before the last look is looked at again: row by row, for a join would be
# planned for the average organisation and read every leaf of the largest.
REQUEST = definer(
    "request_checkpoints()",
    f"""
CREATE OR REPLACE FUNCTION request_checkpoints() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
  WITH looked AS (
    SELECT o.tenant_id, coalesce(CASE WHEN c.covers_until > clock_timestamp() - 2 * {_LATE}
        THEN c.covers_until - {_LATE} ELSE c.covers_until END, '-infinity') AS since
      FROM public.organisation o LEFT JOIN LATERAL (
        SELECT covers_until FROM public.audit_checkpoint c WHERE c.tenant_id = o.tenant_id
         ORDER BY c.number DESC LIMIT 1) c ON true
  ), waiting AS (
    SELECT looked.tenant_id, least(
      (SELECT min(e.recorded_at) FROM public.audit_entry e
        WHERE e.tenant_id = looked.tenant_id AND e.recorded_at >= looked.since AND e.seq > coalesce((
          SELECT max(l.seq) FROM public.audit_leaf l
           WHERE l.tenant_id = looked.tenant_id AND l.ticket_id = e.ticket_id), 0)),
      (SELECT min(b.recorded_at) FROM public.organisation_audit b
        WHERE b.tenant_id = looked.tenant_id AND b.recorded_at >= looked.since AND (
          SELECT l.id FROM public.audit_leaf l WHERE l.tenant_id = looked.tenant_id AND l.id = b.id) IS NULL
      )) AS oldest
      FROM looked
  ), asked AS (
    INSERT INTO public.timer AS t (tenant_id, id, name, key, payload, due_at, attempts, correlation)
    SELECT tenant_id, gen_random_uuid(), 'tenants.checkpoint', 'tenants.checkpoint', '{{}}',
           date_trunc('minute', oldest) + interval '1 minute', 0, ''
      FROM waiting WHERE oldest IS NOT NULL
    ON CONFLICT (tenant_id, key) DO UPDATE SET id = excluded.id, due_at = excluded.due_at, attempts = 0,
      held_until = NULL, completed_at = NULL, error = NULL WHERE t.completed_at IS NOT NULL
    RETURNING 1
  )
  SELECT count(*) FROM asked
$$""",  # noqa: S608 - no value is in it
    {
        "organisation": "SELECT",
        "audit_checkpoint": "SELECT",
        "audit_entry": "SELECT",
        "organisation_audit": "SELECT",
        "audit_leaf": "SELECT",
        "timer": "SELECT, INSERT, UPDATE",
    },
    roles=("gateway",),
)
"""Sets a timer for each organisation that has written: at the end of the minute of its oldest row without checkpoint.

A timer that waits already is left alone. Answers how many were set.
"""


@recurring("request_checkpoints", every=timedelta(seconds=30))
async def request_checkpoints() -> None:
    """Sees to it that every minute in which an organisation wrote gets its checkpoint; what was missed is made up."""
    async with gateway():
        asked = await fetchval("SELECT request_checkpoints()")
    if asked:
        wake()
