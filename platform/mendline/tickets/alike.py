"""How alike two fault texts are: the cosine of their character n-grams, and the words that they share."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from math import sqrt

HAN_SIZES, OTHER_SIZES = (1, 2), (2, 3)
"""Lengths of the n-grams: a Chinese character is a word or half of one; a letter is nothing.

They do not reach across words; of other scripts a word's ends count as characters (`char_wb` of scikit-learn).
"""

WORDS_SHOWN = 8

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
"""A run of Chinese characters, or a word or number of any other script."""


def runs(text: str) -> list[str]:
    """The words of a text in one spelling: widths and capitals do not count, punctuation parts."""
    return _RUN.findall(unicodedata.normalize("NFKC", text).casefold())


def ngrams(text: str) -> Counter[str]:
    """How often each n-gram is in a text."""
    return Counter(gram for run in runs(text) for gram in _grams(run))


def _grams(run: str) -> Iterator[str]:
    spelled, sizes = (run, HAN_SIZES) if _is_han(run) else (f" {run} ", OTHER_SIZES)
    for n in sizes:
        yield from (spelled[i : i + n] for i in range(len(spelled) - n + 1))


def cosine(one: Counter[str], other: Counter[str]) -> float:
    """From 0 (nothing in common) to 1 (the same n-grams as often)."""
    dot = sum(count * other[gram] for gram, count in one.items())
    return dot / sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values())) if dot else 0.0


def shared_words(one: str, other: str) -> list[str]:
    """The words that both texts hold, in the order of the first; of Chinese the longest pieces of two and more."""
    ours, theirs = runs(one), runs(other)
    found = [word for word in ours if word in theirs and len(word) > 1]
    mine, its = (" ".join(run for run in part if _is_han(run) and run not in found) for part in (ours, theirs))
    blocks = SequenceMatcher(None, mine, its, autojunk=False).get_matching_blocks()
    pieces = [piece for block in blocks for piece in mine[block.a : block.a + block.size].split()]
    found += [piece for piece in pieces if len(piece) > 1]
    return list(dict.fromkeys(found))[:WORDS_SHOWN]


def _is_han(run: str) -> bool:
    return re.match(f"[{_HAN}]", run) is not None
