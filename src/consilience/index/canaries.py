"""Canaries: planted codes that a running index must find, and what happens when one is not found.

Every search carries a few more queries: planted codes, each changed in as many bits as the radius allows or
fewer. If an answer is not the planted code at that distance, the index is broken, whatever broke it: the
alarm is raised, and this search and all later ones look at every code that the store knows, slowly and
exactly.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilience.errors import UsageError
from consilience.index.contract import (
    CODE_BYTES,
    Hits,
    SearchIndex,
    Source,
    Streaming,
    checked_codes,
    checked_ids,
    checked_pair,
    checked_radius,
)
from consilience.index.linear import Scan

_AT_LEAST = 16
_ONE_IN = 1 << 14  # codes: about one canary in each segment that ever was a full tail
_AT_OPENING = 256
_QUERIES_EACH, _MOST_ASKED = 64, 15


class Watched:
    """A `Streaming` search that proves each time that its index still finds what it holds.

    Ids below 0 are the canaries'; no answer shows them.

    Args:
        index: to be watched.
        source: all that the index holds, as the store knows it.
        alarm: is told, in one line, when a canary is not found.
        planted: how many canaries the index holds.

    Attributes:
        planted: how many canaries the index holds.
        broken: whether one was not found. From then on every search looks at all that the source tells.
    """

    def __init__(
        self, index: Streaming, source: Source, alarm: Callable[[str], None], planted: int = 0
    ) -> None:
        self._searched, self._alarm, self.planted = index, alarm, planted
        self._scan = Scan(source)
        self.broken = False

    def check(self) -> None:
        """Asks for many canaries: after opening."""
        canaries = self._canaries(_AT_OPENING, 0)
        self._is_well(canaries, self._searched.search(canaries.queries, 0), 0)

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `Searchable.search`."""
        checked_codes(queries)
        if not self.broken:
            canaries = self._canaries(_asked_beside(len(queries)), checked_radius(radius))
            hits = self._searched.search(np.concatenate([queries, canaries.queries]), radius)
            if self._is_well(canaries, hits, len(queries)):
                return _without_canaries(hits, len(queries))
        return self._scan.search(queries, radius)

    def stream(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """See `Streaming.stream`."""
        checked_codes(queries)
        if not self.broken:
            canaries = self._canaries(_asked_beside(len(queries)), checked_radius(radius))
            if self._is_well(canaries, self._searched.search(canaries.queries, radius), 0):
                pieces = self._searched.stream(queries, radius)
                return (_without_canaries(hits, len(queries)) for hits in pieces)
        return self._scan.stream(queries, radius)

    def _canaries(self, count: int, radius: int) -> _Canaries:
        """Some of the planted codes, and queries that lie within the radius of them."""
        draw = np.random.default_rng(secrets.randbits(64))
        numbers = draw.permutation(self.planted)[:count]
        distances = draw.integers(0, radius + 1, len(numbers))
        ranks = draw.permuted(np.tile(np.arange(8 * CODE_BYTES), (len(numbers), 1)), axis=1)
        flips = np.packbits(ranks < distances[:, None], axis=1)
        codes = [_codes(number, number + 1) for number in numbers.tolist()]
        queries = np.concatenate([_codes(0, 0), *codes]) ^ flips
        return _Canaries(-1 - numbers.astype(np.int64), distances, queries)

    def _is_well(self, canaries: _Canaries, hits: Hits, row: int) -> bool:
        """Whether the hits of the rows from `row` on have each canary at its distance."""
        asked = zip(canaries.ids.tolist(), canaries.distances.tolist(), strict=True)
        for number, (id, distance) in enumerate(asked, row):
            found = hits.distance[(hits.query == number) & (hits.id == id)].tolist()
            if found != [distance]:
                self.broken = True
                self._alarm(
                    f"The index did not find canary {id} at distance {distance}: it answered {found}. "
                    "From now on every search looks at all codes. Rebuild the index"
                )
                return False
        return True


class WatchedIndex(Watched):
    """A `SearchIndex` that is `Watched` and plants its canaries, one for so many codes. None is counted.

    Args:
        index: to be watched; what it may hold already stays.
        source, alarm, planted: as for `Watched`.
    """

    def __init__(
        self, index: SearchIndex, source: Source, alarm: Callable[[str], None], planted: int = 0
    ) -> None:
        super().__init__(index, source, alarm, planted)
        self._index = index

    def plant(self) -> None:
        """Plants all canaries that are due and trusts the index again: after it was made or rebuilt."""
        self.planted = self._due(len(self._index))
        self._index.add(_ids(0, self.planted), _codes(0, self.planted))
        self.broken = False

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """See `HammingIndex.add`.

        Raises:
            UsageError: also where an id is below 0; nothing was taken in.
        """
        checked_pair(ids, codes)
        _refuse_negative(ids)
        planted = max(self.planted, self._due(len(self._index) + len(ids)))
        self._index.add(
            np.concatenate([ids, _ids(self.planted, planted)]),
            np.concatenate([codes, _codes(self.planted, planted)]),
        )
        self.planted = planted

    def remove(self, ids: NDArray[np.int64]) -> None:
        """See `HammingIndex.remove`.

        Raises:
            UsageError: also where an id is below 0; nothing was taken out.
        """
        _refuse_negative(checked_ids(ids))
        self._index.remove(ids)

    def __len__(self) -> int:
        return len(self._index) - self.planted

    def _due(self, held: int) -> int:
        return _AT_LEAST + held // _ONE_IN


class _Canaries(NamedTuple):
    """Ids (n,) of canaries, the distance of a query from each, and the queries (n, 32)."""

    ids: NDArray[np.int64]
    distances: NDArray[np.int64]
    queries: NDArray[np.uint8]


def _asked_beside(queries: int) -> int:
    """Canaries that are asked for with so many queries: each proves the segment that it is in."""
    return 1 + min(queries // _QUERIES_EACH, _MOST_ASKED)


def _ids(begin: int, end: int) -> NDArray[np.int64]:
    return -1 - np.arange(begin, end, dtype=np.int64)


def _codes(begin: int, end: int) -> NDArray[np.uint8]:
    """The same at every start, and near to no picture's except by a chance of one in 2**100."""
    digests = (hashlib.sha256(b"consilience canary %d" % number).digest() for number in range(begin, end))
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, CODE_BYTES)


def _refuse_negative(ids: NDArray[np.int64]) -> None:
    if (ids < 0).any():
        raise UsageError(f"Id {ids[ids < 0][0]} is below 0; such ids are kept for canaries")


def _without_canaries(hits: Hits, queries: int) -> Hits:
    real = (hits.query < queries) & (hits.id >= 0)
    return hits if real.all() else Hits(hits.query[real], hits.id[real], hits.distance[real])
