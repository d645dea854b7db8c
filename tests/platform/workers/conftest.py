"""A lease of two seconds, so that what was lost is taken up again while a test waits; brokers that may be killed."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from mendline.kernel import settings
from support.brokers import Broker, OwnRabbitMQ, OwnValkey
from support.database import administrator


@pytest_asyncio.fixture(autouse=True)
async def short_lease(database: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """For this process and for those that a test starts. What a test leaves undone is put away after it."""
    monkeypatch.setenv("MENDLINE_LEASE_SECONDS", "2")
    monkeypatch.setattr(settings(), "lease_seconds", 2.0)
    yield
    await administrator().execute("UPDATE timer SET completed_at = now() WHERE completed_at IS NULL")


@pytest.fixture(scope="module", params=[OwnValkey, OwnRabbitMQ], ids=["valkey", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of these tests' own, running; who kills it starts it again."""
    own: Broker = request.param(tmp_path_factory.mktemp("broker"))
    try:
        own.start()
        yield own
    finally:
        own.stop()
