"""The index of words finds what a linear scan finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.errors import UsageError
from consilience.index.words import MAX_WORD_RADIUS, WordIndex

# Few values far apart and few bits around each: queries find much, and at every distance.
words = st.builds(
    lambda base, flips: base ^ sum({1 << bit for bit in flips}),
    st.sampled_from([0, 0xFFFFFFFF, 0x5A5A5A5A, 627_964_279]),
    st.lists(st.integers(0, 31), max_size=4),
)


def linear(held: dict[int, int], query: int, radius: int) -> list[tuple[int, int]]:
    found = [((word ^ query).bit_count(), id) for id, word in held.items()]
    return sorted(one for one in found if one[0] <= radius)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(words, max_size=20), max_size=4),
    st.lists(words, max_size=6),
    st.integers(0, MAX_WORD_RADIUS),
    st.sets(st.integers(0, 60)),
    st.integers(1, 30),
)
def test_finds_what_a_linear_scan_finds(
    portions: list[list[int]], queries: list[int], radius: int, gone: set[int], most: int
) -> None:
    index, held = WordIndex(), {}
    for portion in portions:
        ids = np.arange(len(held), len(held) + len(portion), dtype=np.int64)
        index.add(ids, np.array(portion, np.uint32))
        held.update(zip(ids.tolist(), portion, strict=True))
    index.remove(np.array(sorted(gone), np.int64))
    held = {id: word for id, word in held.items() if id not in gone}
    assert len(index) == len(held)
    found = index.search(np.array(queries, np.uint32), radius, most)
    wanted = [linear(held, query, radius) for query in queries]
    assert found.common.tolist() == [row for row, one in enumerate(wanted) if len(one) > most]
    told = list(
        zip(found.hits.query.tolist(), found.hits.distance.tolist(), found.hits.id.tolist(), strict=True)
    )
    assert told == [(row, *one) for row, of_row in enumerate(wanted) if len(of_row) <= most for one in of_row]


def test_long_and_short_runs_are_both_searched() -> None:
    random = np.random.default_rng(1)
    held = random.integers(0, 2**32, 100_000, np.uint32)
    index = WordIndex()
    index.add(np.arange(90_000), held[:90_000])
    index.add(np.arange(90_000, 100_000), held[90_000:])
    asked = held[[5, 89_999, 90_000, 99_999]] ^ np.uint32(0b101)
    hits = index.search(asked, 2, 100).hits
    assert {5, 89_999, 90_000, 99_999} <= set(hits.id.tolist())
    for query, id, distance in zip(hits.query, hits.id, hits.distance, strict=True):
        assert int(asked[query] ^ held[id]).bit_count() == distance <= 2


def test_other_arrays_are_refused() -> None:
    index = WordIndex()
    with pytest.raises(UsageError):
        index.add(np.arange(2), np.zeros(3, np.uint32))
    with pytest.raises(UsageError):
        index.search(np.zeros(2, np.uint32), MAX_WORD_RADIUS + 1, 10)
    with pytest.raises(UsageError):
        index.search(np.zeros(2, np.int64), 1, 10)
