"""Matching, both ways: what comes in against lists and holdings, a new list against what was held before."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from consilience.fingerprints.pdq import Pdq
from consilience.index.contract import HammingIndex, Hits
from consilience.index.hamming import MultiIndex
from consilience.model.examination import ORIENTATIONS
from consilience.model.matching import Agreement, Basis
from consilience.settings import PDQ_RADIUS
from consilience.store import contents, matches
from consilience.store.contents import Codes
from consilience.store.matches import Brought, EntryMatch, MediaMatch

NEAREST_KEPT = 256
"""Matches with held contents that are recorded of one fingerprint; the others are counted.

Thousands of nearly equal pictures would otherwise make millions of pairs, which say no more.
"""

_VERSION = Pdq().version

# Fingerprints that are asked for at once: begun with few, doubled while they find little.
_FEW, _MANY = 16, 1024
_HITS_AT_ONCE = 500_000


class Matcher:
    """Matches new contents against the lists and the holdings, which it keeps in memory meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._held: HammingIndex = MultiIndex()
        for ids, codes in contents.upright_codes(connection, version=_VERSION):
            self._held.add(ids, codes)
        self._entries = _entry_index(connection, None)

    def forget(self, fingerprint_ids: Collection[int]) -> None:
        """Take fingerprints out that are no longer on record."""
        self._held.remove(np.array(sorted(fingerprint_ids), np.int64))

    def match(self, connection: Connection, media_ids: Collection[int]) -> None:
        """Match contents that were just recorded, with lists and with everything recorded before them."""
        if not media_ids:
            return
        matches.add_entry_matches(connection, list(matches.same_bytes(connection, media_ids=media_ids)))
        for codes in contents.codes(connection, version=_VERSION, media_ids=media_ids):
            self._held.add(codes.ids, np.ascontiguousarray(codes.codes[:, 0]))
            matches.add_entry_matches(connection, list(_with_entries(self._entries, codes)))
            for best in _nearest(self._held, codes):
                self._with_held(connection, codes, best)

    def _with_held(self, connection: Connection, codes: Codes, best: _Best) -> None:
        """Match fingerprints with those of lower id: each pair is found by the one that came later."""
        earlier = best.of(best.id < codes.ids[best.row])
        owner_of = contents.owners(connection, np.unique(earlier.id).tolist())
        owners = np.array([owner_of[one][0] for one in earlier.id.tolist()], np.int64)
        others = earlier.of(owners != codes.media_ids[earlier.row])
        kept = others.of(_rank_within(others.row) < NEAREST_KEPT)
        found = []
        for row, other, distance, turn in kept.rows():
            media_id, part = owner_of[other]
            agreement = Agreement(Basis.PDQ, _VERSION, distance, ORIENTATIONS[turn])
            found.append(MediaMatch(int(codes.media_ids[row]), codes.parts[row], media_id, part, agreement))
        matches.add_media_matches(connection, found)
        rows, totals = np.unique(others.row, return_counts=True)
        contents.count_neighbours(
            connection, dict(zip(codes.ids[rows].tolist(), totals.tolist(), strict=True))
        )


def match_edition(connection: Connection, brought: Brought) -> list[EntryMatch]:
    """Match the entries of an edition with everything held; gives what is new."""
    held = matches.smaller_side(connection, brought)
    same = list(matches.same_bytes(connection, media_ids=held, brought=brought))
    fresh = matches.add_entry_matches(connection, same)
    index = _entry_index(connection, brought)
    if len(index):
        for codes in contents.codes(connection, version=_VERSION):
            fresh += matches.add_entry_matches(connection, list(_with_entries(index, codes)))
    return fresh


def _entry_index(connection: Connection, brought: Brought | None) -> HammingIndex:
    index = MultiIndex()
    for ids, codes in matches.entry_codes(connection, version=_VERSION, brought=brought):
        index.add(ids, codes)
    return index


def _with_entries(index: HammingIndex, codes: Codes) -> Iterator[EntryMatch]:
    for best in _nearest(index, codes):
        for row, entry_id, distance, turn in best.rows():
            agreement = Agreement(Basis.PDQ, _VERSION, distance, ORIENTATIONS[turn])
            yield EntryMatch(int(codes.media_ids[row]), codes.parts[row], entry_id, agreement)


def _nearest(index: HammingIndex, codes: Codes) -> Iterator[_Best]:
    """What each fingerprint finds in all its orientations; a few at a time where they find very much."""
    begin, few = 0, _FEW
    while begin < len(codes.ids):
        asked = codes.codes[begin : begin + few]
        hits = index.search(np.ascontiguousarray(asked).reshape(-1, asked.shape[-1]), PDQ_RADIUS)
        yield _best(hits).after(begin)
        begin += len(asked)
        few = min(2 * few, _MANY) if len(hits) < _HITS_AT_ONCE else max(few // 2, 1)


class _Best:
    """For each fingerprint and each code found, the orientation that comes nearest; sorted by distance."""

    def __init__(
        self,
        row: NDArray[np.int64],
        id: NDArray[np.int64],
        distance: NDArray[np.int64],
        turn: NDArray[np.int64],
    ) -> None:
        self.row, self.id, self.distance, self.turn = row, id, distance, turn

    def after(self, rows: int) -> _Best:
        return _Best(self.row + rows, self.id, self.distance, self.turn)

    def of(self, chosen: NDArray[np.bool_]) -> _Best:
        return _Best(self.row[chosen], self.id[chosen], self.distance[chosen], self.turn[chosen])

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        yield from zip(
            self.row.tolist(), self.id.tolist(), self.distance.tolist(), self.turn.tolist(), strict=True
        )


def _best(hits: Hits) -> _Best:
    row, turn = np.divmod(hits.query, len(ORIENTATIONS))
    distance = hits.distance.astype(np.int64)
    nearest_turn = np.lexsort((turn, distance, hits.id, row))
    row, turn, id, distance = (array[nearest_turn] for array in (row, turn, hits.id, distance))
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (id[1:] != id[:-1])
    best = _Best(row, id, distance, turn).of(first)
    nearest_first = np.lexsort((best.id, best.distance, best.row))
    return _Best(*(array[nearest_first] for array in (best.row, best.id, best.distance, best.turn)))


def _rank_within(row: NDArray[np.int64]) -> NDArray[np.int64]:
    """The position of each element among those of the same row; rows are sorted."""
    starts = np.searchsorted(row, row)
    return np.arange(len(row)) - starts
