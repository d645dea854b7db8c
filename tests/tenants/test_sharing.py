"""Sharing: share and unshare change every table of a ticket in one transaction, and no child slips past them."""

import asyncio

import asyncpg
import pytest

from mendline.kernel import (
    TABLES,
    DomainError,
    Kind,
    execute,
    fetch,
    fetchval,
    new_id,
    opaque,
    rows,
    settings,
    transaction,
)
from mendline.tickets import Ticket, TicketMessage, TicketPeople, TicketQuality, WorklistRow
from mendline_tenants import field_groups, share_ticket, unshare_ticket
from support.database import look, unchanged

MESSAGE = (
    "INSERT INTO ticket_message (tenant_id, id, ticket_id, author_org, author_id, author_name, kind, body, channel,"
    " occurred_at, recorded_at) VALUES ($1, $2, $3, $4, $4, 'x', 'comment', 'late', 'graphql', now(), now())"
)


async def held(viewer, ticket) -> set[str]:
    """The tables of which an organisation sees a row of this ticket."""
    found = set()
    async with transaction(viewer):
        for name, table in TABLES.items():
            if table.kind is Kind.CHILD:
                seen = await fetch(f'SELECT 1 FROM "{name}" WHERE tenant_id = $1 AND ticket_id = $2 LIMIT 1', *ticket)
                found |= {name} if seen else set()
        if await rows.find(Ticket, *ticket):
            found.add("ticket")
    return found


async def shared(cast, ticket, name, *groups):
    async with transaction(cast["hospital_a"]):
        await share_ticket(ticket, cast[name], groups)


async def test_a_share_gives_its_groups_and_no_others(cast, ticket):
    await cast.run("nurse_a", "tickets.comment", {"ticket": opaque("tk", *ticket), "body": "x"})
    everything = await held(cast["hospital_a"], ticket)
    progress = {name for name in everything if name == "ticket" or TABLES[name].group == "progress"}
    assert await held(cast["testing_t"], ticket) == set()
    await shared(cast, ticket, "testing_t")
    assert await held(cast["testing_t"], ticket) == progress
    await shared(cast, ticket, "testing_t", "quality", "people")
    assert await held(cast["testing_t"], ticket) == progress | {"ticket_quality", "ticket_people"}
    await shared(cast, ticket, "testing_t", "quality")
    assert await held(cast["testing_t"], ticket) == progress | {"ticket_quality"}
    await shared(cast, ticket, "testing_t", *field_groups())
    assert await held(cast["testing_t"], ticket) == everything
    async with transaction(cast["hospital_a"]):
        await unshare_ticket(ticket, cast["testing_t"])
    assert await held(cast["testing_t"], ticket) == set()
    assert await held(cast["hospital_a"], ticket) == everything


async def test_sharing_leaves_the_others_as_they_are(cast, ticket):
    before = {name: await held(cast[name], ticket) for name in ("hospital_a", "vendor_v", "hospital_b")}
    await shared(cast, ticket, "testing_t", "quality")
    async with transaction(cast["hospital_a"]):
        await unshare_ticket(ticket, cast["testing_t"])
    assert {name: await held(cast[name], ticket) for name in before} == before
    audience = (await look("SELECT audience FROM ticket WHERE tenant_id = $1 AND id = $2", *ticket))[0][0]
    assert str(cast["testing_t"]) not in str(audience)
    assert set(audience) == set(field_groups())


async def test_what_was_meant_for_fewer_stays_with_fewer(cast, ticket):
    private = new_id()
    async with transaction(cast["hospital_a"]):
        row = TicketMessage(
            tenant_id=ticket.tenant,
            id=private,
            ticket_id=ticket.id,
            visible_to=[ticket.tenant],
            author_org=ticket.tenant,
            author_id=ticket.tenant,
            author_name="x",
            channel="graphql",
        )
        await rows.insert(row)
    await shared(cast, ticket, "testing_t", "messages")
    for name in ("testing_t", "vendor_v"):
        async with transaction(cast[name]):
            assert await rows.find(TicketMessage, ticket.tenant, private) is None


async def test_an_organisation_may_leave_by_itself(cast, ticket):
    await shared(cast, ticket, "testing_t", "quality")
    async with transaction(cast["hospital_a"]):
        await fetchval("SELECT worklist_put($1, $2)", *ticket)
    async with transaction(cast["testing_t"]):
        assert len(await rows.select(WorklistRow, "tenant_id = $1", cast["testing_t"])) == 1
        await unshare_ticket(ticket, cast["testing_t"])
        assert await rows.find(Ticket, *ticket) is None
        assert await rows.select(WorklistRow, "tenant_id = $1", cast["testing_t"]) == []
    assert await held(cast["testing_t"], ticket) == set()


async def test_only_the_user_facility_shares(cast, ticket):
    for name in ("vendor_v", "vendor_w", "testing_t"):
        async with unchanged():
            with pytest.raises(DomainError, match="not_found"):
                async with transaction(cast[name]):
                    await share_ticket(ticket, cast["testing_t"], ["quality"])
    for groups in (["no such group"], [None]):
        async with unchanged():
            with pytest.raises(DomainError, match="not_found"):
                async with transaction(cast["hospital_a"]):
                    await share_ticket(ticket, cast["testing_t"], groups)


@pytest.fixture
async def two(cast):
    """Two connections as `app`, outside the pools."""
    opened = [await asyncpg.connect(settings().role_url("app")) for _ in range(2)]
    yield opened
    for connection in opened:
        await connection.close()


async def bind(connection, tenant):
    await connection.execute(f"BEGIN; SET LOCAL app.tenant = '{tenant}'")


async def seen(tenant, id) -> bool:
    async with transaction(tenant):
        return await fetchval("SELECT count(*) FROM ticket_message WHERE id = $1", id) == 1


async def test_a_message_under_way_is_unshared_too(cast, ticket, two):
    """Written first, committed while unshare waits: the ticket's lock puts them in order."""
    await shared(cast, ticket, "testing_t", "messages")
    tester, hospital = two
    late = new_id()
    await bind(tester, cast["testing_t"])
    await tester.execute(MESSAGE, ticket.tenant, late, ticket.id, cast["testing_t"])
    await bind(hospital, ticket.tenant)
    waiting = asyncio.create_task(hospital.fetchval("SELECT unshare($1, $2, $3)", *ticket, cast["testing_t"]))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await tester.execute("COMMIT")
    await waiting
    await hospital.execute("COMMIT")
    assert not await seen(cast["testing_t"], late)
    assert await seen(cast["hospital_a"], late)


async def test_a_message_that_comes_too_late_is_refused(cast, ticket, two):
    """Unshared first: the message waits for the ticket, and then there is no such ticket."""
    await shared(cast, ticket, "testing_t", "messages")
    tester, hospital = two
    await bind(hospital, ticket.tenant)
    await hospital.fetchval("SELECT unshare($1, $2, $3)", *ticket, cast["testing_t"])
    await bind(tester, cast["testing_t"])
    waiting = asyncio.create_task(tester.execute(MESSAGE, ticket.tenant, new_id(), ticket.id, cast["testing_t"]))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await hospital.execute("COMMIT")
    with pytest.raises(asyncpg.NoDataFoundError, match="no such ticket"):
        await waiting
    await tester.execute("ROLLBACK")


async def test_many_at_once_leave_no_row_behind(cast, ticket):
    """Messages of the participant race with share and unshare; whoever wins, nothing stays visible."""

    async def write(n: int) -> None:
        try:
            async with transaction(cast["testing_t"]):
                await execute(MESSAGE, ticket.tenant, new_id(), ticket.id, cast["testing_t"])
        except asyncpg.PostgresError as error:
            assert error.sqlstate in {"P0002", "42501"}

    async def toggle(n: int) -> None:
        async with transaction(cast["hospital_a"]):
            if n % 2:
                await unshare_ticket(ticket, cast["testing_t"])
            else:
                await share_ticket(ticket, cast["testing_t"], ["messages"])

    await asyncio.gather(*(act(n) for n in range(30) for act in (write, toggle)))
    async with transaction(cast["hospital_a"]):
        await unshare_ticket(ticket, cast["testing_t"])
    assert await held(cast["testing_t"], ticket) == set()
    left = await look("SELECT count(*) FROM ticket_message WHERE $1 = ANY (visible_to)", cast["testing_t"])
    assert left[0][0] == 0


async def test_a_list_that_is_rebuilt_meanwhile_does_not_bring_back_what_is_unshared(cast, ticket, two):
    """Whoever writes the lists waits for the ticket, and then reads who sees it."""
    await shared(cast, ticket, "testing_t", "messages")
    async with transaction(cast["hospital_a"]):
        await fetchval("SELECT worklist_put($1, $2)", *ticket)
    hospital, rebuilding = two
    for connection in two:
        await bind(connection, ticket.tenant)
    await hospital.fetchval("SELECT unshare($1, $2, $3)", *ticket, cast["testing_t"])
    waiting = asyncio.create_task(rebuilding.fetchval("SELECT worklist_put($1, $2)", *ticket))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await hospital.execute("COMMIT")
    await waiting
    await rebuilding.execute("COMMIT")
    assert await lists(cast["testing_t"], ticket) == (0, 1)


async def lists(viewer, ticket) -> tuple[int, int]:
    """How many rows an organisation has of the ticket on its list, and among its tombstones."""
    async with transaction(viewer):
        listed, buried = [
            await fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1 AND ticket_id = $2", viewer, ticket.id)
            for table in ("worklist", "tombstone")
        ]
    return listed, buried


async def test_a_ticket_is_on_the_list_or_buried_never_both(cast, ticket):
    """Share, unshare, messages and rebuilding at once; whoever wins, one row tells how it stands."""

    async def act(n: int) -> None:
        try:
            async with transaction(cast["testing_t" if n % 4 == 3 else "hospital_a"]):
                match n % 4:
                    case 0:
                        await share_ticket(ticket, cast["testing_t"], ["messages"])
                    case 1:
                        await unshare_ticket(ticket, cast["testing_t"])
                    case 3:
                        await execute(MESSAGE, ticket.tenant, new_id(), ticket.id, cast["testing_t"])
                await fetchval("SELECT worklist_put($1, $2)", *ticket)
        except asyncpg.PostgresError as error:
            assert error.sqlstate in {"P0002", "42501"}

    for _ in range(5):
        await asyncio.gather(*(act(n) for n in range(16)))
        (stands,) = await look("SELECT visible_to FROM ticket WHERE tenant_id = $1 AND id = $2", *ticket)
        sees = cast["testing_t"] in stands["visible_to"]
        assert await lists(cast["testing_t"], ticket) == ((1, 0) if sees else (0, 1))


async def test_every_group_has_a_table(database):
    assert set(field_groups()) == {"progress", "people", "clinical", "quality", "commercial", "messages", "vigilance"}
    assert {TicketPeople, TicketQuality} <= {t.model for t in TABLES.values() if t.kind is Kind.CHILD}
