"""Inclusion and consistency proofs of RFC 9162, sections 2.1.3 and 2.1.4: made, and checked.

A proof of a tree of n leaves has at most ⌈log₂ n⌉ + 1 hashes. Leaves are counted from 0, as in the RFC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from consilience.model.merkle import EMPTY_ROOT, node_hash

Subtrees = Callable[[int, int], bytes]
"""Gives the root of a complete subtree: of 2^level leaves, from leaf ``place * 2^level`` on."""


def root(size: int, subtrees: Subtrees) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _root(0, size, subtrees) if size else EMPTY_ROOT


def inclusion_proof(leaf: int, size: int, subtrees: Subtrees) -> list[bytes]:
    """The hashes that lead from a leaf to the root of the tree of the first `size` leaves.

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= leaf < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {leaf}")
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _left(end - begin)
        if leaf < middle:
            proof.append(_root(middle, end, subtrees))
            end = middle
        else:
            proof.append(_root(begin, middle, subtrees))
            begin = middle
    return proof[::-1]


def consistency_proof(earlier: int, size: int, subtrees: Subtrees) -> list[bytes]:
    """The hashes that show that the tree of the first `earlier` leaves is the beginning of that of `size`.

    Raises:
        ValueError: the earlier tree is empty, or larger than the other.
    """
    if not 0 < earlier <= size:
        raise ValueError(f"no proof from {earlier} leaves to {size}")
    proof: list[bytes] = []
    begin, end = 0, size
    whole = True  # whether the earlier tree itself is what remains: then its root is known to the asker
    while earlier < end:
        middle = begin + _left(end - begin)
        if earlier <= middle:
            proof.append(_root(middle, end, subtrees))
            end = middle
        else:
            proof.append(_root(begin, middle, subtrees))
            begin, whole = middle, False
    if not whole:
        proof.append(_root(begin, end, subtrees))
    return proof[::-1]


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root to which a proof leads from a leaf's hash; the leaf is in the tree if this is its root.

    Raises:
        ValueError: a proof for that leaf and size has another length.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    place, last = index, size - 1
    hash = leaf
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if place & 1 or place == last:
            hash = node_hash(sibling, hash)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hash = node_hash(hash, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return hash


def is_consistent(
    earlier: int, earlier_root: bytes, size: int, size_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the earlier tree is the beginning of the later one."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == size_root
    path = list(proof)
    if earlier & (earlier - 1) == 0:
        path.insert(0, earlier_root)
    if not path:
        return False
    place, last = earlier - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for hash in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(hash, old), node_hash(hash, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, hash)
        place, last = place >> 1, last >> 1
    return last == 0 and old == earlier_root and new == size_root


def _left(leaves: int) -> int:
    """How many of more than one leaf lie on the left: the largest power of two below their number."""
    return 1 << (leaves - 1).bit_length() - 1


def _root(begin: int, end: int, subtrees: Subtrees) -> bytes:
    """The root over the leaves from `begin` to before `end`, where the RFC's division puts them together."""
    roots: list[bytes] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        roots.append(subtrees(level, begin >> level))
        begin += 1 << level
    hash = roots.pop()
    while roots:
        hash = node_hash(roots.pop(), hash)
    return hash
