"""Finishers: what Python must put into the answer's text where it stands: a signed URL, a fault that a row tells of."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

from mendline_schema.reads.refusals import Fault
from mendline_schema.reads.values import Parameters

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

    def finish(self, answer: bytes, word: str) -> tuple[bytes, tuple[Fault, ...]]:
        """The answer with each marked text replaced, and the faults that were found, each once."""
        if word.encode() not in answer:
            return answer, ()
        pattern = rf'"{word}(\d+)(?:!|\|((?:[^"\\]|\\.)*))"'.encode()
        found: dict[int, Fault] = {}

        def made(match: re.Match[bytes]) -> bytes:
            if match[2] is None:
                found[int(match[1])] = self._faults[int(match[1])]
                return b"null"
            given = msgspec.json.decode(b'"%b"' % match[2], type=str)
            return msgspec.json.encode(self._functions[int(match[1])](given))

        return re.sub(pattern, made, answer), tuple(found.values())


def new_mark() -> str:
    """A word that nobody can guess."""
    return secrets.token_hex(12)
