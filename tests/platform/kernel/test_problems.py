"""What is wrong with a value is told in the reader's language, with the field and the numbers."""

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from mendline.kernel import LOCALES, catalogue, say
from mendline.kernel.problems import _SHAPES, problem_facts


class Form(Struct):
    name: Annotated[str, Meta(min_length=2, max_length=3, pattern="^[a-z]+$")]
    count: Annotated[int, Meta(ge=1, le=9)] = 1
    state: Literal["down", "degraded"] = "down"


@pytest.mark.parametrize(
    ("given", "field", "problem"),
    [
        ({}, "name", "missing"),
        ({"name": "a"}, "name", "too_short"),
        ({"name": "abcd"}, "name", "too_long"),
        ({"name": "AB"}, "name", "wrong_form"),
        ({"name": 7}, "name", "wrong_type"),
        ({"name": "ab", "count": 0}, "count", "too_small"),
        ({"name": "ab", "count": 10}, "count", "too_large"),
        ({"name": "ab", "state": "broken"}, "state", "unknown_value"),
    ],
)
def test_a_wrong_value_is_told_in_both_languages(given, field, problem):
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, Form)
    facts = problem_facts(str(refused.value))
    assert (facts["field"], facts["problem"]) == (field, problem)
    for locale in LOCALES:
        sentence = say("error.invalid_input", locale, **facts)
        assert field in sentence
        assert "{" not in sentence and "…" not in sentence
        assert "Expected" not in sentence and problem not in sentence.split()


def test_every_shape_has_its_words():
    assert {f"problem.{name}" for _, name in _SHAPES} <= set(catalogue("zh"))


def test_an_unknown_message_is_told_as_it_is():
    assert problem_facts("Something new - at `$.a`") == {"field": "a", "problem": "Something new"}
