"""What dispatch tells the rest of the house."""

from uuid import UUID

import msgspec

from mendline.kernel import event


@event("dispatch.suggested")
class JobSuggested(msgspec.Struct, frozen=True):
    """The provider's system has weighed its technicians; `best` is the first choice, if any."""

    tenant: UUID
    ticket: UUID
    best: UUID | None


@event("dispatch.offered")
class JobOffered(msgspec.Struct, frozen=True):
    """A job waits for a technician's answer."""

    tenant: UUID
    ticket: UUID
    technician: UUID


@event("dispatch.declined")
class JobDeclined(msgspec.Struct, frozen=True):
    """A technician gave the job back."""

    tenant: UUID
    ticket: UUID
    technician: UUID
