"""Proofs: the scans of certificates and regulatory documents, kept in S3 and hashed in Postgres, like evidence."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from tortoise import fields

from mendline.kernel import (
    DomainError,
    Kind,
    ProofId,
    Record,
    command,
    not_found,
    now,
    opaque,
    parse_opaque,
    rows,
    settings,
    table,
    told,
    work,
)
from mendline_tenants import Actor

MEDIA_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/webp", "image/heic")
"""What a scan may be. Nothing that a browser would run."""


@table(
    Kind.OWN,
    update=("state", "stored_at"),
    checks={"state": "state IN ('awaited', 'stored')", "size": "size > 0"},
)
class Proof(Record):
    """One scan: `awaited` while its upload is under way, `stored` once S3 has the very bytes (SHA-256 in hex).

    What it proves names it: a qualification, or a regulatory document. It is never changed; a renewal is another scan.
    """

    filename = fields.TextField()
    media_type = fields.TextField()
    size = fields.BigIntField()
    sha256 = fields.TextField()
    key = fields.TextField()
    state = fields.TextField(default="awaited")
    uploaded_by = fields.UUIDField()
    stored_at = fields.DatetimeField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "proof"


class RequestProof(Struct, frozen=True, kw_only=True):
    """What is known of a scan before anyone looks inside: size in bytes, SHA-256 in hex."""

    filename: Annotated[str, Meta(min_length=1, max_length=200)]
    media_type: str
    size: Annotated[int, Meta(gt=0)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class ProofResult(Struct, frozen=True):
    """The scan, and where it lies."""

    proof: ProofId
    key: str
    size: int
    media_type: str
    sha256: str


@command("devices.request_proof", "devices.proofs")
async def request_proof(actor: Actor, input: RequestProof) -> ProofResult:
    """Prepares an upload: the scan is awaited until `confirm_proof` finds it in S3.

    Raises evidence_too_large and evidence_type.
    """
    limit = settings().evidence_limit_bytes
    if input.size > limit:
        raise DomainError("evidence_too_large", size=input.size, limit=limit, limit_mb=limit // (1024 * 1024))
    if input.media_type not in MEDIA_TYPES:
        raise DomainError("evidence_type", media_type=input.media_type[:100], allowed=", ".join(MEDIA_TYPES))
    proof = Proof(
        tenant_id=actor.organisation,
        filename=input.filename.replace("/", "_").replace("\\", "_"),
        media_type=input.media_type,
        size=input.size,
        sha256=input.sha256,
        key=f"{actor.organisation}/proofs/{input.sha256}",
        uploaded_by=actor.id,
    )
    await rows.insert(proof)
    told(proof=str(proof.id), sha256=proof.sha256)
    return _answer(proof)


class ConfirmProof(Struct, frozen=True):
    """What S3 says of the uploaded scan; the channel asks S3 and hands its answer in."""

    proof: ProofId
    size: int
    sha256: str


@command("devices.confirm_proof", "devices.proofs")
async def confirm_proof(actor: Actor, input: ConfirmProof) -> ProofResult:
    """Turns an awaited scan into a stored one. Raises evidence_differs when S3 holds other bytes, and not_found."""
    proof = await rows.lock(Proof, actor.organisation, _own(actor.organisation, input.proof))
    if (input.size, input.sha256) != (proof.size, proof.sha256):
        raise DomainError("evidence_differs", filename=proof.filename)
    if proof.state != "stored":
        await rows.update(proof, state="stored", stored_at=work().occurred_at)
    told(proof=str(proof.id), sha256=proof.sha256)
    return _answer(proof)


async def stored_proof(tenant: UUID, id: str) -> UUID:
    """The scan that something of this organisation is proven by, in the current transaction.

    Raises not_found for what is not one's own, proof_awaited before its bytes are there.
    """
    proof = await rows.get(Proof, tenant, _own(tenant, id))
    if proof.state != "stored":
        raise DomainError("proof_awaited", filename=proof.filename)
    return proof.id


def _own(tenant: UUID, id: str) -> UUID:
    reference = parse_opaque("pf", id)
    if reference.tenant != tenant:
        raise not_found("proof")
    return reference.id


def _answer(proof: Proof) -> ProofResult:
    return ProofResult(opaque("pf", proof.tenant_id, proof.id), proof.key, proof.size, proof.media_type, proof.sha256)
