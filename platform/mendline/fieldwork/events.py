"""What fieldwork tells the rest of the house."""

from uuid import UUID

import msgspec

from mendline.kernel import event


@event("fieldwork.finished")
class JobFinished(msgspec.Struct, frozen=True):
    """The technician has finished an attempt; quality checks are due."""

    tenant: UUID
    ticket: UUID
    attempt: int
