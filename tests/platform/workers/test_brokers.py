"""Whatever the broker is and however it dies: every row of work is done, and a row that is held is begun once."""

from pathlib import Path

from mendline.kernel import new_id
from mendline.workers import Publisher
from support.brokers import Broker, OwnValkey
from support.database import administrator, look
from support.processes import kill, until
from support.work import done, marks, relaying, schedule, working


async def test_500_rows_of_20_organisations_are_each_done_once(broker: Broker, tmp_path: Path) -> None:
    tenants = [new_id() for _ in range(20)]
    async with relaying(broker.url), working(tmp_path, broker.url):
        for tenant in tenants:
            await schedule(tenant, range(25))
        await until(done(500, *tenants), 40)
        assert sorted(await marks("done", *tenants)) == sorted((tenant, n) for tenant in tenants for n in range(25))
    left = await look("SELECT 1 FROM timer WHERE tenant_id = ANY ($1) AND completed_at IS NULL", tenants)
    assert left == []


async def test_a_broker_killed_after_it_took_messages_loses_nothing(broker: Broker, tmp_path: Path) -> None:
    tenant = new_id()
    await schedule(tenant, range(40))
    publisher = Publisher(broker.url)
    async with relaying(broker.url):

        async def published() -> bool:
            return await publisher.waiting() >= 40

        await until(published)
        broker.kill()
        assert await marks("begun", tenant) == []
        broker.start()
        if isinstance(broker, OwnValkey):
            assert await publisher.waiting() < 40, "it has forgotten them"
        async with working(tmp_path, broker.url):
            await until(done(40, tenant))
        assert sorted(n for _, n in await marks("done", tenant)) == list(range(40))
    await publisher.close()


async def test_worker_and_relay_survive_a_restart_of_the_broker(broker: Broker, tmp_path: Path) -> None:
    tenant = new_id()
    async with relaying(broker.url), working(tmp_path, broker.url) as worker:
        await schedule(tenant, [1])
        await until(done(1, tenant))
        broker.kill()
        await schedule(tenant, [2])
        broker.start()
        await until(done(2, tenant))
        assert worker.alive


async def test_a_worker_killed_midway_is_followed_by_another(broker: Broker, tmp_path: Path) -> None:
    tenant = new_id()
    async with relaying(broker.url):
        async with working(tmp_path, broker.url) as worker:
            await schedule(tenant, [1], seconds=1.0)

            async def begun() -> bool:
                return bool(await marks("begun", tenant))

            await until(begun)
            kill(worker)
        assert await marks("done", tenant) == []
        async with working(tmp_path, broker.url):
            await until(done(1, tenant))
    assert len(await marks("begun", tenant)) == 2


async def test_worker_and_relay_survive_that_the_database_drops_every_connection(tmp_path: Path) -> None:
    tenant = new_id()
    async with relaying(), working(tmp_path) as worker:
        await schedule(tenant, [1])
        await until(done(1, tenant))
        await administrator().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await schedule(tenant, [2])
        await until(done(2, tenant))
        assert worker.alive
