"""What every index of fingerprints promises: what a linear scan finds, no more and no less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.errors import UsageError

CODE_BYTES = 32
"""Length of a code: 256 bits, as PDQ writes it. The order of the bits does not matter to a distance."""

MAX_RADIUS = 8 * CODE_BYTES
"""The greatest distance of two codes, and so the greatest radius that means anything."""


class Hits(msgspec.Struct, frozen=True, eq=False):
    """Codes found, as three arrays of one length, sorted by query, then distance, then id.

    Attributes:
        query: int64, row of the query in the array that was asked.
        id: int64, who owns the code that was found.
        distance: uint16, number of bits in which the two codes differ.
    """

    query: NDArray[np.int64]
    id: NDArray[np.int64]
    distance: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.query)


class Searchable(Protocol):
    """Something that answers searches exactly."""

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """Every code within `radius` bits of each query; equal codes under each of their ids.

        Args:
            queries: uint8 (q, 32).
            radius: greatest distance that counts, 0-256.

        Raises:
            UsageError: the queries are not of this shape and type, or the radius is out of range.
        """
        ...


class HammingIndex(Searchable, Protocol):
    """Codes of 256 bits under integer ids, one code an id, searched by Hamming distance, exactly.

    One writer: `add` and `remove` come from one thread at a time. Many readers: any number of threads
    search meanwhile, and each search sees the whole of every change that returned before it began.
    """

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """Takes codes in, to be found by the next search.

        An id that is held already gets the new code; of an id that stands twice in `ids`, the last counts.

        Args:
            ids: int64 (n,), any values.
            codes: uint8 (n, 32).

        Raises:
            UsageError: the arrays are not of these shapes and types; nothing was taken in.
        """
        ...

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Takes codes out. An id that is not held is passed over, so that a removal can be repeated.

        Raises:
            UsageError: `ids` is not int64 (n,); nothing was taken out.
        """
        ...

    def __len__(self) -> int:
        """How many ids are held."""
        ...


class Streaming(Searchable, Protocol):
    """A `Searchable` that can also give an answer piece by piece."""

    def stream(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """As `search`, for answers that may be too large to hold: in pieces of at most about 2**20 hits.

        Each piece is sorted; hits of one query may stand in several pieces.

        Raises:
            UsageError: as `search`, before the first piece.
        """
        ...


class SearchIndex(HammingIndex, Streaming, Protocol):
    """A `HammingIndex` that can also give an answer piece by piece."""


Source = Callable[[], Iterable[tuple[NDArray[np.int64], NDArray[np.uint8]]]]
"""All that an index should hold, as the store knows it: ids with their codes, in parts of any size."""


def checked_ids(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same ids, contiguous.

    Raises:
        UsageError: not int64 (n,).
    """
    if ids.dtype != np.int64 or ids.ndim != 1:
        raise UsageError(f"Ids of an index must be int64 (n,), not {ids.dtype} {ids.shape}")
    return np.ascontiguousarray(ids)


def checked_codes(codes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The same codes as uint64 (n, 4): a view, unless they are read-only, for which nothing is compiled.

    Raises:
        UsageError: not uint8 (n, 32).
    """
    if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != CODE_BYTES:
        raise UsageError(f"Codes must be uint8 (n, {CODE_BYTES}), not {codes.dtype} {codes.shape}")
    return np.require(codes, requirements=["C", "W"]).view(np.uint64)


def checked_pair(
    ids: NDArray[np.int64], codes: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Ids with their codes, as `checked_ids` and `checked_codes` give them.

    Raises:
        UsageError: wrong shapes or types, or not one code an id.
    """
    whole_ids, whole_codes = checked_ids(ids), checked_codes(codes)
    if len(whole_ids) != len(whole_codes):
        raise UsageError(f"{len(whole_ids)} ids came with {len(whole_codes)} codes")
    return whole_ids, whole_codes


def checked_radius(radius: int) -> int:
    """The same radius.

    Raises:
        UsageError: not within 0-256.
    """
    if not 0 <= radius <= MAX_RADIUS:
        raise UsageError(f"A radius of {radius} bits is outside 0-{MAX_RADIUS}")
    return radius


def in_order(hits: Hits) -> Hits:
    """The same hits, sorted as the contract has them."""
    order = np.lexsort((hits.id, hits.query * (MAX_RADIUS + 1) + hits.distance))
    return Hits(hits.query[order], hits.id[order], hits.distance[order])


def joined(pieces: Iterable[Hits]) -> Hits:
    """Several pieces as one, sorted."""
    empty = np.empty(0, dtype=np.int64)
    parts = [
        (empty, empty, empty.astype(np.uint16)),
        *((hits.query, hits.id, hits.distance) for hits in pieces),
    ]
    query, id, distance = zip(*parts, strict=True)
    return in_order(Hits(np.concatenate(query), np.concatenate(id), np.concatenate(distance)))
