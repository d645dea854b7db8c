"""Keeping regulatory documents: put by their number, renewed, replaced and withdrawn; nothing is deleted."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from mendline.devices.papers.document_warnings import watch
from mendline.devices.papers.proof import stored_proof
from mendline.devices.papers.regulatory_document import DocumentKind, RegulatoryDocument, end_of
from mendline.devices.records import lock_unit
from mendline.devices.registry import Device, DeviceModel
from mendline.devices.timeline import note
from mendline.kernel import (
    DeviceId,
    DocumentId,
    DomainError,
    ModelId,
    OrganisationId,
    ProofId,
    command,
    expect,
    opaque,
    parse_opaque,
    rows,
    told,
    work,
)
from mendline_tenants import Actor, Partner, own_organisation

VERIFICATION = "verification_certificate"


class UpsertDocument(Struct, frozen=True, kw_only=True):
    """A regulatory document of a model, a unit, an organisation or several, found again by its kind and number.

    expires_on: the last day on which it holds. replaces: the one whose place it takes. scan: of it, which has been
    uploaded; without one the scan that is known stays, unless the dates are others now.
    """

    kind: DocumentKind
    number: Annotated[str, Meta(min_length=1, max_length=120)]
    title: Annotated[str, Meta(max_length=200)] = ""
    issuer: Annotated[str, Meta(max_length=200)] = ""
    model: ModelId | None = None
    device: DeviceId | None = None
    organisation: OrganisationId | None = None
    issued_on: date | None = None
    expires_on: date | None = None
    replaces: DocumentId | None = None
    scan: ProofId | None = None


class DocumentResult(Struct, frozen=True):
    """The document, and its version."""

    document: DocumentId
    version: int


@command("devices.upsert_document", "devices.manage")
async def upsert_document(actor: Actor, input: UpsertDocument) -> DocumentResult:
    """Puts a document. A new end is watched anew; a verification certificate sets when its unit is due again.

    Raises invalid_input when it is for none of the three or ends before it was issued, not_found for what
    is not one's own, document_withdrawn for one that was, document_replaces_itself, proof_awaited.
    """
    if input.issued_on and input.expires_on and input.expires_on < input.issued_on:
        raise DomainError("invalid_input", field="expires_on", problem="ends_before")
    subject, device = await _subject(actor, input)
    organisation = await own_organisation(actor.organisation)
    where = "tenant_id = $1 AND kind = $2 AND number = $3 FOR NO KEY UPDATE"
    found = await rows.select(RegulatoryDocument, where, actor.organisation, input.kind, input.number)
    values: dict[str, Any] = {
        **{f: getattr(input, f) for f in ("kind", "number", "title", "issuer", "issued_on", "expires_on")},
        **subject,
        "ends_at": end_of(input.expires_on, organisation.timezone),
        "proof_id": await stored_proof(actor.organisation, input.scan) if input.scan else None,
    }
    if found:
        document = found[0]
        expect(document)
        if not document.in_force:
            raise DomainError("document_withdrawn", number=document.number)
        renewed = {} if document.expires_on == input.expires_on else {"warned_days": None}
        if input.scan is None and (document.issued_on, document.expires_on) == (input.issued_on, input.expires_on):
            values["proof_id"] = document.proof_id
        await rows.update(document, **values, **renewed)
    else:
        document = RegulatoryDocument(tenant_id=actor.organisation, **values)
        await rows.insert(document)
    await watch(document, organisation)
    if input.replaces is not None:
        await _replace(actor, document, input.replaces)
    if device is not None:
        await _tell_device(device, document)
    told(document=str(document.id), kind=document.kind, number=document.number)
    return _answer(document)


class WithdrawDocument(Struct, frozen=True):
    """A document that holds no more, whatever its date says, and why."""

    document: DocumentId
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@command("devices.withdraw_document", "devices.manage")
async def withdraw_document(actor: Actor, input: WithdrawDocument) -> DocumentResult:
    """Withdraws a document; it stays to be read. Raises not_found, and document_withdrawn when it was already."""
    reference = parse_opaque("rd", input.document)
    known = await rows.get(RegulatoryDocument, actor.organisation, reference.id)
    device = await lock_unit(actor.organisation, known.device_id) if known.device_id else None
    document = await rows.lock(RegulatoryDocument, actor.organisation, reference.id)
    expect(document)
    if not document.in_force:
        raise DomainError("document_withdrawn", number=document.number)
    await rows.update(document, withdrawn_at=work().occurred_at, withdrawn_why=input.reason)
    await watch(document, await own_organisation(actor.organisation))
    if device is not None:
        await _tell_device(device, document, withdrawn=input.reason)
    told(document=str(document.id), kind=document.kind, number=document.number)
    return _answer(document)


async def _subject(actor: Actor, input: UpsertDocument) -> tuple[dict[str, UUID | None], Device | None]:
    """What the document is for, as columns; the unit is locked."""
    if input.model is None and input.device is None and input.organisation is None:
        raise DomainError("invalid_input", field="model, device, organisation", problem="give_one")
    subject: dict[str, UUID | None] = {"model_id": None, "device_id": None, "organisation_id": None}
    device = None
    if input.model is not None:
        subject["model_id"] = (await rows.get(DeviceModel, actor.organisation, parse_opaque("md", input.model).id)).id
    if input.device is not None:
        device = await lock_unit(actor.organisation, parse_opaque("dv", input.device).id)
        subject["device_id"] = device.id
    if input.organisation is not None:
        organisation = parse_opaque("or", input.organisation).id
        if organisation != actor.organisation:
            await rows.get(Partner, actor.organisation, organisation)
        subject["organisation_id"] = organisation
    return subject, device


async def _replace(actor: Actor, document: RegulatoryDocument, replaced: str) -> None:
    old = await rows.lock(RegulatoryDocument, actor.organisation, parse_opaque("rd", replaced).id)
    if old.id == document.id:
        raise DomainError("document_replaces_itself", number=document.number)
    if old.replaced_by == document.id:
        return
    if not old.in_force:
        raise DomainError("document_withdrawn", number=old.number)
    await rows.update(old, replaced_by=document.id)
    await watch(old, await own_organisation(actor.organisation))


async def _tell_device(device: Device, document: RegulatoryDocument, **facts: Any) -> None:
    ends = document.expires_on.isoformat() if document.expires_on else None
    await note(device, "document", kind=document.kind, number=document.number, expires_on=ends, **facts)
    if document.kind == VERIFICATION:
        await follow_certificates(device)


async def follow_certificates(device: Device) -> None:
    """The locked unit was last verified, and is due again, as its latest verification certificate in force says."""
    latest = await rows.first(
        RegulatoryDocument,
        "tenant_id = $1 AND device_id = $2 AND kind = $3 AND withdrawn_at IS NULL AND replaced_by IS NULL"
        " ORDER BY issued_on DESC NULLS LAST, ends_at DESC NULLS LAST",
        device.tenant_id,
        device.id,
        VERIFICATION,
    )
    verified, due = (latest.issued_on, latest.ends_at) if latest else (None, None)
    if (verified, due) != (device.verified_on, device.verification_due_at):
        await rows.update(device, verified_on=verified, verification_due_at=due)


def _answer(document: RegulatoryDocument) -> DocumentResult:
    return DocumentResult(opaque("rd", document.tenant_id, document.id), document.version)
