"""Quality: acceptance, signatures, return to service, archive."""

from mendline.kernel import register_locales
from mendline.quality import consumers as _consumers  # noqa: F401 - registers them
from mendline.quality.acceptance import DEFAULT_SLOTS, Reject, Sign
from mendline.quality.events import AcceptanceComplete, SlotOpened
from mendline.quality.record import record_hash, service_record
from mendline.quality.signature import SignatureSlot

register_locales(__file__)

__all__ = [
    "DEFAULT_SLOTS",
    "AcceptanceComplete",
    "Reject",
    "Sign",
    "SignatureSlot",
    "SlotOpened",
    "record_hash",
    "service_record",
]
