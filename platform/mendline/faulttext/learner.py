"""The learner: a lesson is learned in a child process, which takes its memory along and ends when it takes too long."""

import sys
from collections.abc import Sequence

import msgspec

from mendline.faulttext.lesson import Learned, Lesson
from mendline.faulttext.model import load
from mendline.killable import ChildFailed, answer_of

SECONDS = 480.0
"""How long a lesson may take: the largest takes minutes of one processor. A worker's work counts as failed at 600."""

CHILD = (sys.executable, "-m", "mendline.faulttext.child")


class LearningFailed(Exception):
    """Nothing was learned: the child took too long, died, or its model cannot be read. The message says which."""


async def learn_in_child(lesson: Lesson, seconds: float = SECONDS, command: Sequence[str] = CHILD) -> Learned:
    """The model of a lesson, checked to be one. Raises LearningFailed."""
    try:
        answer = await answer_of(command, msgspec.msgpack.encode(lesson), seconds)
    except ChildFailed as failed:
        raise LearningFailed(str(failed)) from None
    try:
        learned = msgspec.msgpack.decode(answer, type=Learned)
        load(learned.model)
    except (msgspec.DecodeError, ValueError) as error:
        raise LearningFailed(f"no model came: {error}") from None
    return learned
