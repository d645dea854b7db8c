"""Messages as Telegram shows them: HTML with everything escaped, inline keyboards, and its limits."""

import html
from collections.abc import Iterator

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from mendline_bots.messages import Message, cut, plain

TEXT_LIMIT = 4096
"""UTF-16 units after entities are parsed (core.telegram.org/bots/api#sendmessage); we count escaped ones."""

TITLE_LIMIT, SMALL_LIMIT, LABEL_LIMIT = 200, 300, 60
BODY_LIMIT = 3400
"""Leaves room for title, small print and their tags."""

CAPTION_LIMIT, CAPTION_BODY = 1024, 700
"""The same beside a picture (core.telegram.org/bots/api#sendphoto)."""


def to_html(message: Message) -> str:
    """The message as HTML of at most 4096 units, 1024 beside a picture; cut after escaping, never inside an entity."""
    limit, body = (CAPTION_LIMIT, CAPTION_BODY) if message.picture else (TEXT_LIMIT, BODY_LIMIT)
    lines = [f"<b>{escaped(plain(message.title), TITLE_LIMIT)}</b>"] if message.title else []
    left = body
    for label, words in message.facts:
        if left > 0:
            line = escaped(plain(words), left)
            lines.append(f"<b>{escaped(plain(label), LABEL_LIMIT)}</b> {line}")
            left -= _units(line) + LABEL_LIMIT
    if message.text and left > 0:
        lines.append(escaped(plain(message.text), left))
    used = _units("\n".join(lines))
    for small in message.small:
        line = f"<i>{escaped(plain(small), SMALL_LIMIT)}</i>"
        used += _units(line) + 1
        if used <= limit:
            lines.append(line)
    return "\n".join(lines) or "…"


def to_plain(message: Message) -> str:
    """The same without any markup, for the case that Telegram refuses ours."""
    facts = [f"{label} {words}" for label, words in message.facts]
    lines = (message.title, *facts, message.text, *message.small)
    limit = CAPTION_LIMIT if message.picture else TEXT_LIMIT
    return cut("\n".join(plain(line) for line in lines if line), limit // 2) or "…"


def keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """The buttons, whose data is their opaque id (22 of 64 bytes)."""
    rows = [
        [InlineKeyboardButton(cut(plain(button.label), LABEL_LIMIT), callback_data=button.id) for button in row]
        for row in message.rows
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def escaped(text: str, most: int) -> str:
    """`text` for HTML, at most `most` UTF-16 units long."""
    whole = html.escape(text, quote=False)
    if _units(whole) <= most:
        return whole
    kept, used = [], 1  # one unit for the ellipsis
    for piece in _pieces(text):
        used += _units(piece)
        if used > most:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def _pieces(text: str) -> Iterator[str]:
    return (html.escape(character, quote=False) for character in text)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
