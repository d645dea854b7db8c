"""A likeness in one line: which ticket, what it is to this one, and what speaks for it."""

from typing import Protocol

from mendline.kernel import say


class Alike(Protocol):
    """What is told of a likeness."""

    @property
    def kind(self) -> str: ...
    @property
    def alike(self) -> int: ...
    @property
    def days(self) -> int: ...
    @property
    def words(self) -> list[str]: ...


def likeness_line(locale: str, one: Alike, number: str) -> str:
    """Such as: HA-2026-7 · a repeat fault of the same device · 12 days before · 62 % alike: alarm, stops."""
    shared = ", ".join(one.words)
    parts = (
        number,
        say(f"likeness.{one.kind}", locale),
        say("likeness.days", locale, days=one.days) if one.days else "",
        say("likeness.alike", locale, percent=one.alike) + (f": {shared}" if shared else ""),
    )
    return " · ".join(filter(None, parts))
