"""Telegram's text and entities as HTML that the simulator page may insert as it is."""

from html import escape
from typing import Any

_TAGS = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ('<span class="spoiler" tabindex="0">', "</span>"),
    "code": ("<code>", "</code>"),
    "pre": ("<pre>", "</pre>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote>", "</blockquote>"),
    "mention": ('<span class="mention">', "</span>"),
    "text_mention": ('<span class="mention">', "</span>"),
}


def as_html(text: str, entities: list[dict[str, Any]]) -> str:
    """Escaped HTML of a message. Offsets are in UTF-16 code units; entities may nest but not cross."""
    units = text.encode("utf-16-le")

    def plain(start: int, stop: int) -> str:
        return units[start * 2 : stop * 2].decode("utf-16-le", "replace")

    def render(start: int, stop: int, inner: list[dict[str, Any]]) -> str:
        pieces, at = [], start
        while inner:
            entity, *inner = inner
            begin, end = entity["offset"], min(entity["offset"] + entity["length"], stop)
            if begin < at:
                continue
            nested = [e for e in inner if e["offset"] < end]
            inner = [e for e in inner if e["offset"] >= end]
            opening, closing = _around(entity, plain(begin, end))
            pieces += [escape(plain(at, begin)), opening, render(begin, end, nested), closing]
            at = end
        pieces.append(escape(plain(at, stop)))
        return "".join(pieces)

    return render(0, len(units) // 2, sorted(entities, key=lambda e: (e["offset"], -e["length"])))


def _around(entity: dict[str, Any], covered: str) -> tuple[str, str]:
    kind = entity["type"]
    if kind in {"text_link", "url"}:
        url = entity.get("url", covered)
        if url.startswith(("http://", "https://", "mailto:", "tel:")):
            return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">', "</a>"
        return "", ""
    if kind == "bot_command":
        return f'<a href="#" data-command="{escape(covered)}">', "</a>"
    return _TAGS.get(kind, ("", ""))
