"""What can be stored of a typed input: Postgres refuses some texts, numbers and times that Python and JSON allow."""

from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec

from mendline.kernel.errors import DomainError

LARGEST = 2**63 - 1
"""The largest bigint."""


def require_storable(value: Any, field: str = "") -> None:
    """Raises DomainError invalid_input, naming the field, for what Postgres cannot store.

    That is: U+0000 and halves of surrogate pairs in text, integers beyond bigint, floats that are no number, and times
    that name no moment (without a time zone, or outside the years 1 to 9999 in UTC).
    """
    problem = _problem(value)
    if problem is not None:
        raise DomainError("invalid_input", field=field or "input", problem=problem)
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            require_storable(getattr(value, name), f"{field}.{name}".lstrip("."))
    elif isinstance(value, dict):
        for key, item in value.items():
            require_storable(key, field)
            require_storable(item, f"{field}.{key}".lstrip("."))
    elif isinstance(value, list | tuple | set | frozenset):
        for place, item in enumerate(value):
            require_storable(item, f"{field}[{place}]")


def _problem(value: Any) -> str | None:
    match value:
        case str() if "\0" in value:
            return "nul"
        case str() if not _is_unicode(value):
            return "not_unicode"
        case int() if not -LARGEST <= value <= LARGEST:
            return "beyond_bigint"
        case float() if not isfinite(value):
            return "not_finite"
        case datetime() if not _names_a_moment(value):
            return "wrong_time"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _names_a_moment(time: datetime) -> bool:
    if time.tzinfo is None:
        return False
    try:
        time.astimezone(UTC)
    except OverflowError:
        return False
    return True
