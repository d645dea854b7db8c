"""A model tells unseen texts apart, says how sure it is and by which words, and is read from nothing but a model."""

import random
import zlib

import msgspec
import numpy as np
import pytest

from mendline.faulttext import Guess, Lesson, load, missing
from mendline.faulttext.figures import cut_off, ece, f1_by_label, figures_of, macro_f1, reliability
from mendline.faulttext.grams import LONGEST_TEXT, grams
from mendline.faulttext.learn import learn
from mendline.faulttext.lesson import TooFewTexts
from mendline.faulttext.model import Weights, pack
from mendline.faulttext.softmax import Sparse, fit, softmax
from support.fault_texts import chinese

CATEGORIES = ("power", "alarm", "network")


@pytest.fixture(scope="module")
def lesson():
    return Lesson(tuple((text, label) for text, label in chinese("train") if label in CATEGORIES))


@pytest.fixture(scope="module")
def learned(lesson):
    return learn(lesson)


def test_texts_that_it_was_not_learned_from_are_told_apart(learned):
    model = load(learned.model)
    test = [(text, label) for text, label in chinese("test") if label in CATEGORIES]
    made = [Guess(label, *model.predict(text)[:2]) for text, label in test]
    assert macro_f1(made) > 0.85 > 3 * macro_f1([Guess(guess.truth, "power", 1.0) for guess in made])
    assert all(1 / 3 <= guess.confidence <= 1 for guess in made)


def test_its_figures_are_of_texts_that_were_held_out(learned, lesson):
    figures = learned.figures
    assert figures.texts == len(lesson.texts) == sum(line.texts for line in figures.reliability)
    assert 0.8 < figures.macro_f1 <= 1 and figures.ece < 0.15 and figures.majority < 0.2
    assert figures.cut_off is not None and figures.right >= lesson.right
    # Labels that say nothing cannot be learned: a figure that flattered would show here.
    chance = random.Random(5)
    labels = [label for _, label in lesson.texts]
    chance.shuffle(labels)
    nonsense = learn(Lesson(tuple((text, label) for (text, _), label in zip(lesson.texts, labels, strict=True))))
    assert nonsense.figures.macro_f1 < 0.5


def test_the_words_that_count_are_words_of_the_text(learned):
    model = load(learned.model)
    label, confidence, words = model.predict("监护仪插上电源不开机")
    assert label == "power" and confidence > 0.6
    assert words and all(word in "监护仪插上电源不开机" for word in words)
    assert model.predict("")[2] == ()


@pytest.mark.parametrize("text", ["", "\u200b" * 4000, "a" * 4000, "电" * 4000, "💥" * 2000, "\x00", "٣" * 500, "🀄电"])
def test_any_text_gets_a_prediction(learned, text):
    prediction = load(learned.model).predict(text)
    assert prediction.label in CATEGORIES and 0 < prediction.confidence <= 1


def test_only_the_beginning_of_a_giant_text_counts():
    assert max(gram.end for gram in grams("电源 " * 10_000)) <= LONGEST_TEXT


def test_rare_categories_are_left_out_and_too_little_is_refused(lesson):
    texts = (*lesson.texts, *[("屏幕有裂纹", "crack")] * 4)
    assert learn(Lesson(texts)).figures.left_out == {"crack": 4}
    with pytest.raises(TooFewTexts):
        learn(Lesson(lesson.texts[:99]))
    assert missing({"A": 60, "B": 40}) == 0
    assert missing({"A": 60, "B": 38}) == 2
    assert missing({"A": 200}) == 5 and missing({"A": 200, "B": 3}) == 2
    assert missing({str(n): 1 for n in range(500)}) == 100


SOUND = Weights(("A", "B"), ("漏",), np.ones(1, "<f4").tobytes(), np.ones(2, "<f4").tobytes(), (0.0, 0.0), 1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"no model",
        pack(SOUND)[:-5],
        zlib.compress(b"no model"),
        zlib.compress(bytes(80 * 1024 * 1024)),
        pack(msgspec.structs.replace(SOUND, weights=b"\0" * 4)),
        pack(msgspec.structs.replace(SOUND, labels=("A",), biases=(0.0,))),
        pack(msgspec.structs.replace(SOUND, temperature=0.0)),
        pack(msgspec.structs.replace(SOUND, rarity=b"\0" * 3)),
    ],
)
def test_what_is_no_model_is_refused(wrong):
    load(pack(SOUND))
    with pytest.raises(ValueError):
        load(wrong)


def test_figures_by_hand():
    guesses = [Guess("A", "A", 0.95), Guess("A", "B", 0.55), Guess("B", "B", 0.65), Guess("B", "B", 0.95)]
    assert f1_by_label(guesses) == {"A": 2 / 3, "B": 0.8}
    assert macro_f1(guesses) == pytest.approx((2 / 3 + 0.8) / 2)
    table = reliability(guesses)
    assert [(line.least, line.texts, line.right) for line in table] == [(0.5, 1, 0.0), (0.6, 1, 1.0), (0.9, 2, 1.0)]
    assert ece(table) == pytest.approx((0.55 + 0.35 + 2 * 0.05) / 4)
    assert figures_of(guesses, 0.8, {}).cut_off is None, "four are too few to set a cut-off"


def test_the_cut_off_is_the_lowest_above_which_enough_are_right():
    sure = [Guess("A", "A", 0.9)] * 40
    unsure = [Guess("A", "B", 0.6)] * 40
    assert cut_off(sure + unsure, 0.8) == 0.9
    assert cut_off(sure, 0.8) == 0.9 and cut_off(unsure, 0.8) is None
    assert cut_off(sure + unsure, 0.5) == 0.6
    assert cut_off(sure + [Guess("A", "A", 0.4)] * 40, 0.5) == 0.9, "never what is likelier wrong"


def test_the_fitted_weights_are_the_smallest_loss():
    chance = np.random.default_rng(7)
    dense = chance.normal(size=(40, 6))
    rows, columns = np.nonzero(dense)
    labels = chance.integers(0, 3, 40)
    counted = chance.uniform(0.5, 2, 40)
    weights, biases = fit(Sparse(rows, columns, dense[rows, columns], dense.shape), labels, 3, 0.1, counted)

    def loss(w, b):
        chances = softmax(dense @ w.T + b)
        return -(counted * np.log(chances[np.arange(40), labels])).sum() + 0.05 * (w**2).sum()

    best = loss(weights, biases)
    for _ in range(50):
        assert loss(weights + chance.normal(size=weights.shape) * 0.02, biases) > best
        assert loss(weights, biases + chance.normal(size=3) * 0.02) >= best - 1e-9
