"""The hash tree of RFC 9162, as far as whoever appends to it needs it: two hashes and a frontier.

Source: RFC 9162, section 2.1. A leaf's hash is SHA-256 of 0x00 and its bytes, a node's is SHA-256 of 0x01 and
the hashes of its two children. Left of a tree's root is the largest complete tree that is smaller than it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import msgspec

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node with these two children."""
    return sha256(b"\x01" + left + right).digest()


class Complete(msgspec.Struct, frozen=True):
    """A subtree that will never change: 2^level leaves, from leaf ``place * 2^level`` on."""

    level: int
    place: int
    hash: bytes


class Frontier:
    """A tree as one needs it to append and to tell the root: the roots of its complete subtrees.

    Args:
        size: leaves so far.
        roots: of the complete subtrees that make it up, largest first: one for each bit set in `size`.

    Raises:
        ValueError: there are not as many roots as that.
    """

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        if len(roots) != size.bit_count() or any(len(root) != HASH_BYTES for root in roots):
            raise ValueError(f"{len(roots)} roots do not make a tree of {size} leaves")
        self.size = size
        self._roots = list(roots)

    @classmethod
    def decode(cls, size: int, joined: bytes) -> Frontier:
        """The frontier whose roots `encode` joined."""
        return cls(size, [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)])

    def encode(self) -> bytes:
        """The roots, largest subtree first, joined."""
        return b"".join(self._roots)

    def append(self, leaf: bytes) -> list[Complete]:
        """Add a leaf by its hash. Gives the subtrees that it completed, smallest first, itself left out."""
        completed: list[Complete] = []
        root, level = leaf, 0
        while self.size >> level & 1:
            root = node_hash(self._roots.pop(), root)
            level += 1
            completed.append(Complete(level, self.size >> level, root))
        self._roots.append(root)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self._roots:
            return EMPTY_ROOT
        *left, root = self._roots
        for one in reversed(left):
            root = node_hash(one, root)
        return root
