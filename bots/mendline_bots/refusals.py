"""Refusals of the domains as sentences that say what to do, in the reader's language and time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mendline.kernel import DomainError, pick, say


def refusal_text(error: DomainError, locale: str, zone: ZoneInfo | None = None) -> str:
    """What the person reads."""
    facts = {name: _shown(value, locale, zone) for name, value in error.facts.items()}
    if error.code == "forbidden":
        return str(facts.get("why", ""))
    return say(f"error.{error.code}", locale, **facts)


def _shown(value: Any, locale: str, zone: ZoneInfo | None) -> Any:
    if isinstance(value, Mapping):
        return pick(value, locale)
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%H:%M}"
    return value
