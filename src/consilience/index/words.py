"""Words of 32 bits under ids, found exactly within a few bits: the index of sound.

Words lie sorted in two runs, a long one and a short one of what was added last. A search asks each run for
the word itself and for every word that differs from it in so few bits (529 for two): work that hardly grows
with the number of words held. Words that very many ids share are counted rather than told one by one.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.errors import UsageError
from consilience.index.contract import Hits

MAX_WORD_RADIUS: Final = 2
"""The greatest distance that is asked for."""

Words = NDArray[np.uint32]
Ids = NDArray[np.int64]

_BITS = 32
_QUERIES_AT_ONCE = 1024
_SHORTEST_RUN = 1 << 16


class WordHits(msgspec.Struct, frozen=True, eq=False):
    """What a search found.

    Attributes:
        hits: as of every index, sorted by query, then distance, then id.
        common: int64, queries that find more than was to be told, in their order; none of their hits is.
    """

    hits: Hits
    common: Ids


class _Run(msgspec.Struct, frozen=True, eq=False):
    """Words in order, each with its id."""

    words: Words
    ids: Ids

    @classmethod
    def of(cls, words: Words, ids: Ids) -> _Run:
        order = np.lexsort((ids, words))
        return cls(words[order], ids[order])

    def with_others(self, other: _Run) -> _Run:
        return _Run.of(np.concatenate([self.words, other.words]), np.concatenate([self.ids, other.ids]))

    def without(self, ids: Ids) -> _Run:
        kept = ~np.isin(self.ids, ids)
        return _Run(self.words[kept], self.ids[kept])


_NOTHING: Final = _Run(np.empty(0, np.uint32), np.empty(0, np.int64))


class WordIndex:
    """Words under ids, one word an id. For one thread at a time."""

    def __init__(self) -> None:
        self._long, self._short = _NOTHING, _NOTHING

    @classmethod
    def of(cls, ids: Ids, words: Words) -> Self:
        """An index of words that lie in their order, and in that of the ids where they are equal."""
        made = cls()
        made._long = _Run(words, ids)
        return made

    def held(self) -> tuple[Ids, Words]:
        """Ids and words, in the order of the words, then of the ids."""
        whole = self._long.with_others(self._short) if len(self._short.ids) else self._long
        return whole.ids, whole.words

    def __len__(self) -> int:
        return len(self._long.ids) + len(self._short.ids)

    def add(self, ids: Ids, words: Words) -> None:
        """Take words in, under ids that are not held yet.

        Raises:
            UsageError: the arrays are not int64 (n,) and uint32 (n,).
        """
        if ids.dtype != np.int64 or words.dtype != np.uint32 or ids.ndim != 1 or ids.shape != words.shape:
            raise UsageError("words are uint32 (n,) under ids int64 (n,)", "Give two arrays of one length")
        self._short = self._short.with_others(_Run(words, ids))
        if len(self._short.ids) > max(_SHORTEST_RUN, len(self._long.ids) // 8):
            self._long, self._short = self._long.with_others(self._short), _NOTHING

    def remove(self, ids: Ids) -> None:
        """Take words out; an id that is not held is passed over."""
        self._long, self._short = self._long.without(ids), self._short.without(ids)

    def search(self, queries: Words, radius: int, most: int) -> WordHits:
        """Every word within `radius` bits of each query.

        Args:
            queries: uint32 (q,).
            radius: 0 to `MAX_WORD_RADIUS`.
            most: words that are told of one query; one that finds more is only named.

        Raises:
            UsageError: the queries are not uint32 (q,), or the radius is out of range.
        """
        if queries.dtype != np.uint32 or queries.ndim != 1 or not 0 <= radius <= MAX_WORD_RADIUS:
            raise UsageError(
                f"queries are uint32 (q,), the radius is 0 to {MAX_WORD_RADIUS}", "Ask for words of 32 bits"
            )
        masks, bits = _masks(radius)
        pieces = [
            _found(run, queries[begin : begin + _QUERIES_AT_ONCE], begin, masks, bits, most)
            for begin in range(0, len(queries), _QUERIES_AT_ONCE)
            for run in (self._long, self._short)
        ]
        found = np.zeros(len(queries), np.int64)
        for piece in pieces:
            np.add.at(found, piece.counted, piece.counts)
        empty = np.empty(0, np.int64)
        query, id, distance = (
            np.concatenate([empty, *(getattr(piece, name) for piece in pieces)])
            for name in ("query", "id", "distance")
        )
        told = found[query] <= most
        query, id, distance = query[told], id[told], distance[told]
        order = np.lexsort((id, distance, query))
        hits = Hits(query[order], id[order], distance[order].astype(np.uint16))
        return WordHits(hits, np.flatnonzero(found > most))


class _Piece(msgspec.Struct, frozen=True, eq=False):
    counted: Ids
    counts: Ids
    query: Ids
    id: Ids
    distance: Ids


def _found(run: _Run, queries: Words, begin: int, masks: Words, bits: Ids, most: int) -> _Piece:
    """What one run has of some queries; of those that find too much in it alone, only the counts."""
    probes = queries[:, None] ^ masks[None, :]
    first = np.searchsorted(run.words, probes, "left")
    counts = np.searchsorted(run.words, probes, "right") - first
    totals = counts.sum(axis=1)
    counts[totals > most] = 0
    row, mask = np.nonzero(counts)
    each = counts[row, mask]
    within = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
    place = np.repeat(first[row, mask], each) + within
    return _Piece(
        np.arange(begin, begin + len(queries)),
        totals,
        np.repeat(row + begin, each),
        run.ids[place],
        np.repeat(bits[mask], each),
    )


def _masks(radius: int) -> tuple[Words, Ids]:
    """Every change of at most `radius` bits, and how many bits each changes."""
    chosen = [bits for count in range(radius + 1) for bits in combinations(range(_BITS), count)]
    masks = np.array([sum(1 << bit for bit in bits) for bits in chosen], np.uint32)
    return masks, np.array([len(bits) for bits in chosen], np.int64)
