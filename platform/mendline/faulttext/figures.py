"""How good a model is: figures over predictions for texts that it was not learned from."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

BINS = 10
"""Equal steps of confidence in a reliability table."""

LEAST = 20
"""How many texts must lie above a cut-off, for their share of right ones to say something."""


LIKELIER = 0.5
"""No proposal is less sure than this: one that is likelier wrong helps nobody, however right the surer ones are."""


class Guess(NamedTuple):
    """What was predicted for a text whose label is known."""

    truth: str
    label: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether it was the label."""
        return self.label == self.truth


class Bin(msgspec.Struct, frozen=True):
    """One line of a reliability table: of texts with a confidence from `least`, the mean of it and the share right."""

    least: float
    texts: int
    confidence: float
    right: float


class Figures(msgspec.Struct, frozen=True):
    """A model's figures, by cross-validation.

    texts: how many it was learned from. labels: how many of each category. left_out: categories that have too few, with
    how many. macro_f1, per_label, accuracy, majority (the macro-F1 of always the commonest category), ece: 0 to 1.
    cut_off: the confidence from which a category is proposed, None when it is never right often enough. proposed: the
    share of texts above it; right: the share of these that were right.
    """

    texts: int
    labels: dict[str, int]
    left_out: dict[str, int]
    macro_f1: float
    majority: float
    accuracy: float
    per_label: dict[str, float]
    ece: float
    reliability: tuple[Bin, ...]
    cut_off: float | None
    proposed: float
    right: float


def figures_of(guesses: Sequence[Guess], wanted: float, left_out: dict[str, int]) -> Figures:
    """All figures of these guesses. wanted: the share of proposals that must be right (see `cut_off`)."""
    labels = sorted({guess.truth for guess in guesses})
    counts = {label: sum(guess.truth == label for guess in guesses) for label in labels}
    commonest = max(labels, key=counts.__getitem__)
    per_label = f1_by_label(guesses)
    table = reliability(guesses)
    line = cut_off(guesses, wanted)
    above = [guess for guess in guesses if line is not None and guess.confidence >= line]
    return Figures(
        texts=len(guesses),
        labels=counts,
        left_out=left_out,
        macro_f1=sum(per_label.values()) / len(per_label),
        majority=macro_f1([Guess(guess.truth, commonest, 1.0) for guess in guesses]),
        accuracy=_share(guesses),
        per_label=per_label,
        ece=ece(table),
        reliability=table,
        cut_off=line,
        proposed=len(above) / len(guesses),
        right=_share(above),
    )


def f1_by_label(guesses: Sequence[Guess]) -> dict[str, float]:
    """2 tp / (2 tp + fp + fn) of each label that is a truth or a guess."""
    found = {}
    for label in sorted({guess.truth for guess in guesses} | {guess.label for guess in guesses}):
        hits = sum(guess.truth == guess.label == label for guess in guesses)
        named = sum((guess.truth == label) + (guess.label == label) for guess in guesses)
        found[label] = 2 * hits / named
    return found


def macro_f1(guesses: Sequence[Guess]) -> float:
    """The mean F1 of the labels, each counting the same however rare."""
    found = f1_by_label(guesses)
    return sum(found.values()) / len(found)


def reliability(guesses: Sequence[Guess]) -> tuple[Bin, ...]:
    """The guesses by their confidence, in equal steps; steps without any are left out."""
    table = []
    for step in range(BINS):
        within = [guess for guess in guesses if min(int(guess.confidence * BINS), BINS - 1) == step]
        if within:
            mean = sum(guess.confidence for guess in within) / len(within)
            table.append(Bin(step / BINS, len(within), mean, _share(within)))
    return tuple(table)


def ece(table: Sequence[Bin]) -> float:
    """Expected calibration error (Naeini et al., 2015): how far confidence is from the share right, by texts."""
    texts = sum(line.texts for line in table)
    return sum(line.texts * abs(line.confidence - line.right) for line in table) / texts


def cut_off(guesses: Sequence[Guess], wanted: float) -> float | None:
    """The lowest confidence from which at least `wanted` of the guesses are right; None when there is none.

    At least LEAST guesses lie above it, and it is never below LIKELIER.
    """
    lowest, right = None, 0
    ordered = sorted(guesses, key=lambda guess: -guess.confidence)
    for count, guess in enumerate(ordered, 1):
        if guess.confidence < LIKELIER:
            break
        right += guess.right
        last_of_equals = count == len(ordered) or ordered[count].confidence < guess.confidence
        if last_of_equals and count >= LEAST and right >= wanted * count:
            lowest = guess.confidence
    return lowest


def _share(guesses: Sequence[Guess]) -> float:
    return sum(guess.right for guess in guesses) / len(guesses) if guesses else 0.0
