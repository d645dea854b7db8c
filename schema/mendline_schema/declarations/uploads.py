"""Uploading files over GraphQL: a command prepares it, S3 takes the bytes, S3's own word confirms them."""

import msgspec

from mendline.devices import ProofResult, RequestProof
from mendline.fieldwork import EvidenceResult, RequestUpload
from mendline.kernel import (
    Blob,
    DomainError,
    EvidenceId,
    ProofId,
    Reference,
    TicketId,
    fetchrow,
    not_found,
    parse_opaque,
    presign_upload,
    run,
    stat_blob,
    transaction,
)
from mendline_schema.context import Context
from mendline_schema.declarations.calls import Options


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
    url, headers = upload_of(result)
    return UploadRequested(result.evidence, result.ticket, url, headers)


def upload_of(file: EvidenceResult | ProofResult) -> tuple[str, list[Header]]:
    """Where and how to PUT exactly these bytes."""
    upload = presign_upload(file.key, file.size, file.media_type, file.sha256)
    return upload.url, [Header(name, value) for name, value in upload.headers.items()]


async def _stored(context: Context, table: str, file: Reference) -> Blob:
    """What S3 has under the key of an announced file. Raises not_found, and evidence_not_uploaded."""
    async with transaction(context.actor.organisation):
        row = await fetchrow(f"SELECT key, filename FROM {table} WHERE tenant_id = $1 AND id = $2", *file)  # noqa: S608 - ours
    if row is None:
        raise not_found(table)
    stored = await stat_blob(row["key"])
    if stored is None:
        raise DomainError("evidence_not_uploaded", filename=row["filename"])
    return stored


async def confirm_upload(context: Context, input: ConfirmUploaded, options: Options) -> EvidenceResult:
    """Tells that the file has been uploaded; the store is asked whether these very bytes are there."""
    stored = await _stored(context, "evidence", parse_opaque("ev", input.evidence))
    given = {"evidence": input.evidence, "size": stored.size, "sha256": stored.sha256}
    result: EvidenceResult = await run(context.actor, "fieldwork.confirm_upload", given, key=options.key)
    return result


class ProofRequested(msgspec.Struct, frozen=True):
    """Where and how to PUT the scan within fifteen minutes."""

    proof: ProofId
    url: str
    headers: list[Header]


class ConfirmProofUploaded(msgspec.Struct, frozen=True):
    """The scan that has been uploaded."""

    proof: ProofId


async def request_proof(context: Context, input: RequestProof, options: Options) -> ProofRequested:
    """Prepares an upload of exactly these bytes, straight to the store."""
    result: ProofResult = await run(context.actor, "devices.request_proof", input, key=options.key)
    url, headers = upload_of(result)
    return ProofRequested(result.proof, url, headers)


async def confirm_proof(context: Context, input: ConfirmProofUploaded, options: Options) -> ProofResult:
    """Tells that the scan has been uploaded; the store is asked whether these very bytes are there."""
    stored = await _stored(context, "proof", parse_opaque("pf", input.proof))
    given = {"proof": input.proof, "size": stored.size, "sha256": stored.sha256}
    result: ProofResult = await run(context.actor, "devices.confirm_proof", given, key=options.key)
    return result
