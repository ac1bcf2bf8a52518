"""Shared footage: what stands still, is common or is black ties nothing; what moves is found with its seconds."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.linking.alignment import Alignment
from consilience.linking.footage import shared, stream
from consilience.model.footage import TimedCodes


def moving(seed: int, seconds: int, changed_bits: int = 20) -> np.ndarray:
    """Codes of one a second, each differing from the one before in some bits: uint8 (seconds, 32)."""
    chance = np.random.default_rng(seed)
    bits = chance.integers(0, 2, 256)
    found = []
    for _ in range(seconds):
        bits = bits.copy()
        bits[chance.choice(256, changed_bits, replace=False)] ^= 1
        found.append(np.packbits(bits))
    return np.array(found)


def timed(codes: np.ndarray, quality: int = 100, step: float = 1.0) -> TimedCodes:
    times = (np.arange(len(codes)) * step * 1e6).astype(np.int64)
    return TimedCodes.of(times, codes, np.full(len(codes), quality, np.uint8))


def noisy(codes: np.ndarray, bits: int, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    found = np.unpackbits(codes, axis=1)
    for row in found:
        row[chance.choice(256, bits, replace=False)] ^= 1
    return np.packbits(found, axis=1)


def compared(one: TimedCodes, other: TimedCodes, common: np.ndarray | None = None) -> Alignment | None:
    """By looking at every pair of codes."""
    bits = np.unpackbits(one.codes[:, None] ^ other.codes[None], axis=2).sum(axis=2)
    asked, found = np.nonzero((bits <= 31) & (one.qualities >= 50)[:, None] & (other.qualities >= 50)[None])
    here = stream(one, float(one.ends[-1] / 1e6) + 1, common)
    there = stream(other, float(other.ends[-1] / 1e6) + 1)
    return shared(here, there, asked, found, bits[asked, found].astype(np.int64))


def test_a_clip_is_found_with_its_seconds() -> None:
    film = moving(1, 120)
    found = compared(timed(noisy(film[40:46], 6, 2)), timed(film))
    assert found is not None
    assert found.spans[0].other_begin == pytest.approx(40, abs=1)
    assert found.spans[0].other_end == pytest.approx(46, abs=1)
    assert found.share == pytest.approx(1, abs=0.05)


def test_other_footage_is_not() -> None:
    assert compared(timed(moving(1, 300)), timed(moving(2, 300))) is None


def test_a_still_that_both_show_ties_nothing_however_long() -> None:
    still = np.repeat(moving(5, 1), 60, axis=0)
    one = np.concatenate([moving(1, 100), noisy(still, 3, 1)])
    other = np.concatenate([noisy(still, 3, 2), moving(2, 100)])
    assert compared(timed(one), timed(other)) is None
    # Nor where every frame of it is exactly the same, and kept as one run.
    one, other = np.concatenate([moving(1, 100), still]), np.concatenate([still, moving(2, 100)])
    assert compared(timed(one), timed(other)) is None


def test_a_video_of_one_still_is_found_as_a_whole() -> None:
    still = np.repeat(moving(5, 1), 10, axis=0)
    found = compared(timed(still), timed(noisy(still, 4, 1)))
    assert found is not None
    assert found.share == pytest.approx(1, abs=0.11)


def test_black_ties_nothing() -> None:
    black = np.zeros((60, 32), np.uint8)
    assert compared(timed(black, quality=0), timed(black, quality=0)) is None


def test_a_leader_that_many_share_ties_nothing() -> None:
    leader = moving(9, 6)
    one, other = np.concatenate([leader, moving(1, 60)]), np.concatenate([leader, moving(2, 60)])
    assert compared(timed(one), timed(other)) is not None  # nobody knows yet that it is common
    common = np.where(np.arange(66) < 6, 200, 1)
    assert compared(timed(one), timed(other), common) is None
    # A film that is held two hundred times is common throughout, and found all the same.
    assert compared(timed(one), timed(one), np.full(66, 200)) is not None


def test_a_span_goes_on_where_fast_footage_is_only_alike() -> None:
    film = moving(1, 120)
    # Two samplings of a camera in motion: too far apart to match, but for three moments; then other footage.
    clip = np.concatenate([noisy(film[40:50], 45, 2), noisy(film[50:53], 6, 3), moving(9, 20)])
    found = compared(timed(clip), timed(film))
    assert found is not None
    (span,) = found.spans
    assert (span.begin, span.other_begin) == pytest.approx((0, 40), abs=1)
    assert (span.end, span.other_end) == pytest.approx((12, 52), abs=1.5)
    assert found.seconds == pytest.approx(12.5, abs=1)
