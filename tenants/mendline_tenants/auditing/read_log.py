"""The read log: who of this organisation read people's names or what a ward said, of which tickets, and when."""

from collections.abc import Iterable
from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import GinIndex

from mendline.kernel import Kind, Record, Reference, correlation_id, definer, now, rows, table
from mendline_tenants.actor import Actor

SENSITIVE = ("people", "clinical")
"""The field groups whose reading is itself recorded."""

LONGEST_NAME = 200
"""Characters of an operation's name that are kept; a client may call its operation anything."""


@table(Kind.OWN, append_only=True)
class ReadLog(Record):
    """One read of sensitive fields: never changed, never deleted, in the book of the organisation that read.

    operation: what the client called it, or a verb's or an export's name. document_hash: SHA-256 in hex of the GraphQL
    document, empty elsewhere. tickets: the ids of what was read, each with its tenant at the same place in `owners`.
    arguments: what was asked for, ids and filters alone.
    """

    actor = fields.UUIDField()
    actor_kind = fields.TextField()
    actor_role = fields.TextField()
    actor_name = fields.TextField()
    channel = fields.TextField()
    operation = fields.TextField()
    document_hash = fields.TextField(default="")
    groups = ArrayField("text")
    owners = ArrayField("uuid")
    tickets = ArrayField("uuid")
    arguments = fields.JSONField[dict[str, Any]](default=dict)
    correlation = fields.TextField(default="")
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "read_log"
        indexes = (
            ("tenant_id", "recorded_at", "id"),
            ("tenant_id", "actor", "recorded_at", "id"),
            GinIndex(fields=("tickets",)),
        )


READS_OF_TICKET = definer(
    "reads_of_ticket(uuid, uuid, uuid)",
    """
CREATE OR REPLACE FUNCTION reads_of_ticket(of_reader uuid, of_tenant uuid, of_ticket uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT l.id FROM public.read_log l WHERE l.tickets @> ARRAY[of_ticket] AND l.owners @> ARRAY[of_tenant]
   AND l.tenant_id = of_reader AND of_reader = public.cur()
$$""",
    {"read_log": "SELECT"},
)
"""The ids of an organisation's own reads of one ticket, by index: `@>` is not leakproof, so that under row-level
security the index would lie unused. The rows themselves are read again under row-level security."""


async def note_read(
    actor: Actor, operation: str, groups: Iterable[str], tickets: Iterable[Reference], /, **arguments: Any
) -> None:
    """Records a read that no compiled statement made (in a chat, by an export), in the current transaction.

    groups: field groups that were read; those that are not SENSITIVE may be among them (an export names all). Nothing
    is written when no group or no ticket was read.
    """
    read, named = sorted(set(tickets)), sorted(set(groups))
    if not (read and named):
        return
    await rows.insert(
        ReadLog(
            tenant_id=actor.organisation,
            actor=actor.id,
            actor_kind=actor.kind,
            actor_role=actor.role,
            actor_name=actor.name,
            channel=actor.channel,
            operation=operation[:LONGEST_NAME],
            groups=named,
            owners=[ticket.tenant for ticket in read],
            tickets=[ticket.id for ticket in read],
            arguments=arguments,
            correlation=correlation_id(),
        )
    )
