"""Finishers: the few values that Python must make (a signed URL), put into the answer's text where they stand."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

from mendline_schema.values import Parameters

Finish = Callable[[str], Any]
"""Makes a value that JSON can hold from a text."""


class Finishers:
    """The finishers of one statement: Postgres writes a marked text, `finish` replaces it and touches nothing else.

    The mark holds a word made for each run, so that no stored text can pass for one.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._functions: list[Finish] = []

    def __bool__(self) -> bool:
        return bool(self._functions)

    def mark(self, function: Finish, sql: str) -> str:
        """The SQL of a value that `function` will make from the text of `sql`; NULL stays null."""
        if function not in self._functions:
            self._functions.append(function)
        word = self._parameters.named("mark", "::text")
        return f"{word} || '{self._functions.index(function)}|' || ({sql})"

    def finish(self, answer: str, word: str) -> str:
        """The answer with each marked text replaced."""
        pattern = rf'"{word}(\d+)\|((?:[^"\\]|\\.)*)"'

        def made(match: re.Match[str]) -> str:
            given = msgspec.json.decode(f'"{match[2]}"', type=str)
            return msgspec.json.encode(self._functions[int(match[1])](given)).decode()

        return re.sub(pattern, made, answer)


def new_mark() -> str:
    """A word that nobody can guess."""
    return secrets.token_hex(12)
