"""What a person did in a chat, in words that are the same for every channel."""

from typing import Literal

import msgspec

Event = Literal["said", "pressed", "form", "located", "echo", "blocked", "returned", "moved", "removed", "ignored"]
"""said: a message or command; form: a filled form; echo: our own message as the channel tells of it;
blocked and returned: the person shut the bot out or let it in; moved: the chat has another id; removed: the app was
taken out of the workspace; ignored: nothing to do with us."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a person sent; `id` is what the channel's `fetch` needs, `size` is bytes where it is known."""

    id: str
    name: str
    media_type: str
    size: int | None = None
    kind: Literal["photo", "file", "voice"] = "photo"


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that one account did.

    workspace: Slack's team, empty where a channel has none. account, chat, message: the channel's ids; `private` is a
    chat with the bot alone. command: the word after the slash, `text` its argument. press: the opaque id of the button,
    `pressed` the message it hung on. reply_to: the message answered, `reply_buttons` the button ids it carried.
    opener: what the channel needs to show a form. answers: the fields of a filled form, `form` what it was opened for.
    mark: which of our sends an echo is. moved_to: the chat's new id.
    """

    event: Event
    channel: str
    account: str
    chat: str
    workspace: str = ""
    name: str = ""
    locale: str | None = None
    private: bool = True
    thread: str = ""
    message: str = ""
    text: str = ""
    command: str = ""
    files: tuple[File, ...] = ()
    location: tuple[float, float] | None = None
    press: str = ""
    pressed: str = ""
    reply_to: str = ""
    reply_buttons: tuple[str, ...] = ()
    opener: str = ""
    form: str = ""
    answers: dict[str, str] = {}
    mark: str = ""
    moved_to: str = ""


def merged(parts: list[Incoming]) -> Incoming:
    """The messages of an album as one: all the files, and the first words that were written."""
    words = next((part.text for part in parts if part.text), "")
    files = tuple(file for part in parts for file in part.files)
    answered = next((part for part in parts if part.reply_to), parts[0])
    return msgspec.structs.replace(
        parts[0], text=words, files=files, reply_to=answered.reply_to, reply_buttons=answered.reply_buttons
    )
