"""Uploading evidence over GraphQL: the command prepares it, S3 takes the bytes, S3's own word confirms them."""

import msgspec

from mendline.fieldwork import EvidenceResult, RequestUpload
from mendline.kernel import (
    DomainError,
    EvidenceId,
    TicketId,
    fetchrow,
    not_found,
    parse_opaque,
    presign_upload,
    run,
    stat_blob,
    transaction,
)
from mendline_schema.calls import Options
from mendline_schema.context import Context


class Header(msgspec.Struct, frozen=True):
    """A header that must be sent as it is."""

    name: str
    value: str


class UploadRequested(msgspec.Struct, frozen=True):
    """Where and how to PUT the file within fifteen minutes."""

    evidence: EvidenceId
    ticket: TicketId
    url: str
    headers: list[Header]


class ConfirmUploaded(msgspec.Struct, frozen=True):
    """The evidence whose file has been uploaded."""

    evidence: EvidenceId


async def request_upload(context: Context, input: RequestUpload, options: Options) -> UploadRequested:
    """Prepares an upload of exactly these bytes, straight to the store."""
    result: EvidenceResult = await run(
        context.actor, "fieldwork.request_upload", input, key=options.key, expected_version=options.expected_version
    )
    upload = presign_upload(result.key, result.size, result.media_type, result.sha256)
    headers = [Header(name, value) for name, value in upload.headers.items()]
    return UploadRequested(result.evidence, result.ticket, upload.url, headers)


async def confirm_upload(context: Context, input: ConfirmUploaded, options: Options) -> EvidenceResult:
    """Tells that the file has been uploaded; the store is asked whether these very bytes are there."""
    reference = parse_opaque("ev", input.evidence)
    async with transaction(context.actor.organisation):
        row = await fetchrow(
            "SELECT key, filename FROM evidence WHERE tenant_id = $1 AND id = $2", reference.tenant, reference.id
        )
    if row is None:
        raise not_found("evidence")
    stored = await stat_blob(row["key"])
    if stored is None:
        raise DomainError("evidence_not_uploaded", filename=row["filename"])
    given = {"evidence": input.evidence, "size": stored.size, "sha256": stored.sha256}
    result: EvidenceResult = await run(context.actor, "fieldwork.confirm_upload", given, key=options.key)
    return result
