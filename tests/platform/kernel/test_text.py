"""Sentences: every package has the same names in both languages, and a missing fact breaks no answer."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from mendline.kernel import accepted_locale, known_locale, pick, say

ROOT = Path(__file__).parents[3]
FOLDERS = sorted(path.parent for path in ROOT.glob("*/mendline*/**/locale/zh.po"))


def _sentences(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.parent.name)
def test_both_languages_have_the_same_sentences_with_the_same_facts(folder: Path) -> None:
    chinese, english = _sentences(folder / "zh.po"), _sentences(folder / "en.po")
    assert chinese.keys() == english.keys()
    for name, sentence in chinese.items():
        assert sentence, f"{name} is empty in zh"
        assert english[name], f"{name} is empty in en"
        facts = [set(re.findall(r"{(\w+)[^}]*}", words)) for words in (sentence, english[name])]
        assert facts[0] == facts[1], f"{name} tells {facts[0]} in zh and {facts[1]} in en"


def test_no_sentence_is_told_by_two_packages() -> None:
    told: dict[str, Path] = {}
    for folder in FOLDERS:
        for name in _sentences(folder / "zh.po"):
            assert told.setdefault(name, folder) == folder, f"{name} stands in {told[name]} and in {folder}"


@pytest.mark.parametrize(
    ("wishes", "spoken"),
    [
        (["zh-hans"], "zh"),
        (["zh_CN"], "zh"),
        (["EN-us"], "en"),
        ([None, "", "fr", "en"], "en"),
        ([], "zh"),
        (["x"], "zh"),
    ],
)
def test_the_first_language_that_we_speak(wishes: list[str | None], spoken: str) -> None:
    assert known_locale(*wishes) == spoken


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("", "zh"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr,en;q=0.4,zh;q=0.3", "en"),
        ("zh;q=0.2,en-US;q=0.9", "en"),
        ("en;q=0", "zh"),
        ("en;q=x,*", "zh"),
        ("," * 5000, "zh"),
    ],
)
def test_the_language_is_the_one_liked_best(accepted: str, locale: str) -> None:
    assert accepted_locale(accepted) == locale


def test_a_sentence_with_its_facts() -> None:
    english = say("error.invalid_input", "en", field="symptom", problem="it is missing")
    assert "symptom" in english
    assert "it is missing" in english
    assert say("error.invalid_input", "zh", field="symptom", problem="…") != english


def test_facts_in_two_languages_are_told_in_the_readers() -> None:
    why = {"zh": "请联系护士长。", "en": "Ask the ward manager."}
    assert "Ask the ward manager." in say("error.forbidden", "en", why=why)
    assert "请联系护士长。" in say("error.forbidden", "zh", why=why)


def test_what_is_missing_is_seen_and_breaks_nothing() -> None:
    assert say("error.no_such_sentence", "en") == "error.no_such_sentence"
    assert "…" in say("error.forbidden", "en")
    assert pick({"zh": "泵"}, "en") == "泵"
    assert pick(None, "en") == pick({}, "zh") == ""


def test_braces_in_facts_stay_what_they_are() -> None:
    assert "{0.__class__}" in say("error.invalid_input", "en", field="{0.__class__}", problem="")


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_names_of_ours_are_told_in_words(locale: str) -> None:
    import mendline.tickets  # noqa: F401 - its words

    told = say("error.wrong_state", locale, number="A-1", state="on_site")
    assert "on_site" not in told
    assert "A-1" in told
    assert say("error.wrong_state", locale, number="A-1", state="no such state").count("no such state") == 1
