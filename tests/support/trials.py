"""Commands, events and timers that exist only while a test runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mendline.kernel import COMMANDS, CONSUMERS, EVENTS, RECURRING
from mendline.kernel.timers import TIMERS

_REGISTRIES: tuple[dict[str, Any], ...] = (COMMANDS, CONSUMERS, EVENTS, TIMERS, RECURRING)


@contextmanager
def passing() -> Iterator[None]:
    """What is registered inside the block is unknown again after it."""
    before = [dict(registry) for registry in _REGISTRIES]
    try:
        yield
    finally:
        for registry, known in zip(_REGISTRIES, before, strict=True):
            registry.clear()
            registry.update(known)
