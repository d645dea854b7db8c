"""What the isolation tests share: a world in which no table is empty, and the battery over it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from support.database import administrator
from support.isolation.battery import Battery, make_battery
from support.isolation.world import World, forget_world, make_world


@pytest_asyncio.fixture(scope="module")
async def world(database: None) -> AsyncIterator[World]:
    """Six organisations, each with rows in every table and tickets shared whole, in part and with nobody."""
    made = await make_world(administrator())
    yield made
    await forget_world(administrator(), made)


@pytest_asyncio.fixture(scope="module")
async def battery(world: World) -> Battery:
    """Every check over that world."""
    return await make_battery(administrator(), world)
