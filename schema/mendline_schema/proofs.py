"""GraphQL over scans of certificates and regulatory documents, with a signed URL to see one."""

from datetime import datetime

from mendline_schema.declarations.enums import EvidenceState
from mendline_schema.declarations.fields import column, finished, over
from mendline_schema.fieldwork import sign_download
from mendline_schema.kernel import Node


@over("proof", needs="devices.proofs", kind="pf")
class Proof(Node):
    """The scan of a certificate or a regulatory document. Size in bytes, SHA-256 in hex."""

    filename: str = column()
    media_type: str = column()
    size: int = column()
    sha256: str = column()
    state: EvidenceState = column()
    stored_at: datetime | None = column()
    recorded_at: datetime = column()
    download_url: str | None = finished(
        sign_download,
        "CASE WHEN {t}.state = 'stored' THEN json_build_array({t}.key, {t}.filename)::text END",
        description="Shows the scan for five minutes.",
    )
