"""Slack's events, presses, commands and windows in the words of the house."""

import hashlib
import html
import re
from typing import Any

import msgspec

from mendline_bots.incoming import File, Incoming
from mendline_bots.slack.drawing import answers_of

NAME = "slack"
Wire = dict[str, Any]

_MENTION = re.compile(r"^\s*<@[A-Z0-9]+>\s*")
_OURS = re.compile(r"^cs_[A-Za-z0-9_-]{43}$")
_HEARD_SUBTYPES = (None, "file_share", "thread_broadcast", "bot_message")


class Metadata(msgspec.Struct, frozen=True):
    """What travels in a window's private metadata: the form's context and the chat to answer in."""

    context: str
    chat: str
    thread: str = ""


def key_of(body: Wire) -> str:
    """The unique key of what Slack sent; sent again it has the same one."""
    if body.get("type") == "event_callback" and body.get("event_id"):
        return f"slack:{body['event_id']}"
    return f"slack:int:{opener_of(body)}"


def opener_of(body: Wire) -> str:
    """The name of the window that this press or command may open."""
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


def concerns_us(body: Wire) -> bool:
    """Whether it is worth keeping: changes and deletions of messages are not."""
    event = body.get("event") or {}
    return body.get("type") != "event_callback" or event.get("subtype") in _HEARD_SUBTYPES


def parse_body(body: Wire) -> Incoming:
    """What a body says; one of no concern comes back as `ignored`."""
    match body.get("type"):
        case "event_callback":
            return _event(body)
        case "block_actions":
            return _press(body)
        case "view_submission":
            return _window(body)
    if "command" in body:
        return _slash(body)
    return _ignored(body)


def _ignored(body: Wire) -> Incoming:
    return Incoming(event="ignored", channel=NAME, account="", chat="", workspace=_team(body))


def _team(body: Wire) -> str:
    team = body.get("team")
    return str(body.get("team_id") or (team.get("id") if isinstance(team, dict) else "") or "")


def _event(body: Wire) -> Incoming:
    event: Wire = body["event"]
    kind = event.get("type")
    if kind == "message" and event.get("bot_id"):
        return _echo(body, event)
    if kind in ("app_uninstalled", "tokens_revoked"):
        return Incoming(event="removed", channel=NAME, account="", chat="", workspace=_team(body))
    if kind in ("message", "app_mention") and event.get("user") and event.get("subtype") in _HEARD_SUBTYPES:
        return _message(body, event)
    return _ignored(body)


def _echo(body: Wire, event: Wire) -> Incoming:
    first: Wire = next(iter(event.get("blocks") or []), {})
    mark = str(first.get("block_id", ""))
    return Incoming(
        event="echo" if _OURS.match(mark) else "ignored",
        channel=NAME,
        workspace=_team(body),
        account=str(event.get("user", "")),
        chat=str(event.get("channel", "")),
        message=str(event.get("ts", "")),
        mark=mark,
    )


def _message(body: Wire, event: Wire) -> Incoming:
    private = event.get("channel_type") == "im"
    thread = str(event.get("thread_ts") or "")
    home = str(event.get("user_team") or event.get("team") or _team(body))
    mentioned = event.get("type") == "app_mention"
    text = html.unescape(_MENTION.sub("", str(event.get("text") or "")))
    return Incoming(
        event="said",
        channel=NAME,
        workspace=_team(body),
        account=_account(str(event["user"]), home, _team(body)),
        chat=str(event["channel"]),
        private=private,
        thread=thread,
        message=str(event["ts"]),
        text=text,
        command="wo" if mentioned else "",
        files=tuple(_file(file) for file in event.get("files") or []),
        reply_to=thread if thread != event["ts"] else "",
    )


def _file(file: Wire) -> File:
    media = str(file.get("mimetype") or "application/octet-stream")
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    kind = "photo" if media.startswith("image/") else "voice" if media.startswith("audio/") else "file"
    return File(id=url, name=str(file.get("name") or "file"), media_type=media, size=file.get("size"), kind=kind)  # type: ignore[arg-type]


def _who(body: Wire) -> tuple[str, str]:
    user, team = body.get("user") or {}, _team(body)
    return team, _account(str(user.get("id", "")), str(user.get("team_id") or team), team)


def _account(user: str, home: str, team: str) -> str:
    """A guest from another workspace in a shared channel is nobody's linked account here."""
    return user if home == team else f"{home}/{user}"


def _press(body: Wire) -> Incoming:
    team, account = _who(body)
    action = body["actions"][0]
    container = body.get("container") or {}
    chat = str((body.get("channel") or {}).get("id") or account)
    _, _, token = str(action.get("action_id", "")).partition(":")
    return Incoming(
        event="pressed",
        channel=NAME,
        workspace=team,
        account=account,
        chat=chat,
        private=not chat.startswith(("C", "G")),
        thread=str(container.get("thread_ts") or ""),
        press=str(action.get("value") or token),
        pressed=str(container.get("message_ts") or ""),
        opener=opener_of(body) if wants_window(body) else "",
    )


def wants_window(body: Wire) -> bool:
    """Whether the pressed button opens a form."""
    actions = body.get("actions") or [{}]
    return body.get("type") == "block_actions" and str(actions[0].get("action_id", "")).startswith("form:")


def _slash(body: Wire) -> Incoming:
    # The answer goes to the person's own chat with us: a channel need not have us as a member.
    account = str(body.get("user_id", ""))
    private = body.get("channel_name") == "directmessage"
    return Incoming(
        event="said",
        channel=NAME,
        workspace=_team(body),
        account=account,
        chat=str(body.get("channel_id")) if private else account,
        text=html.unescape(str(body.get("text") or "")).strip(),
        command=str(body["command"]).lstrip("/"),
        opener=opener_of(body),
    )


def _window(body: Wire) -> Incoming:
    team, account = _who(body)
    view: Wire = body["view"]
    metadata = msgspec.json.decode(view.get("private_metadata") or "{}", type=Metadata)
    return Incoming(
        event="form",
        channel=NAME,
        workspace=team,
        account=account,
        chat=metadata.chat,
        private=not metadata.chat.startswith(("C", "G")),
        thread=metadata.thread,
        form=metadata.context,
        answers=answers_of((view.get("state") or {}).get("values") or {}),
    )
