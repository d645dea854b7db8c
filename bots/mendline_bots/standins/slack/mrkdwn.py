"""Slack's text markup: typed text is escaped, the bot's text becomes safe HTML, broadcasts are found."""

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

from .refusals import Wire

# "<!channel>" and its kin ring everybody's phone; only the raw form does, "&lt;!channel&gt;" is plain text.
_BROADCAST = re.compile(r"<!(channel|here|everyone|subteam\^[A-Z0-9]+)(?:\|[^>]*)?>")
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_ANGLE = re.compile(r"&lt;([@#!]?)([^|<>&\s][^|<>]*?)(?:\|([^<>]*?))?&gt;")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "s"),
)


def escape(text: str) -> str:
    """What Slack's client makes of typed text: the three control characters become entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The characters behind Slack's three entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _texts(value: Any) -> Iterator[str]:
    """Every text in blocks that Slack reads as markup."""
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        if value.get("type") == "mrkdwn" or (value.get("type") == "markdown" and isinstance(value.get("text"), str)):
            yield str(value.get("text", ""))
        elif value.get("type") == "broadcast":
            yield f"<!{value.get('range', 'channel')}>"
        else:
            for each in value.values():
                yield from _texts(each)


def broadcasts(text: str, blocks: Any) -> list[str]:
    """The real broadcasts in a message (`channel`, `here`, `everyone`, `subteam^…`); empty when it rings nobody."""
    return [found for each in (text, *_texts(blocks)) for found in _BROADCAST.findall(each)]


def to_html(text: str, name_of: Callable[[str], str]) -> str:
    """Render markup as HTML that is safe to insert. `name_of` gives the name of a user or channel id.

    Everything is escaped first and only our own tags are added after, so no text of a tenant becomes markup.
    """
    kept: list[str] = []

    def keep(markup: str) -> str:
        kept.append(markup)
        return f"\x00{len(kept) - 1}\x00"

    def code(match: re.Match[str]) -> str:
        block, inline = match.groups()
        return keep(f"<pre>{block.strip()}</pre>" if block else f"<code>{inline}</code>")

    def angle(match: re.Match[str]) -> str:
        sign, target, label = match.groups()
        if sign == "!" and target.startswith("date^"):
            return label or ""
        if sign in {"!", "@", "#"}:
            shown = target if sign == "!" else html.escape(name_of(target))
            return keep(f'<span class="mention">{"#" if sign == "#" else "@"}{label or shown}</span>')
        if target.startswith(("http://", "https://", "mailto:", "tel:")):
            return keep(f'<a href="{target}" target="_blank" rel="noopener noreferrer">{label or target}</a>')
        return match.group(0)

    # Entities that Slack knows are undone before everything is escaped, but "<" of an entity never opens a link.
    safe = text.replace("\x00", "").replace("&lt;", "\x01").replace("&gt;", "\x02").replace("&amp;", "&")
    safe = _ANGLE.sub(angle, _CODE.sub(code, html.escape(safe)))
    for pattern, tag in _STYLES:
        safe = pattern.sub(rf"<{tag}>\1</{tag}>", safe)
    safe = "<br>".join(
        f"<blockquote>{line.removeprefix('&gt;').lstrip()}</blockquote>" if line.startswith("&gt;") else line
        for line in safe.split("\n")
    )
    while "\x00" in safe:
        safe = re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match.group(1))], safe)
    return safe.replace("\x01", "&lt;").replace("\x02", "&gt;")


def shown_blocks(blocks: Any, name_of: Callable[[str], str], file_url: Callable[[Wire], str]) -> Any:
    """Blocks for the page: every text object gains `html`, every Slack file an `image_url` that the page may load."""
    if isinstance(blocks, list):
        return [shown_blocks(each, name_of, file_url) for each in blocks]
    if not isinstance(blocks, dict):
        return blocks
    shown = {name: shown_blocks(each, name_of, file_url) for name, each in blocks.items()}
    if shown.get("type") == "mrkdwn":
        shown["html"] = to_html(str(blocks.get("text", "")), name_of)
    elif shown.get("type") == "plain_text":
        shown["html"] = html.escape(unescape(str(blocks.get("text", "")))).replace("\n", "<br>")
    elif shown.get("type") == "image" and blocks.get("slack_file"):
        shown["image_url"] = file_url(blocks["slack_file"])
    return shown
