"""The headers of a request, each found at once: Starlette looks through all of them for every question."""

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope


class Found(Headers):
    """Starlette's headers; of one that was sent twice the first counts, as there."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._first = dict(reversed(self.raw))

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default."""
        value = self._first.get(key.lower().encode("latin-1"))
        return default if value is None else value.decode("latin-1")

    def __getitem__(self, key: str) -> str:
        """The value. Raises KeyError."""
        return self._first[key.lower().encode("latin-1")].decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower().encode("latin-1") in self._first


class Posted(Request):
    """A request with such headers."""

    @property
    def headers(self) -> Found:
        """All of them."""
        if not hasattr(self, "_found"):
            self._found = Found(self.scope)
        return self._found
