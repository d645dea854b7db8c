"""GraphQL over the audit as others keep it: checkpoints that this organisation was told, and proofs for its tickets."""

from datetime import datetime

import msgspec
import strawberry

from mendline.kernel import presign_download
from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import AuditExportFormat, AuditExportState
from mendline_schema.declarations.fields import VIEWER, Order, column, finished, one, over, parts, root
from mendline_schema.declarations.filters import refers, since
from mendline_schema.kernel import Node
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


def sign_export(text: str) -> str:
    """The URL of an export's file, from its key and name as a JSON list."""
    key, filename = msgspec.json.decode(text, type=tuple[str, str])
    return presign_download(key, filename)


@over("audit_export", needs="tenants.export", kind="ax")
class AuditExport(Node):
    """This organisation's audit as a file. Size in bytes, SHA-256 in hex: of the file, once it is done."""

    state: AuditExportState = column()
    format: AuditExportFormat = column()
    since: datetime | None = column()
    until: datetime = column()
    asked_by_name: str = column()
    asked_at: datetime = column()
    rows: int = column(description="Written so far.")
    size: int | None = column()
    sha256: str | None = column()
    statement: str | None = column(description="The newest checkpoint when it was written.")
    finished_at: datetime | None = column()
    download_url: str | None = finished(
        sign_export,
        "CASE WHEN {t}.state = 'done' THEN json_build_array({t}.key, 'audit-' || to_char({t}.until, 'YYYY-MM-DD') ||"
        " '.' || {t}.format)::text END",
        recorded=True,
        description="Gives the file for five minutes; that it was asked for stands in the read log.",
    )


@strawberry.input(description="Which checkpoints.")
class WitnessedCheckpointFilter:
    """Which checkpoints."""

    received_since: datetime | None = since("received_at")
    organisation: strawberry.ID | None = refers("organisation", "or")


@root
class AuditQueries:
    """Queries over the audit as others keep it."""

    audit_exports: Connection[AuditExport] | None = connection(tenant=VIEWER, order=Order(("id",), descending=True))
    witnessed_checkpoints: Connection[WitnessedCheckpoint] | None = connection(
        tenant=VIEWER,
        order=Order(("received_at", "id")),
        filter=WitnessedCheckpointFilter,
        description="Checkpoints that this organisation was told, in the order in which they came.",
    )
