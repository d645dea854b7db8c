"""Documents that expire: people are told some days before, as often as the organisation wants, and at the end."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from mendline.devices.papers.regulatory_document import RegulatoryDocument
from mendline.kernel import (
    DocumentId,
    Timer,
    cancel_timer,
    command,
    emit,
    event,
    now,
    opaque,
    parse_opaque,
    rows,
    run,
    set_timer,
    timer,
    told,
)
from mendline_tenants import Actor, Organisation, own_organisation, system_actor

TIMER = "devices.warn_of_document"

AHEAD = (90, 30, 7)
"""Days before its end on which a document is spoken of, where the policy `document_warnings` says nothing else."""

MORNING = time(8)
"""When people are told, by the organisation's own clock."""


@event("devices.document_expires")
class DocumentExpires(Struct, frozen=True):
    """A document in force ends in so many days; none or fewer: it holds no more. It is for what is named."""

    tenant: UUID
    document: UUID
    kind: str
    number: str
    expires_on: date
    days_left: int
    model: UUID | None = None
    device: UUID | None = None
    organisation: UUID | None = None


def moments(expires_on: date, ahead: Sequence[int], zone: str) -> list[tuple[datetime, int]]:
    """When a document that ends on this day is spoken of, each with the days before; the last is the end itself."""
    days = [*sorted(set(ahead), reverse=True), -1]
    return [(datetime.combine(expires_on - timedelta(days=n), MORNING, ZoneInfo(zone)), n) for n in days]


async def watch(document: RegulatoryDocument, organisation: Organisation) -> None:
    """Sees to it, in the current transaction, that people are told of the document's end in time."""
    key = f"document:{document.id}"
    due = next_moment(document, organisation, now()) if document.in_force else None
    if due is None:
        await cancel_timer(document.tenant_id, key)
    else:
        await set_timer(document.tenant_id, TIMER, key, due, document=str(document.id))


def next_moment(document: RegulatoryDocument, organisation: Organisation, moment: datetime) -> datetime | None:
    """When people are to be told next: now, where a day has come of which they were not told; None: never."""
    if document.expires_on is None:
        return None
    if _due(document, organisation, moment) is not None:
        return moment
    return min((at for at, _ in _moments(document, organisation) if at > moment), default=None)


def _moments(document: RegulatoryDocument, organisation: Organisation) -> list[tuple[datetime, int]]:
    assert document.expires_on is not None
    ahead = organisation.policies.get("document_warnings", AHEAD)
    return moments(document.expires_on, ahead, organisation.timezone)


def _due(document: RegulatoryDocument, organisation: Organisation, moment: datetime) -> int | None:
    """The latest of the days that have come, where people were not told of it yet."""
    come = [days for at, days in _moments(document, organisation) if at <= moment]
    if not come or (document.warned_days is not None and document.warned_days <= come[-1]):
        return None
    return come[-1]


class WarnOfDocument(Struct, frozen=True):
    """The document to speak of."""

    document: DocumentId


@timer(TIMER)
async def document_ends(due: Timer) -> None:
    """Tells of a document whose end is near, in the name of the organisation's system."""
    given = WarnOfDocument(opaque("rd", due.tenant_id, UUID(due.payload["document"])))
    await run(system_actor(due.tenant_id), TIMER, given, key=f"timer:{due.id}:{due.due_at.isoformat()}")


@command(TIMER, "tenants.operate")
async def warn_of_document(actor: Actor, input: WarnOfDocument) -> None:
    """Tells of a document that will end, and sets the timer for the next time; what is of the past is not told of."""
    document = await rows.lock(RegulatoryDocument, actor.organisation, parse_opaque("rd", input.document).id)
    organisation = await own_organisation(actor.organisation)
    told(document=str(document.id), number=document.number)
    if not document.in_force or document.expires_on is None:
        return
    days = _due(document, organisation, now())
    if days is not None:
        await rows.update(document, warned_days=days)
        emit(
            DocumentExpires(
                tenant=document.tenant_id,
                document=document.id,
                kind=document.kind,
                number=document.number,
                expires_on=document.expires_on,
                days_left=(document.expires_on - now().astimezone(ZoneInfo(organisation.timezone)).date()).days,
                model=document.model_id,
                device=document.device_id,
                organisation=document.organisation_id,
            )
        )
    await watch(document, organisation)
