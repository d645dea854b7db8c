"""The audit: who did what to a ticket, told as children of it; and to the organisation, told in its own book."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import Kind, Record, Reference, Work, correlation_id, definer, execute, new_id, now, table


@table(Kind.CHILD, append_only=True, references={"ticket_id": "ticket"}, group="progress")
class AuditEntry(Record):
    """One command's mark on a ticket: `seq` counts per ticket, `prev_hash` and `hash` chain the entries.

    It names the actor by id and role: the person's name is read from the members of one's own organisation, so that no
    name crosses a border here. `facts` holds progress only. Written by the definer function audit_append alone.
    """

    ticket_id = fields.UUIDField()
    visible_to = ArrayField("uuid")
    narrowed = fields.BooleanField(default=False, db_default=False)
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
        indexes = (
            ("tenant_id", "recorded_at", "id"),
            ("tenant_id", "command", "recorded_at", "id"),
            ("tenant_id", "actor", "recorded_at", "id"),
            ("tenant_id", "channel", "recorded_at", "id"),
        )


@table(Kind.OWN, append_only=True)
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
        indexes = (
            ("tenant_id", "recorded_at", "id"),
            ("tenant_id", "command", "recorded_at", "id"),
            ("tenant_id", "actor", "recorded_at", "id"),
            ("tenant_id", "channel", "recorded_at", "id"),
        )


DIGEST = """sha256(coalesce(e.prev_hash, ''::bytea) || convert_to(jsonb_build_array(e.tenant_id, e.id, e.ticket_id,
    e.seq, e.author_org, e.command, e.actor, e.actor_role, e.channel, e.facts, extract(epoch FROM e.occurred_at),
    e.claimed, extract(epoch FROM e.recorded_at), e.correlation)::text, 'UTF8'))"""
"""What an entry's hash is: of the hash before it and of every column as stored, so that anyone can compute it again.

`visible_to` and `narrowed` are outside it: sharing changes the one, and the entries of share and unshare say so; the
other is false for every entry.
"""

BOOK_DIGEST = """sha256(convert_to(jsonb_build_array(b.tenant_id, b.id, b.command, b.actor, b.actor_name, b.channel,
    b.facts, extract(epoch FROM b.occurred_at), extract(epoch FROM b.recorded_at), b.correlation)::text, 'UTF8'))"""
"""What stands for a row of the organisation's book in a checkpoint: the hash of every column as stored."""

AUDIT_APPEND = definer(
    "audit_append(uuid, uuid, uuid, jsonb)",
    f"""
CREATE OR REPLACE FUNCTION audit_append(of_tenant uuid, of_ticket uuid, entry_id uuid, entry jsonb) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE e public.audit_entry; viewers uuid[];
BEGIN
  SELECT audit_seq + 1, audit_head, visible_to INTO e.seq, e.prev_hash, viewers FROM public.ticket
   WHERE tenant_id = of_tenant AND id = of_ticket AND visible_to @> ARRAY[public.cur()] FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such ticket' USING ERRCODE = 'P0002'; END IF;
  e.tenant_id := of_tenant; e.id := entry_id; e.ticket_id := of_ticket; e.author_org := public.cur();
  e.command := entry->>'command'; e.actor := entry->>'actor'; e.actor_role := entry->>'actor_role';
  e.channel := entry->>'channel'; e.facts := entry->'facts'; e.occurred_at := entry->>'occurred_at';
  e.claimed := entry->>'claimed'; e.recorded_at := clock_timestamp(); e.correlation := entry->>'correlation';
  e.hash := {DIGEST};
  INSERT INTO public.audit_entry SELECT e.*;
  UPDATE public.ticket SET audit_seq = e.seq, audit_head = e.hash WHERE tenant_id = of_tenant AND id = of_ticket;
  RETURN viewers;
END $$""",  # noqa: S608 - no value is in it
    {"ticket": "SELECT, UPDATE (audit_seq, audit_head)", "audit_entry": "SELECT, INSERT"},
)
"""The one way an audit entry comes to be: numbered and chained on the ticket's row, seen by who sees the ticket."""


def entry_of(work: Work, ticket: Reference) -> dict[str, Any]:
    """The entry about one ticket that a command touched, as audit_append takes it."""
    actor: Any = work.actor
    return {
        "command": work.command,
        "actor": actor.id,
        "actor_role": actor.role,
        "channel": actor.channel,
        "occurred_at": work.occurred_at,
        "claimed": work.claimed,
        "correlation": correlation_id(),
        "facts": _asked(actor, work.touched[ticket]),
    }


def _asked(actor: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of an act, with the other organisation that stands behind it, where one does."""
    return facts | {"asked_by": str(actor.asked_by)} if actor.asked_by else facts


async def note_command(work: Work) -> None:
    """Writes a command that touched no ticket into the organisation's own book."""
    actor: Any = work.actor
    facts = _asked(actor, work.facts)
    await note(actor.organisation, actor.id, actor.name, actor.channel, work.command, work.occurred_at, **facts)


# The database says when: checkpoints ask what was recorded since, and clocks of other machines may be late.
_NOTE = """
INSERT INTO organisation_audit (tenant_id, id, command, actor, actor_name, channel, facts, occurred_at, correlation,
  recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp())
"""


async def note(
    organisation: UUID,
    actor: UUID,
    name: str,
    channel: str,
    command: str,
    occurred_at: datetime | None = None,
    /,
    **facts: Any,
) -> None:
    """Writes into the organisation's own book, in the current transaction; also for what is no command (a login)."""
    await execute(
        _NOTE, organisation, new_id(), command, actor, name, channel, facts, occurred_at or now(), correlation_id()
    )
