"""The learner: a lesson is learned in a child process, which takes its memory along and ends when it takes too long."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from mendline.faulttext.lesson import Learned, Lesson
from mendline.faulttext.model import load

SECONDS = 480.0
"""How long a lesson may take: the largest takes minutes of one processor. A worker's work counts as failed at 600."""

CHILD = (sys.executable, "-m", "mendline.faulttext.child")


class LearningFailed(Exception):
    """Nothing was learned: the child took too long, died, or its model cannot be read. The message says which."""


async def learn_in_child(lesson: Lesson, seconds: float = SECONDS, command: Sequence[str] = CHILD) -> Learned:
    """The model of a lesson, checked to be one. Raises LearningFailed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds):
            answer, told = await process.communicate(msgspec.msgpack.encode(lesson))
    except TimeoutError:
        raise LearningFailed(f"killed: nothing was learned within {seconds:g} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()
    if process.returncode:
        last = told.decode(errors="replace").strip().splitlines()[-1:]
        raise LearningFailed("the child died: " + "".join(last)[-300:])
    try:
        learned = msgspec.msgpack.decode(answer, type=Learned)
        load(learned.model)
    except (msgspec.DecodeError, ValueError) as error:
        raise LearningFailed(f"no model came: {error}") from None
    return learned
