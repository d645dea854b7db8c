"""What every test can ask for: the run's parts, a database of its own, a cast of organisations and people.

Nothing is started for tests that ask for none of it.
"""

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import hypothesis
import pytest
import pytest_asyncio

from support.parts import Holder, ask

if TYPE_CHECKING:
    from support.cast import Cast

# What the fixtures use is imported inside them: tests that ask for nothing start at once.

# A machine that is busy makes no test wrong.
hypothesis.settings.register_profile("mendline", deadline=None)
hypothesis.settings.load_profile("mendline")

_HOLDER = pytest.StashKey[Holder]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_HOLDER] = Holder()
        config.stash[_HOLDER].start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _HOLDER in config.stash:
        config.stash[_HOLDER].stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories on a whole system take minutes in one process: they begin first, so that nobody waits for them."""
    items.sort(key=lambda item: "stories" not in item.path.parts)


@pytest_asyncio.fixture(scope="session")
async def database(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """A migrated database of this process with open pools, Valkey, and every domain loaded."""
    from mendline.app.start import install
    from support.database import make_database, opened_pools

    await make_database(getattr(request.config, "workerinput", {}).get("workerid", "main"))
    install()
    async with opened_pools():
        yield


@pytest.fixture(scope="session")
def blobs(database: None) -> None:
    """The evidence store, which takes some seconds to come up."""
    from mendline.kernel import blobs as kernel_blobs
    from mendline.kernel import settings

    os.environ.update(ask("blobs"))
    settings.cache_clear()
    kernel_blobs._client.cache_clear()


@pytest_asyncio.fixture
async def cast(database: None) -> "Cast":
    """Fresh organisations with people, devices and a contract; see support/cast.py for who they are."""
    from support.cast import make_cast

    return await make_cast()
