"""Small checks that combine into the shape of a JSON document and report faults the way Slack words them.

The wording is that of real answers of the Web API: `must be less than 3001 characters [json-pointer:/blocks/0/text]`,
`missing required field: …`, `invalid additional property: …`, `no more than 50 items allowed`.
"""

from collections.abc import Callable, Mapping
from typing import Any

Faults = list[str]
Check = Callable[[Any, str, Faults], None]
"""Looks at a value, found at a JSON pointer, and appends its faults."""


def fault(faults: Faults, words: str, pointer: str) -> None:
    """Note one fault in Slack's form."""
    faults.append(f"[ERROR] {words} [json-pointer:{pointer}]")


def string(most: int, least: int = 1) -> Check:
    """A string of `least` to `most` characters."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, str):
            fault(faults, "must provide a string", pointer)
        elif len(value) > most:
            fault(faults, f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            fault(faults, f"must be more than {least - 1} characters", pointer)

    return check


def flag(value: Any, pointer: str, faults: Faults) -> None:
    """A boolean."""
    if not isinstance(value, bool):
        fault(faults, "must provide a boolean", pointer)


def whole(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            fault(faults, "must provide an integer", pointer)
        elif not least <= value <= most:
            fault(faults, f"must be between {least} and {most}", pointer)

    return check


def one_of(*words: str) -> Check:
    """One word of a fixed list."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if value not in words:
            fault(faults, "must be a valid enum value", pointer)

    return check


def listed(item: Check, most: int, least: int = 1) -> Check:
    """A list whose items all have one shape."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, list):
            fault(faults, "must provide an array", pointer)
            return
        if len(value) > most:
            fault(faults, f"no more than {most} items allowed", pointer)
        if len(value) < least:
            fault(faults, f"must have at least {least} items", pointer)
        for index, each in enumerate(value):
            item(each, f"{pointer}/{index}", faults)

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """An object with these members and no others."""
    members = {**required, **optional}

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            fault(faults, "must provide an object", pointer)
            return
        for name in required:
            if value.get(name) is None:
                fault(faults, f"missing required field: {name}", pointer)
        for name, each in value.items():
            if name not in members:
                fault(faults, f"invalid additional property: {name}", pointer)
            elif each is not None:
                members[name](each, f"{pointer}/{name}", faults)

    return check


def with_any(shape: Check, *names: str) -> Check:
    """An object that must have at least one of some members; the fault names the first of them."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        shape(value, pointer, faults)
        if isinstance(value, dict) and not any(value.get(name) for name in names):
            fault(faults, f"missing required field: {names[0]}", pointer)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose member `type` chooses its shape."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            fault(faults, "must provide an object", pointer)
        elif "type" not in value:
            fault(faults, "missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            fault(faults, f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            kinds[value["type"]](value, pointer, faults)

    return check


def whatever(value: Any, pointer: str, faults: Faults) -> None:
    """A member that is carried along unread."""
