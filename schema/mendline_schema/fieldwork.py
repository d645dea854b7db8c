"""GraphQL over fieldwork: visits and evidence, with a signed URL to see a file."""

from datetime import date, datetime

import msgspec
import strawberry

from mendline.kernel import presign_download
from mendline_schema.declarations.enums import Estimated, EvidenceKind, EvidenceState, WorkResult
from mendline_schema.declarations.fields import column, finished, masked, over, parts
from mendline_schema.kernel import Node
from mendline_schema.tenants import OrganisationCard, known_organisation


def sign_download(text: str) -> str:
    """The URL of a stored file, from its key and name as a JSON list."""
    key, filename = msgspec.json.decode(text, type=tuple[str, str])
    return presign_download(key, filename)


@over("evidence", needs="read.messages", kind="ev")
class Evidence(Node):
    """A file bound to a ticket. Size in bytes, SHA-256 in hex."""

    kind: EvidenceKind = column()
    filename: str = column()
    media_type: str = column()
    size: int = column()
    sha256: str = column()
    caption: str = column()
    state: EvidenceState = column()
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    author_name: str = masked("name")
    occurred_at: datetime = column()
    recorded_at: datetime = column()
    stored_at: datetime | None = column()
    download_url: str | None = finished(
        sign_download,
        "CASE WHEN {t}.state = 'stored' THEN json_build_array({t}.key, {t}.filename)::text END",
        description="Shows the file for five minutes.",
    )


@over("service_report", needs="read.quality", kind="sr")
class ServiceReport(Node):
    """What one attempt found and did; earlier attempts are kept."""

    attempt: int = column()
    technician: strawberry.ID = column("opaque('mb', {t}.author_org, {t}.technician_id)")
    result: WorkResult = column()
    cause: str = column()
    action: str = column()
    advice: str = column()
    work_minutes: int | None = column()
    next_maintenance_on: date | None = column()
    finished_at: datetime = column()


@over("visit", needs="read.progress", kind="vi")
class Visit(Node):
    """One visit of one attempt: when it is expected, when it began and ended."""

    attempt: int = column()
    technician: strawberry.ID = column("opaque('mb', {t}.author_org, {t}.technician_id)")
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    eta_at: datetime | None = column()
    arrived_at: datetime | None = column()
    left_at: datetime | None = column()
    recorded_at: datetime = column()


@over("estimate", needs="read.progress", kind="es")
class Estimate(Node):
    """One revision of when the technician or the restoration of the device is expected."""

    estimated: Estimated = column()
    expected_at: datetime = column()
    before_at: datetime | None = column(description="What was expected until then.")
    reason: str = column()
    attempt: int = column()
    author: OrganisationCard | None = parts(known_organisation("{t}.author_org"))
    occurred_at: datetime = column()
    claimed: bool = column()
    recorded_at: datetime = column()
