"""One running system for all stories of a test process."""

from collections.abc import Iterator

import pytest

from support.system import System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A whole system with the demo in it; stories play in it one after another."""
    running = System(tmp_path_factory.mktemp("story") / "home").start()
    try:
        yield running
    finally:
        running.stop()
