"""The relay's promptness and fairness, and what a worker owes to the work that it has begun."""

import asyncio
from pathlib import Path
from time import monotonic

import pytest
from redis.exceptions import ConnectionError as ValkeyAway

from mendline.app.child import Child
from mendline.kernel import cancel_timer, new_id, now, pool, transaction
from mendline.workers import Publisher, Relay, alive, relay
from support.brokers import OwnValkey
from support.database import look
from support.processes import until
from support.work import done, marks, relaying, schedule, working


async def test_a_flood_keeps_no_other_organisation_waiting(worker: Child) -> None:
    flooding, small = new_id(), new_id()
    await schedule(flooding, range(600), seconds=0.02)
    async with relaying():
        await until(done(20, flooding))
        await schedule(small, range(3))
        await until(done(3, small))
        assert len(await marks("done", flooding)) < 500, "the flood was done first"


async def test_a_row_reaches_its_handler_within_a_fraction_of_a_second(
    worker: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_LONGEST_REST", 20.0)  # only being woken can be so quick
    tenant = new_id()
    async with relaying():

        async def works() -> bool:
            return await alive("worker") and await alive("relay")

        await until(works)
        waits = []
        for n in range(10):
            begin = monotonic()
            await schedule(tenant, [n])
            await until(done(n + 1, tenant))
            waits.append(monotonic() - begin)
    print(f"from commit to done: median {sorted(waits)[5] * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms")
    assert sorted(waits)[5] < 1.0


async def test_work_longer_than_the_lease_is_begun_once(worker: Child) -> None:
    tenant = new_id()
    async with relaying():
        await schedule(tenant, [1], seconds=3.0)
        await until(done(1, tenant))
    assert len(await marks("begun", tenant)) == 1


async def test_a_worker_finishes_what_it_has_begun_before_it_stops(tmp_path: Path) -> None:
    tenant, broker = new_id(), OwnValkey(tmp_path)
    broker.start()
    try:
        async with relaying(broker.url), working(tmp_path, broker.url) as own:
            await schedule(tenant, [1], seconds=1.0)

            async def begun() -> bool:
                return bool(await marks("begun", tenant))

            await until(begun)
            own.stop()
            assert own.exit_code == 0
            assert await marks("done", tenant) == [(tenant, 1)]
    finally:
        broker.stop()


async def test_timers_ring_when_due_can_be_moved_and_cancelled(worker: Child) -> None:
    tenant = new_id()
    async with relaying():
        begin = now()
        await schedule(tenant, [1, 2, 3], after=4)
        await schedule(tenant, [2], after=0)
        async with transaction(tenant):
            await cancel_timer(tenant, "probe-3")
        await until(done(1, tenant))
        assert (now() - begin).total_seconds() < 4
        await until(done(2, tenant))
        assert (now() - begin).total_seconds() > 4
    assert await marks("begun", tenant) == [(tenant, 2), (tenant, 1)]


async def test_a_broker_that_is_away_leaves_rows_due() -> None:
    tenant = new_id()
    await schedule(tenant, [1])
    publisher = Publisher("redis://127.0.0.1:9/0")
    async with pool("relay").acquire() as connection:
        with pytest.raises(ValkeyAway):
            await Relay(publisher).round(connection)
    await publisher.close()
    assert len(await look("SELECT 1 FROM timer WHERE tenant_id = $1 AND due_at <= $2", tenant, now())) == 1


@pytest.mark.parametrize("steps", range(4))
async def test_a_relay_that_is_stopped_at_the_moment_it_is_woken_stops(steps: int) -> None:
    one = Relay(Publisher("redis://127.0.0.1:1/0"))

    async def resting() -> None:
        while True:
            one._woken.clear()
            await one._rest(20)

    task = asyncio.create_task(resting())
    await asyncio.sleep(0.01)
    one._woken.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=1)
    assert task.cancelled(), "its cancellation was lost"
