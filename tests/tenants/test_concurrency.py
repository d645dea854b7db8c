"""Concurrency: many tasks of many organisations on few connections, with errors and cancellations in the middle."""

import asyncio
import random
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from uuid import UUID

import asyncpg
import pytest

from mendline.kernel import execute, fetch, fetchval, new_id, pool, rows, settings, transaction
from mendline.kernel import read as read_one
from mendline_tenants import Member, Partner, actor_of_member
from support.database import look

TASKS, ORGANISATIONS = 500, 20


class Broken(Exception):
    """What a task breaks off with."""


@pytest.fixture
async def few(cast, monkeypatch):
    """The pool of `app`, made anew with five connections."""
    from mendline.kernel import database

    small = await asyncpg.create_pool(
        settings().role_url("app"),
        min_size=5,
        max_size=5,
        connection_class=database.BoundConnection,
        init=database._prepare,
        reset=database._no_reset,
    )
    monkeypatch.setitem(database._pools, "app", small)
    yield small
    await asyncio.wait_for(small.close(), 10)


@pytest.fixture
async def crowd(database):
    """Twenty organisations -> the ids of the members that each of them has."""
    crowd = {}
    for _ in range(ORGANISATIONS):
        tenant = new_id()
        people = [Member(tenant_id=tenant, login=f"{n}", name=f"{n}", roles=["reporter"]) for n in range(3)]
        async with transaction(tenant):
            await rows.insert(*people)
        crowd[tenant] = {member.id for member in people}
    return crowd


async def storm(crowd, bound, read) -> tuple[int, list[str]]:
    """Runs the tasks; answers how many came to the end, and where rows of another organisation were seen.

    Each looks twice, before and after others had their turn. Many break off in between: with an error of their own or
    of Postgres, by a time-out within a statement, or cancelled from outside.
    """
    dice = random.Random(7)
    tenants = list(crowd)
    foreign: list[str] = []
    ended = 0

    async def look(number: int, tenant) -> None:
        members = await read("SELECT tenant_id, id FROM member")
        if {row["id"] for row in members} != crowd[tenant] or {row["tenant_id"] for row in members} - {tenant}:
            foreign.append(f"task {number}")

    async def one(number: int) -> None:
        nonlocal ended
        tenant = tenants[number % ORGANISATIONS]
        async with bound(tenant):
            await asyncio.sleep(dice.random() * 0.004)
            await look(number, tenant)
            await asyncio.sleep(dice.random() * 0.004)
            if number % 7 == 0:
                raise Broken
            if number % 11 == 0:
                await read("SELECT 1 / 0")
            if number % 13 == 0:
                await asyncio.sleep(30)
            if number % 17 == 0:
                async with asyncio.timeout(0.005):
                    await read("SELECT pg_sleep(30)")
            await look(number, tenant)
            ended += 1

    tasks = [asyncio.create_task(one(number)) for number in range(TASKS)]
    while any(not task.done() for task in tasks):
        await asyncio.sleep(0.02)
        for number, task in enumerate(tasks):
            if number % 13 == 0 and not task.done() and dice.random() < 0.3:
                task.cancel()
    expected = Broken | asyncpg.DivisionByZeroError | asyncio.CancelledError | TimeoutError
    for task in await asyncio.gather(*tasks, return_exceptions=True):
        assert task is None or isinstance(task, expected), task
    return ended, foreign


@asynccontextmanager
async def in_one_message(tenant):
    """Each statement in a transaction of its own, which is bound in the statement's own message."""
    _bound_to.set(tenant)
    yield


async def read_in_one_message(sql):
    row = await read_one(_bound_to.get(), f"SELECT coalesce(jsonb_agg(r), '[]') FROM ({sql}) r")
    return [{name: UUID(value) for name, value in found.items()} for found in row[0] if "id" in found]


_bound_to = ContextVar("bound_to")


@pytest.mark.parametrize(("bound", "read"), [(transaction, fetch), (in_one_message, read_in_one_message)])
async def test_no_task_sees_anothers_rows(crowd, few, bound, read):
    ended, foreign = await storm(crowd, bound, read)
    assert foreign == []
    assert ended > TASKS * 0.6
    # A cancelled task may cost its connection, never hold it: all five can be had again, with nothing left on them.
    async with AsyncExitStack() as held:
        for _ in range(5):
            connection = await asyncio.wait_for(held.enter_async_context(few.acquire()), 10)
            assert await connection.fetchval("SELECT cur()") is None
            assert not connection.is_in_transaction()


async def test_a_binding_of_the_session_would_be_caught(crowd, few):
    """The negative control: were the tenant set on the pooled connection, tasks would see each other's rows."""

    @asynccontextmanager
    async def careless(tenant):
        await pool("app").execute("SELECT set_config('app.tenant', $1, false)", str(tenant))
        yield

    async def read(sql):
        return await pool("app").fetch(sql)

    _, foreign = await storm(crowd, careless, read)
    assert foreign != []


async def test_a_cancelled_command_stores_nothing(cast, few):
    hospital = cast["hospital_a"]

    async def write(id):
        async with transaction(hospital):
            await rows.insert(Partner(tenant_id=hospital, id=id, code="X", kind="vendor", name={}))
            await execute("SELECT pg_sleep(0.05)")
            await asyncio.sleep(0.05)

    ids = [new_id() for _ in range(30)]
    tasks = [asyncio.create_task(write(one)) for one in ids]
    for number, task in enumerate(tasks):
        await asyncio.sleep(0.01)
        if number % 2:
            task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    stored = {row[0] for row in await look("SELECT id FROM partner WHERE id = ANY ($1)", ids)}
    assert stored == {one for one, outcome in zip(ids, done, strict=True) if outcome is None}
    assert 0 < len(stored) < 30


async def test_a_task_that_outlives_its_transaction_is_refused(cast):
    async def late():
        await asyncio.sleep(0.05)
        return await fetchval("SELECT 1")

    async with transaction(cast["hospital_a"]):
        task = asyncio.create_task(late())
    with pytest.raises(RuntimeError, match="must not outlive"):
        await task


async def test_a_bound_lookup_leaves_nothing_bound(cast):
    """member_acting binds the tenant for its own statement alone, and never inside another's transaction."""
    async with pool("app").acquire() as connection:
        await connection.fetchrow(
            "SELECT * FROM member_acting($1, $2, NULL, now())", cast["hospital_a"], cast.members["nurse_a"]
        )
        assert await connection.fetchval("SELECT cur()") is None
        assert await connection.fetch("SELECT 1 FROM member") == []
    async with transaction(cast["hospital_b"]):
        with pytest.raises(asyncpg.RaiseError, match="another tenant is bound"):
            await fetch("SELECT * FROM member_acting($1, $2, NULL, now())", cast["hospital_a"], cast.members["nurse_a"])
    actor = await actor_of_member(cast["hospital_a"], cast.members["nurse_a"], "telegram")
    assert (actor.organisation, actor.name, actor.roles) == (cast["hospital_a"], "王护士", ("reporter",))
