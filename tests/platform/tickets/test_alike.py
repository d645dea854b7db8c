"""Texts are alike by what they say, whatever their punctuation, widths and capitals; shared words are words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.tickets.alike import cosine, ngrams, shared_words


def alike(one, other):
    return cosine(ngrams(one), ngrams(other))


def test_the_same_words_written_otherwise_are_the_same():
    assert alike("报警,停机", "停机!报警。") == pytest.approx(1)
    assert alike("ALARM  e-03", "alarm E 03") == pytest.approx(1)
    assert alike("Ａｌａｒｍ", "alarm") == pytest.approx(1)


def test_what_is_worked_out_by_hand():
    """`报 警 报警` (3) within `报 警 停 机 报警 警停 停机` (7); ` a ab b  ` of `ab`: ` a`, `ab`, `b `, ` ab`, `ab `."""
    assert alike("报警", "报警停机") == pytest.approx(3 / 21**0.5)
    assert alike("ab", "ab cd") == pytest.approx(5 / 50**0.5)


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (("泵报警停机", "输液泵报警,停机"), ("泵报警停机", "屏幕不亮")),
        (("泵报警,停机", "又报警停机了"), ("电池不充电", "电源灯不亮")),
        (("battery does not charge", "does not charge, battery?"), ("battery does not charge", "leak at the door")),
    ],
)
def test_the_likelier_pair_scores_higher(near, far):
    assert alike(*near) > 0.4 > alike(*far)


@given(st.text(max_size=60), st.text(max_size=60))
def test_it_is_a_measure(one, other):
    assert 0 <= alike(one, other) <= 1 + 1e-9
    assert alike(one, other) == pytest.approx(alike(other, one))
    assert not ngrams(one) or alike(one, one) == pytest.approx(1)


def test_shared_words():
    assert "电池" in shared_words("电池不充电", "更换电池")
    assert set(shared_words("输液泵报警 E03", "e03 又报警")) == {"e03", "报警"}
    assert shared_words("pump stops at the wall", "the pump leaks") == ["pump", "the"]
    assert shared_words("黑屏", "漏液") == []
    assert shared_words("", "漏液") == []
