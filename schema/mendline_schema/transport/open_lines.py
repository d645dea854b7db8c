"""Lines: the sockets and streams that a web process holds open, so many for each organisation and no more."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from mendline.kernel import DomainError
from mendline_schema.admission.budget import network_of
from mendline_schema.context import Context
from mendline_tenants import standard_quota

UNKNOWN = 50
"""Lines that one address may hold open without having said who opens them."""

_open: Counter[str] = Counter()


class Line:
    """One open connection. It is an address's until it is known whose it is, then its organisation's."""

    def __init__(self) -> None:
        self._holder: str | None = None

    def hold(self, asking: Context) -> None:
        """Counts it as theirs who ask. Raises DomainError too_many_sockets, and then it is counted as before."""
        holder, limit = _holder(asking), lines_of(asking)
        if holder == self._holder:
            return
        if _open[holder] >= limit:
            raise DomainError("too_many_sockets", limit=limit)
        self.release()
        _open[holder] += 1
        self._holder = holder

    def release(self) -> None:
        """Counts it no longer."""
        if self._holder is not None:
            _open[self._holder] -= 1
            if not _open[self._holder]:
                del _open[self._holder]
            self._holder = None


@contextmanager
def line() -> Iterator[Line]:
    """A connection, for the length of the block."""
    made = Line()
    try:
        yield made
    finally:
        made.release()


def lines_of(asking: Context) -> int:
    """How many lines they may hold open who ask."""
    if asking.known is None:
        return UNKNOWN
    return (asking.known.quota or standard_quota()).sockets


def _holder(asking: Context) -> str:
    if asking.known is None:
        return f"address:{network_of(asking.request)}"
    return f"organisation:{asking.known.organisation}"
