"""Messages and forms as Slack shows them: Block Kit with everything escaped, and its limits.

Limits: docs.slack.dev/reference/block-kit (section 3000, label 75, modal title 24, option 75 and 150 characters).
"""

from typing import Any

from mendline_bots.messages import Button, Field, Form, Message, cut, plain

SECTION, CONTEXT, LABEL, TITLE, OPTION, FALLBACK = 3000, 600, 75, 24, 75, 300
TYPED = "typed"
"""The block beside a choice in which something else may be typed: `<field>~typed`."""

Wire = dict[str, Any]


def escape(text: str, most: int) -> str:
    """`& < >` as entities, so that `<!channel>` rings nobody; at most `most` characters, never half an entity."""
    pieces = [_ENTITIES.get(character, character) for character in text]
    if sum(map(len, pieces)) <= most:
        return "".join(pieces)
    kept, used = [], 1
    for piece in pieces:
        used += len(piece)
        if used > most:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def fallback(message: Message) -> str:
    """What notifications show, and clients without blocks."""
    first = message.title or message.text or next((words for _, words in message.facts), "")
    return escape(plain(first), FALLBACK) or "…"


def to_blocks(message: Message, mark: str = "", picture: str = "") -> list[Wire]:
    """The blocks of a message; `mark` names the first one, so that the echo of it is known.

    picture: the id of the uploaded file that it shows.
    """
    blocks: list[Wire] = []
    if message.title:
        blocks.append(_section(f"*{escape(plain(message.title), 300)}*"))
    if message.facts:
        lines = [f"*{escape(plain(label), LABEL)}* {escape(plain(words), 800)}" for label, words in message.facts]
        blocks.append(_section(_whole_lines(lines)))
    if message.text:
        blocks.append(_section(escape(plain(message.text), SECTION)))
    if message.small:
        lines = [escape(plain(line), 200) for line in message.small]
        blocks.append({"type": "context", "elements": [_mrkdwn(_whole_lines(lines, CONTEXT))]})
    blocks = blocks or [_section("…")]
    if message.picture and picture:
        alt = cut(plain(message.picture.alt), 2000) or "…"
        blocks.append({"type": "image", "slack_file": {"id": picture}, "alt_text": alt})
    blocks += [{"type": "actions", "elements": [_button(button) for button in row]} for row in message.rows if row]
    if mark:
        blocks[0]["block_id"] = mark
    return blocks[:50]


def _whole_lines(lines: list[str], most: int = SECTION) -> str:
    """As many whole lines as fit."""
    kept, used = [], 0
    for line in lines:
        used += len(line) + 1
        if used <= most:
            kept.append(line)
    return "\n".join(kept) or "…"


def _mrkdwn(text: str) -> Wire:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, most: int) -> Wire:
    return {"type": "plain_text", "text": cut(plain(text), most) or "…", "emoji": True}


def _section(text: str) -> Wire:
    return {"type": "section", "text": _mrkdwn(text)}


def _button(button: Button) -> Wire:
    kind = "form" if button.form else "press"
    drawn: Wire = {
        "type": "button",
        "action_id": f"{kind}:{button.id}",
        "value": button.id,
        "text": _plain(button.label, LABEL),
    }
    return drawn if button.style == "plain" else drawn | {"style": button.style}


def skeleton(opener: str, words: str) -> Wire:
    """The window that opens within three seconds; the worker fills it."""
    return {
        "type": "modal",
        "callback_id": "skeleton",
        "external_id": opener,
        "title": _plain("Mendline", TITLE),
        "blocks": [_section(escape(words, SECTION))],
    }


def modal(form: Form, metadata: str, opener: str) -> Wire:
    """A form as a window."""
    blocks = [_section(escape(plain(form.intro), SECTION))] if form.intro else []
    for field in form.fields:
        blocks += _inputs(field)
    return {
        "type": "modal",
        "callback_id": "form",
        "external_id": opener,
        "private_metadata": metadata,
        "title": _plain(form.title, TITLE),
        "submit": _plain(form.submit, TITLE),
        "blocks": blocks,
    }


def _inputs(field: Field) -> list[Wire]:
    """One input; a choice that may also be typed is two, neither of them required by Slack itself."""
    if not field.options:
        return [_input(field.name, field.label, _text_element(field), optional=not field.required)]
    options = [{"text": _plain(option.label, OPTION), "value": option.value} for option in field.options[:100]]
    select: Wire = {"type": "static_select", "action_id": "value", "options": options}
    drafted = [option for option in options if option["value"] == field.value]
    if drafted:
        select["initial_option"] = drafted[0]
    if field.kind == "choice":
        return [_input(field.name, field.label, select, optional=not field.required)]
    typed: Wire = {"type": "plain_text_input", "action_id": "value", "max_length": min(field.most, 3000)}
    return [
        _input(field.name, field.label, select, optional=True),
        _input(f"{field.name}~{TYPED}", "…", typed, optional=True),
    ]


def _input(name: str, label: str, element: Wire, *, optional: bool) -> Wire:
    return {"type": "input", "block_id": name, "label": _plain(label, 2000), "element": element, "optional": optional}


def _text_element(field: Field) -> Wire:
    if field.kind == "number":
        numbers: Wire = {
            "type": "number_input",
            "action_id": "value",
            "is_decimal_allowed": False,
            "min_value": "0",
            "max_value": str(field.most),
        }
        return numbers | ({"initial_value": field.value} if field.value else {})
    words: Wire = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": field.most > 200,
        "max_length": min(field.most, 3000),
    }
    return words | ({"initial_value": field.value[: min(field.most, 3000)]} if field.value else {})


def answers_of(state: Wire) -> dict[str, str]:
    """Field -> answer from a window's `state.values`; what was typed beside a choice goes before the choice."""
    found: dict[str, str] = {}
    for block, elements in state.items():
        for element in elements.values():
            chosen = element.get("selected_option") or {}
            value = chosen.get("value") or element.get("value")
            name, _, typed = block.partition("~")
            if value and (typed or name not in found):
                found[name] = str(value)
    return found
