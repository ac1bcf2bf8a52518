"""The sound of a file as timed fingerprints: one a track, a code a word.

A code is a word's four bytes, most significant first. Its time is that at which the sound under it begins. A
word of silence has quality 0 and is not matched; every other word has 100. A track that is silent from
beginning to end, and one that is too short for a word, have a fingerprint all the same, and a clue of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from consilience.fingerprints.chromaprint import (
    NAME,
    SILENCE,
    SPAN_SECONDS,
    VERSION,
    WORD_SECONDS,
    Listener,
    Words,
)
from consilience.media.sound import RATE, Track, listen
from consilience.model.examination import Clue
from consilience.model.footage import (
    MICROSECONDS,
    MOST_CODES,
    Look,
    TimedCodes,
    TimedFingerprint,
    encode_codes,
)
from consilience.model.problems import Problem
from consilience.settings import Limits

CODE_BYTES: Final = 4
_STEP: Final = WORD_SECONDS * MICROSECONDS
_LONGEST: Final = 1e9
"""Seconds at which a track may begin in its file's time; what is stated beyond is not believed."""


class Heard(Struct, frozen=True):
    """What the sound of a file gives.

    Attributes:
        timed: a fingerprint a track, parts ``audio:0``, ``audio:1``, …
        clues: of tracks in which there is nothing to hear, or not enough.
        seconds: of the longest track.
        problem: the first that was met.
    """

    timed: tuple[TimedFingerprint, ...]
    clues: tuple[Clue, ...]
    seconds: float
    problem: Problem | None


def hear(file: BinaryIO, media_type: str, look: Look, limits: Limits, alive: Callable[[], None]) -> Heard:
    """Fingerprint the sound of a file. Hostile bytes: call only in a sandboxed worker.

    Args:
        file: seekable; read from its beginning.
        media_type: as `consilience.media.sniff.sniff` tells it.
        look: the pass in which this is done; sound is heard to its end in every one.
        limits: what the worker may use.
        alive: called as the work goes on.

    Raises:
        Undecodable: the file cannot be opened.
    """
    listeners: defaultdict[int, Listener] = defaultdict(Listener)
    tracks = listen(file, media_type, limits, lambda number, samples: listeners[number].hear(samples), alive)
    timed, clues = [], []
    for track in tracks:
        listener = listeners[track.number]
        words = listener.words()[:MOST_CODES]
        timed.append(_record(track, look, words, listener.samples / RATE))
        part = timed[-1].part
        if not len(words):
            clues.append(Clue("sound", f"shorter than {SPAN_SECONDS:.1f} s, not compared", part))
        elif (words == SILENCE).all():
            clues.append(Clue("sound", "silence throughout, not compared", part))
    return Heard(
        tuple(timed),
        tuple(clues),
        max((track.seconds for track in tracks), default=0.0),
        next((track.problem for track in tracks if track.problem), None),
    )


def words_of(codes: TimedCodes) -> tuple[npt.NDArray[np.float64], Words]:
    """Every word with its time in seconds, runs of equal words told one by one.

    Returns:
        Times float64 (n,), never falling; words uint32 (n,).
    """
    counts = np.rint((codes.ends - codes.begins) / _STEP).astype(np.int64) + 1
    first = np.repeat(codes.begins, counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    words = np.ascontiguousarray(codes.codes).view(">u4").reshape(-1).astype(np.uint32)
    return (first + within * _STEP) / MICROSECONDS, np.repeat(words, counts)


def _record(track: Track, look: Look, words: Words, seconds: float) -> TimedFingerprint:
    start = track.start if abs(track.start) < _LONGEST else 0.0
    times = np.rint(start * MICROSECONDS + np.arange(len(words)) * _STEP).astype(np.int64)
    qualities = np.where(words == SILENCE, 0, 100).astype(np.uint8)
    codes = words.astype(">u4").view(np.uint8).reshape(-1, CODE_BYTES)
    return TimedFingerprint(
        algorithm=NAME,
        version=VERSION,
        part=f"audio:{track.number}",
        look=look,
        duration=min(_LONGEST, max(0.0, start) + seconds),
        decoder=track.decoder,
        data=encode_codes(TimedCodes.of(times, codes, qualities)),
    )
