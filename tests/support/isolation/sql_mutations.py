"""Mutations of a function's SQL: each condition alone made true, each refusal alone made impossible."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

_WORDS = re.compile(r"'(?:[^']|'')*'|\$\w*\$|[A-Za-z_]+|.", re.DOTALL)
_OPENING = {"WHERE", "ON", "AND", "IF", "OR", "WHEN", "("}
_ENDING = {
    *("AND", "OR", "THEN", "FOR", "ORDER", "GROUP", "LIMIT", "RETURNING", "LEFT", "JOIN", "CROSS", "UNION", "ON"),
    *("FROM", "DO", "WHERE", "OFFSET", "HAVING", ";", ",", "$$", "$FUNCTION$"),
}


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    depth: int


def mutations(sql: str) -> Iterator[tuple[str, str]]:
    """(what was done, the whole text with it done) for each condition of WHERE, ON, IF and CASE WHEN, and each lock."""
    seen: Counter[str] = Counter()
    for told, text in _mutations(sql):
        seen[told] += 1
        yield told if seen[told] == 1 else f"{told} ({seen[told]})", text


def _mutations(sql: str) -> Iterator[tuple[str, str]]:
    body = sql.index("AS $") + 4
    words = [word for word in _split(sql) if word.start > body]
    for number, word in enumerate(words):
        if word.text.upper() in _OPENING and _opens(words, number):
            start, end = _condition(sql, words, number)
            condition = " ".join(sql[start:end].split())
            for instead in _instead(sql, words, number, end) if condition not in ("", "true") else ():
                told = f"{_where(sql[body:start])}: {condition[:110]} -> {instead}"
                yield told, f"{sql[:start]} {instead} {sql[end:]}"
    for lock in re.finditer(r" FOR (NO KEY UPDATE|SHARE)( SKIP LOCKED)?", sql):
        yield f"{_where(sql[body : lock.start()])}: not locked", sql[: lock.start()] + sql[lock.end() :]


def _where(text: str) -> str:
    """The table that was named last before a place."""
    named = re.findall(r"public\.(\w+)(?!\()\b(?! *\()", text)
    return str(named[-1]) if named else "beginning"


def _split(sql: str) -> Iterator[_Word]:
    depth = 0
    for match in _WORDS.finditer(sql):
        text = match[0]
        if text.isspace():
            continue
        depth -= text in (")", "]")
        yield _Word(text, match.start(), match.end(), depth)
        depth += text in ("(", "[")


def _opens(words: list[_Word], number: int) -> bool:
    """Whether the word begins a condition: ON CONFLICT, WHEN of a simple CASE and END IF do not.

    A bracket does where conditions are joined in it.
    """
    word, before = words[number].text.upper(), words[number - 1].text.upper() if number else ""
    after = words[number + 1].text.upper() if number + 1 < len(words) else ""
    match word:
        case "ON":
            return after != "CONFLICT"
        case "IF":
            return before != "END"
        case "WHEN":
            return before == "CASE"
        case "(":
            inside = takewhile(lambda one: one.depth > words[number].depth, words[number + 1 :])
            first = next((o for o in inside if o.depth == words[number].depth + 1 and o.text.upper() in _ENDING), None)
            return first is not None and first.text.upper() in ("AND", "OR")
        case _:
            return True


def _condition(sql: str, words: list[_Word], number: int) -> tuple[int, int]:
    depth = words[number].depth + (words[number].text == "(")
    start = words[number].end
    before = ""
    for word in words[number + 1 :]:
        ends = word.depth == depth and word.text.upper() in _ENDING and before != "DISTINCT"
        if ends or word.depth < depth:
            return start, word.start
        before = word.text.upper()
    return start, len(sql)


def _instead(sql: str, words: list[_Word], number: int, end: int) -> tuple[str, ...]:
    """What a condition becomes: true where it narrows, false where it refuses, either where it chooses.

    One of several of which any will do becomes false.
    """
    word = words[number].text.upper()
    if word in ("IF", "OR"):
        refuses = re.match(r"\s*(THEN\s+RAISE|OR\b)", sql[end:])
        return ("false",) if refuses or word == "OR" else ("false", "true")
    return ("false",) if re.match(r"\s*OR\b", sql[end:]) else ("true",)
