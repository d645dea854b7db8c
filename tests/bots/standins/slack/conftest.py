"""A running stand-in Slack for each test that asks for one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from support.slack_house import House, slack_house

Start = Callable[..., Awaitable[House]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts (or, in the same home, restarts) the stand-ins."""
    async with AsyncExitStack() as stack:
        yield lambda **settings: stack.enter_async_context(slack_house(tmp_path, **settings))


@pytest.fixture
async def house(start: Start) -> House:
    """A running Slack."""
    return await start()
