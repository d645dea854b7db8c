"""One running system for all stories of a test process."""

from collections.abc import Iterator

import pytest

from support.system import System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A whole system with the demo in it; stories play in it one after another."""
    # A row held by a killed worker is let go after the lease; nobody needs to wait twenty seconds for that here.
    running = System(tmp_path_factory.mktemp("story") / "home", MENDLINE_LEASE_SECONDS="4").start()
    try:
        yield running
    finally:
        running.stop()
