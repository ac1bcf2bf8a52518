"""What fingerprints find in an index, in all their orientations: the best turn for each code found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from consilience.index.contract import Hits, Searchable
from consilience.model.examination import ORIENTATIONS
from consilience.settings import PDQ_RADIUS
from consilience.store import sharing
from consilience.store.contents import Codes

# Fingerprints that are asked for at once: begun with few, doubled while they find little.
_FEW, _MANY = 16, 1024
_HITS_AT_ONCE = 500_000


class Best:
    """For each fingerprint and each code found, the orientation that comes nearest; sorted by distance.

    Attributes:
        row: int64 (n,), rows of the fingerprints that asked.
        id: int64 (n,), what was found.
        distance: int64 (n,), bits.
        turn: int64 (n,), places in `ORIENTATIONS`.
    """

    def __init__(
        self,
        row: NDArray[np.int64],
        id: NDArray[np.int64],
        distance: NDArray[np.int64],
        turn: NDArray[np.int64],
    ) -> None:
        self.row, self.id, self.distance, self.turn = row, id, distance, turn

    def after(self, rows: int) -> Best:
        """The same of fingerprints that stand so many rows further on."""
        return Best(self.row + rows, self.id, self.distance, self.turn)

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Best:
        """Some of them, or all in another order."""
        return Best(self.row[chosen], self.id[chosen], self.distance[chosen], self.turn[chosen])

    def among_first(self, most: int) -> NDArray[np.bool_]:
        """Which of them are among the first of their fingerprint."""
        return np.arange(len(self.row)) - np.searchsorted(self.row, self.row) < most

    def first(self, most: int) -> Best:
        """The first of each fingerprint."""
        return self.of(self.among_first(most))

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Row, id, distance and turn of each."""
        yield from zip(
            self.row.tolist(), self.id.tolist(), self.distance.tolist(), self.turn.tolist(), strict=True
        )


def nearest(index: Searchable, codes: Codes, radius: int = PDQ_RADIUS) -> Iterator[Best]:
    """What each fingerprint finds in all its orientations; a few at a time where they find very much."""
    begin, few = 0, _FEW
    while begin < len(codes.ids):
        asked = codes.codes[begin : begin + few]
        hits = index.search(np.ascontiguousarray(asked).reshape(-1, asked.shape[-1]), radius)
        yield _best(hits).after(begin)
        begin += len(asked)
        few = min(2 * few, _MANY) if len(hits) < _HITS_AT_ONCE else max(few // 2, 1)


def among_nearest(connection: Connection, ranked: Iterable[int], most: int) -> set[int]:
    """Of contents, nearest first, those that are among so many nearest of some case.

    So a crowd in a case that a person may not see takes nothing from what that person finds.
    """
    contents = list(dict.fromkeys(ranked))
    if len(contents) <= most:
        return set(contents)
    cases_of = sharing.cases_of_contents(connection, set(contents))
    counts, kept = Counter[int](), set[int]()
    for one in contents:
        for case_id in cases_of.get(one, ()):
            counts[case_id] += 1
            if counts[case_id] <= most:
                kept.add(one)
    return kept


def _best(hits: Hits) -> Best:
    row, turn = np.divmod(hits.query, len(ORIENTATIONS))
    distance = hits.distance.astype(np.int64)
    nearest_turn = np.lexsort((turn, distance, hits.id, row))
    row, turn, id, distance = (array[nearest_turn] for array in (row, turn, hits.id, distance))
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (id[1:] != id[:-1])
    best = Best(row, id, distance, turn).of(first)
    return best.of(np.lexsort((best.id, best.distance, best.row)))
