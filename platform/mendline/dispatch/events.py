"""What dispatch tells the rest of the house."""

from datetime import date, datetime
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


@event("dispatch.offers_withdrawn")
class OffersWithdrawn(msgspec.Struct, frozen=True):
    """These technicians are asked no more, though none of them has answered; why and by as in `JobOffer`."""

    tenant: UUID
    ticket: UUID
    technicians: tuple[UUID, ...]
    why: str
    by: dict[str, str] | None = None


@event("dispatch.nobody_left")
class NobodyLeft(msgspec.Struct, frozen=True):
    """Everybody who could has been asked in vain, so many of them: a dispatcher must decide."""

    tenant: UUID
    ticket: UUID
    asked: int


@event("dispatch.holder_away")
class HolderAway(msgspec.Struct, frozen=True):
    """A technician who has accepted this job is away when it is to be done: a dispatcher decides who goes instead.

    ends: None for who is suspended or has left.
    """

    tenant: UUID
    ticket: UUID
    technician: UUID
    begins: datetime
    ends: datetime | None


@event("dispatch.availability_changed")
class AvailabilityChanged(msgspec.Struct, frozen=True):
    """A technician is there at other times than before: plans look again. why: shifts, absence, readiness or busy.

    begins, ends: the span it is about, where it is about one; `ends` None: from then on.
    """

    tenant: UUID
    technician: UUID
    why: str
    begins: datetime | None = None
    ends: datetime | None = None


@event("dispatch.absence_changed")
class AbsenceChanged(msgspec.Struct, frozen=True):
    """An absence was asked for, approved, refused or cancelled. by: who did that."""

    tenant: UUID
    absence: UUID
    member: UUID
    state: str
    by: UUID


@event("dispatch.qualification_expires_soon")
class QualificationExpiresSoon(msgspec.Struct, frozen=True):
    """A qualification ends on this day and is not renewed yet."""

    tenant: UUID
    technician: UUID
    qualification: UUID
    device_class: str
    model_number: str | None
    expires_on: date


@event("dispatch.duty_covered")
class DutyCovered(msgspec.Struct, frozen=True):
    """Somebody stands in on a rota. by: who wrote it down."""

    tenant: UUID
    rota: UUID
    member: UUID
    begins: datetime
    ends: datetime
    by: UUID


@event("dispatch.duty_handed_over")
class DutyHandedOver(msgspec.Struct, frozen=True):
    """The turn has changed on a rota: the incoming people are owed the hand-over list."""

    tenant: UUID
    rota: UUID
    at: datetime
    outgoing: UUID | None
    incoming: UUID
    handover: UUID | None = None


@event("dispatch.handover_unconfirmed")
class HandoverUnconfirmed(msgspec.Struct, frozen=True):
    """Nobody has confirmed yet what was handed over on a rota then: these people are to be reminded."""

    tenant: UUID
    rota: UUID
    handover: UUID
    at: datetime
    people: tuple[UUID, ...]
