"""Pressing: a document is set in a child process, which is killed when it takes too long."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from mendline.press.document import Document

SECONDS = 60.0
"""How long a document may take: a thousand stickers take three seconds of an idle processor."""

CHILD = (sys.executable, "-m", "mendline.press.child")

_turn = asyncio.Semaphore(2)
"""Two documents at a time in a process: more would only share the processors and add their memory."""


class PressFailed(Exception):
    """Nothing was printed: the child took too long or died. The message says which."""


async def press(document: Document, seconds: float = SECONDS, command: Sequence[str] = CHILD) -> bytes:
    """The document's bytes. Raises PressFailed; whoever is cancelled meanwhile takes the child along."""
    async with _turn:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(seconds):
                made, told = await process.communicate(msgspec.msgpack.encode(document))
        except TimeoutError:
            raise PressFailed(f"killed: nothing was printed within {seconds:g} s") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
    if process.returncode:
        last = told.decode(errors="replace").strip().splitlines()[-1:]
        raise PressFailed("the child died: " + "".join(last)[-300:])
    return made
