"""All pairs of codes within a radius: of two collections, or of one with itself.

The arrays are laid out as Arrow's are: the buffer of a ``FixedSizeBinary(32)`` column is the codes, and the
three arrays of each piece are columns of a table, without a copy. So these functions can run inside a
distributed engine, one block of the left side a task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilience.index.contract import SearchIndex, checked_pair, checked_radius
from consilience.index.hamming import MultiIndex

_BLOCK = 1 << 14

Progress = Callable[[int, int], None]
"""Is told after each block how many codes of the left side are done, and how many there are."""


class Pairs(NamedTuple):
    """Pairs within the radius, as three arrays of one length.

    Attributes:
        left: int64, id on the left side.
        right: int64, id on the right side.
        distance: uint16, number of bits in which the two codes differ.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    distance: NDArray[np.uint16]


def join(
    ids: NDArray[np.int64],
    codes: NDArray[np.uint8],
    index: SearchIndex,
    radius: int,
    progress: Progress | None = None,
) -> Iterator[Pairs]:
    """All pairs of a code on the left and one that an index holds. The index had better be the larger side.

    Args:
        ids: int64 (n,), of the left side.
        codes: uint8 (n, 32).
        index: the right side.
        radius: greatest distance, 0-256.
        progress: see `Progress`.

    Returns:
        Pieces of at most about 2**20 pairs: however many there are, memory stays bounded.

    Raises:
        UsageError: shapes, types or radius are wrong.
    """
    checked_pair(ids, codes)
    checked_radius(radius)
    return _pairs(ids, codes, index, radius, progress)


def self_join(
    ids: NDArray[np.int64], codes: NDArray[np.uint8], radius: int, progress: Progress | None = None
) -> Iterator[Pairs]:
    """All pairs within one collection: each once, with the smaller id on the left.

    Args:
        ids: int64 (n,), all different.
        codes: uint8 (n, 32).
        radius: greatest distance, 0-256.
        progress: see `Progress`.

    Returns:
        Pieces, as of `join`.

    Raises:
        UsageError: shapes, types or radius are wrong.
    """
    checked_radius(radius)
    index = MultiIndex()
    index.add(ids, codes)
    return _once(_pairs(ids, codes, index, radius, progress))


def _pairs(
    ids: NDArray[np.int64],
    codes: NDArray[np.uint8],
    index: SearchIndex,
    radius: int,
    progress: Progress | None,
) -> Iterator[Pairs]:
    for begin in range(0, len(ids), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        for hits in index.stream(codes[block], radius):
            yield Pairs(ids[block][hits.query], hits.id, hits.distance)
        if progress is not None:
            progress(min(begin + _BLOCK, len(ids)), len(ids))


def _once(pieces: Iterator[Pairs]) -> Iterator[Pairs]:
    for left, right, distance in pieces:
        first = left < right
        if first.any():
            yield Pairs(left[first], right[first], distance[first])
