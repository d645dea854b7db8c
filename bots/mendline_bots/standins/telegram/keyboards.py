"""Checks reply_markup as Telegram does and gives it back in the form in which messages carry it."""

from typing import Any
from urllib.parse import urlsplit

from .parameters import Parameters
from .refusals import bad_request

Json = dict[str, Any]
DATA_LIMIT = 64  # bytes; core.telegram.org/bots/api#inlinekeyboardbutton
BUTTON_LIMIT = 100  # buttons of one inline keyboard; Telegram's apps and server take no more
_ACTIONS = ("callback_data", "url", "web_app", "login_url", "switch_inline_query", "copy_text")


def inline_keyboard(parameters: Parameters) -> Json | None:
    """The inline keyboard of a call; None without one (keyboards of other kinds are accepted and not kept)."""
    markup = parameters.json("reply_markup", "can't parse reply keyboard markup JSON object")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list):
        raise bad_request('Field "inline_keyboard" must be of type Array')
    kept = [[_button(button) for button in _row(row)] for row in rows]
    kept = [row for row in kept if row]
    if sum(len(row) for row in kept) > BUTTON_LIMIT:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": kept} if kept else None


def _row(row: Any) -> list[Any]:
    if not isinstance(row, list):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    return row


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed to be empty")
    actions = [name for name in _ACTIONS if name in button]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= DATA_LIMIT:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not _opens(str(button["url"])):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return {"text": text} | {name: button[name] for name in actions}


def _opens(url: str) -> bool:
    """Telegram wants a public host name: a link to this machine is refused there, and so it is here."""
    address = urlsplit(url)
    if address.scheme == "tg":
        return True
    host = address.hostname or ""
    return address.scheme in {"http", "https"} and ("." in host or host == "localhost")
