"""Refusals: why a field of an answer is null that its reader asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A field that this actor may not read: where it stands in the answer, and the permission it needs."""

    path: tuple[str, ...]
    field: str
    needs: str


@dataclass(frozen=True)
class Fault:
    """A field that cannot be answered: where it stands, and what is wrong with its arguments or with what it found."""

    path: tuple[str, ...]
    cause: Exception
