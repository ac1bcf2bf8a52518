"""The fast index against the linear oracle: all kinds of codes, all radii, changes in between."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from code_kinds import KINDS, assert_same, clustered, few_different, flipped, nearly_blank, uniform
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from consilience.errors import UsageError
from consilience.index import hamming, segment
from consilience.index.contract import Hits
from consilience.index.hamming import MultiIndex
from consilience.index.linear import LinearIndex

RADII = st.one_of(st.integers(0, 64), st.sampled_from([15, 16, 31, 32, 47, 48, 63, 64, 128, 256]))


def both(kind, seed: int, count: int, queries: int, parts: int) -> tuple[MultiIndex, LinearIndex, np.ndarray]:
    """The same codes in both indexes, and queries most of which have something near them."""
    random = np.random.default_rng(seed)
    codes = kind(random, count)
    ids = random.permutation(4 * count + 1)[:count].astype(np.int64) - count
    asked = uniform(random, queries)
    if count:
        near = random.random(queries) < 0.8
        asked[near] = flipped(random, codes[random.integers(0, count, near.sum())], 64)
    fast, oracle = MultiIndex(threads=2), LinearIndex()
    for part in np.array_split(np.arange(count), parts):
        fast.add(ids[part], codes[part])
    oracle.add(ids, codes)
    return fast, oracle, asked


def agree(kind, seed: int, count: int, queries: int, radius: int, parts: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hamming, "TAIL", 500)
        fast, oracle, asked = both(kind, seed, count, queries, parts)
    assert len(fast) == len(oracle)
    assert_same(fast.search(asked, radius), oracle.search(asked, radius))
    fast.settle()
    assert_same(fast.search(asked, radius), oracle.search(asked, radius))


ANY = {
    "seed": st.integers(0, 2**32),
    "count": st.integers(0, 3000),
    "queries": st.integers(0, 40),
    "radius": RADII,
    "parts": st.integers(1, 4),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(**ANY)
def test_finds_what_the_oracle_finds(kind, **any_of: int) -> None:
    agree(kind, **any_of)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=1500, deadline=None)
@given(**ANY)
def test_finds_what_the_oracle_finds_very_often(kind, **any_of: int) -> None:
    agree(kind, **any_of)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("few_words", [False, True], ids=["all words", "fewer words"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), radius=RADII)
def test_large_segments_find_the_same(kind, few_words: bool, seed: int, radius: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment, "_FEW", 0)
        patch.setattr(segment, "_MANY", 0 if few_words else 1 << 40)
        patch.setattr(hamming, "TAIL", 1)
        fast, oracle, asked = both(kind, seed, 2000, 20, 1)
    assert_same(fast.search(asked, radius), oracle.search(asked, radius))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_beyond_sixteen_bits(kind) -> None:
    fast, oracle, asked = both(kind, 7, 200_000, 6, 1)
    for radius in (0, 9, 31, 40):
        assert_same(fast.search(asked, radius), oracle.search(asked, radius))


def test_an_answer_larger_than_the_room_for_hits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "_PIECE", 1 << 12)
    monkeypatch.setattr(segment, "_SCAN_ROWS", 1 << 10)
    monkeypatch.setattr(segment, "_SCAN_QUERIES", 4)
    fast, oracle, asked = both(nearly_blank, 1, 20_000, 30, 1)
    expected = oracle.search(asked, 5)
    assert len(expected) > 1 << 14
    assert_same(fast.search(asked, 5), expected)
    pieces = list(fast.stream(asked, 5))
    assert max(len(piece) for piece in pieces) <= 1 << 12
    assert sum(len(piece) for piece in pieces) == len(expected)


def test_batches_of_any_size_get_the_answers_of_single_queries() -> None:
    fast, oracle, asked = both(clustered, 3, 20_000, 1100, 1)
    expected = oracle.search(asked, 31)
    for size in (1, 7, 8, 9, 511, 512, 513, 1100):
        begin, end = np.searchsorted(expected.query, [0, size])
        part = Hits(expected.query[begin:end], expected.id[begin:end], expected.distance[begin:end])
        assert_same(fast.search(asked[:size], 31), part)


class Changes(RuleBasedStateMachine):
    """Adds, changes of code, removals and merges in any order."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.fast, self.oracle = MultiIndex(threads=1), LinearIndex()
        self.seen = uniform(self.random, 1)

    @rule(count=st.integers(1, 150), kind=st.sampled_from(KINDS), span=st.sampled_from([50, 1000, 10**9]))
    def add(self, count: int, kind, span: int) -> None:
        ids, codes = self.random.integers(-span, span, count), kind(self.random, count)
        self.fast.add(ids, codes)
        self.oracle.add(ids, codes)
        self.seen = np.concatenate([self.seen[-20:], codes[:20]])

    @rule(count=st.integers(1, 150), span=st.sampled_from([50, 1000]))
    def remove(self, count: int, span: int) -> None:
        ids = self.random.integers(-span, span, count)
        self.fast.remove(ids)
        self.oracle.remove(ids)

    @rule()
    def settle(self) -> None:
        self.fast.settle()

    @rule(radius=RADII)
    def search(self, radius: int) -> None:
        asked = flipped(self.random, self.seen, 40)
        assert_same(self.fast.search(asked, radius), self.oracle.search(asked, radius))

    @invariant()
    def counts_agree(self) -> None:
        if hasattr(self, "fast"):
            assert len(self.fast) == len(self.oracle)


def test_interleaved_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "TAIL", 100)
    run_state_machine_as_test(Changes, settings=settings(max_examples=60, deadline=None))


def test_segments_are_merged_and_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "TAIL", 100)
    random = np.random.default_rng(5)
    index = MultiIndex()
    for begin in range(0, 10_000, 100):
        index.add(np.arange(begin, begin + 100), uniform(random, 100))
    index.settle()
    assert len(index) == 10_000
    assert len(index.state.segments) <= 4
    index.remove(np.arange(9_999))
    index.settle()
    assert len(index) == 1
    assert sum(part.owners for part in index.state.segments) <= 2


def test_changes_during_a_merge_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "TAIL", 100)
    random = np.random.default_rng(6)
    codes = few_different(random, 1000)
    index, oracle = MultiIndex(), LinearIndex()
    merging, go_on = threading.Event(), threading.Event()
    contents = segment.Segment.contents

    def slow_contents(self):
        merging.set()
        assert go_on.wait(30)
        return contents(self)

    monkeypatch.setattr(segment.Segment, "contents", slow_contents)
    for begin in (0, 500):
        index.add(np.arange(begin, begin + 500), codes[begin : begin + 500])
    oracle.add(np.arange(1000), codes)
    assert merging.wait(30)
    for changed in (index, oracle):
        changed.remove(np.arange(100, 300))
        changed.add(np.arange(600, 650), codes[:50])
    go_on.set()
    index.settle()
    assert_same(index.search(codes[:20], 0), oracle.search(codes[:20], 0))
    assert len(index) == len(oracle) == 800


def test_wrong_arguments_change_nothing() -> None:
    index = MultiIndex()
    good = np.zeros((2, 32), dtype=np.uint8)
    index.add(np.arange(2), good)
    with pytest.raises(UsageError):
        index.add(np.arange(3), good)
    with pytest.raises(UsageError):
        index.remove(np.arange(2, dtype=np.int32))  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        index.search(good[:, :31], 31)
    with pytest.raises(UsageError):
        index.search(good, 257)
    assert len(index) == 2


def test_small_holdings_need_no_compiler() -> None:
    program = (
        "import sys, numpy as np; from consilience.index.hamming import MultiIndex; index = MultiIndex();"
        "codes = np.random.default_rng(0).integers(0, 256, (10_000, 32), dtype=np.uint8);"
        "index.add(np.arange(10_000), codes);"
        "assert len(index.search(np.zeros((3, 32), dtype=np.uint8), 256)) == 30_000;"
        "assert 'numba' not in sys.modules and 'llvmlite' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
