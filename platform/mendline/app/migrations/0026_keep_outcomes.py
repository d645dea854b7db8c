"""How a ticket ended is kept on it and on the lists; of those that have ended, its events tell."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

TOLD = """CASE
  WHEN t.state = 'duplicate' OR t.duplicate_of_id IS NOT NULL THEN 'duplicate'
  WHEN t.state IN ('cancelled', 'condemned') THEN t.state
  WHEN t.state IN ('approved', 'archived') THEN coalesce((
    SELECT CASE e.command WHEN 'tickets.cancel' THEN 'cancelled' WHEN 'quality.condemn' THEN 'condemned'
      ELSE 'passed_on' END
    FROM audit_entry e
    WHERE e.tenant_id = t.tenant_id AND e.ticket_id = t.id
      AND e.command IN ('tickets.cancel', 'quality.condemn', 'quality.conclude')
    ORDER BY e.seq DESC LIMIT 1), 'completed')
  END"""
"""What state, link and audit of the ticket `t` tell of how it ended."""

_LISTED = """
UPDATE worklist w SET outcome = t.outcome FROM ticket t
 WHERE t.tenant_id = w.owner_id AND t.id = w.ticket_id AND t.outcome IS NOT NULL"""
"""The rows keep their places in the feed: what was known in another form is no news."""


def _backfill() -> list[str]:
    """The owner is under row-level security too: it is not forced for as long as this takes."""
    touched = ("ticket", "audit_entry", "worklist")
    return [
        *(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY' for table in touched),
        f"UPDATE ticket t SET outcome = {TOLD} WHERE t.state IN ('approved', 'archived') OR t.phase = 'closed'",
        _LISTED,
        *(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY' for table in touched),
    ]


class Migration(migrations.Migration):
    dependencies = [('mendline', '0025_keep_narrowed')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Ticket',
            name='outcome',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='WorklistRow',
            name='outcome',
            field=fields.TextField(null=True, unique=False),
        ),
        *(ops.RunSQL(sql, reverse_sql="SELECT 1") for sql in _backfill()),
    ]
