"""Parameters of a Bot API call, read from query, form, multipart or JSON as the Bot API reads them."""

from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request

from .markup import MarkupError, found_entities, parse_html, trimmed, utf16_length
from .refusals import bad_request

Json = dict[str, Any]
TEXT_LIMIT = 4096  # UTF-16 units after parsing; core.telegram.org/bots/api#sendmessage
CAPTION_LIMIT = 1024  # likewise; core.telegram.org/bots/api#sendphoto


class Part(msgspec.Struct):
    """An uploaded file."""

    name: str
    media_type: str
    content: bytes


class Parameters:
    """Named values (text, as Telegram takes them) and uploaded files."""

    def __init__(self, values: dict[str, str], files: dict[str, Part] | None = None) -> None:
        self.values = values
        self.files = files or {}

    @classmethod
    async def of(cls, request: Request) -> "Parameters":
        """Read a request of any of the four forms."""
        values = dict(request.query_params)
        files: dict[str, Part] = {}
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind == "application/json":
            try:
                body = msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            except (msgspec.DecodeError, msgspec.ValidationError):
                raise bad_request("can't parse JSON object") from None
            for key, value in body.items():
                values[key] = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        elif kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
            async with request.form(max_files=20, max_fields=200, max_part_size=1 << 20) as form:
                for key, field in form.multi_items():
                    if isinstance(field, UploadFile):
                        content = await field.read()
                        files[key] = Part(field.filename or key, field.content_type or "", content)
                    else:
                        values[key] = field
        return cls(values, files)

    def text(self, name: str) -> str:
        """A value as it is; empty when missing."""
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; what is no number counts as missing, as at Telegram."""
        try:
            return int(self.values.get(name, default))
        except ValueError:
            return default

    def number(self, name: str) -> float | None:
        """A number, or None."""
        try:
            return float(self.values[name])
        except (KeyError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """A boolean."""
        return self.values.get(name, "").lower() in {"true", "1", "yes"}

    def json(self, name: str, complaint: str) -> Any:
        """A JSON value, None when missing. Raises `complaint` when it cannot be read."""
        if not self.values.get(name):
            return None
        try:
            return msgspec.json.decode(self.values[name])
        except msgspec.DecodeError:
            raise bad_request(complaint) from None

    def chat_id(self) -> int:
        """The chat's id. Raises "chat_id is empty" or, for a name, "chat not found"."""
        value = self.values.get("chat_id", "")
        if not value:
            raise bad_request("chat_id is empty")
        try:
            return int(value)
        except ValueError:
            raise bad_request("chat not found") from None

    def formatted(self, name: str) -> tuple[str, list[Json]]:
        """Text and entities of `text` or `caption`. Raises what Telegram says of markup it cannot parse."""
        mode = self.text("parse_mode")
        given = self.json(f"{'' if name == 'text' else name + '_'}entities", "can't parse entities JSON object")
        return formatted(self.text(name), mode, given)

    def body_text(self) -> tuple[str, list[Json]]:
        """The `text` of a message. Raises when it is empty or too long."""
        if not self.text("text"):
            raise bad_request("message text is empty")
        text, entities = self.formatted("text")
        if not text:
            raise bad_request("text must be non-empty")
        if utf16_length(text) > TEXT_LIMIT:
            raise bad_request("message is too long")
        return text, entities

    def caption(self) -> Json:
        """`caption` and `caption_entities` of a message, without what is empty. Raises when it is too long."""
        return caption(*self.formatted("caption"))


def formatted(text: str, mode: str, given: list[Json] | None = None) -> tuple[str, list[Json]]:
    """Text and entities in a parse mode. Only HTML is understood: Mendline sends nothing else (chat rule 10)."""
    if mode.lower() == "html":
        try:
            plain, entities = parse_html(text)
        except MarkupError as error:
            raise bad_request(f"can't parse entities: {error}") from None
    elif mode:
        raise bad_request("unsupported parse_mode")
    else:
        plain, entities = trimmed(text, given or [])
    return plain, found_entities(plain, entities)


def caption(text: str, entities: list[Json]) -> Json:
    """The caption's fields of a Message."""
    if utf16_length(text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return ({"caption": text} if text else {}) | ({"caption_entities": entities} if entities else {})
