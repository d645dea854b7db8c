"""Telegram's HTML as the stand-in reads and shows it."""

import pytest

from mendline_bots.standins.telegram.markup import MarkupError, found_entities, parse_html, utf16_length
from mendline_bots.standins.telegram.rendering import as_html


def test_offsets_count_utf16_units() -> None:
    text, entities = parse_html("😀 <b>停机</b>")
    assert text == "😀 停机"
    assert entities == [{"type": "bold", "offset": 3, "length": 2}]
    assert utf16_length(text) == 5


def test_white_space_around_is_cut_and_entities_follow() -> None:
    assert parse_html("  <b> x </b>\n") == ("x", [{"type": "bold", "offset": 0, "length": 1}])


def test_nested_markup_shows_nested_and_escaped() -> None:
    text, entities = parse_html('<b>a <i>&lt;b&gt;</i></b> <a href="https://example.org/?a=1&amp;b=2">link</a>')
    shown = as_html(text, entities)
    assert shown.startswith("<b>a <i>&lt;b&gt;</i></b> <a href=")
    assert "a=1&amp;b=2" in shown


def test_a_script_link_is_shown_as_text() -> None:
    text, entities = parse_html('<a href="javascript:alert(1)">x</a>')
    assert as_html(text, entities) == "x"


def test_commands_links_and_mentions_are_found() -> None:
    kinds = [e["type"] for e in found_entities("/report now @mendline_bot https://example.org a/b")]
    assert kinds == ["bot_command", "mention", "url"]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("停<b>x</i>", 'Unmatched end tag at byte offset 7, expected "</b>", found "</i>"'),
        ("<div>x</div>", 'Unsupported start tag "div" at byte offset 0'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_wrong_markup_is_refused_in_telegrams_words(source: str, complaint: str) -> None:
    with pytest.raises(MarkupError) as refused:
        parse_html(source)
    assert str(refused.value) == complaint
