"""The service record as it is signed: one canonical text, one hash."""

import hashlib
from typing import Any

import msgspec

from mendline.fieldwork import Evidence
from mendline.kernel import rows
from mendline.quality.signature import SignatureSlot
from mendline.tickets import Ticket, TicketClinical, TicketQuality


async def service_record(ticket: Ticket, slots: list[SignatureSlot]) -> dict[str, Any]:
    """What a signature vouches for (21 CFR 820.35(b)): device, dates, service done, evidence, earlier signatures.

    slots: those of the ticket's attempt, in their order.
    """
    clinical = await rows.find(TicketClinical, ticket.tenant_id, ticket.id)
    quality = await rows.get(TicketQuality, ticket.tenant_id, ticket.id)
    evidence = await rows.select(
        Evidence,
        "tenant_id = $1 AND ticket_id = $2 AND state = 'stored' ORDER BY sha256, id",
        ticket.tenant_id,
        ticket.id,
    )
    return {
        "ticket": ticket.number,
        "kind": ticket.kind,
        "attempt": ticket.attempt,
        "device": ticket.device_card,
        "facility": ticket.facility_card.get("code"),
        "provider": ticket.provider_card.get("code"),
        "opened_at": ticket.opened_at,
        "symptom": clinical.symptom if clinical else None,
        "result": quality.result,
        "cause": quality.cause,
        "action": quality.action,
        "advice": quality.advice,
        "work_minutes": quality.work_minutes,
        "finished_at": quality.finished_at,
        "evidence": [{"sha256": e.sha256, "size": e.size, "kind": e.kind} for e in evidence],
        "signatures": [
            {"role": s.role, "meaning": s.meaning, "name": s.signer_name, "at": s.signed_at, "hash": s.record_hash}
            for s in slots
            if s.state == "signed"
        ],
    }


def record_hash(record: dict[str, Any]) -> str:
    """SHA-256 in hex of the canonical JSON of a record (keys sorted, UTF-8)."""
    return hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()
