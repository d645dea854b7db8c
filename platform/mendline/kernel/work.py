"""What a command has gathered while it runs: events, tickets touched, words for the audit."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from mendline.kernel.errors import DomainError
from mendline.kernel.ids import Reference


class Principal(Protocol):
    """Who acts, as far as the kernel needs to know; `mendline_tenants.Actor` is the real one."""

    @property
    def organisation(self) -> UUID: ...

    @property
    def id(self) -> UUID: ...

    @property
    def channel(self) -> str: ...


@dataclass
class Work:
    """One command under way.

    occurred_at: when it happened, as claimed by who reports. claimed: whether that differs from the server's now
    (offline replay and imports). touched: tickets whose audit and worklists follow, with the facts told of each.
    """

    actor: Principal
    command: str
    occurred_at: datetime
    claimed: bool = False
    expected_version: int | None = None
    events: list[msgspec.Struct] = field(default_factory=list)
    touched: dict[Reference, dict[str, Any]] = field(default_factory=dict)
    subject: Reference | None = None
    facts: dict[str, Any] = field(default_factory=dict)


_work: ContextVar[Work | None] = ContextVar("work", default=None)


def work() -> Work:
    """The command under way. Raises RuntimeError outside one."""
    current = _work.get()
    if current is None:
        raise RuntimeError("no command is under way; changes are made by commands")
    return current


def emit(event: msgspec.Struct) -> None:
    """Tells consumers, after commit, that this has happened."""
    work().events.append(event)


def touch(ticket: Reference, **facts: Any) -> None:
    """Names a ticket that this command changed: it gets an audit entry with `facts`, and its worklists follow."""
    work().touched.setdefault(ticket, {}).update(facts)


def told(**facts: Any) -> None:
    """Facts for the organisation's own audit entry of a command that touches no ticket."""
    work().facts.update(facts)


def expect(row: Any) -> None:
    """Checks the caller's expected version against a locked row.

    Raises DomainError stale_version with the current version and who made it.
    """
    expected = work().expected_version
    if expected is not None and expected != row.version:
        raise DomainError("stale_version", current=row.version, by=getattr(row, "changed_by", None))
