"""A third channel, as small as one can be: notes carried by pigeon. It shows all that a channel has to bring."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mendline_bots import store
from mendline_bots.channel import Address, Limit, MessageGone
from mendline_bots.incoming import File, Incoming
from mendline_bots.messages import Form, Message

NAME = "pigeon"


def make() -> "PigeonLoft":
    """The channel."""
    return PigeonLoft()


class PigeonLoft:
    """Every loft's notes, by the note's number."""

    name = NAME
    forms = False
    unsure_seconds = 5.0

    def __init__(self) -> None:
        self.notes: dict[str, dict[str, Message]] = {}

    async def receive(self, request: Request) -> Response:
        """A pigeon lands; one without a ring is not ours."""
        if request.headers.get("ring") != "ours":
            return Response(status_code=401)
        note = await request.json()
        await store(NAME, f"{NAME}:{note['number']}", note)
        return Response(status_code=200)

    @property
    def ready(self) -> bool:
        """Pigeons come by themselves."""
        return False

    async def listen(self) -> None:
        """Nothing to do."""

    async def announce(self, url: str) -> None:
        """They find their way."""

    def parse(self, payload: dict[str, Any]) -> Incoming:
        """What a note says."""
        return Incoming(
            event="pressed" if payload.get("tick") else "said",
            channel=NAME,
            account=payload["from"],
            chat=payload["from"],
            locale="en",
            text=payload.get("words", ""),
            press=payload.get("tick", ""),
            reply_to=payload.get("answers", ""),
            files=tuple(File(id=name, name=name, media_type="image/jpeg") for name in payload.get("pictures", [])),
        )

    def limits(self, to: Address) -> tuple[Limit, ...]:
        """As many as there are pigeons."""
        return ()

    async def send(self, to: Address, message: Message, *, reply_to: str, mark: str) -> str:
        """A new note."""
        notes = self.notes.setdefault(to.chat, {})
        number = str(len(notes) + 1)
        notes[number] = message
        return number

    async def edit(self, to: Address, id: str, message: Message) -> None:
        """Rewrites a note."""
        if id not in self.notes.get(to.chat, {}):
            raise MessageGone
        self.notes[to.chat][id] = message

    async def show_form(self, to: Address, form: Form, opener: str) -> bool:
        """A pigeon carries no windows."""
        return False

    async def fetch(self, to: Address, file: File) -> bytes:
        """The picture on a note."""
        return PICTURES[file.id]


PICTURES: dict[str, bytes] = {}
