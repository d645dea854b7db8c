"""Verbs: what people can do from a chat, as data, the same for every channel."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mendline_bots.messages import Form, Style
from mendline_bots.talk import Talk
from mendline_bots.ticket_view import TicketView


@dataclass(frozen=True)
class Place:
    """A button of a verb on a card: its sentence, its row, what it says when pressed.

    more: it waits behind "more". exact: the press is only good for the version of the ticket that was shown.
    """

    label: str
    row: int
    style: Style = "plain"
    arguments: dict[str, Any] = field(default_factory=dict)
    more: bool = False
    exact: bool = False


Answers = dict[str, str]
Act = Callable[[Talk, Answers], Awaitable[None]]
MakeForm = Callable[[Talk, Answers], Awaitable[Form]]
Prepare = Callable[[Talk, Answers], Awaitable[None]]
CheckAnswers = Callable[[Talk, Answers], Awaitable[Answers]]
Places = Callable[[TicketView], Iterable[Place]]


@dataclass(frozen=True)
class Verb:
    """One verb.

    act: does it, given the answers of its form. permission: who may; None for everyone who is linked. anyone: also
    people who are not. private: only in a chat with the bot alone. slash: its Latin command. words: what may be typed
    instead, Chinese first. prepare: finds answers in what was sent. form: the questions it asks. check: field -> what
    is wrong with its answer; it may put a typed answer into the form that `act` needs. places: its buttons on a card.
    scans: a photo of a label answers its question for the device (else a photo begins a report).
    """

    name: str
    act: Act
    permission: str | None = None
    anyone: bool = False
    private: bool = False
    slash: str = ""
    words: tuple[str, ...] = ()
    prepare: Prepare | None = None
    form: MakeForm | None = None
    check: CheckAnswers | None = None
    places: Places | None = None
    scans: bool = False


VERBS: dict[str, Verb] = {}
"""Every verb by its name."""


def verb(
    name: str,
    *,
    permission: str | None = None,
    anyone: bool = False,
    private: bool = False,
    slash: str = "",
    words: tuple[str, ...] = (),
    prepare: Prepare | None = None,
    form: MakeForm | None = None,
    check: CheckAnswers | None = None,
    places: Places | None = None,
    scans: bool = False,
) -> Callable[[Act], Act]:
    """Registers the function below as the verb `name` (see `Verb`)."""

    def register(act: Act) -> Act:
        VERBS[name] = Verb(name, act, permission, anyone, private, slash, words, prepare, form, check, places, scans)
        return act

    return register


def spoken(words: str) -> tuple[Verb | None, str]:
    """The verb that a text names, and what follows it: a keyword of either language, alone or before a blank.

    The longest keyword wins: "my jobs" is not "my" with something behind it.
    """
    text = words.strip()
    named = [(word, known) for known in VERBS.values() for word in (*known.words, known.slash) if word]
    for word, known in sorted(named, key=lambda pair: -len(pair[0])):
        if f"{text} ".casefold().startswith(f"{word} ".casefold()):
            return known, text[len(word) :].strip()
    return None, text
