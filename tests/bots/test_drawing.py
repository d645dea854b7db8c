"""What hostile and endless words become in Telegram and Slack: inert, whole and within the limits."""

import html
import re

import pytest

from mendline_bots.messages import Button, Field, Form, Message, Option, plain
from mendline_bots.slack.drawing import answers_of, escape, modal, to_blocks
from mendline_bots.standins.slack.block_kit import faults_of_blocks, faults_of_view
from mendline_bots.telegram.drawing import escaped, keyboard, to_html, to_plain

HOSTILE = [
    "<!channel> <@U1> <https://evil.example|click>",
    "</b><script>alert(1)</script> &amp; &lt;",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u0000\u001b[31m",
    "*bold* _it_ `code` ~s~ [a](b)",
    "🏥" * 9000,
    "&" * 100_000,
    "字" * 100_000,
    "",
]


def message(words: str) -> Message:
    rows = tuple(tuple(Button(f"{r}{c}" * 11, words, "danger") for c in range(3)) for r in range(3))
    return Message(
        title=words, facts=tuple((words, words) for _ in range(12)), text=words, small=(words,) * 6, rows=rows
    )


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("words", HOSTILE)
def test_telegram_shows_it_inert_and_within_4096(words: str) -> None:
    drawn = to_html(message(words))
    assert 1 <= units(drawn) <= 4096
    assert set(re.findall(r"</?([a-z]+)>", drawn)) <= {"b", "i"}
    assert drawn.count("<b>") == drawn.count("</b>") and drawn.count("<i>") == drawn.count("</i>")
    assert re.sub(r"&(amp|lt|gt);", "", drawn).count("&") == 0
    assert "\u202e" not in drawn and "\x1b" not in drawn
    assert 1 <= units(to_plain(message(words))) <= 4096
    for row in keyboard(message(words or "x")).inline_keyboard:  # type: ignore[union-attr]
        assert all(len(str(button.callback_data).encode()) <= 64 for button in row)


@pytest.mark.parametrize("words", HOSTILE)
def test_slack_takes_it_and_nobody_is_rung(words: str) -> None:
    blocks = to_blocks(message(words), "cs_" + "x" * 43)
    assert faults_of_blocks(blocks) == []
    drawn = "".join(block["text"]["text"] for block in blocks if block["type"] == "section")
    assert "<" not in drawn and ">" not in drawn  # labels of buttons are plain text, where they mean nothing
    assert sum(len(str(block)) for block in blocks) < 13_200


@pytest.mark.parametrize("words", HOSTILE)
def test_a_form_of_any_words_is_a_valid_window(words: str) -> None:
    options = tuple(Option(str(n), words or "x") for n in range(3))
    fields = (
        Field(name="a", label=words or "x", options=options, value="1"),
        Field(name="b", label=words or "x", kind="choice", options=options),
        Field(name="c", label=words or "x", value=words, most=2000),
        Field(name="d", label=words or "x", kind="number", value="5", most=99),
    )
    form = Form(title=words or "x", submit=words or "x", intro=words, fields=fields)
    assert faults_of_view(modal(form, "{}", "o"), "modal") == []


@pytest.mark.parametrize("most", [1, 2, 5, 6, 50])
def test_cutting_never_halves_an_entity(most: int) -> None:
    for words in ("<<<<<<<<<<", "a&b&c&d&e&f&g", "🏥🏥🏥🏥🏥🏥"):
        for drawn, measure in ((escaped(words, most), units), (escape(words, most), len)):
            assert measure(drawn) <= max(most, 1)
            assert words.startswith(html.unescape(drawn).rstrip("…"))


def test_what_is_typed_goes_before_what_is_chosen() -> None:
    chosen = {"value": {"selected_option": {"value": "off duty"}}}
    assert answers_of({"reason": chosen, "reason~typed": {"value": {"value": None}}}) == {"reason": "off duty"}
    assert answers_of({"reason": chosen, "reason~typed": {"value": {"value": "flat tyre"}}}) == {"reason": "flat tyre"}


def test_plain_keeps_words_of_every_script() -> None:
    assert plain("报警 🏥👩‍⚕️ עברית\nline") == "报警 🏥👩‍⚕️ עברית\nline"
