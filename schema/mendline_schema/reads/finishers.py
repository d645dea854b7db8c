"""Finishers: what Python must put into the answer's text where it stands: a signed URL, a fault that a row tells of."""

import asyncio
import re
import secrets
from collections.abc import Callable
from time import monotonic
from typing import Any

import msgspec

from mendline.kernel import DomainError
from mendline_schema.reads.refusals import Fault
from mendline_schema.reads.values import Parameters

FINISHED = 1_000
"""Different values that Python makes for one answer, at most."""

TURN = 0.005
"""Seconds after which the other operations of the process have their turn."""

Finish = Callable[[str], Any]
"""Makes a value that JSON can hold from a text."""


class Finishers:
    """The finishers of one statement: Postgres writes a marked text, `finish` replaces it and touches nothing else.

    The mark holds a word made for each run, so that no stored text can pass for one.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._functions: list[Finish] = []
        self._faults: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._functions or self._faults)

    def mark(self, function: Finish, sql: str) -> str:
        """The SQL of a value that `function` will make from the text of `sql`; NULL stays null."""
        if function not in self._functions:
            self._functions.append(function)
        return f"{self._word()} || '{self._functions.index(function)}|' || ({sql})"

    def refuse(self, fault: Fault) -> str:
        """The SQL of a text in whose place stands null, the fault being told."""
        self._faults.append(fault)
        return f"{self._word()} || '{len(self._faults) - 1}!'"

    def _word(self) -> str:
        return self._parameters.named("mark", "::text")

    async def finish(self, answer: bytes, word: str, limit: int) -> tuple[bytes, tuple[Fault, ...]]:
        """The answer with each marked text replaced, and the faults that were found, each once.

        What is made of equal texts is made once. Raises DomainError too_many_finished, and answer_too_large for what
        comes to more than `limit` bytes.
        """
        if word.encode() not in answer:
            return answer, ()
        found: dict[int, Fault] = {}
        made: dict[tuple[bytes, bytes], bytes] = {}
        pieces: list[bytes] = []
        end, grown, turn = 0, len(answer), monotonic()
        for place in re.finditer(rf'"{word}(\d+)(?:!|\|((?:[^"\\]|\\.)*))"'.encode(), answer):
            if place[2] is None:
                value = b"null"
                found[int(place[1])] = self._faults[int(place[1])]
            else:
                key = (place[1], place[2])
                value = made.get(key) or made.setdefault(key, self._made(*key))
                if len(made) > FINISHED:
                    raise DomainError("too_many_finished", limit=FINISHED)
            pieces += (answer[end : place.start()], value)
            end = place.end()
            grown += len(value) - len(place[0])
            if grown > limit:
                raise DomainError("answer_too_large", limit=limit)
            if monotonic() - turn > TURN:
                await asyncio.sleep(0)
                turn = monotonic()
        return b"".join((*pieces, answer[end:])), tuple(found.values())

    def _made(self, function: bytes, text: bytes) -> bytes:
        given = msgspec.json.decode(b'"%b"' % text, type=str)
        return msgspec.json.encode(self._functions[int(function)](given))


def new_mark() -> str:
    """A word that nobody can guess."""
    return secrets.token_hex(12)
