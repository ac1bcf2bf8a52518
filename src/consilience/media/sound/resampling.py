"""From any sample rate to Chromaprint's, with the filter that Chromaprint has, so that its bits come out.

A windowed sinc in 256 phases, rounded to 15 bits: sixteen taps at the lower rate, a Kaiser window of 9, cut
off at 0.8 of the lower rate. The definition is that of ``av_resample`` as Chromaprint 1.6.1 sets it up
(github.com/acoustid/chromaprint, ``audio_processor.cpp``).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from consilience.compiled import kernel

Samples = npt.NDArray[np.int16]
Bank = npt.NDArray[np.int16]

_PHASES = 256
_TAPS = 16
_CUTOFF = 0.8
_KAISER = 9.0
_BITS = 15

compiled = kernel()


class Resampler:
    """Brings one channel from one sample rate to another, piece by piece."""

    def __init__(self, source: int, target: int) -> None:
        self._source, self._target = source, target
        self._bank = _bank(min(target * _CUTOFF / source, 1.0))
        self._before = (self._bank.shape[1] - 1) // 2
        self._held: Samples = np.empty(0, np.int16)
        self._begin = 0  # the sample that stands first in what is held
        self._given = 0

    def take(self, samples: Samples) -> Samples:
        """The samples at the target rate that can be told from what was taken so far."""
        if self._source == self._target:
            return samples
        held = np.concatenate([self._held, samples])
        if self._begin == 0 and self._before:
            if len(held) <= self._before:
                self._held = held
                return held[:0]
            # Before its beginning the sound is its own mirror.
            held = np.concatenate([held[self._before : 0 : -1], held])
            self._begin = -self._before
        given = _filter(held, self._begin, self._bank, self._given, self._before, self._source, self._target)
        self._given += len(given)
        wanted = _place(self._given, self._before, self._source, self._target) >> 8
        self._held = held[max(0, wanted - self._begin) :].copy()
        self._begin += len(held) - len(self._held)
        return given


def _bank(factor: float) -> Bank:
    """The filter in each phase: int16 (phases, taps), each row's sum about ``1 << 15``."""
    taps = max(1, math.ceil(_TAPS / factor))
    place = np.arange(taps) - (taps - 1) // 2
    x = np.pi * factor * (place[None, :] - np.arange(_PHASES)[:, None] / _PHASES)
    window = np.clip(1 - np.square(2 * x / (factor * taps * np.pi)), 0, None)
    shape = np.sinc(x / np.pi) * np.i0(_KAISER * np.sqrt(window))
    scaled = np.rint(shape * (1 << _BITS) / shape.sum(axis=1, keepdims=True))
    return np.asarray(np.clip(scaled, -(1 << _BITS), (1 << _BITS) - 1), np.int16)


@compiled
def _place(number: int, before: int, source: int, target: int) -> int:
    """Where sample `number` of the target rate begins in the source, in phases."""
    return number * source * 256 // target - before * 256


@compiled
def _filter(
    held: Samples, begin: int, bank: Bank, given: int, before: int, source: int, target: int
) -> Samples:
    taps = bank.shape[1]
    last = ((begin + len(held) - taps + 1 + before) * 256 * target) // (source * 256) + 2
    out = np.empty(max(0, last - given), np.int16)
    made = 0
    while True:
        place = _place(given + made, before, source, target)
        at = (place >> 8) - begin
        if at + taps > len(held):
            return out[:made]
        row = bank[place & 255]
        total = 1 << 14
        for k in range(taps):
            total += int(held[at + k]) * int(row[k])
        out[made] = min(32767, max(-32768, total >> 15))
        made += 1
