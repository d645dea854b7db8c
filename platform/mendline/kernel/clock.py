"""The one place that reads the time, so that tests and imports can say what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def iso(moment: datetime) -> str:
    """A moment as Postgres writes it in JSON: ISO 8601 in UTC, microseconds without trailing zeros."""
    text = moment.astimezone(UTC).isoformat()
    return f"{text[:-6].rstrip('0')}{text[-6:]}" if moment.microsecond else text


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Inside this block `now()` answers `moment` (used by imports of history and by tests)."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)
