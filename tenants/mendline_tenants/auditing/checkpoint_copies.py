"""Copies: each checkpoint, with its leaves, as an object in S3 that nobody can change or remove for years."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from mendline.kernel import Envelope, Later, StoreAway, consumer, put_locked, settings, transaction
from mendline_tenants.auditing.checkpoints import CheckpointMade, checkpoint_and_leaves

_PAUSE = 60.0
"""Seconds until the store is tried again; it does not count as a failure, however long the store is away."""


class LeafCopy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A leaf in a copy: a ticket's entry, or (without ticket and seq) a row of the book. hash in hex."""

    id: UUID
    hash: str
    ticket: UUID | None = None
    seq: int | None = None


class CheckpointCopy(msgspec.Struct, frozen=True):
    """What lies in S3: the signed statement, and the leaves of its tree in their order."""

    statement: str
    leaves: list[LeafCopy]


def copy_prefix(tenant: UUID) -> str:
    """Where an organisation's copies lie in the audit's bucket."""
    return f"{tenant}/checkpoints/"


def copy_key(tenant: UUID, number: int) -> str:
    """Where the copy of a checkpoint lies; keys sort as numbers do."""
    return f"{copy_prefix(tenant)}{number:012d}.json"


def copy_of(statement: str, leaves: list[Any]) -> CheckpointCopy:
    """The copy of a checkpoint; leaves are records with the columns of LEAVES."""
    made = [LeafCopy(leaf["id"], leaf["hash"].hex(), leaf["ticket_id"], leaf["seq"]) for leaf in leaves]
    return CheckpointCopy(statement, made)


@consumer("tenants.copy_checkpoint", CheckpointMade)
async def copy_checkpoint(envelope: Envelope) -> None:
    """Stores the copy, locked. Raises Later while the store is away."""
    tenant, number = envelope.organisation, envelope.event.number
    async with transaction(tenant):
        checkpoint, leaves = await checkpoint_and_leaves(tenant, number)
    body = msgspec.json.encode(copy_of(checkpoint.statement, leaves))
    until = checkpoint.taken_at + timedelta(days=settings().audit_retention_days)
    try:
        await put_locked(copy_key(tenant, number), body, "application/json", until)
    except StoreAway:
        raise Later(_PAUSE) from None
