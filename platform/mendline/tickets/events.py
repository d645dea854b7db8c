"""What tickets tell the rest of the house."""

from datetime import datetime
from uuid import UUID

import msgspec

from mendline.kernel import event


@event("tickets.reported")
class TicketReported(msgspec.Struct, frozen=True):
    """A ticket has come to be; `provider` answers for it."""

    tenant: UUID
    ticket: UUID
    number: str
    provider: UUID
    device: UUID | None = None


@event("tickets.changed")
class TicketChanged(msgspec.Struct, frozen=True):
    """A command has touched a ticket: what cards, live views and portals follow."""

    tenant: UUID
    ticket: UUID
    number: str
    version: int
    state: str
    phase: str
    command: str
    at: datetime


@event("tickets.share_granted")
class ShareGranted(msgspec.Struct, frozen=True):
    """An organisation now has this part in the ticket and holds these groups, until told otherwise or until then."""

    tenant: UUID
    ticket: UUID
    number: str
    organisation: UUID
    part: str
    groups: tuple[str, ...]
    until: datetime | None = None


@event("tickets.share_ended")
class ShareEnded(msgspec.Struct, frozen=True):
    """An organisation sees the ticket no more. part, groups, began_at: what it had, since when."""

    tenant: UUID
    ticket: UUID
    number: str
    organisation: UUID
    part: str
    groups: tuple[str, ...]
    began_at: datetime


@event("tickets.became_urgent")
class BecameUrgent(msgspec.Struct, frozen=True):
    """A ticket under way has risen to the highest priority, by a person's word or a new score; `provider` answers."""

    tenant: UUID
    ticket: UUID
    provider: UUID


@event("tickets.priority_set")
class PrioritySet(msgspec.Struct, frozen=True):
    """A provider (`by`) has changed a ticket's priority, of which the user facility is to know."""

    tenant: UUID
    ticket: UUID
    number: str
    provider: UUID
    by: UUID


@event("tickets.clock_changed")
class ClockChanged(msgspec.Struct, frozen=True):
    """The SLA clocks of a ticket moved: what watches them looks again."""

    tenant: UUID
    ticket: UUID


@event("tickets.clock_due")
class ClockDue(msgspec.Struct, frozen=True):
    """People are to be told of a clock, once: `warned` when most of its target is used, `escalated` when all of it is.

    provider answers for the ticket; facility: whether the user facility's own people are to be told too.
    """

    tenant: UUID
    ticket: UUID
    number: str
    clock: str
    level: str
    due_at: datetime
    provider: UUID
    facility: bool


@event("tickets.assigned")
class ProviderAssigned(msgspec.Struct, frozen=True):
    """A provider now answers for the ticket and may look for somebody to send."""

    tenant: UUID
    ticket: UUID
    provider: UUID


@event("tickets.called_off")
class CalledOff(msgspec.Struct, frozen=True):
    """Nobody needs to go any more to a ticket that technicians were asked for, or that one had taken.

    state: what it has become. who: the organisation that did it, by its name {zh, en}.
    """

    tenant: UUID
    ticket: UUID
    number: str
    provider: UUID
    state: str
    who: dict[str, str]


@event("tickets.duplicate_marked")
class DuplicateMarked(msgspec.Struct, frozen=True):
    """A ticket was closed because another one of the same user facility tells of the same fault."""

    tenant: UUID
    ticket: UUID
    number: str
    of: UUID


@event("tickets.quotation_moved")
class QuotationMoved(msgspec.Struct, frozen=True):
    """A quotation is `asked` for, `quoted`, or has come to its outcome; whoever is on turn is to be told.

    quotation: none while it is only asked for. by: the organisation that did it. what: `ended` where its ticket was
    cancelled.
    """

    tenant: UUID
    ticket: UUID
    number: str
    provider: UUID
    by: UUID
    what: str
    quotation: UUID | None = None


@event("tickets.entitlement_moved")
class EntitlementMoved(msgspec.Struct, frozen=True):
    """A ticket's entitlement was `decided`, `disputed`, `upheld` or `granted` by one side, and the other is to know."""

    tenant: UUID
    ticket: UUID
    number: str
    provider: UUID
    by: UUID
    what: str
