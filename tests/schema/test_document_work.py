"""A document's work: whatever it says, judging it is bounded by its length, counted in calls and not in seconds."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import GraphQLError

from mendline_schema.admission.limits import faults, parsed
from mendline_schema.schema import build_schema
from support.hostile import BOMBS, DOCUMENTS

CALLS = 1_500_000
"""Calls of Python that judging a document within all limits may take; less than half a second."""


@contextmanager
def bounded(calls: int = CALLS) -> Iterator[None]:
    """Ends what takes more calls than that."""
    left = calls

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal left
        left -= event == "call"
        assert left > 0, f"more than {calls} calls"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def codes(text: str) -> set[str]:
    """What is wrong with a document."""
    try:
        return {getattr(error.original_error, "code", "bad_request") for error in faults(_SCHEMA, parsed(text))}
    except GraphQLError as error:
        return {getattr(error.original_error, "code", "bad_request")}


_SCHEMA = build_schema()._schema


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_document_is_little_work(name: str) -> None:
    with bounded():
        found = codes(BOMBS[name])
    assert found == set() if name == "long arguments, compared" else found <= {"bad_request", "document_too_large"}
    assert len(BOMBS[name]) < 25_000


def test_none_of_the_corpus_is_much_work() -> None:
    for text in set(DOCUMENTS) - set(BOMBS.values()):
        with bounded():
            codes(text)


def test_the_bound_ends_what_is_endless() -> None:
    with pytest.raises(AssertionError, match="calls"), bounded(100):
        for n in range(200):
            codes(f"{{ a{n} }}")


def test_what_is_doubled_sixty_times_is_told_as_too_large() -> None:
    assert codes(BOMBS["doubling"]) == {"document_too_large"}


def test_fragments_are_counted_with_what_they_spread_in_all_operations() -> None:
    fields = " ".join(f"a{n}: me {{ name }}" for n in range(20))
    one = f"fragment A on Query {{ {fields} }}"
    assert codes("query Q { ...A } " + one) == set()
    assert codes("".join(f"query Q{n} {{ ...A }} " for n in range(24)) + one) == set()
    assert codes("".join(f"query Q{n} {{ ...A }} " for n in range(25)) + one) == {"document_too_large"}
