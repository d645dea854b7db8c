"""The doors open: stand-ins, listeners and the cast's people linked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_asyncio

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


@pytest_asyncio.fixture
async def doors(cast: "Cast", tmp_path: Path) -> "AsyncIterator[Doors]":
    """Everything runs in this process, over real HTTP."""
    from support.doors import open_doors

    async with open_doors(cast, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def quiet_doors(cast: "Cast", tmp_path: Path) -> "AsyncIterator[Doors]":
    """The same without polling and socket mode: what comes in comes by webhook."""
    from support.doors import open_doors

    async with open_doors(cast, tmp_path, listening=False) as opened:
        yield opened
