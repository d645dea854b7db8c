"""What was worked out for a node of a document is remembered for as long as the document is."""

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import ReferenceType, ref

from graphql import Node

N = TypeVar("N", bound=Node)
V = TypeVar("V")


class NodeMemory(Generic[N, V]):
    """Values by a node's identity, as its hash would be made of all that is in it.

    It holds no node: one keeps its whole document alive, with its text and every token of it, so that a bound on
    entries would bound nothing. The documents themselves are bounded by their size.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[ReferenceType[N], V]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, node: N) -> V | None:
        """The value, or None where nothing was worked out yet."""
        known = self._known.get(id(node))
        return known[1] if known is not None else None

    def put(self, node: N, value: V) -> V:
        """Remembers the value, which must not hold the node, and answers it."""
        identity = id(node)
        self._known[identity] = ref(node, self._forget(identity)), value
        return value

    def _forget(self, identity: int) -> Callable[[ReferenceType[N]], object]:
        return lambda _: self._known.pop(identity, None)
