"""TMK+PDQF: files round, scores as defined, shifts found.

The sample hashes of facebook/ThreatExchange are not in this tree. Where ``TMK_SAMPLES`` names their folder
(``tmk/sample-hashes``), the scores that the repository's README prints are checked with them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import FormatError
from consilience.interchange.tmk import Tmk, compare, read_tmk, search, write_tmk

PERIODS = (31, 47)
TERMS = 8


def hashed(features: np.ndarray, periods: tuple[int, ...] = PERIODS) -> Tmk:
    """By the definition, one frame after another: average, and normalised sums against cosines and sines."""
    weights = np.array([0.07, *(0.14 * 0.8**j for j in range(TERMS - 1))], np.float32)
    frames, dimensions = features.shape
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    cosines = np.zeros((len(periods), TERMS, dimensions))
    sines = np.zeros_like(cosines)
    for place, period in enumerate(periods):
        for j in range(TERMS):
            for t in range(frames):
                angle = 2 * np.pi * j * t / period
                cosines[place, j] += unit[t] * np.cos(angle)
                sines[place, j] += unit[t] * np.sin(angle)
            for sums in (cosines, sines):
                length = np.linalg.norm(sums[place, j])
                sums[place, j] *= np.sqrt(weights[j]) / (length or 1)
    arrays = (features.mean(axis=0), cosines, sines)
    return Tmk(15, frames, periods, weights, *(one.astype(np.float32) for one in arrays))


def level_2(one: Tmk, other: Tmk) -> float:
    """Shift by shift, as the reference adds it up."""
    best = -np.inf
    for place, period in enumerate(one.periods):
        for shift in range(period):
            total = float(one.cosines[place, 0] @ other.cosines[place, 0])
            for j in range(1, TERMS):
                delta = 2 * np.pi * j * shift / period
                a, b, c, d = (
                    float(x[place, j] @ y[place, j])
                    for x in (one.cosines, one.sines)
                    for y in (other.cosines, other.sines)
                )
                total += np.cos(delta) * (a + d) + np.sin(delta) * (c - b)
            best = max(best, total)
    return best / float(one.coefficients[0] + 2 * one.coefficients[1:].sum())


def film(seed: int, frames: int = 24) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, 16)).cumsum(axis=0) + 3


@given(st.integers(0, 50), st.integers(0, 50))
def test_scores_are_those_of_the_definition(first: int, second: int) -> None:
    one, other = hashed(film(first)), hashed(film(second))
    score = compare(one, other)
    a, b = one.average.astype(float), other.average.astype(float)
    assert score.level_1 == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-6)
    assert score.level_2 == pytest.approx(level_2(one, other), abs=1e-5)


def test_equal_videos_agree_wholly_and_a_later_beginning_is_a_shift() -> None:
    whole = film(1, 30)
    one = hashed(whole)
    assert compare(one, one).level_2 == pytest.approx(1, abs=0.02)
    assert compare(one, one).is_match
    later = compare(hashed(whole[4:]), one)
    assert later.is_match
    assert later.shift in (4, later.period - 4)


def test_a_list_is_searched_best_first() -> None:
    known = [hashed(film(seed) - 3) for seed in range(8)]
    found = search(hashed(film(5) - 3 + 0.01), known)
    assert found[0].place == 5
    assert all(match.score.is_match for match in found)
    assert search(hashed(film(5), (31, 43)), known) == []  # of other periods: nothing to compare


def test_a_file_comes_back_as_it_was() -> None:
    data = write_tmk(hashed(film(2)))
    assert data[:12] == b"TMK1FVECPDQF"
    assert len(data) == 32 + 4 * (2 + TERMS + 16 + 2 * 2 * TERMS * 16)
    assert write_tmk(read_tmk(data)) == data


@given(st.binary(max_size=100), st.integers(0, 31), st.integers(0, 255))
def test_what_is_no_such_file_is_refused(rest: bytes, at: int, value: int) -> None:
    whole = write_tmk(hashed(film(2, 3)))
    for data in (rest, whole[:12] + rest, whole[:-1], whole + b"\0"):
        with pytest.raises(FormatError):
            read_tmk(data)
    changed = bytearray(whole)
    changed[at] = value
    try:
        read = read_tmk(bytes(changed))
    except FormatError:
        return
    assert write_tmk(read) == bytes(changed)


def test_hashes_that_do_not_compare_are_refused() -> None:
    with pytest.raises(FormatError):
        compare(hashed(film(1)), hashed(film(1), (31, 43)))


# Printed by tmk-two-level-score, README of facebook/ThreatExchange/tmk.
README = """
-0.310042 0.017566 doorknob-hd-no-bar.tmk pattern-sd-with-large-logo-bar.tmk
-0.088088 0.033167 chair-19-sd-bar.tmk pattern-sd-with-large-logo-bar.tmk
-0.074581 0.021536 chair-22-with-small-logo-bar.tmk pattern-sd-with-large-logo-bar.tmk
0.919339 0.921573 chair-20-sd-bar.tmk chair-22-with-small-logo-bar.tmk
0.952329 0.961902 chair-19-sd-bar.tmk chair-orig-22-sd-bar.tmk
0.981078 0.954990 pattern-hd-no-bar.tmk pattern-longer-no-bar.tmk
0.989083 0.991138 chair-19-sd-bar.tmk chair-20-sd-bar.tmk
0.999883 0.999877 chair-orig-22-fhd-no-bar.tmk chair-orig-22-hd-no-bar.tmk
"""


@pytest.mark.skipif("TMK_SAMPLES" not in os.environ, reason="the sample hashes are not here")
@pytest.mark.parametrize("line", README.split("\n")[1:-1])
def test_the_scores_that_the_documentation_gives(line: str) -> None:
    first, second, one, other = line.split()
    folder = Path(os.environ["TMK_SAMPLES"])
    score = compare(read_tmk((folder / one).read_bytes()), read_tmk((folder / other).read_bytes()))
    assert score.level_1 == pytest.approx(float(first), abs=2e-6)
    assert score.level_2 == pytest.approx(float(second), abs=2e-4)
