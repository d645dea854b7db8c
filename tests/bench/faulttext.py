"""Fault texts: real work orders and synthetic Chinese reports, our n-grams beside bags of words and the majority."""

import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from report import Report, arguments

sys.path.append(str(Path(__file__).parents[1]))  # for `support`

import numpy as np

from mendline.faulttext import SAFETY_WORDS, Guess, Lesson, Model, find_dangers, load, normalise
from mendline.faulttext.figures import ece, f1_by_label, macro_f1, reliability
from mendline.faulttext.grams import features
from mendline.faulttext.learn import FOLDS, cross_validated, guesses, learn, stratified
from support.fault_texts import HARMLESS, WORK_ORDERS, Labelled, chinese, dangers, work_orders

WIDE = {sign: sign + 0xFEE0 for sign in range(0x21, 0x7F)}
"""ASCII as full-width characters."""

GOAL_SECONDS = 1e-3
"""What a prediction may take: less than the statement that stores it."""

DANGER = "danger"

FIRST: dict[tuple[str, str, str], float] = {
    ("tune", "zh", DANGER): 47 / 109,
    ("tune", "zh", HARMLESS): 3 / 90,
    ("tune", "en", DANGER): 30 / 109,
    ("tune", "en", HARMLESS): 3 / 88,
    ("held", "zh", DANGER): 48 / 106,
    ("held", "zh", HARMLESS): 3 / 90,
    ("held", "en", DANGER): 31 / 105,
    ("held", "en", HARMLESS): 5 / 87,
}
"""Of texts with a danger, and without, what was noticed when the set was new and the words knew nothing of it."""


def words(text: str) -> list[str]:
    """The baseline's features, a plain bag of words."""
    return re.findall(r"\w+", normalise(text))


def by_bayes(documents: Sequence[Sequence[str]], truth: np.ndarray, folds: np.ndarray, classes: int) -> np.ndarray:
    """Multinomial naive Bayes over words with Laplace smoothing (McCallum and Nigam, 1998): the textbook's baseline."""
    places = {word: place for place, word in enumerate(sorted({word for one in documents for word in one}))}
    counts = np.zeros((len(documents), len(places)), dtype=np.float32)
    for row, document in enumerate(documents):
        for word in document:
            counts[row, places[word]] += 1
    logits = np.zeros((len(documents), classes))
    for fold in range(FOLDS):
        learned, held = folds != fold, folds == fold
        seen = np.stack([counts[learned & (truth == label)].sum(axis=0) + 1 for label in range(classes)])
        prior = np.log([(learned & (truth == label)).sum() + 1 for label in range(classes)])
        logits[held] = counts[held] @ np.log(seen / seen.sum(axis=1, keepdims=True)).T + prior
    return logits


def apart(folds: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """The folds, with every text that is told again in the fold of its first telling: nothing is learned by heart."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(normalise(t), int(fold)) for t, fold in zip(texts, folds, strict=True)])


def of_work_orders(report: Report, limit: int | None) -> None:
    """PM type from the text, 5-fold: ours and the baseline share learner, penalty, evening, calibration and folds."""
    orders = work_orders()[:limit]
    labels = sorted({label for _, label in orders})
    truth = np.array([labels.index(label) for _, label in orders])
    folds = stratified(truth, seed=1)
    for case, split in (("5-fold", folds), ("5-fold, repeats together", apart(folds, [text for text, _ in orders]))):
        made: dict[str, list[Guess]] = {}
        for name, of_text in (("n-grams", features), ("bag of words", words)):
            logits = cross_validated([of_text(text) for text, _ in orders], truth, split, len(labels))
            made[name] = guesses(logits, truth, split, labels)
        bayes = by_bayes([words(text) for text, _ in orders], truth, split, len(labels))
        made["naive Bayes"] = guesses(bayes, truth, split, labels)
        commonest = labels[int(np.bincount(truth).argmax())]
        made["majority"] = [Guess(guess.truth, commonest, 1.0) for guess in made["n-grams"]]
        told(report, f"work orders, {case}", made, split)
    for label, score in f1_by_label(made["n-grams"]).items():
        report.add("work orders, repeats together", f"F1 {label}", score, "", "bag of words",
                   f1_by_label(made["bag of words"]).get(label))  # fmt: skip


def told(report: Report, case: str, made: dict[str, list[Guess]], folds: np.ndarray) -> None:
    """Macro-F1 over all texts and fold by fold, accuracy, and how far confidence can be believed."""
    ours, plain = made["n-grams"], made["bag of words"]
    report.add(case, "macro-F1", macro_f1(ours), "", "bag of words", macro_f1(plain))
    report.add(case, "macro-F1", macro_f1(ours), "", "naive Bayes over words", macro_f1(made["naive Bayes"]))
    report.add(case, "macro-F1", macro_f1(ours), "", "majority", macro_f1(made["majority"]))
    for fold in range(FOLDS):
        held = np.flatnonzero(folds == fold)
        one, other = ([guessed[place] for place in held] for guessed in (ours, plain))
        report.add(case, f"macro-F1 of fold {fold + 1}", macro_f1(one), "", "bag of words", macro_f1(other))
    shares = [statistics.mean(guess.right for guess in guessed) for guessed in (ours, plain)]
    report.add(case, "accuracy", shares[0], "", "bag of words", shares[1])
    report.add(case, "ECE", ece(reliability(ours)), "", "bag of words", ece(reliability(plain)))
    _calibration(report, case, ours)


def _calibration(report: Report, case: str, made: Sequence[Guess]) -> None:
    for line in reliability(made):
        step = f"confidence {line.least:.1f}-{line.least + 0.1:.1f} ({line.texts} texts)"
        report.add(case, step, line.right, "right", "mean confidence", line.confidence)


def of_chinese(report: Report) -> None:
    """Learned from one part of the synthetic texts, tried on the other, which shares no phrase with it."""
    train, test = chinese("train"), chinese("test")
    learned = learn(Lesson(tuple(train)))
    model = load(learned.model)
    made = tried(model, test)
    labels = [label for _, label in train]
    always = max(sorted(set(labels)), key=labels.count)
    case = f"synthetic Chinese, {len(train)} + {len(test)} texts"
    report.add(case, "macro-F1", macro_f1(made), "", "majority",
               macro_f1([Guess(guess.truth, always, 1.0) for guess in made]))  # fmt: skip
    report.add(case, "macro-F1 within the training part", learned.figures.macro_f1, "")
    report.add(case, "ECE", ece(reliability(made)), "")
    _calibration(report, case, made)
    above = [guess for guess in made if learned.figures.cut_off and guess.confidence >= learned.figures.cut_off]
    report.add(case, "cut-off", learned.figures.cut_off or 1.0, "confidence")
    report.add(case, "proposed", len(above) / len(made), "of texts")
    report.add(case, "right when proposed", statistics.mean(guess.right for guess in above), "of these", "wanted", 0.8)
    speed(report, case, model, learned.model, test)


def of_safety(report: Report) -> None:
    """Every safety word in every text to be tested with, at three places, in several spellings: none may be missed."""
    tried, missed = 0, 0
    texts = [text for text, _ in chinese("test")]
    for kind, (stems, chinese_words) in SAFETY_WORDS.items():
        for word in (*stems, *chinese_words):
            for spelled in (word, word.upper(), word.translate(WIDE), " ".join(word), "\u200b".join(word)):
                for number, text in enumerate(texts):
                    at = (0, len(text) // 2, len(text))[number % 3]
                    tried += 1
                    missed += kind not in {d.kind for d in find_dangers(text[:at] + spelled + text[at:])}
    report.add("safety words", "missed", missed, f"of {tried}", "at most", 0)
    flagged = sum(bool(find_dangers(text)) for text in texts)
    report.add("safety words", "synthetic texts that a person is to look at", flagged / len(texts), "of texts")


def of_dangers(report: Report) -> None:
    """What the words do not cover: texts written apart from them, and how many harmless ones they take for a danger."""
    found: dict[tuple[str, str, str], list[bool]] = {}
    for told in dangers():
        flagged = bool(find_dangers(told.text))
        for kind in {told.kind, HARMLESS if told.harmless else DANGER}:
            found.setdefault((told.part, told.language, kind), []).append(flagged)
    for (part, language, kind), flags in found.items():
        case, first = f"dangers told, synthetic {language}, {part}", FIRST.get((part, language, kind))
        what = "false alarms" if kind == HARMLESS else "noticed" if kind == DANGER else f"noticed of {kind}"
        report.add(
            case, what, statistics.mean(flags), f"of {len(flags)} texts", "before tuning" if first else None, first
        )


def tried(model: Model, texts: Labelled) -> list[Guess]:
    """The model's guess for each text."""
    return [Guess(label, *model.predict(text)[:2]) for text, label in texts]


def speed(report: Report, case: str, model: Model, packed: bytes, texts: Labelled) -> None:
    """Of one prediction, one search for danger, and of reading a model."""
    taken: dict[str, list[float]] = {"predict": [], "find dangers": [], "read the model": []}
    for _ in range(5):
        for text, _ in texts:
            for name, act in (("predict", model.predict), ("find dangers", find_dangers)):
                began = time.perf_counter()
                act(text)
                taken[name].append(time.perf_counter() - began)
        began = time.perf_counter()
        load(packed)
        taken["read the model"].append(time.perf_counter() - began)
    for name, seconds in taken.items():
        goal = GOAL_SECONDS * 1e3 if name == "predict" else None
        report.add(case, name, statistics.median(seconds) * 1e3, "ms", "at most" if goal else None, goal)
    report.add(case, "model", len(packed) / 1024, "KiB")


def main() -> None:
    """All four."""
    parser = arguments(__doc__)
    parser.add_argument("--orders", type=int, metavar="N", help="only the first N work orders (all)")
    given = parser.parse_args()
    report = Report("Fault texts")
    if WORK_ORDERS.is_file():
        of_work_orders(report, given.orders)
    else:
        print("the work orders are not here: put excavator_work_orders.csv into ../shared/data")
    of_chinese(report)
    of_safety(report)
    of_dangers(report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
