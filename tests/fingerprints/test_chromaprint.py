"""The same bits as the reference; the same words however the sound comes in pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromaprint_oracle import of_samples, share_of_equal_bits
from consilience.fingerprints.chromaprint import (
    RATE,
    SILENCE,
    SPAN_SECONDS,
    WORD_SECONDS,
    Listener,
    fingerprint,
)


def music(seconds: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    sound = random.normal(0, 300, time.size)
    for _ in range(6):
        beat = np.sin(2 * np.pi * time * random.uniform(0.1, 3)) > random.uniform(-0.5, 0.8)
        sound += 3000 * beat * np.sin(2 * np.pi * time * random.uniform(60, 3000))
    return sound.clip(-32768, 32767).astype(np.int16)


KINDS = {
    "music": music(30, 1),
    "noise": np.random.default_rng(2).normal(0, 3000, 20 * RATE).astype(np.int16),
    "tone": (9000 * np.sin(np.arange(20 * RATE) * 2 * np.pi * 440 / RATE)).astype(np.int16),
    "sweep": (9000 * np.sin(np.square(np.arange(20 * RATE) / RATE) * 300)).astype(np.int16),
    "full scale": np.where(np.arange(20 * RATE) // 20 % 2, 32767, -32768).astype(np.int16),
    "barely audible": np.random.default_rng(3).normal(0, 1, 20 * RATE).astype(np.int16),
    "then silence": np.concatenate([music(10, 4), np.zeros(10 * RATE, np.int16), music(5, 5)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_bits_are_those_of_the_reference(kind: str) -> None:
    assert share_of_equal_bits(fingerprint(KINDS[kind]), of_samples(KINDS[kind])) >= 0.999


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(3, 12), st.floats(0.001, 4))
def test_bits_are_those_of_the_reference_for_any_sound(seed: int, seconds: float, loudness: float) -> None:
    sound = (music(seconds, seed) * loudness).clip(-32768, 32767).astype(np.int16)
    assert share_of_equal_bits(fingerprint(sound), of_samples(sound)) >= 0.99


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 30_000), max_size=8))
def test_sound_in_pieces_has_the_words_of_the_whole(cuts: list[int]) -> None:
    sound = KINDS["music"][:60_000]
    listener = Listener()
    for piece in np.split(sound, np.minimum(np.cumsum(cuts), len(sound))):
        listener.hear(piece)
    assert np.array_equal(listener.words(), fingerprint(sound))


def test_a_word_needs_its_span_and_then_comes_every_step() -> None:
    least = round(SPAN_SECONDS * RATE)
    sound = KINDS["music"]
    assert [len(fingerprint(sound[:n])) for n in (0, least - 1, least)] == [0, 0, 1]
    assert len(fingerprint(sound[: least + round(10 * WORD_SECONDS * RATE)])) == 11


def test_silence_is_one_word() -> None:
    assert set(fingerprint(np.zeros(5 * RATE, np.int16)).tolist()) == {SILENCE}
    assert set(fingerprint(KINDS["barely audible"]).tolist()) == {SILENCE}
    assert SILENCE not in fingerprint(KINDS["music"])


@pytest.mark.parametrize("wrong", [np.zeros(9, np.float32), np.zeros((9, 2), np.int16)])
def test_other_arrays_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="int16"):
        fingerprint(wrong)
