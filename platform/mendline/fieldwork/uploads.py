"""Uploading evidence: straight from the client to S3, or from a chat by way of us; bound to its ticket either way."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mendline.fieldwork.evidence import Evidence
from mendline.kernel import (
    DomainError,
    EvidenceId,
    Reference,
    TicketId,
    command,
    opaque,
    parse_opaque,
    rows,
    settings,
    work,
)
from mendline.tickets import Ticket, add_message, lock_ticket, note_change, require_group
from mendline_tenants import Actor

MEDIA_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
    "video/mp4",
    "application/pdf",
    "text/plain",
    "text/csv",
    "application/zip",
    "application/octet-stream",
)
"""What may be evidence. Nothing that a browser would run."""


class FileFacts(Struct, frozen=True, kw_only=True):
    """What is known of a file before anyone looks inside: size in bytes, SHA-256 in hex."""

    ticket: TicketId
    kind: Literal["photo", "file", "voice", "video", "document"] = "photo"
    filename: Annotated[str, Meta(min_length=1, max_length=200)]
    media_type: str
    size: Annotated[int, Meta(gt=0)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    caption: Annotated[str, Meta(max_length=1024)] = ""


class RequestUpload(FileFacts, frozen=True, kw_only=True):
    """Asks to upload a file straight to S3."""


class AttachEvidence(FileFacts, frozen=True, kw_only=True):
    """Binds a file that already lies in S3 under its `evidence_key`."""


class EvidenceResult(Struct, frozen=True):
    """The evidence, where it lies, and its ticket."""

    evidence: EvidenceId
    ticket: TicketId
    key: str
    size: int
    media_type: str
    sha256: str


def evidence_key(tenant: UUID, ticket: UUID, sha256: str) -> str:
    """Where a file of a ticket lies in S3: the same bytes lie in the same place."""
    return f"{tenant}/{ticket}/{sha256}"


@command("fieldwork.request_upload", "fieldwork.evidence")
async def request_upload(actor: Actor, input: RequestUpload) -> EvidenceResult:
    """Prepares an upload: the evidence is awaited until `confirm_upload` finds it in S3."""
    ticket = await _open(actor, input)
    return _answer(ticket, await _record(actor, ticket, input, "awaited"))


@command("fieldwork.attach_evidence", "fieldwork.evidence")
async def attach_evidence(actor: Actor, input: AttachEvidence) -> EvidenceResult:
    """Binds a file that we stored ourselves, with its caption as a message."""
    ticket = await _open(actor, input)
    evidence = await _record(actor, ticket, input, "stored")
    await _show(actor, ticket, evidence)
    return _answer(ticket, evidence)


class ConfirmUpload(Struct, frozen=True):
    """What S3 says of the uploaded file; the channel asks S3 and hands its answer in."""

    evidence: EvidenceId
    size: int
    sha256: str


@command("fieldwork.confirm_upload", "fieldwork.evidence")
async def confirm_upload(actor: Actor, input: ConfirmUpload) -> EvidenceResult:
    """Turns awaited evidence into stored evidence. Raises evidence_differs when S3 holds other bytes,
    and ticket_closed: what is archived is complete.
    """
    reference = parse_opaque("ev", input.evidence)
    evidence = await rows.get(Evidence, *reference)
    ticket = await lock_ticket(Reference(evidence.tenant_id, evidence.ticket_id))
    evidence = await rows.get(Evidence, *reference)  # again: it may have been confirmed while we waited for the ticket
    if evidence.author_org != actor.organisation:
        raise DomainError("wrong_part", part="author", number=ticket.number)
    if (input.size, input.sha256) != (evidence.size, evidence.sha256):
        raise DomainError("evidence_differs", filename=evidence.filename)
    if evidence.state != "stored":
        _require_open(ticket)
        await rows.update(evidence, state="stored", stored_at=work().occurred_at)
        await _show(actor, ticket, evidence)
    return _answer(ticket, evidence)


async def _open(actor: Actor, input: FileFacts) -> Ticket:
    limit = settings().evidence_limit_bytes
    if input.size > limit:
        raise DomainError("evidence_too_large", size=input.size, limit=limit, limit_mb=limit // (1024 * 1024))
    if input.media_type not in MEDIA_TYPES:
        raise DomainError("evidence_type", media_type=input.media_type[:100], allowed=", ".join(MEDIA_TYPES))
    ticket = await lock_ticket(parse_opaque("tk", input.ticket))
    require_group(actor, ticket, "messages")
    _require_open(ticket)
    return ticket


def _require_open(ticket: Ticket) -> None:
    if ticket.phase == "closed":
        raise DomainError("ticket_closed", number=ticket.number, state=ticket.state)


async def _record(actor: Actor, ticket: Ticket, input: FileFacts, state: str) -> Evidence:
    moment = work().occurred_at
    evidence = Evidence(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        author_org=actor.organisation,
        author_id=actor.id,
        author_name=actor.name,
        kind=input.kind,
        filename=input.filename.replace("/", "_").replace("\\", "_"),
        media_type=input.media_type,
        size=input.size,
        sha256=input.sha256,
        key=evidence_key(ticket.tenant_id, ticket.id, input.sha256),
        caption=input.caption,
        state=state,
        occurred_at=moment,
        stored_at=moment if state == "stored" else None,
    )
    await rows.insert(evidence)
    return evidence


async def _show(actor: Actor, ticket: Ticket, evidence: Evidence) -> None:
    await add_message(actor, ticket, evidence.kind, evidence.caption, evidence.id)
    await note_change(actor, ticket, evidence=evidence.kind, sha256=evidence.sha256)


def _answer(ticket: Ticket, evidence: Evidence) -> EvidenceResult:
    return EvidenceResult(
        opaque("ev", evidence.tenant_id, evidence.id),
        opaque("tk", ticket.tenant_id, ticket.id),
        evidence.key,
        evidence.size,
        evidence.media_type,
        evidence.sha256,
    )
