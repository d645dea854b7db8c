"""The feed: `changes(since:)` tells each change of a ticket once, in order, and what was unshared as a tombstone."""

import asyncio
import base64
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from mendline.app.database.migrate import _settle_feeds
from mendline.app.worklists import rebuild
from mendline.kernel import database, execute, fetch, frozen, now, parse_opaque, settings, transaction
from mendline.tickets import feed_cursor
from mendline_tenants import TOMBSTONE_LIFETIME, share_ticket, unshare_ticket
from mendline_tenants.partnership.tombstones import forget_tombstones
from support.database import administrator, look, unchanged

FEED = """query($since: String, $first: Int! = 100) { changes(since: $since, first: $first) {
  nodes { __typename ticketId ... on TicketChanged { item { priority events { seq } } ticket { id } }
    ... on TicketGone { goneAt } } cursor hasMore } }"""


class Follower:
    """A portal that keeps a copy of what one organisation may see, by the feed alone."""

    def __init__(self, portal: Any, who: str, size: int = 100) -> None:
        self._portal, self._who, self._size = portal, who, size
        self.cursor: str | None = None
        self.copy: dict[str, Any] = {}
        self.told: list[tuple[str, str]] = []

    async def page(self) -> bool:
        """Takes one page over; answers whether there is more."""
        feed = (await self._portal.get(self._who, FEED, since=self.cursor, first=self._size))["changes"]
        for node in feed["nodes"]:
            self.told.append((node["__typename"], node["ticketId"]))
            if node["__typename"] == "TicketGone":
                self.copy.pop(node["ticketId"], None)
            else:
                assert node["ticket"] in ({"id": node["ticketId"]}, None)  # None: unshared between list and ticket
                self.copy[node["ticketId"]] = node["item"]
        self.cursor = feed["cursor"]
        assert feed["hasMore"] <= (len(feed["nodes"]) == self._size)
        return bool(feed["hasMore"])

    async def read(self) -> list[tuple[str, str]]:
        """Everything that is new."""
        await settled()
        self.told.clear()
        while await self.page():
            pass
        return list(self.told)


async def settled(patience: float = 2) -> None:
    """Waits while a transaction of another test process on the cluster, older than what is written, is under way.

    Not for long: a test may hold one back itself.
    """
    oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    written = "SELECT max(changed_in) FROM worklist WHERE changed_in < txid_current()"
    ((newest,),) = await look(written)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while newest is not None and (await look(oldest))[0][0] <= newest:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)


def changed(*tickets: str) -> list[tuple[str, str]]:
    return [("TicketChanged", ticket) for ticket in tickets]


def gone(*tickets: str) -> list[tuple[str, str]]:
    return [("TicketGone", ticket) for ticket in tickets]


async def share(cast: Any, ticket: str, name: str = "testing_t", **more: Any) -> None:
    given = {"ticket": ticket, "organisation": cast.organisation_id(name), "groups": ["quality"], **more}
    await cast.run("engineer_a", "tickets.share", given)


async def unshare(cast: Any, ticket: str, name: str = "testing_t") -> None:
    await cast.run("engineer_a", "tickets.unshare", {"ticket": ticket, "organisation": cast.organisation_id(name)})


async def test_first_all_there_is_then_only_what_is_new(portal: Any, cast: Any) -> None:
    vendor, hospital = Follower(portal, "dispatcher_v"), Follower(portal, "engineer_a")
    first, second = await portal.report(), await portal.report()
    third = await portal.report(device="monitor_a")
    assert await vendor.read() == changed(first, second)
    assert await hospital.read() == changed(first, second, third)
    assert await vendor.read() == []
    await cast.run("nurse_a", "tickets.comment", {"ticket": first, "body": "快"})
    await cast.run("nurse_a", "tickets.comment", {"ticket": second, "body": "快"})
    await cast.run("nurse_a", "tickets.comment", {"ticket": first, "body": "快"})
    assert await vendor.read() == changed(second, first)
    assert {ticket: item["events"][0]["seq"] for ticket, item in vendor.copy.items()} == {first: 3, second: 2}


async def test_who_sees_nothing_gets_a_cursor_all_the_same(portal: Any, cast: Any) -> None:
    await portal.report()
    tester = Follower(portal, "tester_t")
    assert await tester.read() == []
    ticket = await portal.report(device="monitor_a")
    await share(cast, ticket)
    assert await tester.read() == changed(ticket)


async def test_what_was_unshared_is_told_by_its_ids_and_the_time_alone(portal: Any, cast: Any) -> None:
    ticket, tester = await portal.report(device="monitor_a"), Follower(portal, "tester_t")
    await share(cast, ticket)
    assert await tester.read() == changed(ticket)
    await unshare(cast, ticket)
    assert await tester.read() == gone(ticket)
    assert await tester.read() == []
    await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": "快"})
    assert await tester.read() == []
    (stone,) = await look("SELECT * FROM tombstone WHERE tenant_id = $1", cast["testing_t"])
    assert set(stone.keys()) == {"tenant_id", "id", "owner_id", "ticket_id", "changed_in", "gone_at"}
    assert (stone["owner_id"], stone["ticket_id"]) == (stone["owner_id"], stone["id"]) == parse_opaque("tk", ticket)


async def test_what_is_shared_again_is_gone_no_more(portal: Any, cast: Any) -> None:
    ticket, tester = await portal.report(device="monitor_a"), Follower(portal, "tester_t")
    for _ in range(2):
        await share(cast, ticket)
        await unshare(cast, ticket)
        await share(cast, ticket)
        assert await tester.read() == changed(ticket)
        await unshare(cast, ticket)
        assert await tester.read() == gone(ticket)
    assert await Follower(portal, "tester_t").read() == gone(ticket), "whoever begins late"


async def test_every_way_out_of_a_ticket_leaves_a_tombstone(portal: Any, cast: Any) -> None:
    tickets, tester = [await portal.report(device="monitor_a") for _ in range(3)], Follower(portal, "tester_t")
    until = now() + timedelta(minutes=5)
    await share(cast, tickets[0], until=until.isoformat())
    for ticket in tickets[1:]:
        await share(cast, ticket)
    await tester.read()
    with frozen(until + timedelta(seconds=1)):
        await cast.drain(queues=("timer",))
    async with transaction(cast["testing_t"]):
        await unshare_ticket(parse_opaque("tk", tickets[1]), cast["testing_t"])
    # As if an unshare had been lost: the lists are put right when the ticket is next written.
    removed = "UPDATE ticket SET visible_to = array_remove(visible_to, $2) WHERE id = $1"
    await administrator().execute(removed, parse_opaque("tk", tickets[2]).id, cast["testing_t"])
    await cast.run("nurse_a", "tickets.comment", {"ticket": tickets[2], "body": "快"})
    assert await tester.read() == gone(*tickets)
    async with transaction(cast["hospital_a"]):  # and what was lost is made up for
        await unshare_ticket(parse_opaque("tk", tickets[2]), cast["testing_t"])


async def test_nobody_plants_a_tombstone_in_a_strangers_feed(portal: Any, cast: Any) -> None:
    ticket = await portal.report(device="monitor_a")
    async with transaction(cast["hospital_a"]):
        await unshare_ticket(parse_opaque("tk", ticket), cast["hospital_b"])
    assert await Follower(portal, "engineer_b").read() == []


async def test_tickets_of_one_transaction_may_lie_on_two_pages(portal: Any, cast: Any) -> None:
    parent, hospital = await portal.report(device="monitor_a"), Follower(portal, "engineer_a", size=1)
    await hospital.read()
    passing = {"ticket": parent, "provider": cast.organisation_id("vendor_v")}
    child = (await cast.run("engineer_a", "tickets.pass_on", passing)).ticket
    await settled()
    assert await hospital.page()
    assert not await hospital.page()
    assert sorted(hospital.copy) == sorted((parent, child))
    assert hospital.copy[parent]["events"][0]["seq"] == 2


async def test_a_transaction_that_ends_late_is_not_passed_over(portal: Any, cast: Any) -> None:
    first, second = await portal.report(), await portal.report()
    follower = Follower(portal, "dispatcher_v")
    await follower.read()
    slow = await asyncpg.connect(settings().role_url("app"))
    try:
        await slow.execute(f"BEGIN; SET LOCAL app.tenant = '{cast['hospital_a']}'")
        await slow.execute("UPDATE ticket SET version = version + 1 WHERE id = $1", parse_opaque("tk", first).id)
        await slow.fetchval("SELECT worklist_put($1, $2)", *parse_opaque("tk", first))
        await cast.run("nurse_a", "tickets.comment", {"ticket": second, "body": "快"})
        (careless,) = await look("SELECT max(changed_in) FROM worklist WHERE tenant_id = $1", cast["vendor_v"])
        assert await follower.read() == [], "the second came after the first, which has not ended"
        await slow.execute("COMMIT")
    finally:
        await slow.close()
    assert await follower.read() == changed(first, second)
    placed = "SELECT changed_in FROM worklist WHERE tenant_id = $1 AND ticket_id = $2"
    (late,) = await look(placed, cast["vendor_v"], parse_opaque("tk", first).id)
    assert late[0] < careless[0], "a reader that took what it saw would have passed the first over"


async def test_nothing_is_missed_while_many_write_at_once(portal: Any, cast: Any) -> None:
    """Writers hold their transactions open for random times, share and unshare; a portal polls with small pages."""
    dice = random.Random(11)
    tickets = [parse_opaque("tk", await portal.report(device="monitor_a")) for _ in range(8)]
    follower, writing = Follower(portal, "tester_t", size=3), True

    async def write(number: int) -> None:
        for _ in range(25):
            ticket = dice.choice(tickets)
            with suppress(asyncpg.DeadlockDetectedError):
                async with transaction(cast["hospital_a"]):
                    match dice.randrange(4):
                        case 0:
                            await unshare_ticket(ticket, cast["testing_t"])
                        case 1:
                            await share_ticket(ticket, cast["testing_t"], ["quality"])
                        case _:
                            await execute(
                                "UPDATE ticket SET priority = $3 WHERE tenant_id = $1 AND id = $2",
                                *ticket,
                                dice.randrange(1, 5),
                            )
                    await execute("SELECT worklist_put($1, $2)", *ticket)
                    await asyncio.sleep(dice.random() * 0.02)
            await asyncio.sleep(dice.random() * 0.005)

    async def poll() -> None:
        while writing:
            await follower.page()

    polling = asyncio.create_task(poll())
    await asyncio.gather(*(write(number) for number in range(4)))
    writing = False
    await polling
    await settled(30)
    while await follower.page():
        pass
    async with transaction(cast["testing_t"]):
        listed = await fetch(
            "SELECT opaque('tk', owner_id, ticket_id) AS id, priority FROM worklist WHERE tenant_id = $1",
            cast["testing_t"],
        )
    assert {ticket: item["priority"] for ticket, item in follower.copy.items()} == dict(listed)
    again = Follower(portal, "tester_t")
    await again.read()
    assert again.copy == follower.copy
    last = {ticket: kind for kind, ticket in follower.told}
    assert {ticket: kind for kind, ticket in again.told}.items() <= last.items()


async def test_rebuilding_the_lists_is_no_news_and_repairs_them(portal: Any, cast: Any) -> None:
    kept, unshared, lost = [await portal.report(device="monitor_a") for _ in range(3)]
    for ticket in (kept, unshared, lost):
        await share(cast, ticket)
    await unshare(cast, unshared)
    tester = Follower(portal, "tester_t")
    before = await tester.read()
    assert await rebuild(cast["hospital_a"]) == 3
    assert await tester.read() == []
    assert await Follower(portal, "tester_t").read() == before
    deleted = "DELETE FROM worklist WHERE tenant_id = $1 AND ticket_id = $2"
    await administrator().execute(deleted, cast["testing_t"], parse_opaque("tk", lost).id)
    await rebuild(cast["hospital_a"])
    assert await tester.read() == changed(lost)


async def refused(portal: Any, who: str, since: str | None, first: int = 100) -> str:
    await portal.token(who)
    async with unchanged():
        answer = await portal.ask(who, FEED, since=since, first=first)
    assert answer.data in (None, {"changes": None})
    (error,) = answer.errors
    assert error["message"]
    return str(error["extensions"]["code"])


async def test_what_is_no_cursor_is_refused(portal: Any, cast: Any) -> None:
    await portal.report()
    vendor, hospital = Follower(portal, "dispatcher_v"), Follower(portal, "engineer_a")
    await vendor.read()
    await hospital.read()
    listed = await portal.get("dispatcher_v", "{ worklist { pageInfo { endCursor } } }")
    wrong = ("", "nonsense", "WzEsMl0=", hospital.cursor, listed["worklist"]["pageInfo"]["endCursor"], "AA" * 400, "é")
    for since in wrong:
        assert await refused(portal, "dispatcher_v", since) == "invalid_input", since
    assert await refused(portal, "dispatcher_v", vendor.cursor, 0) == "invalid_input"
    assert await refused(portal, "dispatcher_v", vendor.cursor, -1) == "invalid_input"
    assert await refused(portal, "dispatcher_v", vendor.cursor, 101) == "page_too_large"


async def test_a_cursor_of_another_database_must_start_anew(portal: Any, cast: Any) -> None:
    await portal.report()
    vendor = Follower(portal, "dispatcher_v")
    await vendor.read()
    known = feed_cursor(str(vendor.cursor), cast["vendor_v"])
    elsewhere = msgspec.structs.replace(known, cluster="1/00000001")
    ahead = msgspec.structs.replace(known, changed_in=known.changed_in + 10_000_000)
    for cursor in (elsewhere, ahead):
        text = base64.b64encode(msgspec.json.encode(cursor)).decode()
        assert await refused(portal, "dispatcher_v", text) == "feed_restarted"


async def test_rows_carried_here_from_a_busier_cluster_come_at_once(portal: Any, cast: Any) -> None:
    ticket, vendor = await portal.report(), Follower(portal, "dispatcher_v")
    await administrator().execute("UPDATE worklist SET changed_in = 1e15 WHERE tenant_id = $1", cast["vendor_v"])
    assert await vendor.read() == []
    async with administrator().acquire() as connection:
        await _settle_feeds(connection)
    assert await vendor.read() == changed(ticket)


async def test_a_cursor_older_than_the_tombstones_must_start_anew(portal: Any, cast: Any) -> None:
    ticket, tester = await portal.report(device="monitor_a"), Follower(portal, "tester_t")
    await share(cast, ticket)
    await tester.read()
    await unshare(cast, ticket)
    old, began = tester.cursor, now()
    with frozen(began + TOMBSTONE_LIFETIME - timedelta(hours=1)):
        portal.tokens.clear()
        await forget_tombstones()
        assert await tester.read() == gone(ticket)
    with frozen(began + TOMBSTONE_LIFETIME + timedelta(hours=1)):
        portal.tokens.clear()
        assert await refused(portal, "tester_t", old) == "feed_expired"
    aged = "UPDATE tombstone SET gone_at = gone_at - $2::interval WHERE tenant_id = $1"
    await administrator().execute(aged, cast["testing_t"], TOMBSTONE_LIFETIME + timedelta(hours=1))
    await forget_tombstones()
    assert await Follower(portal, "tester_t").read() == gone(ticket), "kept a day longer than anyone may ask for"
    await administrator().execute(aged, cast["testing_t"], timedelta(days=1))
    await forget_tombstones()
    assert await Follower(portal, "tester_t").read() == []


async def test_a_page_is_one_statement(portal: Any, cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await portal.report()
    await portal.token("dispatcher_v")
    sessions: list[database.Session] = []

    class Noting(database.Session):
        def __init__(self, connection: Any, *given: Any) -> None:
            super().__init__(connection, *given)
            sessions.append(self)

    monkeypatch.setattr(database, "Session", Noting)
    await portal.get("dispatcher_v", FEED)
    assert [session.statements for session in sessions] == [1]
