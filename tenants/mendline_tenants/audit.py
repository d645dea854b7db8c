"""The audit: who did what to a ticket, told as children of it; and to the organisation, told in its own book."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, Work, correlation_id, definer, execute, fetchval, new_id, now, table


@table(Kind.CHILD, update=(), references={"ticket_id": "ticket"}, group="progress")
class AuditEntry(Record):
    """One command's mark on a ticket: `seq` counts per ticket, `prev_hash` and `hash` chain the entries.

    It names the actor by id and role: the person's name is read from the members of one's own organisation, so that no
    name crosses a border here. `facts` holds progress only. Written by the definer function audit_append alone.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid")
    author_org = fields.UUIDField()
    seq = fields.BigIntField()
    command = fields.TextField()
    actor = fields.UUIDField()
    actor_role = fields.TextField()
    channel = fields.TextField()
    facts = fields.JSONField[dict[str, Any]]()
    occurred_at = fields.DatetimeField()
    claimed = fields.BooleanField(default=False)
    recorded_at = fields.DatetimeField(default=now)
    correlation = fields.TextField(default="")
    prev_hash = fields.BinaryField(null=True)
    hash = fields.BinaryField(null=True)

    class Meta:
        table = "audit_entry"
        unique_together = (("tenant_id", "ticket_id", "seq"),)


@table(Kind.OWN, update=())
class OrganisationAudit(Record):
    """A command of this organisation that touched no ticket, such as a new member or a revoked key."""

    command = fields.TextField()
    actor = fields.UUIDField()
    actor_name = fields.TextField()
    channel = fields.TextField()
    facts = fields.JSONField[dict[str, Any]]()
    occurred_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField(default=now)
    correlation = fields.TextField(default="")

    class Meta:
        table = "organisation_audit"
        indexes = (("tenant_id", "recorded_at"),)


AUDIT_APPEND = definer(
    "audit_append(uuid, uuid, uuid, jsonb)",
    """
CREATE OR REPLACE FUNCTION audit_append(of_tenant uuid, of_ticket uuid, entry_id uuid, entry jsonb) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE head record; chained bytea; stamp timestamptz := clock_timestamp();
BEGIN
  UPDATE public.ticket SET audit_seq = audit_seq + 1
   WHERE tenant_id = of_tenant AND id = of_ticket AND visible_to @> ARRAY[public.cur()]
  RETURNING audit_seq, audit_head, visible_to INTO head;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such ticket' USING ERRCODE = 'P0002'; END IF;
  chained := sha256(coalesce(head.audit_head, ''::bytea)
    || convert_to(of_tenant::text || of_ticket::text || head.audit_seq::text || public.cur()::text
    || (extract(epoch FROM stamp) * 1000000)::bigint::text || entry::text, 'UTF8'));
  INSERT INTO public.audit_entry (tenant_id, id, ticket_id, visible_to, author_org, seq, command, actor, actor_role,
    channel, facts, occurred_at, claimed, recorded_at, correlation, prev_hash, hash)
  VALUES (of_tenant, entry_id, of_ticket, head.visible_to, public.cur(), head.audit_seq, entry->>'command',
    (entry->>'actor')::uuid, entry->>'actor_role', entry->>'channel', entry->'facts',
    (entry->>'occurred_at')::timestamptz, (entry->>'claimed')::boolean, stamp, entry->>'correlation',
    head.audit_head, chained);
  UPDATE public.ticket SET audit_head = chained WHERE tenant_id = of_tenant AND id = of_ticket;
  RETURN head.visible_to;
END $$""",
    {"ticket": "SELECT, UPDATE (audit_seq, audit_head)", "audit_entry": "SELECT, INSERT"},
)
"""The one way an audit entry comes to be: numbered and chained on the ticket's row, seen by who sees the ticket."""


async def audit(work: Work) -> list[UUID]:
    """Writes what a command did, and answers the organisations that may know: the tickets' viewers, or its own."""
    actor: Any = work.actor
    entry = {
        "command": work.command,
        "actor": str(actor.id),
        "actor_role": actor.role,
        "channel": actor.channel,
        "occurred_at": work.occurred_at.isoformat(),
        "claimed": work.claimed,
        "correlation": correlation_id(),
    }
    viewers: set[UUID] = set()
    for ticket in sorted(work.touched):
        seen = await fetchval(
            "SELECT audit_append($1, $2, $3, $4)",
            ticket.tenant,
            ticket.id,
            new_id(),
            {**entry, "facts": work.touched[ticket]},
        )
        viewers.update(seen)
    if viewers:
        return sorted(viewers)
    await execute(
        "INSERT INTO organisation_audit (tenant_id, id, command, actor, actor_name, channel, facts, occurred_at,"
        " recorded_at, correlation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        actor.organisation,
        new_id(),
        work.command,
        actor.id,
        actor.name,
        actor.channel,
        work.facts,
        work.occurred_at,
        now(),
        correlation_id(),
    )
    return [actor.organisation]
