"""Alignment: planted spans are found where they were planted, noise and still pictures make none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.linking.alignment import Alignment, Hits, Rules, Side, align

RULES = Rules(tolerance=1.0, gap=5.0, evidence=1.5, support=0.2)


def side(times: np.ndarray, duration: float, worth: float = 1.0) -> Side:
    return Side(np.asarray(times, float), np.full(len(times), worth), duration)


def nearest(times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.abs(times[None, :] - wanted[:, None]).argmin(axis=1)


def planted(
    here: Side, there: Side, pieces: list[tuple[float, float, float, float]], found: float, seed: int
) -> Hits:
    """Hits of pieces (begin, end, begin there, speed): each moment with the nearest one, if near enough."""
    chance = np.random.default_rng(seed)
    rows, others, closeness = [], [], []
    for begin, end, other, speed in pieces:
        inside = np.flatnonzero((here.times >= begin) & (here.times <= end))
        inside = inside[chance.random(len(inside)) < found]
        wanted = other + speed * (here.times[inside] - begin)
        other_end = other + speed * (end - begin)
        for row, at in zip(inside, wanted, strict=True):
            for candidate in np.flatnonzero(np.abs(there.times - at) <= 0.6):
                if other - 0.01 <= there.times[candidate] <= other_end + 0.01:
                    rows.append(row)
                    others.append(candidate)
                    closeness.append(1 - abs(there.times[candidate] - at) / 2)
    return Hits(np.array(rows, np.int64), np.array(others, np.int64), np.array(closeness, float))


def with_noise(hits: Hits, here: Side, there: Side, count: int, seed: int) -> Hits:
    chance = np.random.default_rng(seed)
    return Hits(
        np.concatenate([hits.here, chance.integers(0, len(here.times), count)]),
        np.concatenate([hits.there, chance.integers(0, len(there.times), count)]),
        np.concatenate([hits.closeness, np.full(count, 0.5)]),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.floats(4, 200),
    st.floats(0, 300),
    st.sampled_from([1.0, 0.8, 0.9, 1.04, 1.1, 1.25]),
    st.integers(0, 30),
    st.integers(0, 1000),
)
def test_a_clip_is_found_with_its_seconds(
    length: float, begin: float, speed: float, noise: int, seed: int
) -> None:
    if speed != 1.0:
        length = max(length, 25.0)
    chance = np.random.default_rng(seed)
    here = side(np.arange(0, length, 1.0), length)
    duration = begin + speed * length + 50
    there = side(np.arange(0, duration, 1.0) + chance.uniform(-0.2, 0.2), duration)
    hits = planted(here, there, [(0, length, begin, speed)], 1.0, seed)
    found = align(here, there, with_noise(hits, here, there, min(noise, len(hits.here) // 2), seed), RULES)
    assert found is not None
    best = max(found.spans, key=lambda one: one.evidence)
    assert best.begin == pytest.approx(0, abs=1.01)
    assert best.end == pytest.approx(length, abs=1.01)
    assert best.other_begin == pytest.approx(begin, abs=1.01)
    assert best.other_end == pytest.approx(begin + speed * length, abs=1.6)
    assert best.speed == pytest.approx(speed, abs=0.06)
    assert best.score > 0.5


@settings(max_examples=40, deadline=None)
@given(st.permutations([0, 1, 2, 3]), st.integers(0, 1000))
def test_pieces_in_another_order_are_each_found(order: list[int], seed: int) -> None:
    here, there = side(np.arange(0, 80, 1.0), 80), side(np.arange(0, 300, 1.0), 300)
    pieces = [(20.0 * place, 20.0 * place + 19, 30.0 + 60 * piece, 1.0) for place, piece in enumerate(order)]
    found = align(here, there, planted(here, there, pieces, 1.0, seed), RULES)
    assert found is not None
    assert len(found.spans) == 4
    for span, (begin, end, other, _) in zip(found.spans, pieces, strict=True):
        assert span.begin == pytest.approx(begin, abs=1.1)
        assert span.end == pytest.approx(end, abs=1.1)
        assert span.other_begin == pytest.approx(other, abs=1.1)
    assert found.share == pytest.approx(1.0, abs=0.06)


def test_a_loop_is_found_at_each_of_its_turns() -> None:
    here, there = side(np.arange(0, 10, 1.0), 10), side(np.arange(0, 30, 1.0), 30)
    pieces = [(0.0, 9.0, 10.0 * turn, 1.0) for turn in range(3)]
    found = align(here, there, planted(here, there, pieces, 1.0, 0), RULES)
    assert found is not None
    assert sorted(round(span.other_begin / 10) for span in found.spans) == [0, 1, 2]
    assert found.other_share > 0.85


def test_key_frames_against_a_dense_library_make_one_span() -> None:
    here, there = side(np.arange(0, 120, 10.0), 120), side(np.arange(0, 600, 1.0), 600)
    found = align(here, there, planted(here, there, [(0, 120, 200.0, 1.0)], 1.0, 0), RULES)
    assert found is not None
    assert len(found.spans) == 1
    assert found.spans[0].begin == pytest.approx(0, abs=0.1)
    assert found.spans[0].end == pytest.approx(120, abs=5)
    assert found.spans[0].agreeing == found.spans[0].possible == 12


def test_noise_alone_makes_no_span() -> None:
    here, there = side(np.arange(0, 600, 1.0), 600), side(np.arange(0, 600, 1.0), 600)
    none = Hits(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    assert align(here, there, none, RULES) is None
    assert align(here, there, with_noise(none, here, there, 100, 1), RULES) is None


def test_one_still_picture_ties_nothing() -> None:
    """A title card that stands in both, for a minute each: every moment agrees with every other."""
    worth = np.full(60, 1 / 60)
    here = Side(np.arange(0, 60, 1.0), worth, 600.0)
    rows = np.arange(60)
    hits = Hits(np.repeat(rows, 60), np.tile(rows, 60), np.ones(3600))
    assert align(here, here, hits, RULES) is None


def test_moments_that_say_nothing_count_on_neither_side() -> None:
    here = Side(np.arange(0, 60, 1.0), np.zeros(60), 60.0)
    rows = np.arange(60)
    assert align(here, here, Hits(rows, rows, np.ones(60)), RULES) is None
    dark = Side(here.times, np.where(rows < 30, 0.0, 1.0), 60.0)
    found = align(dark, dark, Hits(rows, rows, np.ones(60)), RULES)
    assert found is not None
    assert found.spans[0].possible == found.spans[0].agreeing == 30


@given(st.integers(0, 1000))
def test_the_order_of_the_hits_does_not_matter(seed: int) -> None:
    here, there = side(np.arange(0, 40, 1.0), 40), side(np.arange(0, 90, 1.0), 90)
    hits = with_noise(planted(here, there, [(0, 40, 20, 1.1)], 0.9, seed), here, there, 20, seed)
    order = np.random.default_rng(seed).permutation(len(hits.here))
    mixed = Hits(hits.here[order], hits.there[order], hits.closeness[order])
    one, other = align(here, there, hits, RULES), align(here, there, mixed, RULES)
    assert near(one, other)


def near(one: Alignment | None, other: Alignment | None) -> bool:
    if one is None or other is None:
        return one is other
    return len(one.spans) == len(other.spans) and all(
        abs(a.begin - b.begin) + abs(a.other_end - b.other_end) < 1e-6
        for a, b in zip(one.spans, other.spans, strict=True)
    )
