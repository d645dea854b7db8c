"""Pressing: a document is set in a child process, which is killed when it takes too long."""

import asyncio
import sys
from collections.abc import Sequence

import msgspec

from mendline.killable import answer_of
from mendline.press.document import Document

SECONDS = 60.0
"""How long a document may take: a thousand stickers take three seconds of an idle processor."""

CHILD = (sys.executable, "-m", "mendline.press.child")

_turn = asyncio.Semaphore(2)
"""Two documents at a time in a process: more would only share the processors and add their memory."""


async def press(document: Document, seconds: float = SECONDS, command: Sequence[str] = CHILD) -> bytes:
    """The document's bytes. Raises ChildFailed."""
    async with _turn:
        return await answer_of(command, msgspec.msgpack.encode(document), seconds)
