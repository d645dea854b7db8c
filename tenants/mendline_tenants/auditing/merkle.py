"""Merkle trees as RFC 9162 (2.1) defines them: one hash over many leaves, and short proofs that a leaf is there."""

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data): no leaf can pass for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree over leaf hashes, in their order.

    It is built from below: neighbours are paired, and a last one without a neighbour goes up unchanged. That gives the
    tree of the RFC, which splits at the largest power of two.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            above = [node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)]
            self._levels.append(above + below[len(below) & ~1 :])

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        return self._levels[-1][0] if self._levels[-1] else EMPTY

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of the leaf at `index` (RFC 9162, 2.1.3.1): the neighbours on its way up."""
        found = []
        for level in self._levels[:-1]:
            neighbour = index ^ 1
            if neighbour < len(level):
                found.append(level[neighbour])
            index >>= 1
        return found


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root of a tree of `size` leaves that has `leaf` at `index`, by its inclusion proof (RFC 9162, 2.1.3.2).

    None when the proof does not fit a tree of this size.
    """
    if not 0 <= index < size:
        return None
    last, computed = size - 1, leaf
    for neighbour in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            computed = node_hash(neighbour, computed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            computed = node_hash(computed, neighbour)
        index, last = index >> 1, last >> 1
    return computed if last == 0 else None
