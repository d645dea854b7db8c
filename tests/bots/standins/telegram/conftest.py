"""The unmodified python-telegram-bot client, pointed at the stand-in."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from mendline_bots.standins import TELEGRAM_TOKEN


def bot_at(url: str, token: str = TELEGRAM_TOKEN) -> Bot:
    """A bot that talks to the stand-in."""
    request = HTTPXRequest(httpx_kwargs={"trust_env": False})
    polling = HTTPXRequest(httpx_kwargs={"trust_env": False})
    return Bot(
        token,
        base_url=f"{url}/telegram/bot",
        base_file_url=f"{url}/telegram/file/bot",
        request=request,
        get_updates_request=polling,
    )


@pytest.fixture
async def bot(standins: Any) -> AsyncIterator[Bot]:
    """A bot that has said hello."""
    async with bot_at(standins.url) as bot:
        yield bot


@pytest.fixture
def another_bot(standins: Any) -> Any:
    """Makes further bots."""
    return lambda token=TELEGRAM_TOKEN: bot_at(standins.url, token)
