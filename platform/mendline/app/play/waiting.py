"""Waiting: asking again until it is so, with a deadline and a sentence for when it never is."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds. A live step takes one or two; a process that was killed meanwhile is back within twenty."""

_PAUSE = 0.2


class Stuck(Exception):
    """The story cannot go on. The message says what was waited for and what was seen instead."""


async def until(ask: Callable[[], Awaitable[T | None]], missing: str, seen: Callable[[], str] = str) -> T:
    """What `ask` gives once it gives something. Raises Stuck with `missing`, and with what `seen` tells at the end."""
    end = monotonic() + PATIENCE
    while True:
        found = await ask()
        if found is not None:
            return found
        if monotonic() > end:
            raise Stuck(f"{missing} (waited {PATIENCE:.0f} s)\n{seen()}".rstrip())
        await asyncio.sleep(_PAUSE)
