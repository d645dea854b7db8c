"""Checkpoints: what an organisation has written since the last one, as one signed Merkle root that links to it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from tortoise import fields

from mendline.kernel import (
    Kind,
    Record,
    Timer,
    announce,
    event,
    execute,
    fetch,
    fetchval,
    log,
    new_id,
    rows,
    table,
    timer,
    transaction,
    wake,
)
from mendline_tenants.auditing.book import BOOK_DIGEST
from mendline_tenants.auditing.merkle import MerkleTree, leaf_hash
from mendline_tenants.auditing.statements import Statement, key_id, sign, statement_hash

LATE = timedelta(minutes=5)
"""How long after a row was recorded its transaction may commit; later ones wait for `mendline audit checkpoint`."""

LARGEST = 10_000
"""Tickets, and rows of the book, in one checkpoint at most; more than that become several in a row."""


@table(Kind.OWN, append_only=True)
class AuditCheckpoint(Record):
    """A checkpoint of this organisation: the signed statement and what it says (see Statement).

    covers_until: what was recorded LATE before this moment is in this checkpoint or in one before it; null when
    nothing is certain yet.
    """

    number = fields.BigIntField()
    start = fields.BigIntField()
    size = fields.IntField()
    root = fields.BinaryField()
    statement = fields.TextField()
    key_id = fields.TextField()
    taken_at = fields.DatetimeField()
    covers_until = fields.DatetimeField(null=True)

    class Meta:
        table = "audit_checkpoint"
        unique_together = (("tenant_id", "number"),)


@table(Kind.OWN, append_only=True)
class AuditLeaf(Record):
    """What one leaf of a checkpoint's tree stands for; its id is the entry's.

    Of a ticket it is the newest entry then, whose hash speaks for all before it; `ticket_id` and `seq` are null for a
    row of the organisation's book. hash: the entry's own, or the digest of the book's row. position: counts from 0
    through all checkpoints, each of which has those from its `start` on.
    """

    position = fields.BigIntField()
    ticket_id = fields.UUIDField(null=True)
    seq = fields.BigIntField(null=True)
    hash = fields.BinaryField()

    class Meta:
        table = "audit_leaf"
        unique_together = (("tenant_id", "position"),)
        indexes = (("tenant_id", "ticket_id", "seq"),)


@event("tenants.checkpoint_made")
class CheckpointMade(msgspec.Struct, frozen=True):
    """An organisation has a new checkpoint; it is yet to be copied and told."""

    number: int


def leaf_of(id: UUID, ticket: UUID | None, seq: int | None, hash: bytes) -> bytes:
    """The hash of a leaf. Nobody can guess it who has not read the entry: its hash covers random ids and the time."""
    if ticket is None or seq is None:
        return leaf_hash(b"book" + id.bytes + hash)
    return leaf_hash(b"ticket" + ticket.bytes + seq.to_bytes(8) + hash)


LEAVES = """
SELECT id, ticket_id, seq, hash, position FROM audit_leaf
 WHERE tenant_id = $1 AND position >= $2 AND position < $2 + $3 ORDER BY position
"""
"""The leaves from a position on, so many."""


async def checkpoint_and_leaves(tenant: UUID, number: int) -> tuple[AuditCheckpoint, list[asyncpg.Record]]:
    """A checkpoint of the bound organisation and its leaves, in the current transaction."""
    (checkpoint,) = await rows.select(AuditCheckpoint, "tenant_id = $1 AND number = $2", tenant, number)
    return checkpoint, await fetch(LEAVES, tenant, checkpoint.start, checkpoint.size)


def tree_of(leaves: Sequence[Any]) -> MerkleTree:
    """The tree over leaves (AuditLeaf, or records with its columns) in their order."""
    return MerkleTree([leaf_of(leaf["id"], leaf["ticket_id"], leaf["seq"], leaf["hash"]) for leaf in leaves])


@timer("tenants.checkpoint")
async def checkpoint_due(due: Timer) -> None:
    """Makes the checkpoint that `request_checkpoints` has asked for."""
    await make_checkpoints(due.tenant_id)


async def make_checkpoints(tenant: UUID, *, from_the_beginning: bool = False) -> int:
    """Covers whatever the organisation has written and no checkpoint covers yet; answers how many checkpoints it took.

    What is not committed yet is left for the next one: nothing is decided by the clock but how far back to look.
    from_the_beginning: look at everything, not only at what is newer than LATE before the last look.
    """
    made = 0
    while await _make_one(tenant, from_the_beginning):
        made += 1
    if made:
        wake()
    return made


# Row by row: a join would be planned for the average organisation and read every leaf of the largest.
# One ticket's entries commit in their order, for each locks the ticket: the newest that is seen speaks for the rest.
_HEADS = """
SELECT DISTINCT ON (e.ticket_id) e.id, e.ticket_id, e.seq, e.hash FROM audit_entry e
 WHERE e.tenant_id = $1 AND e.recorded_at >= $2 AND e.seq > coalesce((
   SELECT max(l.seq) FROM audit_leaf l WHERE l.tenant_id = $1 AND l.ticket_id = e.ticket_id), 0)
 ORDER BY e.ticket_id, e.seq DESC LIMIT $3
"""

_BOOK = f"""
SELECT b.id, NULL::uuid AS ticket_id, NULL::bigint AS seq, {BOOK_DIGEST} AS hash FROM organisation_audit b
 WHERE b.tenant_id = $1 AND b.recorded_at >= $2 AND (
   SELECT l.id FROM audit_leaf l WHERE l.tenant_id = $1 AND l.id = b.id) IS NULL
 ORDER BY b.recorded_at, b.id LIMIT $3
"""  # noqa: S608 - no value is in it

_LEAVES = """
INSERT INTO audit_leaf (tenant_id, position, id, ticket_id, seq, hash)
SELECT $1, $2 + place - 1, id, ticket_id, seq, hash
  FROM unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bytea[]) WITH ORDINALITY AS l(id, ticket_id, seq, hash, place)
"""


async def _make_one(tenant: UUID, from_the_beginning: bool) -> bool:
    async with transaction(tenant):
        # Two workers may be at it when one was taken for dead; the second then finds nothing to do.
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"checkpoint:{tenant}")
        last = await rows.first(AuditCheckpoint, "tenant_id = $1 ORDER BY number DESC", tenant)
        moment: datetime = await fetchval("SELECT clock_timestamp()")  # before anything is looked at
        known = last.covers_until if last and not from_the_beginning else None
        since = known - LATE if known else datetime.min.replace(tzinfo=UTC)
        found: list[list[asyncpg.Record]] = [await fetch(sql, tenant, since, LARGEST) for sql in (_HEADS, _BOOK)]
        leaves = [leaf for part in found for leaf in part]
        if not leaves:
            return False
        complete = all(len(part) < LARGEST for part in found)
        checkpoint = _checkpoint(tenant, last, leaves, moment, moment if complete else known)
        columns = [[leaf[name] for leaf in leaves] for name in ("id", "ticket_id", "seq", "hash")]
        await rows.insert(checkpoint)
        await execute(_LEAVES, tenant, checkpoint.start, *columns)
        await announce(tenant, CheckpointMade(checkpoint.number))
    log.info("checkpoint", organisation=str(tenant), number=checkpoint.number, leaves=checkpoint.size)
    return True


def _checkpoint(
    tenant: UUID, last: AuditCheckpoint | None, leaves: list[asyncpg.Record], at: datetime, until: datetime | None
) -> AuditCheckpoint:
    root = tree_of(leaves).root
    number, start = (last.number + 1, last.start + last.size) if last else (1, 0)
    previous = statement_hash(last.statement).hex() if last else None
    signed = sign(Statement(tenant, number, start, len(leaves), root.hex(), previous, at))
    return AuditCheckpoint(
        tenant_id=tenant,
        id=new_id(),
        number=number,
        start=start,
        size=len(leaves),
        root=root,
        statement=signed,
        key_id=key_id(signed),
        taken_at=at,
        covers_until=until,
    )
