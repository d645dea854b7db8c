"""GraphQL over the feed: what has changed for this organisation since a cursor, and what was taken from it."""

from datetime import datetime

import strawberry
from strawberry.types.unset import UNSET

from mendline_schema.declarations.connections import LARGEST_PAGE
from mendline_schema.declarations.fields import Feed, column, declare, itself, one, over, root
from mendline_schema.tickets import Ticket, WorklistItem

TICKET_ID = "opaque('tk', {t}.owner_id, {t}.ticket_id)"


@strawberry.interface(description="What happened to a ticket, as far as this organisation is concerned.")
class Change:
    """What happened to a ticket, as far as this organisation is concerned."""

    ticket_id: strawberry.ID


@over("worklist", needs="read.progress", group="progress")
class TicketChanged(Change):
    """A ticket that is new or has changed, as it is now. Only the latest change of a ticket is in the feed."""

    ticket_id: strawberry.ID = column(TICKET_ID, group="progress")
    item: WorklistItem = itself()
    ticket: Ticket | None = one({"id": "ticket_id"}, tenant="owner_id")


@over("tombstone", needs="read.progress", group="progress")
class TicketGone(Change):
    """A ticket that this organisation sees no more. Forget what you hold of it."""

    ticket_id: strawberry.ID = column(TICKET_ID, group="progress")
    gone_at: datetime = column()


@strawberry.type(description="One page of the feed.")
class Changes:
    """One page of the feed."""

    nodes: list[Change] = strawberry.field(description="In the order in which they are to be taken over.")
    cursor: str = strawberry.field(description="What to ask with next, also when there was nothing.")
    has_more: bool = strawberry.field(description="Whether there is more now; otherwise come again later.")


@root
class ChangeQueries:
    """Queries over the feed."""

    changes: Changes | None = declare(
        Feed(group="progress", needs="read.progress"),
        {"since": (str | None, UNSET), "first": (int, LARGEST_PAGE)},
        description="What has changed since this cursor (null: all there is), every ticket once, none left out."
        " Take up to 100 at a time until `hasMore` is false, and keep the last cursor.",
    )


CHANGES = (TicketChanged, TicketGone)
"""What a change may be: types that only the interface leads to."""
