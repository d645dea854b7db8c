"""Bot API methods that send: text, pictures, documents, albums, places, and "is typing"."""

from typing import Any

from .core import Core, method
from .files import UPLOAD_LIMIT, StoredFile, document, photo_sizes
from .keyboards import inline_keyboard
from .parameters import Parameters, Part, caption, formatted
from .refusals import TelegramRefusalError, bad_request
from .world import Chat

Json = dict[str, Any]
_RECORDED = ("photo", "video", "voice", "document", "video_note")
ACTIONS = frozenset(
    {"typing", "choose_sticker", "find_location"}
    | {f"{verb}_{kind}" for verb in ("upload", "record") for kind in _RECORDED} - {"record_photo", "record_document"}
)


def _reply_to(core: Core, chat: Chat, call: Parameters) -> int | None:
    reply = call.json("reply_parameters", "can't parse reply parameters JSON object")
    if reply is None and call.text("reply_to_message_id"):
        reply = {
            "message_id": call.integer("reply_to_message_id"),
            "allow_sending_without_reply": call.flag("allow_sending_without_reply"),
        }
    if reply is None:
        return None
    if not isinstance(reply, dict):
        raise bad_request("can't parse reply parameters JSON object")
    message_id = int(reply.get("message_id", 0))
    if core.world.message(chat.id, message_id):
        return message_id
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _send(core: Core, call: Parameters, content: Json) -> Json:
    chat = core.world.open_to_bot(call.chat_id())
    reply_to = _reply_to(core, chat, call)
    keyboard = inline_keyboard(call)
    core.pace.spend(chat)
    return core.say(chat, content | ({"reply_markup": keyboard} if keyboard else {}), reply_to)


def attached(core: Core, call: Parameters, field: str, value: str) -> Part | StoredFile:
    """The file that a parameter names: an upload under its own name, `attach://name`, or a known file_id."""
    name = value.removeprefix("attach://") if value.startswith("attach://") else field
    if part := call.files.get(name):
        if not part.content:
            raise bad_request("file must be non-empty")
        if len(part.content) > UPLOAD_LIMIT:
            raise TelegramRefusalError(413, "Request Entity Too Large")
        return part
    if value.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    if not value or value.startswith("attach://"):
        raise bad_request(f"there is no {field} in the request")
    try:
        return core.files.get(value)
    except TelegramRefusalError:
        raise bad_request("wrong file identifier/HTTP URL specified") from None


def photo_content(core: Core, source: Part | StoredFile) -> Json:
    """The `photo` of a message."""
    if isinstance(source, Part):
        source = core.files.keep_photo(source.name, source.media_type, source.content)
    if not source.width:
        raise bad_request("IMAGE_PROCESS_FAILED")
    return {"photo": photo_sizes(source)}


def document_content(core: Core, source: Part | StoredFile) -> Json:
    """The `document` of a message."""
    if isinstance(source, Part):
        source = core.files.keep(source.name, source.media_type, source.content, "documents")
    return {"document": document(source)}


@method("sendMessage")
async def send_message(core: Core, call: Parameters) -> Json:
    """A text message."""
    chat = core.world.open_to_bot(call.chat_id())
    text, entities = call.body_text()
    call.values["chat_id"] = str(chat.id)
    return _send(core, call, {"text": text} | ({"entities": entities} if entities else {}))


@method("sendPhoto")
async def send_photo(core: Core, call: Parameters) -> Json:
    """A picture with a caption."""
    core.world.open_to_bot(call.chat_id())
    source = attached(core, call, "photo", call.text("photo"))
    return _send(core, call, photo_content(core, source) | call.caption())


@method("sendDocument")
async def send_document(core: Core, call: Parameters) -> Json:
    """A file with a caption."""
    core.world.open_to_bot(call.chat_id())
    source = attached(core, call, "document", call.text("document"))
    return _send(core, call, document_content(core, source) | call.caption())


@method("sendMediaGroup")
async def send_media_group(core: Core, call: Parameters) -> list[Json]:
    """An album of two to ten pictures or documents."""
    chat = core.world.open_to_bot(call.chat_id())
    media = call.json("media", "can't parse media JSON object")
    if not isinstance(media, list) or not 2 <= len(media) <= 10:
        raise bad_request("group send failed" if media else "media is empty")
    contents = [media_content(core, call, item) for item in media]
    reply_to = _reply_to(core, chat, call)
    core.pace.spend(chat)
    group = {"media_group_id": core.new_album_id()}
    return [core.say(chat, content | group, reply_to) for content in contents]


def media_content(core: Core, call: Parameters, item: Any) -> Json:
    """The content of one InputMedia object (photo or document)."""
    if not isinstance(item, dict) or item.get("type") not in {"photo", "document"}:
        raise bad_request("can't parse InputMedia: media must be photo or document here")
    source = attached(core, call, "media", str(item.get("media", "")))
    content = photo_content(core, source) if item["type"] == "photo" else document_content(core, source)
    return content | caption(*formatted(str(item.get("caption") or ""), str(item.get("parse_mode") or "")))


@method("sendLocation")
async def send_location(core: Core, call: Parameters) -> Json:
    """A point on the map."""
    latitude, longitude = call.number("latitude"), call.number("longitude")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        raise bad_request("location is invalid")
    return _send(core, call, {"location": {"latitude": latitude, "longitude": longitude}})


@method("sendChatAction")
async def send_chat_action(core: Core, call: Parameters) -> bool:
    """ "Is typing": shown for five seconds."""
    chat = core.world.open_to_bot(call.chat_id())
    if call.text("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    core.ring(chat, "typing")
    return True
