"""GraphQL subscriptions: first how things stand, then each change, read anew under row-level security."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import strawberry
from strawberry.types.unset import UNSET

from mendline.kernel import fetch, fetchval, now, transaction
from mendline_schema.conditions import opaque_id
from mendline_schema.context import Context
from mendline_schema.fields import READ, Named, column, itself, one, over
from mendline_schema.live import Change, hub
from mendline_schema.tickets import Ticket, WorklistItem
from mendline_tenants import Actor

FIRST = 50
"""How many tickets a new subscriber is told of at most, the last changed of them."""

MARGIN = timedelta(minutes=1)
"""After an interruption, tickets are told again that changed so long before the last message or later."""

ON_THE_LIST = "{o}.tenant_id = {organisation} AND {o}.owner_id = {tenant} AND {o}.ticket_id = {id}"


@over("ticket", needs="read.progress")
class TicketChange:
    """A ticket as it is now. `initial` when it is told because somebody has just subscribed."""

    ticket: Ticket = itself()
    version: int = column()
    initial: bool = column("{initial}")


@over("worklist", needs="read.progress", group="progress")
class WorklistChange:
    """An item of the worklist as it is now. `initial` when it is told because somebody has just subscribed."""

    item: WorklistItem = itself()
    ticket: Ticket | None = one({"id": "ticket_id"}, tenant="owner_id")
    initial: bool = column("{initial}", group="progress")


async def _standing(actor: Actor, ticket: Any, since: datetime | None) -> list[Change]:
    """The tickets a new subscriber is told of: the one it asks for, or those that changed last, oldest first."""
    async with transaction(actor.organisation):
        found = await fetch(
            "SELECT owner_id, ticket_id, version FROM (SELECT * FROM worklist WHERE tenant_id = $1"
            " AND ($2::uuid IS NULL OR (owner_id = $2 AND ticket_id = $3))"
            " AND ($4::timestamptz IS NULL OR changed_at > $4)"
            " ORDER BY changed_at DESC, ticket_id DESC LIMIT $5) w ORDER BY changed_at, ticket_id",
            actor.organisation,
            ticket.tenant if ticket else None,
            ticket.id if ticket else None,
            since,
            FIRST,
        )
    return [Change(row["owner_id"], row["ticket_id"], row["version"], initial=True) for row in found]


async def _visible(actor: Actor, change: Change) -> bool:
    async with transaction(actor.organisation):
        seen = await fetchval("SELECT 1 FROM ticket WHERE tenant_id = $1 AND id = $2", change.tenant, change.ticket)
    return seen is not None


async def changes(context: Context, ticket: str | None, since: datetime | None) -> AsyncGenerator[Change, None]:
    """How things stand, then every change that the actor's organisation can see, until the subscriber leaves.

    Who asks is read anew for each change. Raises DomainError session_ended, key_revoked or unauthenticated.
    """
    actor = context.actor
    wanted = opaque_id("tk")(ticket) if ticket is not None else None
    if ticket is not None and wanted is None:
        return
    async with hub().listen(actor.organisation) as queue:
        moment = now()
        for change in await _standing(actor, wanted, since):
            yield change
        while True:
            come = await queue.get()
            actor = await context.again()
            missed = [] if come else await _standing(actor, wanted, moment - MARGIN)
            moment = now()
            for change in [come] if come else missed:
                named = wanted is None or (change.tenant, change.ticket) == tuple(wanted)
                if named and await _visible(actor, change):
                    yield change


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

    ticket_changed: TicketChange | None = followed(ticket_changed, Named())
    worklist_changed: WorklistChange | None = followed(worklist_changed, Named(ON_THE_LIST))
