"""GraphQL over the audit as others keep it: checkpoints that this organisation was told, and proofs for its tickets."""

from datetime import datetime

import strawberry

from mendline_schema.connections import Connection, connection
from mendline_schema.fields import VIEWER, Order, column, one, over, parts, root
from mendline_schema.filters import refers, since
from mendline_schema.tenants import OrganisationCard, known_organisation


@over("witnessed_checkpoint", needs="read.progress")
class WitnessedCheckpoint:
    """A checkpoint of an organisation's audit as this one was told it: kept elsewhere too, it holds the other to it."""

    organisation: OrganisationCard | None = parts(known_organisation("{t}.organisation"))
    number: int = column()
    statement: str = column(description="A JWS; the keys are at /.well-known/jwks.json.")
    key_id: str = column()
    taken_at: datetime = column()
    received_at: datetime = column()


@over("witnessed_ticket", needs="read.progress")
class TicketProof:
    """That a checkpoint covers the ticket up to one entry: an inclusion proof as in RFC 9162."""

    seq: int = column(description="Of the newest entry that is covered.")
    hash: str = column("encode({t}.hash, 'hex')", description="Of that entry; it speaks for all before it.")
    position: int = column(description="Of the leaf in the checkpoint's tree, from 0.")
    path: list[str] = column(description="Hashes from below, in hex.")
    checkpoint: WitnessedCheckpoint | None = one({"organisation": "organisation", "number": "number"})


@strawberry.input(description="Which checkpoints.")
class WitnessedCheckpointFilter:
    """Which checkpoints."""

    received_since: datetime | None = since("received_at")
    organisation: strawberry.ID | None = refers("organisation", "or")


@root
class AuditQueries:
    """Queries over the audit as others keep it."""

    witnessed_checkpoints: Connection[WitnessedCheckpoint] | None = connection(
        tenant=VIEWER,
        order=Order(("received_at", "id")),
        filter=WitnessedCheckpointFilter,
        description="Checkpoints that this organisation was told, in the order in which they came.",
    )
