"""What fieldwork tells the rest of the house."""

from datetime import datetime
from uuid import UUID

import msgspec

from mendline.kernel import event


@event("fieldwork.finished")
class JobFinished(msgspec.Struct, frozen=True):
    """The technician has finished an attempt; quality checks are due."""

    tenant: UUID
    ticket: UUID
    attempt: int


@event("fieldwork.estimate_slipped")
class EstimateSlipped(msgspec.Struct, frozen=True):
    """The technician comes later, or the device will be ready later, than was expected."""

    tenant: UUID
    ticket: UUID
    number: str
    estimated: str
    before: datetime
    expected: datetime
    reason: str = ""
