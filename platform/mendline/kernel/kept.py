"""Kept: what a process has worked out and may need again, within a bound; what is longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LRU(Generic[K, V]):
    """Values by key, bounded by weight: by default each weighs 1."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value, or None when it is not kept."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> V:
        """Keeps the value, unless it is heavier than all that may be kept, and answers it."""
        if key in self._kept:
            self._weight -= self._kept.pop(key)[1]
        if weight <= self._limit:
            self._kept[key] = value, weight
            self._weight += weight
        while self._weight > self._limit:
            self._weight -= self._kept.popitem(last=False)[1][1]
        return value
