"""Waiting: what a slow subscriber has yet to be told; no change is lost without a word."""

import asyncio
from typing import Any
from uuid import UUID

from mendline.kernel import new_id, now, opaque
from mendline_schema import subscriptions
from mendline_schema.live.hub import WAITING, Change, Waiting, channel_of, hub
from support.cast import Cast

TENANT = UUID(int=7)


def change(ticket: UUID, version: int = 1) -> Change:
    return Change(TENANT, ticket, version)


async def taken(waiting: Waiting, number: int) -> list[Change | None]:
    return [await asyncio.wait_for(waiting.get(), 1) for _ in range(number)]


async def test_many_changes_of_one_ticket_are_one(portal: Any, cast: Cast) -> None:
    """A thousand of one ticket leave room for the next ticket's."""
    first, second = new_id(), new_id()
    async with hub().listen(cast["hospital_a"]) as waiting:
        for version in range(WAITING):
            hub()._hand_out(channel_of(cast["hospital_a"]), change(first, version))
        hub()._hand_out(channel_of(cast["hospital_a"]), change(second))
        assert await taken(waiting, 2) == [change(first, WAITING - 1), change(second)]


async def test_more_tickets_than_can_wait_are_told_as_missed_before_all_else() -> None:
    waiting, tickets = Waiting(3), [new_id() for _ in range(4)]
    for ticket in tickets:
        waiting.put(change(ticket))
    waiting.put(change(tickets[1], 2))
    assert await taken(waiting, 4) == [None, change(tickets[0]), change(tickets[1], 2), change(tickets[2])]


async def test_what_is_told_is_told_in_the_order_in_which_it_came_and_once() -> None:
    waiting, tickets = Waiting(), [new_id() for _ in range(3)]
    for ticket in (*tickets, *reversed(tickets)):
        waiting.put(change(ticket))
    assert await taken(waiting, 3) == [change(ticket) for ticket in tickets]
    waiting.put(None)
    waiting.put(None)
    waiting.put(change(tickets[0]))
    assert await taken(waiting, 2) == [None, change(tickets[0])]


async def test_who_waits_is_woken() -> None:
    waiting, ticket = Waiting(), new_id()
    asking = asyncio.create_task(waiting.get())
    await asyncio.sleep(0)
    waiting.put(change(ticket))
    assert await asyncio.wait_for(asking, 1) == change(ticket)


async def test_after_a_miss_every_ticket_that_changed_is_told(portal: Any, cast: Cast) -> None:
    """However many they are: a new subscriber's first fifty are not all."""
    actor, wanted = cast.actor("engineer_a"), {await portal.report(), await portal.report(device="monitor_a")}
    assert len(await subscriptions._standing(actor, None, None, limit=1)) == 1
    told = await subscriptions._standing(actor, None, now() - subscriptions.MARGIN, limit=None)
    assert {opaque("tk", one.tenant, one.ticket) for one in told} == wanted
