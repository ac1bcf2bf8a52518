"""Chromaprint of sound: one 32-bit word every 0.124 s, each about 2.1 s of sound.

The definition is that of Chromaprint 1.6.1 (Lukáš Lalinský, github.com/acoustid/chromaprint), configuration
``TEST2``, which its tools use unless told otherwise; the constants below are that configuration's. In short:
power spectra of overlapping frames, summed over octaves into twelve notes; smoothed over five frames and
brought to length one; sixteen differences of areas of that picture of notes over sixteen frames, each told in
two bits. Words that lie next to each other share most of their sound, and so most of their bits.

Arithmetic is float64 throughout; Chromaprint's own transform is float32. A note that lies on a threshold may
therefore fall to its other side: measured against the reference, fewer than one bit in a thousand.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

NAME: Final = "chromaprint"
VERSION: Final = "test2"

RATE: Final = 11_025
"""Samples a second that the definition is for."""
FRAME: Final = 4096
STEP: Final = FRAME // 3
"""Samples from one frame to the next, and from one word to the next."""
WORD_SECONDS: Final = STEP / RATE
"""Seconds from one word to the next."""
SILENCE: Final = 627_964_279
"""The word of sound in which there is nothing to hear; equal words of it say nothing."""

Samples = npt.NDArray[np.int16]
Words = npt.NDArray[np.uint32]

_NOTES = 12
_LOWEST, _HIGHEST = 28, 3520  # Hz
_BASE = 440.0 / 16
_SMOOTHING = (0.25, 0.75, 1.0, 0.75, 0.25)
_AUDIBLE = 0.01  # a smoothed row of less power than this counts as silent
_SPAN = 16  # rows of notes under one word
_FIRST_BIN = round(FRAME * _LOWEST / RATE)
_LAST_BIN = round(FRAME * _HIGHEST / RATE)
_AT_ONCE = 256  # frames transformed together

SPAN_SECONDS: Final = ((_SPAN - 1 + len(_SMOOTHING) - 1) * STEP + FRAME) / RATE
"""Seconds of sound under one word; shorter sound has none."""

# Kind of difference, first note, notes, rows; thresholds between its four values.
_CLASSIFIERS: Final = (
    (0, 4, 3, 15, (1.98215, 2.35817, 2.63523)),
    (4, 4, 6, 15, (-1.03809, -0.651211, -0.282167)),
    (1, 0, 4, 16, (-0.298702, 0.119262, 0.558497)),
    (3, 8, 2, 12, (-0.105439, 0.0153946, 0.135898)),
    (3, 4, 4, 8, (-0.142891, 0.0258736, 0.200632)),
    (4, 0, 3, 5, (-0.826319, -0.590612, -0.368214)),
    (1, 2, 2, 9, (-0.557409, -0.233035, 0.0534525)),
    (2, 7, 3, 4, (-0.0646826, 0.00620476, 0.0784847)),
    (2, 6, 2, 16, (-0.192387, -0.029699, 0.215855)),
    (2, 1, 3, 2, (-0.0397818, -0.00568076, 0.0292026)),
    (5, 10, 1, 15, (-0.53823, -0.369934, -0.190235)),
    (3, 6, 2, 10, (-0.124877, 0.0296483, 0.139239)),
    (2, 1, 1, 14, (-0.101475, 0.0225617, 0.231971)),
    (3, 5, 6, 4, (-0.0799915, -0.00729616, 0.063262)),
    (1, 9, 2, 12, (-0.272556, 0.019424, 0.302559)),
    (3, 4, 2, 14, (-0.164292, -0.0321188, 0.0846339)),
)
_GRAY = np.array([0, 1, 3, 2], np.uint32)  # neighbouring values differ in one bit
_WINDOW = (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))) / np.iinfo(np.int16).max


def _note_of_bins() -> npt.NDArray[np.float64]:
    octave = np.log2(np.arange(_FIRST_BIN, _LAST_BIN) * RATE / FRAME / _BASE)
    note = (_NOTES * (octave - np.floor(octave))).astype(np.int64)
    return np.eye(_NOTES)[note]


_NOTE_OF_BINS = _note_of_bins()


class Listener:
    """Takes sound as it is decoded and gives its words at the end; holds twelve numbers a frame meanwhile."""

    def __init__(self) -> None:
        self._rest: Samples = np.empty(0, np.int16)
        self._notes: list[npt.NDArray[np.float64]] = []
        self.samples = 0

    def hear(self, samples: Samples) -> None:
        """Take the next samples: int16 (n,), one channel, `RATE` a second."""
        self.samples += len(samples)
        sound = np.concatenate([self._rest, samples])
        frames = max(0, (len(sound) - FRAME) // STEP + 1)
        for begin in range(0, frames, _AT_ONCE):
            self._notes.append(_notes(sound, begin, min(frames, begin + _AT_ONCE)))
        self._rest = sound[frames * STEP :].copy()

    def words(self) -> Words:
        """The words of all that was heard: uint32 (k,); word i begins at second ``i * WORD_SECONDS``."""
        return _words(np.concatenate([np.empty((0, _NOTES)), *self._notes]))


def fingerprint(samples: Samples) -> Words:
    """The words of a sound: int16 samples (n,), one channel, `RATE` a second. None where it is too short.

    Raises:
        ValueError: the samples are of another type or shape.
    """
    if samples.dtype != np.int16 or samples.ndim != 1:
        raise ValueError(f"sound is int16 (n,), not {samples.dtype} {samples.shape}")
    listener = Listener()
    listener.hear(samples)
    return listener.words()


def _notes(sound: Samples, begin: int, end: int) -> npt.NDArray[np.float64]:
    """The power of each note in frames: float64 (end - begin, 12)."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[
        begin * STEP : (end - 1) * STEP + 1 : STEP
    ]
    spectrum = np.fft.rfft(frames * _WINDOW, axis=1)[:, _FIRST_BIN:_LAST_BIN]
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.asarray(power @ _NOTE_OF_BINS, np.float64)


def _words(notes: npt.NDArray[np.float64]) -> Words:
    rows = len(notes) - len(_SMOOTHING) + 1
    count = rows - _SPAN + 1
    if count <= 0:
        return np.empty(0, np.uint32)
    picture = sum(weight * notes[k : k + rows] for k, weight in enumerate(_SMOOTHING))
    assert isinstance(picture, np.ndarray)
    power = np.sqrt(np.square(picture).sum(axis=1, keepdims=True))
    picture = np.where(power < _AUDIBLE, 0.0, picture / np.maximum(power, _AUDIBLE))
    below = np.zeros((rows + 1, _NOTES + 1))
    below[1:, 1:] = picture.cumsum(axis=0).cumsum(axis=1)

    def area(first_row: int, first_note: int, last_row: int, last_note: int) -> npt.NDArray[np.float64]:
        upper, lower = below[first_row : first_row + count], below[last_row : last_row + count]
        return lower[:, last_note] - upper[:, last_note] - lower[:, first_note] + upper[:, first_note]

    words = np.zeros(count, np.uint32)
    for kind, note, high, wide, thresholds in _CLASSIFIERS:
        whole = area(0, note, wide, note + high)
        if kind == 0:  # the whole area against nothing
            above = whole
        elif kind == 1:  # upper half against lower half of the notes
            above = area(0, note + high // 2, wide, note + high)
        elif kind == 2:  # later half against earlier half
            above = area(wide // 2, note, wide, note + high)
        elif kind == 3:  # two quarters crosswise against the other two
            above = area(0, note + high // 2, wide // 2, note + high)
            above = above + area(wide // 2, note, wide, note + high // 2)
        elif kind == 4:  # middle third of the notes against the outer ones
            above = area(0, note + high // 3, wide, note + 2 * (high // 3))
        else:  # middle third of the time against before and after
            above = area(wide // 3, note, 2 * (wide // 3), note + high)
        rest = np.zeros(count) if kind == 0 else whole - above
        value = np.searchsorted(thresholds, np.log((1 + above) / (1 + rest)), side="right")
        words = (words << np.uint32(2)) | _GRAY[value]
    return words
