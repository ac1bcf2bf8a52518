"""An immutable part of the index: distinct codes, who owns them, and the buckets in which they are found.

A code is sixteen words of 16 bits. Two codes that differ in at most r bits cannot differ much in every
word: give each word a radius t, so that all t + 1 together make r + 1, and some word differs in at most its
t bits. So it is enough to look into the buckets around each word of the query. How the radii are shared out
is free, and is decided for each query by the sizes of its buckets: a crowded bucket is not looked into when
the way through other words is shorter (Qin and others, "GPH: similarity search in Hamming space", ICDE 2018).

The words stand in a ring, and from one of those words on, every run of words stays within the sum of its
shares (Qin and Xiao, "Pigeonring", VLDB 2018, by the cycle lemma). For a run of two: the word and the next
one together differ in at most t + t' + 1 bits. Each entry of a bucket therefore keeps the next word beside
it. A few instructions check 32 entries, and of hundreds of entries one is left whose code has to be fetched
from memory; fetching is what a search spends its time on.

A query whose buckets hold more than a scan of all codes would read is answered by the scan.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from concurrent.futures import Executor
from functools import cache
from math import comb

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.index.contract import Hits
from consilience.index.kernels import (
    LEVELS,
    WORDS,
    Ball,
    Buckets,
    Found,
    Pending,
    Question,
    fill_word,
    first_equals,
    probe,
    scan,
)
from consilience.index.machine import LANES, u64

MAX_OWNERS = 1 << 24
"""Ids of one segment."""

_WORD_BITS = 16
_FEW = 1 << 17  # codes, up to which buckets leave out four bits of a word: 65,536 starts would outweigh them
_MANY = 12_000_000  # codes, from which fewer words are indexed: 13 bytes less a code, and slower
_LEFT_OUT = (5, 10, 15)  # apart from each other: the word before one of them lets hardly anything pass
_PIECE = 1 << 20  # hits at a time
_ROOM_EACH = 1 << 12  # hits of one query, on the average of those that are asked together
_SCAN_ROWS = 1 << 16  # 2 MiB of codes stay in the cache while a group of queries meets them
_SCAN_QUERIES = _PIECE // _SCAN_ROWS
_PENDING = 4096


class Segment(msgspec.Struct, frozen=True, eq=False):
    """Codes with their owners. Changes make another segment that shares the arrays.

    An owner is numbered: first the n owners that stand for the n distinct codes, then their twins.

    Attributes:
        name: random; the same for all states of one segment.
        buckets: the distinct codes, rows in the order of `ids`.
        ids: int64 (n,), rising: of each code the owner with the smallest id.
        twin_rows: uint32 (t,), rising: codes that have more owners.
        twin_ids: int64 (t,): those owners, rising for each code.
        twin_order: uint32 (t,): `twin_ids[twin_order]` rises.
        gone: a bit for each owner that was removed, or None where none was.
        live: owners that are left.
    """

    name: str
    buckets: Buckets
    ids: NDArray[np.int64]
    twin_rows: NDArray[np.uint32]
    twin_ids: NDArray[np.int64]
    twin_order: NDArray[np.uint32]
    gone: NDArray[np.uint8] | None
    live: int

    @property
    def owners(self) -> int:
        """Owners that the arrays have room for, removed ones included."""
        return len(self.ids) + len(self.twin_ids)

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the owners that are among `ids` and were not removed."""
        in_order = self.twin_ids[self.twin_order]
        first, twin = _places(self.ids, ids), _places(in_order, ids)
        return self._left(np.concatenate([first, len(self.ids) + self.twin_order[twin].astype(np.int64)]))

    def without(self, owners: NDArray[np.int64]) -> Segment:
        """The same segment without owners of these numbers, none of which was removed before."""
        if not len(owners):
            return self
        gone = np.zeros((self.owners + 7) // 8, dtype=np.uint8) if self.gone is None else self.gone.copy()
        np.bitwise_or.at(gone, owners >> 3, (1 << (owners & 7)).astype(np.uint8))
        return msgspec.structs.replace(self, gone=gone, live=self.live - len(owners))

    def gone_since(self, earlier: Segment) -> NDArray[np.int64]:
        """Ids, rising, that were removed since an earlier state of the same segment."""
        if self.gone is None or self.gone is earlier.gone:
            return np.empty(0, dtype=np.int64)
        before = np.zeros_like(self.gone) if earlier.gone is None else earlier.gone
        owners = np.flatnonzero(np.unpackbits(self.gone & ~before, count=self.owners, bitorder="little"))
        return np.sort(self._ids(owners))

    def contents(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Ids that are left, in no order, and the code of each."""
        left = self._left(np.arange(self.owners))
        rows = np.where(left < len(self.ids), left, 0)
        twins = left >= len(self.ids)
        rows[twins] = self.twin_rows[left[twins] - len(self.ids)]
        return self._ids(left), self.buckets.codes[rows]

    def search(self, queries: NDArray[np.uint64], radius: int) -> Iterator[Hits]:
        """Every owner of a code within `radius` of each query, once, in no order, in pieces of 2**20 or so.

        Args:
            queries: (q, 4).
            radius: 0-256.
        """
        for query, row, distance in self._rows(queries, radius):
            yield from self._owners_of(query, row, distance)

    def _rows(self, queries: NDArray[np.uint64], radius: int) -> Iterator[_Rows]:
        dear = np.ones(len(queries), dtype=np.bool_)
        question = Question(
            queries, radius, np.empty((len(queries), WORDS), np.int64), np.zeros(len(queries), np.int64), dear
        )
        found = _room(min(_PIECE, _ROOM_EACH * len(queries)))
        if probe(question, self.buckets, _ball(_WORD_BITS - self.buckets.shift), _waiting_room(), found):
            size = int(found.size[0])
            counts = ~dear[found.query[:size]]
            yield found.query[:size][counts], found.row[:size][counts], found.distance[:size][counts]
        elif len(queries) > 1:
            for part in np.array_split(np.arange(len(queries)), 2):
                for query, row, distance in self._rows(queries[part], radius):
                    yield part[query], row, distance
            return
        else:
            dear[:] = True
        for query, row, distance in scanned(self.buckets.codes, queries[dear], radius):
            yield np.flatnonzero(dear)[query], row, distance

    def _owners_of(
        self, query: NDArray[np.int64], row: NDArray[np.int64], distance: NDArray[np.uint16]
    ) -> Iterator[Hits]:
        yield self._hits(query, row, distance)
        begin = np.searchsorted(self.twin_rows, row, side="left")
        count = np.searchsorted(self.twin_rows, row, side="right") - begin
        end = np.cumsum(count)
        total = int(end[-1]) if len(end) else 0
        for piece in range(0, total, _PIECE):
            number = np.arange(piece, min(piece + _PIECE, total))
            hit = np.searchsorted(end, number, side="right")
            twin = begin[hit] + number - (end[hit] - count[hit])
            yield self._hits(query[hit], len(self.ids) + twin, distance[hit])

    def _hits(self, query: NDArray[np.int64], owner: NDArray[np.int64], distance: NDArray[np.uint16]) -> Hits:
        if self.gone is None:
            return Hits(query, self._ids(owner), distance)
        left = ~_bits(self.gone, owner)
        return Hits(query[left], self._ids(owner[left]), distance[left])

    def _left(self, owners: NDArray[np.int64]) -> NDArray[np.int64]:
        return owners if self.gone is None else owners[~_bits(self.gone, owners)]

    def _ids(self, owners: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(self.twin_ids):
            return self.ids[owners]
        twins = owners >= len(self.ids)
        ids = self.ids[np.where(twins, 0, owners)]
        ids[twins] = self.twin_ids[owners[twins] - len(self.ids)]
        return ids


_Rows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]


def build(ids: NDArray[np.int64], codes: NDArray[np.uint64], threads: Executor) -> Segment:
    """Makes a segment.

    Args:
        ids: (n,), rising, none twice, at most `MAX_OWNERS`.
        codes: (n, 4), one for each id.
        threads: share the work of indexing.
    """
    first = np.empty(len(codes), dtype=np.int32)
    table = np.full(1 << (2 * len(codes) - 1).bit_length(), -1, dtype=np.int32)
    distinct = first_equals(codes, u64(secrets.randbits(64) | 1), table, first)
    del table
    name = secrets.token_hex(8)
    if distinct == len(codes):
        none = np.empty(0, dtype=np.uint32)
        return Segment(name, _index(codes, threads), ids, none, none.astype(np.int64), none, None, len(ids))
    stands = first == np.arange(len(first))
    row = np.cumsum(stands) - 1
    twin_rows = row[first[~stands]].astype(np.uint32)
    by_row = np.argsort(twin_rows, kind="stable")
    twin_ids = ids[~stands][by_row]
    return Segment(
        name=name,
        buckets=_index(codes[stands], threads),
        ids=ids[stands],
        twin_rows=twin_rows[by_row],
        twin_ids=twin_ids,
        twin_order=np.argsort(twin_ids).astype(np.uint32),
        gone=None,
        live=len(ids),
    )


def scanned(codes: NDArray[np.uint64], queries: NDArray[np.uint64], radius: int) -> Iterator[_Rows]:
    """Pairs of a query and a row of `codes` within `radius`, by looking at all, in pieces."""
    found = _room(_PIECE)
    for one, block in itertools.product(
        range(0, len(queries), _SCAN_QUERIES), range(0, len(codes), _SCAN_ROWS)
    ):
        scan(codes[block : block + _SCAN_ROWS], queries[one : one + _SCAN_QUERIES], radius, found)
        size = int(found.size[0])
        if size:
            yield one + found.query[:size], block + found.row[:size], found.distance[:size].copy()


def _index(codes: NDArray[np.uint64], threads: Executor) -> Buckets:
    count = len(codes)
    indexed = np.setdiff1d(np.arange(WORDS), _LEFT_OUT if count >= _MANY else ())
    shift = 4 if count < _FEW else 0
    wide = 1 << (_WORD_BITS - shift)
    spread = (count + 0xFFFF) >> 16
    buckets = Buckets(
        codes=np.ascontiguousarray(codes),
        indexed=indexed,
        starts=np.zeros((len(indexed), wide + 1), dtype=np.uint32),
        checks=in_lines(len(indexed), count),
        lows=np.zeros((len(indexed), count), dtype=np.uint16),
        highs=np.zeros((len(indexed), (count + spread * wide) // 64 + 1), dtype=np.uint64),
        passing=np.zeros((len(indexed), 2 * LEVELS)),
        shift=shift,
        spread=spread,
    )
    list(threads.map(lambda k: fill_word(buckets.codes, k, buckets), range(len(indexed))))
    buckets.passing[:] = [_passing(checks[:count]) for checks in buckets.checks]
    return buckets


def _passing(checks: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Share of checks that differ from a query's in so many bits: by chance, or as neighbours here do."""
    bits = np.arange(2 * LEVELS)
    chance = np.cumsum([comb(_WORD_BITS, number) for number in bits]) / 2.0**_WORD_BITS
    some = np.linspace(0, max(0, len(checks) - 2), 4096).astype(np.int64)
    apart = np.bitwise_count(checks[some] ^ checks[np.minimum(some + 1, len(checks) - 1)])
    alike: NDArray[np.float64] = (apart <= bits[:, None]).mean(axis=1)
    return np.maximum(chance, alike)


@cache
def _ball(bits: int) -> Ball:
    flips = [
        sum(1 << bit for bit in chosen)
        for level in range(LEVELS)
        for chosen in itertools.combinations(range(bits), level)
    ]
    size = np.bincount([flip.bit_count() for flip in flips], minlength=LEVELS)
    return Ball(np.array(flips, dtype=np.uint16), np.concatenate([[0], np.cumsum(size)]).astype(np.int64))


def in_lines(words: int, count: int) -> NDArray[np.uint16]:
    """Zeroes, laid out as `Buckets.checks` wants them."""
    width = -(-count // LANES) * LANES
    room = np.zeros((words * width + LANES), dtype=np.uint16)
    skipped = -room.ctypes.data % (2 * LANES) // 2
    return room[skipped : skipped + words * width].reshape(words, width)


def _room(hits: int) -> Found:
    return Found(
        np.empty(hits, np.int64), np.empty(hits, np.int64), np.empty(hits, np.uint16), np.zeros(1, np.int64)
    )


def _waiting_room() -> Pending:
    room = np.empty((5, _PENDING), dtype=np.int64)
    return Pending(room[0], room[1], room[2], room[3], room[4], np.zeros(1, np.int64))


def _places(rising: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where in a rising array the wanted values stand, those that do."""
    if not len(rising):
        return np.empty(0, dtype=np.int64)
    within = wanted[(wanted >= rising[0]) & (wanted <= rising[-1])]
    place = np.searchsorted(rising, within)
    found: NDArray[np.int64] = place[rising[place] == within]
    return found


def _bits(bitmap: NDArray[np.uint8], numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    bits: NDArray[np.uint8] = bitmap[numbers >> 3] >> (numbers & 7).astype(np.uint8) & 1
    return bits.astype(np.bool_)
