"""Subscriptions: over WebSocket and server-sent events, from a command through the consumer to who may know."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mendline.kernel import parse_opaque
from mendline_schema.live.hub import Change, _valkey, channel_of, hub
from support.cast import Cast
from support.database import look
from support.following import FOLLOW, following
from support.sockets import PATIENCE, Follower


async def test_each_message_with_sensitive_fields_is_a_read(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report()
    await cast.drain()
    query = "subscription Follow { worklistChanged { item { number symptom } ticket { people { contactName } } } }"
    async with following(port, await portal.token("dispatcher_v"), document=query) as follower:
        assert (await follower.next())["data"]["worklistChanged"]["item"]["symptom"]
        await cast.run("nurse_a", "tickets.remind", {"ticket": ticket})
        await cast.drain()
        await follower.next()
    noted = await look("SELECT * FROM read_log WHERE tenant_id = $1", cast["vendor_v"])
    assert [entry["operation"] for entry in noted] == ["Follow", "Follow"]
    assert [entry["groups"] for entry in noted] == [["clinical", "people"]] * 2
    assert {entry["tickets"][0] for entry in noted} == {parse_opaque("tk", ticket).id}


async def test_first_how_it_stands_then_each_change(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report()
    await cast.drain()
    async with following(port, await portal.token("dispatcher_v"), t=ticket) as follower:
        first = (await follower.next())["data"]["ticketChanged"]
        assert (first["initial"], first["version"], first["ticket"]["state"]) == (True, 1, "TRIAGED")
        offer = {"ticket": ticket, "technician": cast.member_id("technician_v")}
        await cast.run("dispatcher_v", "dispatch.offer_job", offer)
        await cast.drain()
        then = (await follower.next())["data"]["ticketChanged"]
        assert (then["initial"], then["version"], then["ticket"]["state"]) == (False, 2, "OFFERED")
        await follower.send(id="1", type="complete")
        await cast.run("nurse_a", "tickets.remind", {"ticket": ticket})
        await cast.drain()
        await follower.nothing()
    assert channel_of(cast["vendor_v"]) not in hub()._queues


async def test_who_cannot_see_hears_nothing(portal: Any, port: int, cast: Cast) -> None:
    async with (
        following(port, await portal.token("engineer_b")) as b,
        following(port, await portal.token("engineer_a")) as a,
    ):
        await b.nothing()
        ticket = await portal.report()
        await cast.drain()
        assert (await a.next())["data"]["ticketChanged"]["ticket"]["state"] == "TRIAGED"
        await b.nothing()
        message = msgspec.json.encode(Change(cast["hospital_a"], cast.devices["pump_a"]))
        await _valkey().publish(channel_of(cast["hospital_b"]), message)
        await b.nothing()
    assert ticket


async def test_the_field_group_stays_masked(portal: Any, port: int, cast: Cast) -> None:
    await portal.report()
    document = (
        "subscription { worklistChanged { initial item { number symptom } ticket { commercial { entitlement } } } }"
    )
    async with connect(
        f"ws://127.0.0.1:{port}/graphql",
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        additional_headers={"authorization": f"Bearer {await portal.token('nurse_a')}"},
    ) as socket:
        follower = Follower(socket)
        await follower.send(type="connection_init")
        await follower.receive()
        await follower.send(id="1", type="subscribe", payload={"query": document})
        payload = await follower.next()
    assert payload["data"]["worklistChanged"]["item"]["symptom"] == "报警,停机"
    assert payload["data"]["worklistChanged"]["ticket"] == {"commercial": None}
    assert [error["extensions"]["code"] for error in payload["errors"]] == ["forbidden"]


async def test_server_sent_events(portal: Any, port: int, cast: Cast) -> None:
    await portal.report()
    headers = {"authorization": f"Bearer {await portal.token('nurse_a')}", "accept": "text/event-stream"}
    async with (
        httpx.AsyncClient() as client,
        client.stream("POST", f"http://127.0.0.1:{port}/graphql", json={"query": FOLLOW}, headers=headers) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data:") and "ticketChanged" in line:
                assert msgspec.json.decode(line[5:])["data"]["ticketChanged"]["initial"] is True
                break


async def test_strangers_and_foreign_pages_are_refused(port: int) -> None:
    url = f"ws://127.0.0.1:{port}/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send('{"type": "connection_init"}')
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403
    with pytest.raises(InvalidStatus):
        await connect(url, subprotocols=["graphql-transport-ws"], origin="https://evil.example")  # type: ignore[list-item, arg-type]
    with suppress(ConnectionClosed):
        async with connect(url, subprotocols=["graphql-ws"]) as socket:  # type: ignore[list-item]
            await asyncio.wait_for(socket.recv(), PATIENCE)
            pytest.fail("the old protocol is not spoken")


async def test_an_interruption_misses_nothing(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report()
    await cast.drain()
    async with following(port, await portal.token("dispatcher_v"), t=ticket) as follower:
        await follower.next()
        await cast.run("nurse_a", "tickets.set_use_state", {"ticket": ticket, "use_state": "degraded"})
        # Valkey closes the connection before anything was published.
        await _valkey().execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        again = (await follower.next())["data"]["ticketChanged"]
        assert again["version"] == 2


async def test_a_session_that_ends_ends_its_subscriptions(portal: Any, port: int, cast: Cast) -> None:
    ticket = await portal.report()
    await cast.drain()
    async with following(port, await portal.token("dispatcher_v"), t=ticket) as follower:
        await follower.next()
        await portal.get("dispatcher_v", "mutation { logout(input: {}) { done } }")
        await cast.run("nurse_a", "tickets.remind", {"ticket": ticket})
        await cast.drain()
        last = await follower.next()
        assert [error["extensions"]["code"] for error in last["errors"]] == ["session_ended"]
        assert not last["data"]
        assert (await follower.receive())["type"] == "complete"


async def test_who_comes_while_the_last_one_leaves_holds_nobody_up(portal: Any, cast: Cast) -> None:
    """A page that is loaded anew leaves and comes at the same moment: the process must go on meanwhile."""

    async def visit(organisation: str, pause: float) -> None:
        async with hub().listen(cast[organisation]):
            await asyncio.sleep(pause)

    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    async with asyncio.timeout(60):
        for turn in range(60):
            pages = [asyncio.create_task(visit(name, turn % 7 / 2_000)) for name in ("hospital_a", "vendor_v")]
            await asyncio.sleep(turn % 5 / 1_000)
            for page in pages[: turn % 3]:
                page.cancel()
                await asyncio.sleep(0)
                page.cancel()
            await asyncio.gather(*pages, visit("hospital_a", 0), return_exceptions=True)
    ticking.cancel()
    assert ticks > 60
    assert not hub()._queues
