"""Events: what has happened, as typed structs with a name and a version, and who wants to know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

EventT = TypeVar("EventT", bound=msgspec.Struct)


@dataclass(frozen=True)
class Envelope:
    """An event as a consumer receives it.

    organisation: whose command emitted it. visible_to: the organisations that may know. correlation: the id that
    follows one human action through channel, command and workers.
    """

    id: UUID
    name: str
    organisation: UUID
    actor: UUID
    occurred_at: datetime
    visible_to: tuple[UUID, ...]
    correlation: str
    event: Any


Consumer = Callable[[Envelope], Awaitable[None]]

EVENTS: dict[str, type[msgspec.Struct]] = {}
CONSUMERS: dict[str, dict[str, Consumer]] = {}


def event(name: str, version: int = 1) -> Callable[[type[EventT]], type[EventT]]:
    """Declares a struct as the event `name`; readers ignore fields they do not know."""

    def declare(struct: type[EventT]) -> type[EventT]:
        struct.__event__ = (name, version)  # type: ignore[attr-defined]
        EVENTS[name] = struct
        return struct

    return declare


def event_name(struct: msgspec.Struct) -> tuple[str, int]:
    """The name and version that a struct was declared with."""
    return struct.__event__  # type: ignore[attr-defined,no-any-return]


def consumer(name: str, *events: type[msgspec.Struct]) -> Callable[[Consumer], Consumer]:
    """Registers a function that is called, at least once and in a worker, for each of these events.

    It must be idempotent: it runs commands with a key made of the event's id, or changes nothing when done before.
    """

    def register(function: Consumer) -> Consumer:
        for struct in events:
            CONSUMERS.setdefault(event_name(struct)[0], {})[name] = function  # type: ignore[arg-type]
        return function

    return register
