"""TMK+PDQF: hashes of whole videos by facebook/ThreatExchange, read, written and compared; not computed.

Source: ``tmk/cpp`` of that repository (``algo/tmkfv``, ``io/tmkio``) and its README. A file holds the average
of the frames' features, and the features summed against cosines and sines of some periods, so that two videos
can be compared at every shift in time at once. Two scores: level 1, the cosine of the averages (-1 to 1);
level 2, the greatest agreement over all shifts, over what two equal videos have (0 to 1). Files are in native
byte order, which on all machines that matter is little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from consilience.errors import FormatError

LEVEL_1: Final = 0.7
LEVEL_2: Final = 0.7
"""Scores from which two videos match, as its README suggests."""

NAME: Final = "tmk+pdqf"
VERSION: Final = "1"
MAGIC: Final = b"TMK1FVECPDQF"
"""What a file begins with."""

_HEADER: Final = struct.Struct("<12s5i")
_MOST_PERIODS, _MOST_COEFFICIENTS, _MOST_DIMENSIONS = 64, 1024, 4096
_LONGEST_PERIOD: Final = 1 << 20
_SAME_COEFFICIENT: Final = 1e-6

Floats = npt.NDArray[np.float32]


class Tmk(msgspec.Struct, frozen=True, eq=False):
    """The hash of one video.

    Attributes:
        frames_per_second: of the video as it was resampled.
        frames: how many were hashed.
        periods: in frames.
        coefficients: float32 (m,), weights of the Fourier terms.
        average: float32 (d,), of the frames' features.
        cosines, sines: float32 (periods, m, d).
    """

    frames_per_second: int
    frames: int
    periods: tuple[int, ...]
    coefficients: Floats
    average: Floats
    cosines: Floats
    sines: Floats


class TmkScore(msgspec.Struct, frozen=True):
    """How two videos agree.

    Attributes:
        level_1: -1 to 1.
        level_2: 0 to 1.
        period, shift: the frames by which the second lies behind the first, within the period that says most.
    """

    level_1: float
    level_2: float
    period: int
    shift: int

    @property
    def is_match(self) -> bool:
        """Whether both scores reach what its README suggests."""
        return self.level_1 >= LEVEL_1 and self.level_2 >= LEVEL_2


class TmkMatch(msgspec.Struct, frozen=True):
    """A video of a list that agrees: its place in the list, and how."""

    place: int
    score: TmkScore


def read_tmk(data: bytes) -> Tmk:
    """The hash in a ``.tmk`` file.

    Raises:
        FormatError: it is not of the format, cut short, longer than it says, or holds what is no number.
    """
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise FormatError("not a TMK+PDQF file", "It begins with TMK1FVECPDQF.")
    _, rate, periods, terms, dimensions, frames = _HEADER.unpack_from(data)
    bounded = (
        0 <= periods <= _MOST_PERIODS
        and 0 <= terms <= _MOST_COEFFICIENTS
        and 0 < dimensions <= _MOST_DIMENSIONS
        and frames >= 0
        and rate > 0
    )
    numbers = periods + terms + dimensions + 2 * periods * terms * dimensions
    if not bounded or len(data) != _HEADER.size + 4 * numbers:
        raise FormatError(
            f"a TMK+PDQF file of {periods} periods, {terms} terms and {dimensions} dimensions "
            "has another length"
        )
    lengths = np.frombuffer(data, "<i4", periods, _HEADER.size)
    values = np.frombuffer(data, "<f4", numbers - periods, _HEADER.size + 4 * periods).astype(np.float32)
    if not np.isfinite(values).all() or ((lengths < 1) | (lengths > _LONGEST_PERIOD)).any():
        raise FormatError("a TMK+PDQF file with impossible periods or values")
    coefficients, average, rest = np.split(values, [terms, terms + dimensions])
    cosines, sines = rest.reshape(2, periods, terms, dimensions)
    return Tmk(rate, frames, tuple(lengths.tolist()), coefficients, average, cosines, sines)


def write_tmk(tmk: Tmk) -> bytes:
    """The file of a hash."""
    periods, terms, dimensions = tmk.cosines.shape
    header = _HEADER.pack(MAGIC, tmk.frames_per_second, periods, terms, dimensions, tmk.frames)
    arrays = (tmk.coefficients, tmk.average, tmk.cosines, tmk.sines)
    return b"".join(
        (header, np.array(tmk.periods, "<i4").tobytes(), *(array.astype("<f4").tobytes() for array in arrays))
    )


def compare(one: Tmk, other: Tmk) -> TmkScore:
    """How two videos agree.

    Raises:
        FormatError: they were made with other periods, terms or frame rates, and do not compare.
    """
    _require_alike(one, other)
    level_1 = _cosine(one.average, other.average)
    best, period, shift = 0.0, 0, 0
    for place, length in enumerate(one.periods):
        along = _along(one, other, place, length)
        at = int(along.argmax())
        if not period or float(along[at]) > best:
            best, period, shift = float(along[at]), length, at
    return TmkScore(level_1, best / _of_equal(one.coefficients), period, shift)


def search(query: Tmk, known: Sequence[Tmk]) -> list[TmkMatch]:
    """The videos of a list that match, best first.

    Those whose average is too far off are never compared in full; those that do not compare are left out.
    """
    found = []
    for place, other in enumerate(known):
        if not comparable(query, other) or _cosine(query.average, other.average) < LEVEL_1:
            continue
        score = compare(query, other)
        if score.is_match:
            found.append(TmkMatch(place, score))
    return sorted(found, key=lambda one: (-one.score.level_2, -one.score.level_1, one.place))


def _along(one: Tmk, other: Tmk, place: int, length: int) -> npt.NDArray[np.float64]:
    """The agreement at each shift within a period: a Fourier series, summed for all shifts at once."""
    cos_one, sin_one = one.cosines[place].astype(float), one.sines[place].astype(float)
    cos_other, sin_other = other.cosines[place].astype(float), other.sines[place].astype(float)
    even = (cos_one * cos_other).sum(axis=1) + (sin_one * sin_other).sum(axis=1)
    odd = (sin_one * cos_other).sum(axis=1) - (cos_one * sin_other).sum(axis=1)
    if len(even):
        even[0] = float(np.dot(cos_one[0], cos_other[0]))
    terms = np.arange(len(even))
    angle = 2 * np.pi * np.outer(np.arange(length), terms) / length
    return np.asarray(np.cos(angle) @ even + np.sin(angle) @ odd, np.float64)


def _of_equal(coefficients: Floats) -> float:
    """What two equal videos have: each term counts twice but the first."""
    return float(2 * coefficients.sum(dtype=float) - coefficients[0]) if len(coefficients) else 1.0


def _cosine(one: Floats, other: Floats) -> float:
    lengths = float(np.linalg.norm(one.astype(float)) * np.linalg.norm(other.astype(float)))
    return float(np.dot(one.astype(float), other.astype(float)) / lengths) if lengths else 0.0


def comparable(one: Tmk, other: Tmk) -> bool:
    """Whether two hashes were made with the same periods, terms and frame rate."""
    return (
        one.frames_per_second == other.frames_per_second
        and one.periods == other.periods
        and one.cosines.shape == other.cosines.shape
        and bool(np.allclose(one.coefficients, other.coefficients, rtol=_SAME_COEFFICIENT, atol=0))
    )


def _require_alike(one: Tmk, other: Tmk) -> None:
    if not comparable(one, other):
        raise FormatError("two TMK+PDQF hashes of other periods, terms or frame rates do not compare")
