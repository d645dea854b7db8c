"""What the house has answered so far while the demo is loaded: its ids, by the demo's own keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

from mendline.kernel import opaque, parse_opaque
from mendline_tenants import Actor, actor_of_member

from .structs import Demo, Text

T = TypeVar("T")


class Progress(Protocol):
    """How the loader tells how far it is: `of("devices", 60)` once, then `step("devices")` for each."""

    def of(self, what: str, total: int) -> None: ...

    def step(self, what: str) -> None: ...


@dataclass
class Known:
    """Ids by key. Organisations are rows' ids, everything else is the opaque id that commands take."""

    demo: Demo
    progress: Progress
    organisations: dict[str, UUID] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    models: dict[tuple[str, str], str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    api_keys: dict[str, str] = field(default_factory=dict)

    def organisation_id(self, key: str) -> str:
        """An organisation's opaque id."""
        return opaque("or", self.organisations[key], self.organisations[key])

    async def actor(self, member: str, channel: str = "import") -> Actor:
        """A member of the demo, ready to act."""
        return await actor_of_member(*parse_opaque("mb", self.members[member]), channel)

    async def admin(self, organisation: str) -> Actor:
        """The organisation's administrator."""
        return await self.actor(f"{organisation}-admin")

    def counted(self, what: str, things: Sequence[T]) -> Iterable[T]:
        """The things one after another, each told to the progress when it is done."""
        for thing in things:
            yield thing
            self.progress.step(what)


def words(text: Text) -> dict[str, str]:
    """Words in both languages as commands take them."""
    return {"zh": text.zh, "en": text.en}
