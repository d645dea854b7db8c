"""Telegram's HTML: read strictly into text and entities, as the Bot API server does, with its error sentences."""

import re
from html import unescape
from typing import Any

Json = dict[str, Any]

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
# Telegram knows these four named references and numeric ones; "&nbsp;" stays as it is written.
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});?")
_TAG_NAME = re.compile(r"[^\s>]*")
_SPACE = re.compile(r"\s*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>]*")
_NAME_TOKEN = re.compile(r"[\w.-]*")
_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>]+)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<!\w)(?P<mention>@[A-Za-z0-9_]{3,32})\b"
)


class MarkupError(Exception):
    """The markup cannot be read; the text is what Telegram adds after "can't parse entities: "."""


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts offsets and limits."""
    return len(text.encode("utf-16-le")) // 2


class _Open:
    """A tag that is not closed yet."""

    def __init__(self, tag: str, attributes: dict[str, str], offset: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.offset = offset

    def entity(self, length: int, text: str) -> Json | None:
        entity: Json = {"type": _KINDS[self.tag], "offset": self.offset, "length": length}
        if self.tag == "a":
            url = self.attributes.get("href") or text
            if not re.match(r"(?:https?|tg|mailto|tel):|[\w-]+(\.[\w-]+)+", url):
                return None  # Telegram keeps the text of a link it cannot open and drops the link
            entity["url"] = url
        elif self.tag == "code" and self.attributes.get("class", "").startswith("language-"):
            entity["language"] = self.attributes["class"].removeprefix("language-")
        elif self.tag == "blockquote" and "expandable" in self.attributes:
            entity["type"] = "expandable_blockquote"
        elif self.tag == "tg-emoji":
            entity["custom_emoji_id"] = self.attributes.get("emoji-id", "")
        return entity


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.at)
        assert match is not None  # every pattern here also matches nothing
        self.at = match.end()
        return match.group()

    @property
    def here(self) -> str:
        return self.source[self.at : self.at + 1]

    def byte(self, position: int) -> int:
        return len(self.source[:position].encode())

    def start_tag(self, begin: int) -> tuple[str, dict[str, str]]:
        tag = self.skip(_TAG_NAME).lower()
        if not self.here:
            raise MarkupError(f"Unclosed start tag at byte offset {self.byte(begin)}")
        if tag not in _KINDS:
            raise MarkupError(f'Unsupported start tag "{tag}" at byte offset {self.byte(begin)}')
        attributes: dict[str, str] = {}
        while True:
            self.skip(_SPACE)
            if self.here == ">":
                break
            name, value = self._attribute(tag, begin)
            attributes[name] = value
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {self.byte(begin)}')
        self.at += 1
        return tag, attributes

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self.skip(_ATTRIBUTE_NAME).lower()
        if not self.here:
            raise MarkupError(f"Unclosed start tag at byte offset {self.byte(begin)}")
        if not name:
            raise MarkupError(f'Empty attribute name in the tag "{tag}" at byte offset {self.byte(begin)}')
        self.skip(_SPACE)
        if self.here != "=":
            if tag == "blockquote" and name == "expandable":
                return name, ""
            where = f'of the tag "{tag}" at byte offset {self.byte(begin)}'
            raise MarkupError(f"Expected equal sign in declaration of an attribute {where}")
        self.at += 1
        self.skip(_SPACE)
        quote = self.here
        if quote not in {'"', "'"}:
            return name, self.skip(_NAME_TOKEN).lower()
        end = self.source.find(quote, self.at + 1)
        if end < 0:
            raise MarkupError(f"Unclosed start tag at byte offset {self.byte(begin)}")
        value = unescape(self.source[self.at + 1 : end])
        self.at = end + 1
        return name, value

    def end_tag(self, begin: int, expected: str) -> None:
        tag = self.skip(_TAG_NAME).lower()
        self.skip(_SPACE)
        if self.here != ">":
            raise MarkupError(f"Unclosed end tag at byte offset {self.byte(begin)}")
        if tag and tag != expected:
            found = f'expected "</{expected}>", found "</{tag}>"'
            raise MarkupError(f"Unmatched end tag at byte offset {self.byte(begin)}, {found}")
        self.at += 1


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Text and entities of Telegram's HTML subset. Raises MarkupError where Telegram cannot parse it."""
    reader, pieces, offset = _Reader(source), [""], 0
    stack: list[tuple[_Open, int]] = []
    entities: list[Json] = []
    while reader.at < len(source):
        character = reader.here
        if character == "<":
            begin = reader.at
            reader.at += 1
            if reader.here != "/":
                tag, attributes = reader.start_tag(begin)
                stack.append((_Open(tag, attributes, offset), len(pieces)))
                continue
            reader.at += 1
            if not stack:
                raise MarkupError(f"Unexpected end tag at byte offset {reader.byte(begin)}")
            opened, first_piece = stack[-1]
            reader.end_tag(begin, opened.tag)
            stack.pop()
            if offset > opened.offset:
                entity = opened.entity(offset - opened.offset, "".join(pieces[first_piece:]))
                entities += [entity] if entity else []
            continue
        reference = _REFERENCE.match(source, reader.at) if character == "&" else None
        piece = unescape(reference.group()) if reference else character
        reader.at += len(reference.group()) if reference else 1
        pieces.append(piece)
        offset += utf16_length(piece)
    if stack:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{stack[-1][0].tag}"')
    return trimmed("".join(pieces), entities)


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text without white space around it, entities moved along, in Telegram's order."""
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end, kept = utf16_length(text), []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > start:
            kept.append(entity | {"offset": start, "length": stop - start})
    return text, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def found_entities(text: str, taken: list[Json] | None = None) -> list[Json]:
    """The entities Telegram finds by itself (links, mentions, bot commands), added to those already there."""
    entities = list(taken or [])
    closed = [e for e in entities if e["type"] in {"code", "pre", "text_link"}]
    for match in _FOUND.finditer(text):
        start = utf16_length(text[: match.start()])
        length = utf16_length(match.group())
        if not any(e["offset"] < start + length and start < e["offset"] + e["length"] for e in closed):
            entities.append({"type": match.lastgroup, "offset": start, "length": length})
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
