"""What is shown to a person, in a form that every channel can draw: words, facts, buttons and forms, never markup."""

import unicodedata
from typing import Literal

import msgspec

Style = Literal["plain", "primary", "danger"]


class Button(msgspec.Struct, frozen=True):
    """A button: the opaque id that comes back when it is pressed. `form`: the channel may open a form at the press."""

    id: str
    label: str
    style: Style = "plain"
    form: bool = False


class Picture(msgspec.Struct, frozen=True):
    """A picture of ours: where it lies in S3, what its file is called, and what it shows, for who cannot see it."""

    key: str
    name: str
    alt: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message: title, facts as (label, value), text, small print, rows of buttons. All of it is plain text.

    picture: shown with the words, which are few then.
    """

    title: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    text: str = ""
    small: tuple[str, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    picture: Picture | None = None


class Option(msgspec.Struct, frozen=True):
    """One answer that a field offers."""

    value: str
    label: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a form; `options` make it a choice. value: what is drafted; `most`: characters, or the number."""

    name: str
    label: str
    kind: Literal["text", "choice", "number"] = "text"
    options: tuple[Option, ...] = ()
    value: str = ""
    required: bool = True
    most: int = 2000


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that belong together: one window where the channel has windows, else asked one after the other.

    context: what comes back with the answers.
    """

    title: str
    submit: str
    fields: tuple[Field, ...]
    intro: str = ""
    context: str = ""

    def missing(self, answers: dict[str, str]) -> Field | None:
        """The first required question without an answer, drafted ones counted as answered."""
        return next((f for f in self.fields if f.required and not (answers.get(f.name) or f.value)), None)

    def resolved(self, answers: dict[str, str]) -> dict[str, str]:
        """The answers with typed labels turned into the values they stand for."""
        by_label = {field.name: {o.label.casefold(): o.value for o in field.options} for field in self.fields}
        return {name: by_label.get(name, {}).get(given.casefold(), given) for name, given in answers.items()}

    def complete(self, answers: dict[str, str]) -> dict[str, str]:
        """The answers with the drafts filled in."""
        return {field.name: answers.get(field.name) or field.value for field in self.fields}


_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200d\ufe0f\n"
"""Kept although they are control characters: emoji and lines are made with them."""


def plain(text: str) -> str:
    """Words of others without control and direction characters, which could turn a card around or hide its end."""
    return "".join(c for c in text if c in _JOINERS or unicodedata.category(c) not in _UNSAFE)


def cut(text: str, most: int) -> str:
    """At most so many characters, with an ellipsis where something was left out."""
    return text if len(text) <= most else text[: max(0, most - 1)].rstrip() + "…"
