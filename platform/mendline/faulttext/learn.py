"""Learning: from labelled texts a model and its figures; runs in a child process, which alone loads numpy."""

import random
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from mendline.faulttext.figures import Guess, figures_of
from mendline.faulttext.grams import features
from mendline.faulttext.lesson import MOST_LABELS, Learned, Lesson, TooFewTexts, missing
from mendline.faulttext.model import Weights, pack
from mendline.faulttext.softmax import Floats, Sparse, Whole, fit, softmax
from mendline.faulttext.vocabulary import Vocabulary, vocabulary_of

FOLDS = 5
PENALTY = 0.1
"""On half the squared weights, beside a log-loss that is summed over the texts."""

EVENING = 0.5
"""How far rare categories are evened out: a category counts by its share to the power of -0.5. 0 leaves them to drown,
1 counts all categories the same, at the price of the common ones' confidence."""

TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 161))

Features = Callable[[str], Sequence[str]]


def learn(lesson: Lesson) -> Learned:
    """The model of these texts, and its figures by stratified 5-fold cross-validation. Raises TooFewTexts.

    Categories with too few texts are left out: their texts say too little, and a person names those. So are those
    beyond MOST_LABELS.
    """
    counts = Counter(label for _, label in lesson.texts)
    if missing(counts):
        raise TooFewTexts(f"{len(lesson.texts)} texts of {len(counts)} categories")
    labels = sorted(label for label, count in counts.most_common(MOST_LABELS) if count >= FOLDS)
    kept = [(text, label) for text, label in lesson.texts if label in labels]
    truth = np.array([labels.index(label) for _, label in kept])
    documents = [features(text) for text, _ in kept]
    folds = stratified(truth, lesson.seed)
    logits = cross_validated(documents, truth, folds, len(labels))
    left_out = {label: count for label, count in sorted(counts.items()) if label not in labels}
    figures = figures_of(guesses(logits, truth, folds, labels), lesson.right, left_out)
    vocabulary, weights, biases = fitted(documents, truth, len(labels))
    model = Weights(
        labels=tuple(labels),
        grams=vocabulary.grams,
        rarity=np.asarray(vocabulary.rarity, dtype="<f4").tobytes(),
        weights=np.ascontiguousarray(weights.T, dtype="<f4").tobytes(),
        biases=tuple(biases.tolist()),
        temperature=temperature(logits, truth),
    )
    return Learned(pack(model), figures)


def stratified(truth: Whole, seed: int) -> Whole:
    """The fold of each text: every category is spread evenly, by chance."""
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    folds = np.zeros(len(truth), dtype=np.int64)
    for label in range(int(truth.max()) + 1):
        places = np.flatnonzero(truth == label).tolist()
        chance.shuffle(places)
        for count, place in enumerate(places):
            folds[place] = count % FOLDS
    return folds


def cross_validated(documents: Sequence[Sequence[str]], truth: Whole, folds: Whole, classes: int) -> Floats:
    """The logits of each text from a model that was fitted without its fold."""
    logits = np.zeros((len(documents), classes))
    for fold in range(FOLDS):
        learned, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        vocabulary, weights, biases = fitted([documents[place] for place in learned.tolist()], truth[learned], classes)
        logits[held] = matrix(vocabulary, [documents[place] for place in held.tolist()]).times(weights) + biases
    return logits


def fitted(documents: Sequence[Sequence[str]], truth: Whole, classes: int) -> tuple[Vocabulary, Floats, Floats]:
    """Vocabulary, weights (classes by n-grams) and biases of these texts."""
    vocabulary = vocabulary_of(documents)
    counts = np.maximum(np.bincount(truth, minlength=classes), 1)
    counted = (counts.astype(float) ** -EVENING)[truth]
    counted *= len(truth) / counted.sum()
    weights, biases = fit(matrix(vocabulary, documents), truth, classes, PENALTY, counted)
    return vocabulary, weights, biases


def matrix(vocabulary: Vocabulary, documents: Sequence[Sequence[str]]) -> Sparse:
    """The vectors of the texts."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, document in enumerate(documents):
        for place, value in vocabulary.vector(document):
            rows.append(row)
            columns.append(place)
            values.append(value)
    shape = (len(documents), len(vocabulary.grams))
    return Sparse(np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), np.array(values), shape)


def temperature(logits: Floats, truth: Whole) -> float:
    """What logits are divided by so that the log-loss of held-out texts is least."""
    rows = np.arange(len(truth))
    losses = [-np.log(np.maximum(softmax(logits / by)[rows, truth], 1e-300)).sum() for by in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def guesses(logits: Floats, truth: Whole, folds: Whole, labels: Sequence[str]) -> list[Guess]:
    """The guess for each text. The temperature of each fold is the other folds': calibration is not flattered."""
    made: dict[int, Guess] = {}
    for fold in range(FOLDS):
        others, held = folds != fold, np.flatnonzero(folds == fold)
        chances = softmax(logits[held] / temperature(logits[others], truth[others]))
        for place, row in zip(held.tolist(), chances, strict=True):
            best = int(row.argmax())
            made[place] = Guess(labels[truth[place]], labels[best], float(row[best]))
    return [made[place] for place in range(len(truth))]
