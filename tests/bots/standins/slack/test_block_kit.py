"""Block Kit's limits, each at its edge."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline_bots.standins.slack.block_kit import faults_of_blocks, faults_of_view


def plain(length: int) -> dict[str, Any]:
    """A plain text of this length."""
    return {"type": "plain_text", "text": "x" * length}


def button(**more: Any) -> dict[str, Any]:
    """A button."""
    return {"type": "button", "action_id": "a", "text": plain(4), **more}


def actions(*elements: Any, **more: Any) -> dict[str, Any]:
    """An actions block."""
    return {"type": "actions", "elements": list(elements), **more}


def entry(**element: Any) -> dict[str, Any]:
    """An input block."""
    element = {"type": "plain_text_input", "action_id": "t", **element}
    return {"type": "input", "block_id": "n", "label": plain(5), "element": element}


def modal(*blocks: Any, **more: Any) -> dict[str, Any]:
    """A modal."""
    return {"type": "modal", "title": plain(24), "submit": plain(24), "blocks": list(blocks), **more}


_NAMES = [
    "type",
    "text",
    "elements",
    "element",
    "accessory",
    "fields",
    "block_id",
    "action_id",
    "options",
    "slack_file",
]
_WORDS = ["section", "actions", "input", "image", "context", "rich_text", "button", "overflow", "mrkdwn", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
)


@given(JSON)
def test_no_document_breaks_the_check(document: Any) -> None:
    assert isinstance(faults_of_blocks(document), list)
    assert faults_of_view(document, "modal")


DIVIDER = {"type": "divider"}
MANY = [button(action_id=str(n)) for n in range(26)]


@pytest.mark.parametrize(
    "blocks",
    [
        [DIVIDER] * 50,
        [{"type": "header", "text": plain(150)}],
        [{"type": "section", "text": plain(3000)}, {"type": "section", "fields": [plain(2000)] * 10}],
        [actions(*MANY[:25], block_id="b" * 255)],
        [actions(button(text=plain(75), value="x" * 2000, action_id="a" * 255))],
        [actions(button(), block_id="1"), actions(button(), block_id="2")],
        [{"type": "context", "elements": [plain(10), {"type": "image", "image_url": "http://x/y", "alt_text": "y"}]}],
        [{"type": "image", "slack_file": {"id": "F1"}, "alt_text": "label"}],
        [],
    ],
)
def test_at_the_limit(blocks: list[Any]) -> None:
    assert faults_of_blocks(blocks) == []


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([DIVIDER] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        (
            [{"type": "header", "text": plain(151)}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "must be a valid enum value"),
        ([{"type": "section", "text": plain(3001)}], "must be less than 3001 characters"),
        ([{"type": "section", "text": plain(0)}], "must be more than 0 characters"),
        ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
        ([{"type": "section", "fields": [plain(1)] * 11}], "no more than 10 items allowed"),
        ([actions(*MANY)], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
        ([actions()], "must have at least 1 items"),
        ([actions(button(text=plain(76)))], "must be less than 76 characters"),
        ([actions(button(value="x" * 2001))], "must be less than 2001 characters"),
        ([actions(button(action_id="x" * 256))], "must be less than 256 characters"),
        ([actions(button(style="green"))], "must be a valid enum value"),
        ([actions(button(colour="red"))], "invalid additional property: colour"),
        ([actions(button(), button())], "action_id 'a' already exists"),
        ([{"type": "divider", "block_id": "x" * 256}], "must be less than 256 characters"),
        ([{"type": "divider", "block_id": "x"}] * 2, "block_id 'x' already exists"),
        ([{"type": "image", "alt_text": "x"}], "missing required field: image_url"),
        ([actions({"type": "static_select", "action_id": "a"})], "missing required field: options"),
        ([{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
        ([{}], "missing required field: type"),
        (["text"], "must provide an object"),
        ([{"type": "context", "elements": [plain(1)] * 11}], "no more than 10 items allowed"),
        ([entry(type="button")], "unsupported type: button [json-pointer:/blocks/0/element/type]"),
        ("text", "must provide an array"),
    ],
)
def test_past_the_limit(blocks: Any, words: str) -> None:
    assert any(words in fault for fault in faults_of_blocks(blocks)), faults_of_blocks(blocks)


def test_modals_at_the_limit() -> None:
    assert faults_of_view(modal(*[DIVIDER] * 99, entry(), private_metadata="x" * 3000), "modal") == []
    assert faults_of_view({"type": "home", "blocks": [DIVIDER] * 100}, "home") == []


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (modal(title=plain(25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(*[DIVIDER] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (modal(callback_id="x" * 256), "must be less than 256 characters"),
        (modal(submit=plain(25)), "must be less than 25 characters"),
        ({"type": "modal"}, "missing required field: title [json-pointer:/view]"),
        ({"type": "modal", "title": plain(1), "blocks": [entry()]}, "missing required field: submit"),
        (modal({"type": "markdown", "text": "x"}), "unsupported type: markdown"),
        ({"type": "home", "blocks": []}, "must be a valid enum value"),
        ([], "must provide an object"),
    ],
)
def test_modals_past_the_limit(view: Any, words: str) -> None:
    assert any(words in fault for fault in faults_of_view(view, "modal")), faults_of_view(view, "modal")
