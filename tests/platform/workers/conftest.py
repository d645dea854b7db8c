"""A lease of two seconds, so that what was lost is taken up again while a test waits; brokers that may be killed."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from mendline.app.child import Child
from mendline.kernel import QUEUES, settings
from support.brokers import Broker, OwnRabbitMQ, OwnValkey
from support.database import administrator
from support.work import LEASE, working


@pytest_asyncio.fixture(autouse=True)
async def short_lease(database: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """For the relay in this process. What other tests have left undone is put away before."""
    monkeypatch.setattr(settings(), "lease_seconds", LEASE)
    await _put_away()
    yield
    await _put_away()


async def _put_away() -> None:
    for queue in QUEUES:
        await administrator().execute(f'UPDATE "{queue}" SET completed_at = now() WHERE completed_at IS NULL')


@pytest.fixture(scope="module", params=[OwnValkey, OwnRabbitMQ], ids=["valkey", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of these tests' own, running; who kills it starts it again."""
    own: Broker = request.param(tmp_path_factory.mktemp("broker"))
    try:
        own.start()
        yield own
    finally:
        own.stop()


@pytest_asyncio.fixture(scope="module")
async def worker(database: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Child]:
    """A worker that these tests share; it takes seconds to start."""
    async with working(tmp_path_factory.mktemp("worker")) as child:
        yield child
