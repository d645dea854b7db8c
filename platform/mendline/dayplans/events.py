"""What day plans tell the rest of the house; the rows stay in the provider's own book."""

from uuid import UUID

import msgspec

from mendline.kernel import event


@event("dayplans.asked")
class DayPlanAsked(msgspec.Struct, frozen=True):
    """A worker is to make this edition."""

    plan: UUID


@event("dayplans.proposed")
class DayPlanProposed(msgspec.Struct, frozen=True):
    """An edition is ready and waits for a dispatcher."""

    plan: UUID


@event("dayplans.published")
class DayPlanPublished(msgspec.Struct, frozen=True):
    """An edition holds from now on; before: the one that held until now."""

    plan: UUID
    before: UUID | None = None


@event("dayplans.failed")
class DayPlanFailed(msgspec.Struct, frozen=True):
    """An edition could not be made; what was published before still holds."""

    plan: UUID
