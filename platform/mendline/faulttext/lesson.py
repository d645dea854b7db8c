"""A lesson: labelled texts to learn from, how many of them it takes, and what comes of it."""

from collections.abc import Mapping

import msgspec

from mendline.faulttext.figures import Figures

TEXTS_NEEDED = 100
"""How many labelled texts a model takes at least."""

TEXTS_PER_LABEL = 5
"""How many of them a category takes, so that each fold of five has one."""

LABELS_NEEDED = 2
"""How many such categories a model takes: between one and nothing there is nothing to choose."""

MOST_LABELS = 60
"""How many categories are learned at most, the commonest: each costs memory and time."""

MOST_TEXTS = 10_000
"""How many texts are learned from at most: the latest."""


class TooFewTexts(ValueError):
    """There is not enough to learn from."""


class Lesson(msgspec.Struct, frozen=True):
    """Texts with their categories. right: the share of proposals that must be right, 0 to 1 (it sets the cut-off)."""

    texts: tuple[tuple[str, str], ...]
    right: float = 0.8
    seed: int = 1


class Learned(msgspec.Struct, frozen=True):
    """A model's bytes (see `load`), and its figures."""

    model: bytes
    figures: Figures


def missing(labels: Mapping[str, int]) -> int:
    """How many more labelled texts it takes; 0 when there are enough. labels: category -> texts.

    Only texts of categories that have enough count. Where these are of one category alone, what another one needs is
    missing.
    """
    usable = [count for count in labels.values() if count >= TEXTS_PER_LABEL]
    of_labels = sum(
        max(0, TEXTS_PER_LABEL - count) for count in sorted([*labels.values(), 0, 0], reverse=True)[:LABELS_NEEDED]
    )
    return max(TEXTS_NEEDED - sum(usable), of_labels if len(usable) < LABELS_NEEDED else 0, 0)
