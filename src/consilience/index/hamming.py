"""The Hamming search of the project: exact at any size, and what is added is found by the next query.

New codes go to a tail that every search scans. A full tail becomes a segment (see `segment.py`), and segments
are merged in the background, so that few of them have to be asked. All of this is one immutable state that a
change replaces: a search takes the state as it is and is not disturbed.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilience.index.contract import (
    Hits,
    checked_codes,
    checked_ids,
    checked_pair,
    checked_radius,
    in_order,
    joined,
)
from consilience.index.linear import look_at_all

if TYPE_CHECKING:
    # Importing the kernels takes numba, and a second: holdings that fit in a tail never need them.
    from consilience.index.segment import Segment

TAIL = 1 << 14
"""Codes that are scanned before they make a segment."""

_GROWTH = 16  # a segment is merged into a larger one that is not yet this many times its size
_QUERIES = 512  # that go through a segment together
_FEW_QUERIES = 8  # are not worth waking other threads

_log = logging.getLogger(__name__)

_Search = Callable[[NDArray[np.uint64]], Iterator[Hits]]


class State(NamedTuple):
    """What an index holds at a moment; no id is in two parts.

    Attributes:
        segments: in no order.
        ids, codes: the tail, int64 (n,) and uint64 (n, 4).
    """

    segments: tuple[Segment, ...]
    ids: NDArray[np.int64]
    codes: NDArray[np.uint64]

    @classmethod
    def empty(cls) -> State:
        """Nothing."""
        return cls((), np.empty(0, dtype=np.int64), np.empty((0, 4), dtype=np.uint64))


class MultiIndex:
    """A `SearchIndex` for millions of codes, in memory.

    Args:
        threads: how many work on a search or a merge; by default as many as this process may use.
        state: what it holds at first.
    """

    def __init__(self, threads: int | None = None, state: State | None = None) -> None:
        self._threads = threads or len(os.sched_getaffinity(0))
        self._workers = ThreadPoolExecutor(self._threads, thread_name_prefix="index")
        self._merger = ThreadPoolExecutor(1, thread_name_prefix="index-merge")
        self._merge: Future[None] | None = None
        self._writing = RLock()
        self._state = state or State.empty()

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """See `HammingIndex.add`."""
        new_ids, new_codes = _last_of_each(*checked_pair(ids, codes))
        with self._writing:
            held = _without(self._state, new_ids)
            tail_ids = np.concatenate([held.ids, new_ids])
            tail_codes = np.concatenate([held.codes, new_codes])
            if len(tail_ids) < TAIL:
                self._state = held._replace(ids=tail_ids, codes=tail_codes)
            else:
                made = self._segments_of(tail_ids, tail_codes)
                self._state = State(held.segments + made, tail_ids[:0], tail_codes[:0])
                self._tend()

    def remove(self, ids: NDArray[np.int64]) -> None:
        """See `HammingIndex.remove`."""
        gone = np.unique(checked_ids(ids))
        with self._writing:
            self._state = _without(self._state, gone)
            self._tend()

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `HammingIndex.search`."""
        return joined(self._pieces(queries, radius))

    def stream(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """See `SearchIndex.stream`."""
        return (in_order(hits) for hits in self._pieces(queries, radius) if len(hits))

    def __len__(self) -> int:
        state = self._state
        return len(state.ids) + sum(segment.live for segment in state.segments)

    @property
    def state(self) -> State:
        """What the index holds now; nothing in it changes afterwards."""
        return self._state

    def settle(self) -> None:
        """Waits until no merge is under way or due.

        Raises:
            Exception: what stopped a merge. The index is whole all the same, only slower.
        """
        while (merge := self._merge) is not None:
            merge.result()

    def _pieces(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """The answer in pieces that are in no order."""
        asked, limit = checked_codes(queries), checked_radius(radius)
        state = self._state
        if not state.segments:
            return iter([look_at_all(state.ids, state.codes, asked, limit)])
        searches: list[_Search] = [partial(segment.search, radius=limit) for segment in state.segments]
        if len(state.ids):
            searches.append(partial(_search_tail, state, radius=limit))
        return self._shared_out(asked, searches)

    def _shared_out(self, asked: NDArray[np.uint64], searches: list[_Search]) -> Iterator[Hits]:
        size = min(_QUERIES, max(_FEW_QUERIES, -(-len(asked) // self._threads)))
        under_way: deque[Future[tuple[list[Hits], Iterator[Hits]]]] = deque()
        for begin, search in itertools.product(range(0, len(asked), size), searches):
            pieces = _moved(search(asked[begin : begin + size]), begin)
            if len(asked) <= _FEW_QUERIES or self._threads == 1:
                yield from pieces
                continue
            under_way.append(self._workers.submit(_begun, pieces))
            if len(under_way) > 2 * self._threads:
                yield from itertools.chain(*under_way.popleft().result())
        while under_way:
            yield from itertools.chain(*under_way.popleft().result())

    def _segments_of(self, ids: NDArray[np.int64], codes: NDArray[np.uint64]) -> tuple[Segment, ...]:
        from consilience.index.segment import MAX_OWNERS, build  # see above

        order = np.argsort(ids, kind="stable")
        parts = [order[begin : begin + MAX_OWNERS] for begin in range(0, len(order), MAX_OWNERS)]
        return tuple(build(ids[part], codes[part], self._workers) for part in parts)

    def _tend(self) -> None:
        """Starts a merge if one is due and none is under way."""
        with self._writing:
            if self._merge is None or self._merge.done():
                sources = _to_merge(self._state.segments)
                self._merge = self._merger.submit(self._merged, sources) if sources else None

    def _merged(self, sources: tuple[Segment, ...]) -> None:
        """Puts one segment in the place of several; runs in the merger's thread."""
        try:
            contents = [segment.contents() for segment in sources]
            ids, codes = (np.concatenate(parts) for parts in zip(*contents, strict=True))
            del contents
            made = self._segments_of(ids, codes)
        except Exception:
            _log.exception("Segments of the index could not be merged; it stays exact, but is slower")
            raise
        with self._writing:
            held = self._state
            for before in sources:
                now = next(segment for segment in held.segments if segment.name == before.name)
                meanwhile = now.gone_since(before)
                made = tuple(segment.without(segment.find(meanwhile)) for segment in made)
            replaced = {segment.name for segment in sources}
            others = tuple(segment for segment in held.segments if segment.name not in replaced)
            self._state = held._replace(segments=others + made)
            further = _to_merge(self._state.segments)
            self._merge = self._merger.submit(self._merged, further) if further else None


def _to_merge(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Segments that are small beside each other, or one that is half empty; none where all is well."""
    if not segments:
        return ()
    from consilience.index.segment import MAX_OWNERS  # see above

    chosen: list[Segment] = []
    total = 0
    for segment in sorted(segments, key=lambda segment: segment.live):
        if segment.live > MAX_OWNERS * 3 // 4 or (chosen and segment.live >= _GROWTH * total):
            break
        chosen.append(segment)
        total += segment.live
    if len(chosen) < 2:
        chosen = [segment for segment in segments if 2 * segment.live < segment.owners][:1]
    return tuple(chosen)


def _without(state: State, ids: NDArray[np.int64]) -> State:
    """The state without these ids, which rise."""
    left = ~np.isin(state.ids, ids)
    return State(
        tuple(segment.without(segment.find(ids)) for segment in state.segments),
        state.ids if left.all() else state.ids[left],
        state.codes if left.all() else state.codes[left],
    )


def _last_of_each(
    ids: NDArray[np.int64], codes: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Ids, rising and each once, with the code that came last."""
    if (ids[1:] > ids[:-1]).all():
        return ids, codes
    order = np.argsort(ids, kind="stable")
    last = order[np.append(ids[order][1:] != ids[order][:-1], True)]
    return ids[last], codes[last]


def _search_tail(state: State, queries: NDArray[np.uint64], radius: int) -> Iterator[Hits]:
    from consilience.index.segment import scanned  # see above

    for query, row, distance in scanned(state.codes, queries, radius):
        yield Hits(query, state.ids[row], distance)


def _moved(pieces: Iterator[Hits], begin: int) -> Iterator[Hits]:
    return (Hits(hits.query + begin, hits.id, hits.distance) for hits in pieces)


def _begun(pieces: Iterator[Hits]) -> tuple[list[Hits], Iterator[Hits]]:
    """The first pieces, made in this thread, and the rest, to be made when they are wanted: rarely any."""
    return list(itertools.islice(pieces, 4)), pieces
