"""Features of a fault text: the character n-grams of its words, so that a typing error costs a few and not the word."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from mendline.faulttext.normalise import normalise

LONGEST_WORD = 40
"""Characters of a word that count; what is longer is no word but a serial number or a paste."""

LONGEST_TEXT = 2000
"""Characters of a text that count: a fault is told at its beginning."""

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

# Chinese writes no spaces: a run of its characters is one stretch, whose n-grams stand for its words.
_STRETCH = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W\d_\u3400-\u9fff\uf900-\ufaff]+|\d+|[^\w\s]")
_OF_CHINESE = (1, 2, 3)
_OF_WORDS = (2, 3, 4, 5)


class Gram(NamedTuple):
    """One n-gram, and where in the normalised text it lies."""

    text: str
    start: int
    end: int


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Where the words, numbers, signs and runs of Chinese of a normalised text lie."""
    for found in _STRETCH.finditer(text[:LONGEST_TEXT]):
        yield found.span()


def grams(text: str) -> Iterator[Gram]:
    """The n-grams of a normalised text, as often as they occur.

    Of Chinese 1 to 3 characters; of other words 2 to 5 with a blank at both ends, and the word itself.
    """
    for start, end in stretches(text):
        if CHINESE.match(text[start]):
            for size in _OF_CHINESE:
                for at in range(start, end - size + 1):
                    yield Gram(text[at : at + size], at, at + size)
            continue
        stop = min(end, start + LONGEST_WORD)
        marked = f" {text[start:stop]} "
        yield Gram(marked, start, stop)
        for size in _OF_WORDS:
            if size < len(marked):
                for at in range(len(marked) - size + 1):
                    begins = start + at - 1
                    yield Gram(marked[at : at + size], max(start, begins), min(stop, begins + size))


def features(text: str) -> list[str]:
    """The n-grams of a text as people typed it."""
    return [gram.text for gram in grams(normalise(text))]
