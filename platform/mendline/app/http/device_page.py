"""The page behind a sticker's QR code: what is printed on it, and the ways into the chats to report a fault.

Whoever holds the sticker may read the page without a login, and it says nothing that the sticker does not. What is not
a sticker of ours gets one and the same answer, whatever is wrong with it.
"""

from html import escape
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mendline.devices import Sticker, printed_label, start_word
from mendline.kernel import DomainError, accepted_locale, say, settings
from mendline_schema import charge_stranger

COST = 20
"""Units of a stranger's budget that a page costs: by the standard 30 at once, then one a second."""

LONGEST = 2048
"""Bytes of a path that are worth reading."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "vary": "accept-language",
    "x-robots-tag": "noindex, nofollow",
}
_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f4f6f8;color:#17212b}"
    "main{max-width:26rem;margin:0 auto;padding:1.5rem}section{background:#fff;border-radius:12px;padding:1.2rem;"
    "margin-bottom:1rem}h1{font-size:1.6rem;margin:.2rem 0}p{margin:.3rem 0;white-space:pre-line}"
    "a{display:block;text-align:center;padding:.8rem;margin:.6rem 0;border-radius:10px;background:#0b6bcb;color:#fff;"
    "text-decoration:none}code{font-size:1rem;user-select:all}"
)


async def device_page(request: Request) -> Response:
    """The page of one sticker; 404 for what is none, 429 for an address that asks too much."""
    locale = accepted_locale(request.headers.get("accept-language", ""))
    try:
        await charge_stranger(request, COST)
    except DomainError as refusal:
        words = f"<section><p>{escape(say('device_page.too_many', locale))}</p></section>"
        wait = {"retry-after": str(refusal.facts.get("retryAfter", 1))}
        return HTMLResponse(_page(locale, words), 429, headers=_HEADERS | wait)
    named = _named(request)
    sticker = await printed_label(*named) if named else None
    if named is None or sticker is None:
        title, words = (escape(say(f"device_page.{name}", locale)) for name in ("unknown", "unknown_what"))
        return HTMLResponse(_page(locale, f"<section><h1>{title}</h1><p>{words}</p></section>"), 404, headers=_HEADERS)
    organisation, asset, _ = named
    return HTMLResponse(_page(locale, _printed(sticker) + _ways(locale, organisation, asset)), headers=_HEADERS)


def _named(request: Request) -> tuple[str, str, str] | None:
    """The organisation's code, the asset number and the proof, from the path as it was sent: a number may hold `/`."""
    raw = bytes(request.scope.get("raw_path") or request.url.path.encode()).split(b"?")[0]
    parts = raw.decode("latin-1").rstrip("/").split("/")[2:]
    if len(raw) > LONGEST or len(parts) != 3:
        return None
    organisation, asset, code = map(unquote, parts)
    return organisation, asset, code


def _printed(sticker: Sticker) -> str:
    serial = f"<p>SN {escape(sticker.serial)}</p>" if sticker.serial else ""
    words = f"<p>{escape(sticker.organisation)}</p><h1>{escape(sticker.asset)}</h1><p>{escape(sticker.name)}</p>"
    return f"<section>{words}{serial}</section>"


def _ways(locale: str, organisation: str, asset: str) -> str:
    """Into the chats: Telegram's bot begins the report with this device; Slack passes nothing on, so it is told what
    to write.
    """
    chosen, lines = settings(), []
    word = start_word(organisation, asset)
    if chosen.telegram_bot_name and word:
        address = f"https://t.me/{chosen.telegram_bot_name}?start={quote(word, safe='')}"
        lines.append(_link(address, say("device_page.telegram", locale)))
    if chosen.slack_app_id:
        lines.append(
            _link(f"https://slack.com/app_redirect?app={chosen.slack_app_id}", say("device_page.slack", locale))
        )
        lines.append(
            f"<p>{escape(say('device_page.slack_write', locale))}<br><code>/wo device {escape(asset)}</code></p>"
        )
    lines.append(f"<p>{escape(say('device_page.photo', locale))}</p>")
    return f"<section><p><b>{escape(say('device_page.report', locale))}</b></p>{''.join(lines)}</section>"


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(words)}</a>'


def _page(locale: str, body: str) -> str:
    title = escape(say("device_page.title", locale))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    begins = f'<!doctype html><html lang="{locale}"><head>{head}<style>{_STYLE}</style></head>'
    return f"{begins}<body><main>{body}</main></body></html>"
