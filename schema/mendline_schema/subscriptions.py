"""GraphQL subscriptions: first how things stand, then each change, read anew under row-level security."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import strawberry
from strawberry.types.unset import UNSET

from mendline.kernel import DomainError, Reference, fetch, fetchval, now, opaque, require_storable, transaction
from mendline_schema.changes import TICKET_ID, TicketGone
from mendline_schema.context import Context
from mendline_schema.declarations.fields import READ, VIEWER, Named, column, one, over
from mendline_schema.declarations.filters import opaque_id
from mendline_schema.live.hub import Change, hub
from mendline_schema.live.watch import watch
from mendline_schema.tickets import Ticket, WorklistItem
from mendline_tenants import Actor

FIRST = 50
"""How many tickets a new subscriber is told of at most, the last changed of them."""

MARGIN = timedelta(minutes=1)
"""After an interruption, tickets are told again that changed so long before the last message or later."""

ITEM = {"owner_id": "owner_id", "ticket_id": "ticket_id"}

NAMED = Named(rows="SELECT {tenant} AS owner_id, {id} AS ticket_id", group="progress", needs="read.progress")
"""What a message tells of is looked up as it stands: the ticket, or the tombstone that has taken its place."""


@over(None, needs="read.progress", group="progress")
class TicketChange:
    """A ticket as it is now, or `gone`. `initial` when it is told because somebody has just subscribed."""

    ticket_id: strawberry.ID = column(TICKET_ID, group="progress")
    ticket: Ticket | None = one({"id": "ticket_id"}, tenant="owner_id")
    version: int | None = column(
        "(SELECT k.version FROM ticket k WHERE k.tenant_id = {t}.owner_id AND k.id = {t}.ticket_id)"
    )
    gone: TicketGone | None = one(ITEM, tenant=VIEWER, description="When it was unshared: forget what you hold of it.")
    initial: bool = column("{initial}")


@over(None, needs="read.progress", group="progress")
class WorklistChange:
    """An item of the worklist as it is now, or `gone`. `initial` when told because somebody has just subscribed."""

    ticket_id: strawberry.ID = column(TICKET_ID, group="progress")
    item: WorklistItem | None = one(ITEM, tenant=VIEWER)
    ticket: Ticket | None = one({"id": "ticket_id"}, tenant="owner_id")
    gone: TicketGone | None = one(ITEM, tenant=VIEWER, description="When it was unshared: forget what you hold of it.")
    initial: bool = column("{initial}")


_STANDING = """
SELECT owner_id, ticket_id, version FROM (
  (SELECT owner_id, ticket_id, version, changed_at AS at FROM worklist WHERE tenant_id = $1
   AND ($2::uuid IS NULL OR (owner_id = $2 AND ticket_id = $3)) AND ($4::timestamptz IS NULL OR changed_at > $4)
   ORDER BY changed_at DESC, ticket_id DESC LIMIT $5)
  UNION ALL
  (SELECT owner_id, ticket_id, 0, gone_at FROM tombstone WHERE tenant_id = $1
   AND CASE WHEN $2::uuid IS NULL THEN gone_at > $4 ELSE owner_id = $2 AND ticket_id = $3 END
   ORDER BY gone_at DESC, ticket_id DESC LIMIT $5)
) told ORDER BY at, ticket_id
"""

_SIGHT = """
SELECT CASE WHEN EXISTS (SELECT FROM ticket WHERE tenant_id = $2 AND id = $3) THEN 'seen'
  WHEN EXISTS (SELECT FROM tombstone WHERE tenant_id = $1 AND owner_id = $2 AND ticket_id = $3) THEN 'gone' END
"""


async def _standing(
    actor: Actor, wanted: Reference | None, since: datetime | None, limit: int | None = FIRST
) -> list[Change]:
    """The tickets a new subscriber is told of: the one it asks for, or those that changed last, oldest first.

    With a moment to begin from, also those that were unshared since. limit: None for all of them.
    """
    async with transaction(actor.organisation):
        found = await fetch(_STANDING, actor.organisation, *(wanted or (None, None)), since, limit)
    return [Change(row["owner_id"], row["ticket_id"], row["version"], initial=True) for row in found]


async def _sight(actor: Actor, change: Change) -> str | None:
    """What the organisation sees of the ticket: `seen`, `gone` when it saw it once, None for a stranger."""
    async with transaction(actor.organisation):
        sight: str | None = await fetchval(_SIGHT, actor.organisation, change.tenant, change.ticket)
    return sight


async def changes(context: Context, ticket: str | None, since: datetime | None) -> AsyncGenerator[Change, None]:
    """How things stand, then every change that the actor's organisation can see, until the subscriber leaves.

    Who asks is read anew for each change, and whether it still may act is watched between them. Raises DomainError
    session_ended, key_revoked or unauthenticated; and share_ended when the one ticket that is followed is unshared.
    """
    require_storable(since, "since")
    actor = context.actor
    wanted = opaque_id("tk")(ticket) if ticket is not None else None
    if ticket is not None and wanted is None:
        return
    async with hub().listen(actor.organisation) as queue, watch().over(str(context.token), queue):
        moment = now()
        come = await _standing(actor, wanted, since)
        while True:
            for change in come:
                own = change.initial and wanted is None  # from the organisation's own list
                sight = "seen" if own else await _sight(actor, change)
                if sight == "gone" and wanted is not None:
                    raise DomainError("share_ended", ticket=opaque("tk", *wanted))
                if sight is not None:
                    yield change
            told = await queue.get()
            actor = await context.again()
            if told is None:
                come = await _standing(actor, wanted, moment - MARGIN, limit=None)  # or what was missed stays so
            else:
                come = [told] if wanted in (None, (told.tenant, told.ticket)) else []
            moment = now()


async def ticket_changed(
    info: strawberry.Info[Context, None], ticket: strawberry.ID | None = UNSET, since: datetime | None = UNSET
) -> AsyncGenerator[TicketChange | None, None]:
    """One ticket, or all that the organisation can see. since: tell first what has changed after this moment."""
    async with aclosing(changes(info.context, ticket or None, since or None)) as found:
        async for change in found:
            yield change  # type: ignore[misc]


async def worklist_changed(
    info: strawberry.Info[Context, None], since: datetime | None = UNSET
) -> AsyncGenerator[WorklistChange | None, None]:
    """The organisation's worklist. since: tell first what has changed after this moment."""
    async with aclosing(changes(info.context, None, since or None)) as found:
        async for change in found:
            yield change  # type: ignore[misc]


def followed(resolver: Any, read: Named) -> Any:
    """A subscription whose messages name the row that is read anew for each subscriber."""
    return strawberry.subscription(resolver=resolver, metadata={READ: read}, description=resolver.__doc__)


@strawberry.type
class Subscription:
    """What can be followed."""

    ticket_changed: TicketChange | None = followed(ticket_changed, NAMED)
    worklist_changed: WorklistChange | None = followed(worklist_changed, NAMED)
