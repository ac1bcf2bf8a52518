"""Recordings that share sound are tied where they share it; silence and what all share tie nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.fingerprints.chromaprint import SILENCE, SPAN_SECONDS, WORD_SECONDS
from consilience.fingerprints.chromaprint_listening import words_of
from consilience.linking.sound import FOUND_WITHIN, Recording, shared
from consilience.model.footage import MICROSECONDS, TimedCodes


def recording(words: np.ndarray) -> Recording:
    times = np.arange(len(words)) * WORD_SECONDS + SPAN_SECONDS / 2
    return Recording(words, times, len(words) * WORD_SECONDS + SPAN_SECONDS)


def noise(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, count, np.uint32)


def flipped(words: np.ndarray, bits: int, seed: int) -> np.ndarray:
    """Each word with up to so many bits changed."""
    random = np.random.default_rng(seed)
    for _ in range(bits):
        words = words ^ np.where(
            random.random(len(words)) < 0.6, 1 << random.integers(0, 32, len(words)), 0
        ).astype(np.uint32)
    return words


def tied(here: Recording, there: Recording, common: int = 1):
    bits = np.bitwise_count(here.words[:, None] ^ there.words[None, :])
    bits[~here.audible] = 99
    asked, found = np.nonzero(bits <= FOUND_WITHIN)
    if len(asked) == 0:
        return None
    return shared(here, there, asked, found, np.full(len(here.words), common))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300), st.integers(20, 150), st.integers(0, 3), st.integers(0, 2**16))
def test_a_piece_is_found_where_it_lies(at: int, length: int, bits: int, seed: int) -> None:
    whole = noise(450, seed)
    piece = recording(flipped(whole[at : at + length].copy(), bits, seed))
    found = tied(piece, recording(whole))
    assert found is not None and len(found.spans) == 1
    (span,) = found.spans
    assert span.begin == pytest.approx(0, abs=1) and span.end == pytest.approx(piece.duration, abs=1)
    assert span.other_begin == pytest.approx(at * WORD_SECONDS, abs=1)
    assert span.speed == 1.0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**16))
def test_other_sound_is_not_tied(seed: int) -> None:
    assert tied(recording(noise(300, seed)), recording(noise(300, seed + 1))) is None


def test_silence_ties_nothing() -> None:
    silent = np.full(200, SILENCE, np.uint32)
    assert tied(recording(silent), recording(silent)) is None
    assert (
        tied(
            recording(np.concatenate([noise(50, 1), silent])),
            recording(np.concatenate([silent, noise(50, 2)])),
        )
        is None
    )


def test_what_very_many_share_ties_nothing_by_itself() -> None:
    bed = noise(80, 3)
    assert tied(recording(bed), recording(bed), common=5) is not None
    assert tied(recording(bed), recording(bed), common=1000) is None


def test_two_pieces_in_another_order_give_two_spans() -> None:
    first, second = noise(120, 4), noise(140, 5)
    found = tied(recording(np.concatenate([first, second])), recording(np.concatenate([second, first])))
    assert found is not None and len(found.spans) == 2
    assert found.share == pytest.approx(1, abs=0.1)


def test_runs_of_equal_words_are_told_one_by_one() -> None:
    words = np.array([7, 7, 7, 9, SILENCE, SILENCE, 7], np.uint32)
    times = np.rint(np.arange(7) * WORD_SECONDS * MICROSECONDS).astype(np.int64)
    codes = words.astype(">u4").view(np.uint8).reshape(-1, 4)
    pruned = TimedCodes.of(times, codes, np.where(words == SILENCE, 0, 100).astype(np.uint8))
    assert len(pruned) == 4
    told, again = words_of(pruned)
    assert again.tolist() == words.tolist()
    assert told * MICROSECONDS == pytest.approx(times, abs=2)
