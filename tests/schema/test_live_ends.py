"""How subscriptions end: when a ticket is unshared, when a share's time is up, when a session or key is revoked."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import pytest_asyncio

from mendline.kernel import QUEUES, fetch, now, opaque, parse_opaque, rows, transaction
from mendline.tickets import Ticket
from mendline.workers import alive
from mendline_schema.live.hub import _valkey
from mendline_tenants import LoginSession
from support.cast import Cast
from support.database import administrator
from support.following import following, streaming
from support.processes import until
from support.work import relaying, working

ALL = """subscription { ticketChanged { ticketId version ticket { state } gone { ticketId goneAt } } }"""
LISTED = """subscription { worklistChanged { ticketId item { state } ticket { id } gone { ticketId goneAt } } }"""
ONE = "subscription($t: ID) { ticketChanged(ticket: $t) { version } }"


async def share(cast: Cast, ticket: str, **more: Any) -> None:
    given = {"ticket": ticket, "organisation": cast.organisation_id("testing_t"), "groups": ["quality"], **more}
    await cast.run("engineer_a", "tickets.share", given)


async def unshare(cast: Cast, ticket: str) -> None:
    partner = {"ticket": ticket, "organisation": cast.organisation_id("testing_t")}
    await cast.run("engineer_a", "tickets.unshare", partner)


async def last_word(answers: AsyncIterator[Any]) -> str:
    """The code of the error with which a stream of server-sent events ends."""
    told = [answer async for answer in answers]
    assert not told[-1]["data"]
    return str(told[-1]["errors"][0]["extensions"]["code"])


async def test_unsharing_ends_who_follows_the_ticket_and_tells_who_follows_all(
    portal: Any, port: int, cast: Cast
) -> None:
    ticket, other = await portal.report(device="monitor_a"), await portal.report(device="monitor_a")
    await share(cast, ticket)
    await share(cast, other)
    await cast.drain()
    token = await portal.token("tester_t")
    async with (
        following(port, token, ONE, t=ticket) as one,
        following(port, token, ONE, t=other) as untouched,
        following(port, token, ALL) as all_tickets,
        following(port, token, LISTED) as listed,
        streaming(port, token, ONE, t=ticket) as stream,
    ):
        await one.next()
        await untouched.next()
        for follower in (all_tickets, listed):
            assert {(await follower.next())["data"].popitem()[1]["ticketId"] for _ in range(2)} == {ticket, other}
        assert (await anext(stream))["data"]["ticketChanged"]["version"]
        await unshare(cast, ticket)
        await cast.drain()
        assert await one.ends() == "share_ended"
        assert await last_word(stream) == "share_ended"
        for follower, nothing in ((all_tickets, {"version": None, "ticket": None}), (listed, {"item": None})):
            (told,) = (await follower.next())["data"].values()
            assert told.items() >= nothing.items()
            assert told["gone"]["ticketId"] == told["ticketId"] == ticket
            assert told["gone"]["goneAt"]
        await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": "快"})
        await cast.drain()
        for follower in (untouched, all_tickets, listed):
            await follower.nothing()


async def test_who_comes_too_late_hears_that_it_is_over(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report(device="monitor_a")
    await share(cast, ticket)
    began = now()
    await unshare(cast, ticket)
    async with following(port, await portal.token("tester_t"), ONE, t=ticket) as late:
        assert await late.ends() == "share_ended"
    since = ALL.replace("ticketChanged", f'ticketChanged(since: "{began.isoformat()}")')
    async with following(port, await portal.token("tester_t"), since) as back:
        assert (await back.next())["data"]["ticketChanged"]["gone"]["ticketId"] == ticket
    async with following(port, await portal.token("engineer_b"), ONE, t=ticket) as stranger:
        await stranger.nothing()


async def test_what_is_shared_again_can_be_followed_again(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report(device="monitor_a")
    await share(cast, ticket)
    await unshare(cast, ticket)
    await share(cast, ticket)
    async with following(port, await portal.token("tester_t"), ONE, t=ticket) as again:
        assert (await again.next())["data"]["ticketChanged"]["version"]
        await cast.drain()
        assert (await again.next())["data"]["ticketChanged"]["version"], "the messages of before end nothing"


async def test_an_interruption_hides_no_end(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report(device="monitor_a")
    await share(cast, ticket)
    await cast.drain()
    async with following(port, await portal.token("tester_t"), ONE, t=ticket) as one:
        await one.next()
        await unshare(cast, ticket)
        await _valkey().execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # the message is never published
        assert await one.ends() == "share_ended"


async def revoke_session(cast: Cast) -> None:
    async with transaction(cast["vendor_v"]):
        (session,) = await rows.select(LoginSession, "tenant_id = $1", cast["vendor_v"])
    await cast.run("admin_v", "tenants.revoke_session", {"session": opaque("se", *_key(session))})


async def suspend(cast: Cast) -> None:
    await cast.run("admin_v", "tenants.suspend_member", {"member": cast.member_id("dispatcher_v")})


async def expire(cast: Cast) -> None:
    sql = "UPDATE login_session SET expires_at = $2 WHERE tenant_id = $1"
    await administrator().execute(sql, cast["vendor_v"], now() + timedelta(seconds=0.3))


def _key(row: Any) -> tuple[Any, Any]:
    return row.tenant_id, row.id


@pytest.mark.parametrize("way", [revoke_session, suspend, expire], ids=lambda way: str(way.__name__))
async def test_a_session_that_ends_ends_what_it_follows(portal: Any, port: int, cast: Cast, way: Any) -> None:
    """Nothing changes meanwhile, and nothing is drained: no message of any broker is needed."""
    ticket = await portal.report()
    token = await portal.token("dispatcher_v")
    async with (
        following(port, token, ONE, t=ticket) as one,
        following(port, token, LISTED) as listed,
        streaming(port, token, ALL) as stream,
        following(port, await portal.token("engineer_a"), ONE, t=ticket) as another,
    ):
        for follower in (one, listed, another):
            await follower.next()
        await anext(stream)
        began = monotonic()
        await way(cast)
        assert await one.ends() == "session_ended"
        assert await listed.ends() == "session_ended"
        assert await last_word(stream) == "session_ended"
        print(f"{way.__name__}: ended after {monotonic() - began:.2f} s")
        await another.nothing()


async def test_a_key_that_is_revoked_ends_what_it_follows(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report()
    keys = [
        await cast.run("admin_v", "tenants.create_api_key", {"name": "portal", "scopes": ["portal"], **more})
        for more in ({}, {"expires_at": (now() + timedelta(seconds=2)).isoformat()})
    ]
    async with (
        following(port, keys[0].secret, ONE, t=ticket) as one,
        following(port, keys[1].secret, ONE, t=ticket) as short,
    ):
        await one.next()
        await short.next()
        began = monotonic()
        await cast.run("admin_v", "tenants.revoke_api_key", {"key": keys[0].key})
        assert await one.ends() == "key_revoked"
        print(f"key revoked: ended after {monotonic() - began:.2f} s")
        assert await short.ends() == "key_revoked"


@pytest_asyncio.fixture
async def at_work(portal: Any, tmp_path: Path) -> AsyncIterator[None]:
    """A relay and a worker at work, with nothing left undone by other tests."""
    for queue in QUEUES:
        await administrator().execute(f'UPDATE "{queue}" SET completed_at = now() WHERE completed_at IS NULL')
    async with working(tmp_path), relaying():
        await until(lambda: alive("worker"))
        yield


async def test_on_real_parts_an_end_comes_at_once_and_on_its_date(
    at_work: None, portal: Any, port: int, cast: Cast
) -> None:
    """Nothing is drained here: relay, broker and worker carry the messages and ring the timer."""
    token = await portal.token("tester_t")
    waits = []
    for _ in range(3):
        ticket = await portal.report(device="monitor_a")
        await share(cast, ticket)
        async with (
            following(port, token, ONE, t=ticket) as one,
            streaming(port, token, ONE, t=ticket) as stream,
        ):
            await one.next()
            await anext(stream)
            began = monotonic()
            await unshare(cast, ticket)
            while (message := await one.receive())["type"] == "next":
                last = message["payload"]
            assert last["errors"][0]["extensions"]["code"] == "share_ended"
            assert await last_word(stream) == "share_ended"
            waits.append(monotonic() - began)
    print(f"unshared: both streams ended after {[round(wait, 3) for wait in waits]} s")
    for ahead in (0.4, 3.0):
        ticket = await portal.report(device="monitor_a")
        ends_at = now() + timedelta(seconds=ahead)
        await share(cast, ticket, until=ends_at.isoformat())

        async def read_no_more(ticket: str = ticket) -> bool:
            async with transaction(cast["testing_t"]):
                return await rows.find(Ticket, *parse_opaque("tk", ticket)) is None

        assert not await read_no_more()
        await until(read_no_more, 10)
        late = (now() - ends_at).total_seconds()
        assert late >= 0, "not before its time"
        print(f"a share for {ahead} s ended {late:.3f} s after its date")
        async with transaction(cast["testing_t"]):
            gone = await fetch("SELECT gone_at FROM tombstone WHERE tenant_id = $1", cast["testing_t"])
        assert gone
