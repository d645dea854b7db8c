"""What every stand-in offers the simulator page, and what the simulator shows of a chat."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec
from starlette.routing import BaseRoute

from .faults import ChannelName, Faults
from .person import People, Person
from .transcript import Transcript


class Writer(msgspec.Struct):
    """Who wrote a message."""

    name: str
    is_bot: bool


class Quote(msgspec.Struct):
    """The message that another one answers, shortened."""

    id: str
    name: str
    text: str


class Attachment(msgspec.Struct):
    """A file that is not shown as a picture."""

    name: str
    url: str
    size: int


class ShownMessage(msgspec.Struct, kw_only=True):
    """One message as the page shows it.

    `id` is Telegram's message id or Slack's ts, as text; `at` is seconds since 1970; `html` is safe to insert: the
    stand-in escaped it. `buttons` are Telegram's rows of `{text, data}` or `{text, url}`; `blocks` are Slack's.
    """

    id: str
    writer: Writer = msgspec.field(name="from")
    mine: bool = False
    at: float
    text: str = ""
    html: str = ""
    photo_url: str | None = None
    file: Attachment | None = None
    location: dict[str, float] | None = None
    blocks: list[dict[str, Any]] | None = None
    buttons: list[list[dict[str, str]]] = []
    reply_to: Quote | None = None
    edited: bool = False
    reactions: list[str] = []
    ephemeral: bool = False


class ShownChat(msgspec.Struct):
    """One chat in a person's list. `last` is the newest message's text, shortened; `at` its time, 0 when empty.

    `blocked` says that the person has blocked the bot there.
    """

    chat: str
    title: str
    unread: int
    last: str = ""
    at: float = 0
    blocked: bool = False


class Upload(msgspec.Struct):
    """A file that a person sends."""

    name: str
    media_type: str
    content: bytes


class PressAnswer(msgspec.Struct, omit_defaults=True):
    """What a press brings back at once: a line that fades, a box to confirm, or a modal that opened."""

    toast: str | None = None
    alert: str | None = None
    view: dict[str, Any] | None = None


class ViewAnswer(msgspec.Struct, omit_defaults=True):
    """What a submitted modal brings back: errors by block id, the next view, or that it is closed."""

    errors: dict[str, str] | None = None
    view: dict[str, Any] | None = None
    closed: bool = False


class SimulatorError(Exception):
    """The person cannot do that here; `message` is shown to whoever plays, `status` is the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Happening(msgspec.Struct, omit_defaults=True):
    """News for one person's page: a `kind` of message, edited, deleted, typing, view, home or people."""

    person: str
    kind: str
    chat: str = ""
    message: str = ""


class Bell:
    """Tells every open page what happened."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Happening | None]] = set()

    def ring(self, person: str, kind: str, chat: str | int = "", message: str | int = "") -> None:
        """Tell the pages that something happened to this person."""
        for listener in self._listeners:
            listener.put_nowait(Happening(person, kind, str(chat), str(message)))

    def close(self) -> None:
        """Tell every listener that nothing more will come."""
        for listener in self._listeners:
            listener.put_nowait(None)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[asyncio.Queue[Happening | None]]:
        """A queue that receives everything from now on, and None at the end."""
        queue: asyncio.Queue[Happening | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)


class Stage(msgspec.Struct):
    """What both stand-ins share. `data` is `<home>/standins`, `labels` is `<home>/demo/labels`; `url` is our own.

    What hangs in `before_end` is called when the server is about to stop: there a channel ends requests it holds open.
    """

    data: Path
    labels: Path
    url: str
    people: People
    faults: Faults
    transcript: Transcript
    bell: Bell
    before_end: list[Callable[[], None]] = []


class ChannelStandin(Protocol):
    """A stand-in: the channel's own HTTP API in `routes`, and a person's side of it in the other methods.

    Chat and message ids are text here. Methods raise SimulatorError for what the person cannot do.
    The server makes each one by `from_environment` and mounts its routes.
    """

    name: ChannelName

    @classmethod
    def from_environment(cls, stage: Stage, environment: Mapping[str, str]) -> Self:
        """Build from `MENDLINE_…` variables (tokens, secrets, where to deliver)."""
        ...

    def routes(self) -> Sequence[BaseRoute]:
        """The channel's API as the unmodified library calls it, and its own `/sim/<channel>/…` extras."""
        ...

    async def start(self) -> None:
        """Begin to deliver; called once when the server starts."""
        ...

    async def stop(self) -> None:
        """Stop every task."""
        ...

    def connected(self) -> bool:
        """Whether Mendline listens to this channel now (polls, has a webhook that answers, holds a socket)."""
        ...

    def untaken(self) -> int:
        """How many updates Mendline has not taken yet; it takes one when it has stored it."""
        ...

    def chats(self, person: Person) -> list[ShownChat]:
        """The person's chats, the private one with the bot first, even when it is empty."""
        ...

    def messages(self, person: Person, chat: str) -> list[ShownMessage]:
        """A chat's messages, oldest first."""
        ...

    def mark_read(self, person: Person, chat: str) -> None:
        """The person has seen everything in this chat."""
        ...

    async def send(self, person: Person, chat: str, text: str, reply_to: str | None, command: str | None) -> str:
        """The person writes; returns the message's id. `command` is a slash command (Slack), `text` its argument."""
        ...

    async def photo(
        self, person: Person, chat: str, upload: Upload, caption: str, reply_to: str | None, *, as_file: bool
    ) -> str:
        """The person sends a picture, or any file when `as_file`; returns the message's id."""
        ...

    async def press(
        self,
        person: Person,
        chat: str,
        message: str,
        *,
        data: str | None,
        action_id: str | None,
        block_id: str | None,
        value: Any,
    ) -> PressAnswer:
        """The person presses a button: `data` for Telegram, the other three for Slack."""
        ...


class ModalStandin(ChannelStandin, Protocol):
    """A channel with modals and a home tab, as Slack has. Views are Slack's view JSON with `id` and `type`."""

    def view(self, person: Person) -> dict[str, Any] | None:
        """The modal that is open, or None."""
        ...

    async def submit(self, person: Person, view_id: str, values: dict[str, Any]) -> ViewAnswer:
        """The person submits the modal; `values` is Slack's `state.values`: block id -> action id -> value."""
        ...

    async def close(self, person: Person) -> None:
        """The person closes the modal."""
        ...

    async def home(self, person: Person) -> dict[str, Any] | None:
        """The person opens the Home tab: the view that was published last, or None."""
        ...

    def published_home(self, person: Person) -> dict[str, Any] | None:
        """The Home tab as it was published last, without telling the app that it was opened."""
        ...
