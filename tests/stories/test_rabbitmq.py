"""The story with RabbitMQ as broker instead of Valkey."""

import pytest

from support.brokers import OwnRabbitMQ
from support.faults import story_with
from support.system import System

pytestmark = pytest.mark.timeout(400)


async def test_the_story_passes(tmp_path):
    broker = OwnRabbitMQ(tmp_path)
    system = System(tmp_path / "home", MENDLINE_BROKER_URL=broker.url)
    try:
        broker.start()
        system.start()
        assert system.record()["settings"]["broker_url"] == broker.url
        await story_with(system, {})
    finally:
        system.stop()
        broker.stop()
