"""What a chat channel offers the house, and the channels there are: a new one is a folder and a line in `app`."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from starlette.requests import Request
from starlette.responses import Response

from mendline_bots.incoming import File, Incoming
from mendline_bots.messages import Form, Message


class Address(NamedTuple):
    """A chat of a channel; `workspace` is empty where the channel has none."""

    channel: str
    workspace: str
    chat: str


class Limit(NamedTuple):
    """A rate that a send spends from: the bucket's name, milliseconds each send costs, how many may come at once."""

    bucket: str
    interval: int
    burst: int


class TooFast(Exception):
    """The channel asks to leave this chat alone for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Unsure(Exception):
    """Nobody knows whether the message arrived."""


class Gone(Exception):
    """This person or chat cannot be reached any more: blocked, left, uninstalled. `why` is a short word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Moved(Exception):
    """The chat has another id now."""

    def __init__(self, chat: str) -> None:
        super().__init__(chat)
        self.chat = chat


class MessageGone(Exception):
    """The message to change is not there any more."""


class Channel(Protocol):
    """One chat channel.

    forms: whether it has windows. unsure_seconds: how long a send of unknown outcome is left alone before it is made
    again (a channel that tells of our own messages needs little).
    """

    name: str
    forms: bool
    unsure_seconds: float

    async def receive(self, request: Request) -> Response:
        """The webhook: proves who calls, stores what came, answers."""
        ...

    @property
    def ready(self) -> bool:
        """Whether the settings hold what `listen` needs."""
        ...

    async def listen(self) -> None:
        """Receives without a webhook, for development, until cancelled."""
        ...

    async def announce(self, url: str) -> None:
        """Tells the channel where our webhook is, where it wants to be told."""
        ...

    def parse(self, payload: dict[str, Any]) -> Incoming:
        """What a stored payload says."""
        ...

    def limits(self, to: Address) -> tuple[Limit, ...]:
        """The rates that a message to this chat spends from."""
        ...

    async def send(self, to: Address, message: Message, *, reply_to: str, mark: str) -> str:
        """Sends and answers the message's id; `mark` names the send. Raises TooFast, Unsure, Gone, Moved."""
        ...

    async def edit(self, to: Address, id: str, message: Message) -> None:
        """Changes a message of ours. Raises as `send`, and MessageGone."""
        ...

    async def show_form(self, to: Address, form: Form, opener: str) -> bool:
        """Shows a form in the window that was opened at the press; False when it is closed or never opened."""
        ...

    async def fetch(self, to: Address, file: File) -> bytes:
        """The bytes of a file. Raises DomainError chat_file_too_large or chat_file_gone."""
        ...


_modules: dict[str, str] = {}
_made: dict[str, Channel] = {}


def install_channels(modules: Mapping[str, str]) -> None:
    """Called once by the composition root: channel name -> the module whose `make()` gives the channel."""
    _modules.clear()
    _made.clear()
    _modules.update(modules)


def channel_of(name: str) -> Channel:
    """The channel of this name; its library is loaded at the first use. Raises KeyError for an unknown one."""
    if name not in _made:
        _made[name] = import_module(_modules[name]).make()
    return _made[name]


def channel_names() -> tuple[str, ...]:
    """The installed channels."""
    return tuple(_modules)
