"""Which recordings share sound: words that agree within a few bits, in step, for some seconds.

Each word is about 2.7 s of sound and comes an eighth of a second after the one before, so neighbours say
nearly the same, and it takes about four seconds of sound in step to tie two recordings. Words of silence say
nothing; words that many recordings share say less the more they are: a bed of music under a hundred films
ties no two of them by itself.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from consilience.fingerprints.chromaprint import SILENCE, SPAN_SECONDS, Words
from consilience.fingerprints.chromaprint_listening import words_of
from consilience.linking.alignment import Alignment, Hits, Rules, Side, align
from consilience.model.footage import TimedFingerprint

FOUND_WITHIN: Final = 2
"""Bits within which a word is looked for among all that are held."""
ALIKE: Final = 0.4
"""Words of two recordings in step agree if they differ by less than this share of what differs by chance.

By chance, words of most sound differ by 14 bits; those of steady noise, such as wind, by half of that.
"""
RULES: Final = Rules(tolerance=0.2, gap=2.5, evidence=8.0, support=0.6)
"""Seconds and worth of a span of words."""
FEW: Final = 8
"""Recordings that may share a word without its being called common."""

_CLOSE: Final = 16.0
"""Bits by which unrelated words differ."""
_SAYING: Final = 6.0
"""Bits by which the words of a recording differ by chance from which each says something by itself."""
_OUT_OF_TUNE: Final = 0.02
"""Share by which a recording may run faster and still have its words: a third of a semitone."""
_LAGS: Final = 12
"""Distances in time at which a recording is compared with itself."""
_OFFSETS: Final = 12
"""Offsets in time at which two recordings are compared word by word: those with most words found."""

Rows = npt.NDArray[np.int64]


class Recording(Struct, frozen=True, eq=False):
    """A sound track, ready to be compared.

    Attributes:
        words: uint32 (n,), one each step.
        times: float64 (n,), seconds; the middle of the sound under each word.
        duration: seconds.
    """

    words: Words
    times: npt.NDArray[np.float64]
    duration: float

    @property
    def audible(self) -> npt.NDArray[np.bool_]:
        """Bool (n,): whether there is something to hear under a word."""
        return np.asarray(self.words != SILENCE, np.bool_)

    @property
    def variety(self) -> float:
        """Bits by which its audible words differ from those at other times, in the middle case."""
        words = self.words[self.audible]
        lags = np.unique(np.linspace(len(words) // 3, len(words) - 1, _LAGS).astype(np.int64))
        bits = [np.bitwise_count(words[lag:] ^ words[: len(words) - lag]) for lag in lags if lag > 0]
        return float(np.median(np.concatenate(bits))) if bits else 0.0


def recording(fingerprint: TimedFingerprint) -> Recording:
    """A recording from its fingerprint."""
    times, words = words_of(fingerprint.codes())
    return Recording(words, times + SPAN_SECONDS / 2, fingerprint.duration)


def shared(here: Recording, there: Recording, asked: Rows, found: Rows, common: Rows) -> Alignment | None:
    """The spans that two recordings share; None where there are none that count.

    Args:
        here, there: the recordings.
        asked, found: int64 (n,), words of the one and the other that were found to agree.
        common: int64 (words of here,), how many other recordings each is found in.
    """
    variety = max(here.variety, there.variety)
    agree_within = math.ceil(ALIKE * variety) - 1
    offsets, count = np.unique(found - asked, return_counts=True)
    best = offsets[np.lexsort((offsets, -count))][:_OFFSETS]
    # The steps of two recordings lie up to half a step apart: the neighbouring offset agrees as well.
    around = np.unique(np.concatenate([best - 1, best, best + 1]))
    rows, others, bits = (
        np.concatenate(parts)
        for parts in zip(
            *(_in_step(here, there, offset, agree_within) for offset in around.tolist()), strict=True
        )
    )
    worth = np.where(here.audible, np.minimum(1.0, FEW / np.maximum(common, 1)), 0.0)
    worth *= min(1.0, variety / _SAYING)
    found_there = align(
        Side(here.times, worth, here.duration),
        Side(there.times, np.where(there.audible, 1.0, 0.0), there.duration),
        Hits(rows, others, 1 - bits / _CLOSE),
        RULES,
    )
    return None if found_there is None else _in_tune(found_there)


def _in_tune(found: Alignment) -> Alignment | None:
    """Without spans at another speed: there words would differ, so what agrees is chance."""
    kept = tuple(span for span in found.spans if abs(span.speed - 1) <= _OUT_OF_TUNE)
    if len(kept) == len(found.spans):
        return found
    if not kept:
        return None
    parts = [sum(span.end - span.begin for span in kept), sum(s.other_end - s.other_begin for s in kept)]
    seconds, other_seconds = min(parts[0], found.seconds), min(parts[1], found.other_seconds)
    return Alignment(
        spans=kept,
        seconds=seconds,
        other_seconds=other_seconds,
        share=found.share * seconds / found.seconds,
        other_share=found.other_share * other_seconds / found.other_seconds,
    )


def _in_step(here: Recording, there: Recording, offset: int, within: int) -> tuple[Rows, Rows, Rows]:
    """The words that agree at an offset, of those with something to hear: rows of both, bits that differ."""
    first = max(0, -offset)
    last = min(len(here.words), len(there.words) - offset)
    rows = np.arange(first, max(first, last))
    bits = np.bitwise_count(here.words[rows] ^ there.words[rows + offset]).astype(np.int64)
    agree = (bits <= within) & here.audible[rows] & there.audible[rows + offset]
    return rows[agree], rows[agree] + offset, bits[agree]
