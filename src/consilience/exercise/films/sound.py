"""Sound: recordings put together from notes, beats and noise, each a pure function of its name.

Kinds: ``tune`` (notes with overtones over a bass), ``beat`` (drums of noise, and a few notes), ``babble``
(bursts of noise through moving bands, at the pace of talk), ``wind`` (slow noise), ``silence``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from consilience.exercise.chance import chance

RATE = 32_000
"""Samples a second of recordings, one channel."""

KINDS = ("tune", "beat", "babble", "wind")
SILENCE = "silence"

Sound = npt.NDArray[np.float32]


def recording(seed: int, name: str, kind: str, seconds: float) -> Sound:
    """The recording of a name: float32 (n,), peaks below 1."""
    random = chance(seed, "recording", name)
    sound = np.zeros(round(seconds * RATE), np.float32)
    match kind:
        case "tune":
            _tune(sound, random, 3.5, 0.5)
            _notes(sound, random, pace=1.0, low=45, high=110, loudness=0.4, length=1.2)
        case "beat":
            _drums(sound, random)
            _tune(sound, random, 1.5, 0.35)
        case "babble":
            _babble(sound, random)
        case "wind":
            sound += 0.6 * _band(random, len(sound), 80, 900, slow=0.7)
            _notes(sound, random, pace=0.4, low=300, high=1500, loudness=0.2, length=0.6)
        case _:
            assert kind == SILENCE
            return sound
    sound += random.normal(0, 0.004, len(sound)).astype(np.float32)  # the room that it was taken in
    return sound * np.float32(0.7 / max(1e-6, float(np.abs(sound).max())))


def _tune(sound: Sound, random: np.random.Generator, pace: float, loudness: float) -> None:
    _notes(sound, random, pace=pace, low=130, high=1400, loudness=loudness, length=0.5)


def _notes(
    sound: Sound,
    random: np.random.Generator,
    *,
    pace: float,
    low: float,
    high: float,
    loudness: float,
    length: float,
) -> None:
    """Add notes of a scale of its own, `pace` of them a second."""
    scale = np.sort(random.choice(12, 7, replace=False))
    base = float(random.uniform(low, low * 2))
    overtones = random.uniform(0.05, 0.7, 5) / np.arange(1, 6)
    at = 0.0
    while (begin := int(at * RATE)) < len(sound):
        step = int(random.integers(0, 21))
        pitch = base * 2 ** (step // 7 + scale[step % 7] / 12)
        held = float(random.uniform(0.4, 1.6)) * length
        if pitch < high:
            time = np.arange(min(int(held * RATE), len(sound) - begin), dtype=np.float32) / np.float32(RATE)
            tone = np.zeros(len(time), np.float32)
            for k, strength in enumerate(overtones, 1):
                tone += np.float32(strength) * np.sin(np.float32(2 * np.pi * pitch * k) * time)
            envelope = np.minimum(time / 0.01, 1) * np.exp(-3 * time / np.float32(held))
            sound[begin : begin + len(time)] += (
                np.float32(loudness * random.uniform(0.5, 1)) * tone * envelope
            )
        at += float(random.choice([0.5, 1, 1, 2])) / pace


def _drums(sound: Sound, random: np.random.Generator) -> None:
    pattern = random.random(8) < 0.6
    pattern[0] = True
    step = int(RATE * random.uniform(0.11, 0.22))
    length = int(0.12 * RATE)
    fall = np.exp(-np.arange(length, dtype=np.float32) / np.float32(0.03 * RATE))
    hits = [_band(random, length, low, low * 3) * fall for low in (60, 300, 1800)]
    for k, begin in enumerate(range(0, len(sound) - length, step)):
        if pattern[k % 8] or random.random() < 0.1:
            sound[begin : begin + length] += hits[int(random.integers(3))]


def _babble(sound: Sound, random: np.random.Generator) -> None:
    at = 0.0
    while (begin := int(at * RATE)) < len(sound):
        held = float(random.uniform(0.06, 0.3))
        length = min(int(held * RATE), len(sound) - begin)
        low = float(random.uniform(120, 1800))
        rise = np.sin(np.linspace(0, np.pi, length, dtype=np.float32))
        sound[begin : begin + length] += _band(random, length, low, low * 1.4) * rise
        at += held + float(random.choice([0.0, 0.03, 0.08, 0.4], p=[0.4, 0.3, 0.2, 0.1]))


def _band(random: np.random.Generator, length: int, low: float, high: float, slow: float = 0.0) -> Sound:
    """Noise between two frequencies, about 0.3 loud; `slow` of it comes and goes."""
    spectrum = np.fft.rfft(random.normal(0, 1, length))
    pitch = np.fft.rfftfreq(length, 1 / RATE)
    spectrum[(pitch < low) | (pitch > high)] = 0
    noise = np.fft.irfft(spectrum, length)
    noise *= 0.3 / max(1e-9, float(np.sqrt(np.mean(np.square(noise)))))
    if slow:
        knots = random.uniform(0, 1, length // RATE + 3)
        swell = np.interp(np.arange(length) / RATE, np.arange(len(knots)), knots)
        noise *= 1 - slow + slow * swell
    return noise.astype(np.float32)
