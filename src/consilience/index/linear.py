"""The oracle: every query against every code, in a form too simple to be wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from consilience.index.contract import (
    Hits,
    Source,
    checked_codes,
    checked_ids,
    checked_pair,
    checked_radius,
    joined,
)


class LinearIndex:
    """A `HammingIndex` that looks at everything. For tests, comparisons and as the last resort."""

    def __init__(self) -> None:
        self._code: dict[int, bytes] = {}

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """See `HammingIndex.add`."""
        whole_ids, words = checked_pair(ids, codes)
        self._code.update(zip(whole_ids.tolist(), (row.tobytes() for row in words), strict=True))

    def remove(self, ids: NDArray[np.int64]) -> None:
        """See `HammingIndex.remove`."""
        for id in checked_ids(ids).tolist():
            self._code.pop(id, None)

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `HammingIndex.search`."""
        asked = checked_codes(queries)
        limit = checked_radius(radius)
        ids = np.fromiter(self._code, dtype=np.int64, count=len(self._code))
        held = np.frombuffer(b"".join(self._code.values()), dtype=np.uint64).reshape(-1, 4)
        return look_at_all(ids, held, asked, limit)

    def __len__(self) -> int:
        return len(self._code)


class Scan:
    """A `Streaming` search through everything that a source tells, each time anew."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `Searchable.search`."""
        return joined(self.stream(queries, radius))

    def stream(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """See `Streaming.stream`."""
        asked, limit = checked_codes(queries), checked_radius(radius)
        return (look_at_all(ids, checked_codes(codes), asked, limit) for ids, codes in self._source())


def look_at_all(
    ids: NDArray[np.int64], codes: NDArray[np.uint64], queries: NDArray[np.uint64], radius: int
) -> Hits:
    """Hits of all queries (q, 4) among codes (n, 4), each of which belongs to one of the ids."""
    pieces = []
    for row, query in enumerate(queries):
        distance = np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.uint16)
        near = np.flatnonzero(distance <= radius)
        pieces.append(Hits(np.full(len(near), row, dtype=np.int64), ids[near], distance[near]))
    return joined(pieces)
