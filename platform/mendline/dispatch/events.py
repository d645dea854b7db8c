"""What dispatch tells the rest of the house."""

from uuid import UUID

import msgspec

from mendline.kernel import event


@event("dispatch.suggested")
class JobSuggested(msgspec.Struct, frozen=True):
    """The provider's technicians were weighed and a dispatcher decides; `best` is the first choice, if any."""

    tenant: UUID
    ticket: UUID
    best: UUID | None


@event("dispatch.offered")
class JobOffered(msgspec.Struct, frozen=True):
    """A job waits for a technician's answer."""

    tenant: UUID
    ticket: UUID
    technician: UUID


@event("dispatch.called")
class JobCalled(msgspec.Struct, frozen=True):
    """A job waits for the first of a group to take it."""

    tenant: UUID
    ticket: UUID
    technicians: tuple[UUID, ...]


@event("dispatch.declined")
class JobDeclined(msgspec.Struct, frozen=True):
    """A technician gave the job back, and nobody else is asked. automatic: the next one shall be."""

    tenant: UUID
    ticket: UUID
    technician: UUID
    automatic: bool = False


@event("dispatch.expired")
class OffersExpired(msgspec.Struct, frozen=True):
    """Nobody of those who were asked has answered in time. automatic: the next one shall be asked."""

    tenant: UUID
    ticket: UUID
    technicians: tuple[UUID, ...]
    automatic: bool = False


@event("dispatch.nobody_left")
class NobodyLeft(msgspec.Struct, frozen=True):
    """Everybody who could has been asked in vain, so many of them: a dispatcher must decide."""

    tenant: UUID
    ticket: UUID
    asked: int
