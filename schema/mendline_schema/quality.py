"""GraphQL over quality: the signature slots of acceptance."""

from datetime import datetime

from mendline_schema.declarations.enums import SlotState
from mendline_schema.declarations.fields import column, masked, over
from mendline_schema.kernel import Node


@over("signature_slot", needs="read.quality", kind="sl")
class SignatureSlot(Node):
    """Who signs what, in order. record_hash: SHA-256 of the record as it was signed."""

    attempt: int = column()
    position: int = column()
    role: str = column()
    meaning: str = column()
    state: SlotState = column()
    signer_name: str | None = masked("name")
    signed_at: datetime | None = column()
    record_hash: str | None = column()
    reason: str | None = column()
