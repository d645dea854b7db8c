"""Witnesses: every participant of a ticket keeps the checkpoints that cover it, and proofs that they do."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import asyncpg
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from mendline.kernel import (
    Envelope,
    Kind,
    Record,
    consumer,
    execute,
    fetch,
    fetchval,
    log,
    now,
    table,
    transaction,
)
from mendline_tenants.auditing.book import note
from mendline_tenants.auditing.checkpoints import AuditCheckpoint, CheckpointMade, checkpoint_and_leaves, tree_of


@table(Kind.OWN, append_only=True)
class WitnessedCheckpoint(Record):
    """A checkpoint of an organisation (of another, or this one's own) as this organisation was told it."""

    organisation = fields.UUIDField()
    number = fields.BigIntField()
    statement = fields.TextField()
    key_id = fields.TextField()
    taken_at = fields.DatetimeField()
    received_at = fields.DatetimeField(default=now)

    class Meta:
        table = "witnessed_checkpoint"
        unique_together = (("tenant_id", "organisation", "number"),)
        # The second for the auditor, who asks what everybody holds of one organisation.
        indexes = (("tenant_id", "received_at", "id"), ("organisation", "number"))


@table(
    Kind.OWN,
    key=("tenant_id", "organisation", "ticket_id"),
    update=("number", "seq", "hash", "position", "path"),
)
class WitnessedTicket(Record):
    """The newest entry of a ticket that a witnessed checkpoint covers, and the proof.

    hash: the entry's, which speaks for all before it. position: of its leaf in the tree of checkpoint `number`.
    path: the inclusion proof, hashes in hex, from below.
    """

    organisation = fields.UUIDField()
    ticket_id = fields.UUIDField()
    number = fields.BigIntField()
    seq = fields.BigIntField()
    hash = fields.BinaryField()
    position = fields.IntField()
    path = ArrayField("text")

    class Meta:
        table = "witnessed_ticket"


_VIEWERS = "SELECT id, visible_to FROM ticket WHERE tenant_id = $1 AND id = ANY ($2)"

_KEEP = """
INSERT INTO witnessed_checkpoint (tenant_id, id, organisation, number, statement, key_id, taken_at, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""

_KEPT = "SELECT statement FROM witnessed_checkpoint WHERE tenant_id = $1 AND organisation = $2 AND number = $3"

_PROOFS = """
INSERT INTO witnessed_ticket AS w (tenant_id, id, organisation, ticket_id, number, seq, hash, position, path)
SELECT $1, p.id, $2, p.ticket_id, $3, p.seq, decode(p.hash, 'hex'), p.position, p.path
  FROM jsonb_to_recordset($4) AS p(id uuid, ticket_id uuid, seq bigint, hash text, position int, path text[])
    ON CONFLICT (tenant_id, organisation, ticket_id) DO UPDATE SET number = excluded.number, seq = excluded.seq,
       hash = excluded.hash, position = excluded.position, path = excluded.path WHERE w.number < excluded.number
"""


@consumer("tenants.tell_witnesses", CheckpointMade)
async def tell_witnesses(envelope: Envelope) -> None:
    """Hands a checkpoint to whoever sees a ticket that moved, with proofs for the tickets that it sees and no more.

    Each keeps it in a transaction of its own. It is no command: an entry about it would ask for a checkpoint in turn.
    """
    tenant, number = envelope.organisation, envelope.event.number
    async with transaction(tenant):
        checkpoint, leaves = await checkpoint_and_leaves(tenant, number)
        tickets = [leaf["ticket_id"] for leaf in leaves if leaf["ticket_id"]]
        viewers = {row["id"]: row["visible_to"] for row in await fetch(_VIEWERS, tenant, tickets)}
    for witness, proofs in _proofs(leaves, viewers).items():
        await _keep(witness, checkpoint, proofs)


def _proofs(leaves: list[asyncpg.Record], viewers: dict[UUID, list[UUID]]) -> dict[UUID, list[dict[str, Any]]]:
    """What each witness is told of the tickets that it sees, in the order of their leaves."""
    tree = tree_of(leaves)
    told: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for position, leaf in enumerate(leaves):
        if leaf["ticket_id"] is None:
            continue
        proof = {
            "id": leaf["id"],
            "ticket_id": leaf["ticket_id"],
            "seq": leaf["seq"],
            "hash": leaf["hash"].hex(),
            "position": position,
            "path": [neighbour.hex() for neighbour in tree.path(position)],
        }
        for witness in viewers.get(leaf["ticket_id"], ()):
            told[witness].append(proof)
    return told


async def _keep(witness: UUID, checkpoint: AuditCheckpoint, proofs: list[dict[str, Any]]) -> None:
    async with transaction(witness):
        await execute(
            _KEEP,
            witness,
            checkpoint.id,
            checkpoint.tenant_id,
            checkpoint.number,
            checkpoint.statement,
            checkpoint.key_id,
            checkpoint.taken_at,
            now(),
        )
        kept = await fetchval(_KEPT, witness, checkpoint.tenant_id, checkpoint.number)
        if kept != checkpoint.statement:
            await _contradicted(witness, checkpoint)
            return
        await execute(_PROOFS, witness, checkpoint.tenant_id, checkpoint.number, proofs)


async def _contradicted(witness: UUID, checkpoint: AuditCheckpoint) -> None:
    """What was witnessed stays; that another checkpoint of the same number came stands in the witness's own book."""
    facts = {"organisation": str(checkpoint.tenant_id), "number": checkpoint.number}
    log.error("checkpoint_contradicted", witness=str(witness), **facts)
    await note(witness, witness, "system", "system", "tenants.checkpoint_contradicted", **facts)
