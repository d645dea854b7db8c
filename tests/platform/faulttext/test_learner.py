"""A lesson is learned in a child process; one that hangs, dies or answers nonsense costs nothing but the lesson."""

import sys
import time

import pytest

from mendline.faulttext import LearningFailed, Lesson, learn_in_child, load

LESSON = Lesson((*[("报警不停", "ALM"), ("漏水", "LEK")] * 60,))
STUCK = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"


async def test_a_child_learns_and_what_it_learned_is_a_model():
    learned = await learn_in_child(LESSON)
    assert load(learned.model).predict("管路漏水")[0] == "LEK"
    assert learned.figures.labels == {"ALM": 60, "LEK": 60}


async def test_a_child_that_hangs_is_killed():
    began = time.monotonic()
    with pytest.raises(LearningFailed, match="killed"):
        await learn_in_child(LESSON, seconds=0.3, command=(sys.executable, "-c", STUCK))
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("program", "told"),
    [("raise SystemExit('no memory')", "died: no memory"), ("print('nonsense')", "no model"), ("", "no model")],
)
async def test_a_child_that_dies_or_answers_nonsense_is_told(program, told):
    with pytest.raises(LearningFailed, match=told):
        await learn_in_child(LESSON, command=(sys.executable, "-c", f"import sys; sys.stdin.buffer.read(); {program}"))


async def test_a_lesson_with_too_little_in_it_fails_with_its_reason():
    with pytest.raises(LearningFailed, match="TooFewTexts"):
        await learn_in_child(Lesson((("漏水", "LEK"),)))
