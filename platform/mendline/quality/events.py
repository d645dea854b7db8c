"""What quality tells the rest of the house."""

from uuid import UUID

import msgspec

from mendline.kernel import event


@event("quality.slot_opened")
class SlotOpened(msgspec.Struct, frozen=True):
    """A signature is due from somebody with this role at the user facility."""

    tenant: UUID
    ticket: UUID
    slot: UUID
    role: str


@event("quality.condemned")
class DeviceCondemned(msgspec.Struct, frozen=True):
    """The ticket has ended with its device, which is retired: nothing more is to be accepted."""

    tenant: UUID
    ticket: UUID


@event("quality.accepted")
class AcceptanceComplete(msgspec.Struct, frozen=True):
    """The last signature is given: the device may be used, the ticket may be archived."""

    tenant: UUID
    ticket: UUID
