"""Canaries: planted codes that a running index must find, and what happens when one is not found.

Every search carries one more query: a planted code, changed in as many bits as the radius allows or fewer. If
its answer is not the planted code at that distance, the index is broken, whatever broke it: the alarm is
raised, and this search and all later ones look at every code that the store knows, slowly and exactly.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from consilience.errors import UsageError
from consilience.index.contract import (
    CODE_BYTES,
    Hits,
    SearchIndex,
    Source,
    checked_codes,
    checked_ids,
    checked_pair,
    checked_radius,
    joined,
)
from consilience.index.linear import look_at_all

_AT_LEAST = 16
_ONE_IN = 1 << 14  # codes: about one canary in each segment that ever was a full tail


class WatchedIndex:
    """A `SearchIndex` that proves with each search that it still finds what it holds.

    Ids below 0 are the canaries'; no answer shows them, and none is counted.

    Args:
        index: to be watched; what it may hold already stays.
        source: all that the index holds, as the store knows it.
        alarm: is told, in one line, when a canary is not found.
    """

    def __init__(self, index: SearchIndex, source: Source, alarm: Callable[[str], None]) -> None:
        self._index, self._source, self._alarm = index, source, alarm
        self._planted = 0
        self.broken = False
        self.plant()

    def plant(self) -> None:
        """Plants the canaries that are missing and trusts the index again: after it was made or rebuilt."""
        self._planted = self._due(len(self._index))
        codes = _codes(0, self._planted)
        found = self._index.search(codes, 0).id
        missing = np.setdiff1d(_ids(0, self._planted), found)
        self._index.add(missing, codes[-1 - missing])
        self.broken = False

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """See `HammingIndex.add`.

        Raises:
            UsageError: also where an id is below 0; nothing was taken in.
        """
        checked_pair(ids, codes)
        _refuse_negative(ids)
        planted = max(self._planted, self._due(len(self._index) + len(ids)))
        further = slice(self._planted, planted)
        self._index.add(
            np.concatenate([ids, _ids(further.start, further.stop)]),
            np.concatenate([codes, _codes(further.start, further.stop)]),
        )
        self._planted = planted

    def remove(self, ids: NDArray[np.int64]) -> None:
        """See `HammingIndex.remove`.

        Raises:
            UsageError: also where an id is below 0; nothing was taken out.
        """
        _refuse_negative(checked_ids(ids))
        self._index.remove(ids)

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `HammingIndex.search`."""
        checked_codes(queries)
        if not self.broken:
            id, distance, canary = self._canary(checked_radius(radius))
            hits = self._index.search(np.concatenate([queries, canary]), radius)
            if self._is_well(id, distance, hits, len(queries)):
                return _without_canaries(hits, len(queries))
        return joined(self._scan(queries, radius))

    def stream(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """See `SearchIndex.stream`."""
        checked_codes(queries)
        if not self.broken:
            id, distance, canary = self._canary(checked_radius(radius))
            if self._is_well(id, distance, self._index.search(canary, radius), 0):
                return (_without_canaries(hits, len(queries)) for hits in self._index.stream(queries, radius))
        return self._scan(queries, radius)

    def __len__(self) -> int:
        return len(self._index) - self._planted

    def _due(self, held: int) -> int:
        return _AT_LEAST + held // _ONE_IN

    def _canary(self, radius: int) -> tuple[int, int, NDArray[np.uint8]]:
        """A canary's id, a distance, and a query that lies at that distance from it."""
        draw = np.random.default_rng(secrets.randbits(64))
        number, distance = int(draw.integers(self._planted)), int(draw.integers(radius + 1))
        flips = np.zeros(8 * CODE_BYTES, dtype=np.uint8)
        flips[draw.permutation(8 * CODE_BYTES)[:distance]] = 1
        return int(_ids(number, number + 1)[0]), distance, _codes(number, number + 1) ^ np.packbits(flips)

    def _is_well(self, id: int, distance: int, hits: Hits, row: int) -> bool:
        found = hits.distance[(hits.query == row) & (hits.id == id)]
        if found.tolist() == [distance]:
            return True
        self.broken = True
        self._alarm(
            f"The index did not find canary {id} at distance {distance}: it answered {found.tolist()}. "
            "From now on every search looks at all codes. Rebuild the index"
        )
        return False

    def _scan(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        asked = checked_codes(queries)
        for ids, codes in self._source():
            yield look_at_all(ids, checked_codes(codes), asked, radius)


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
