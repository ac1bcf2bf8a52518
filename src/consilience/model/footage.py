"""Fingerprints over time, of pictures or of sound: one record a content, stream and algorithm.

A video of an hour has thousands of codes. They are kept together in a few columns instead of a row each, and
codes that do not change from one moment to the next are kept once, as a run: exact for matching, since
whatever agrees with one moment of the run agrees with all.
"""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import Annotated, Final

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

MICROSECONDS: Final = 1_000_000
"""Times are whole microseconds from the beginning of the stream's presentation."""

VPDQ: Final = "vpdq"
"""Algorithm whose codes are those of frames."""
VPDQ_VERSION: Final = "1"
"""Version of its definition here: PDQ 1 of each frame."""

MOST_CODES: Final = 1 << 20
"""Runs in one fingerprint: twelve days at one a second. An index may number them with 20 bits."""
MOST_BYTES: Final = 48 << 20
"""Bytes of one encoded fingerprint."""

_LONGEST: Final = 1 << 60
_MAGIC: Final = b"CTF"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<3sBBI")
_COLUMN: Final = struct.Struct("<qB")
_WIDTHS: Final = (0, 1, 2, 4, 8)


class Look(StrEnum):
    """Which pass of examination made a fingerprint; a later one holds all that an earlier one found."""

    FIRST = "first-look"
    FULL = "full-pass"
    EXACT = "exact-frames"
    """The frames that a named program would take: one each second, whether it had to be decoded or not."""
    EVERY = "every-frame"


LOOKS: Final = tuple(Look)


class TimedCodes(msgspec.Struct, frozen=True, eq=False):
    """Codes of moments, in the order of time; all arrays have one length, and none may be written to.

    Attributes:
        begins: int64 (n,), microseconds at which the first moment of a run lies; never falling.
        ends: int64 (n,), microseconds at which its last moment lies, not before the first.
        codes: uint8 (n, bytes of a code).
        qualities: uint8 (n,), 0-100.
    """

    begins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]
    qualities: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.begins)

    @classmethod
    def of(
        cls,
        times: npt.NDArray[np.int64],
        codes: npt.NDArray[np.uint8],
        qualities: npt.NDArray[np.uint8],
    ) -> TimedCodes:
        """Codes of single moments, in any order; neighbours that are equal become one run.

        Args:
            times: int64 (n,), microseconds; of codes at one time that are equal, one is kept.
            codes: uint8 (n, bytes of a code).
            qualities: uint8 (n,).
        """
        return _pruned(times, times, codes, qualities)

    def merged(self, other: TimedCodes) -> TimedCodes:
        """All moments of both: a later pass adds to what an earlier one found, and takes nothing away.

        Raises:
            ValueError: their codes differ in length.
        """
        if self.codes.shape[1] != other.codes.shape[1]:
            raise ValueError("codes of different lengths")
        return _pruned(
            np.concatenate([self.begins, other.begins]),
            np.concatenate([self.ends, other.ends]),
            np.concatenate([self.codes, other.codes]),
            np.concatenate([self.qualities, other.qualities]),
        )


class TimedFingerprint(msgspec.Struct, frozen=True):
    """What an algorithm of a version says of one stream of a content, moment by moment.

    Attributes:
        algorithm: ``vpdq``, ``chromaprint``.
        version: of the algorithm's definition; equal algorithm and version compare.
        part: the stream, as ``video:0`` or ``audio:1``; ``video:0/within-bars`` without its black bars.
        look: the furthest pass that it has been through.
        duration: seconds that the stream plays, as far as it could be read.
        decoder: library and version that made the samples.
        data: `TimedCodes`, encoded by `encode_codes`.
    """

    algorithm: Annotated[str, Meta(max_length=64)]
    version: Annotated[str, Meta(max_length=64)]
    part: Annotated[str, Meta(max_length=64)]
    look: Look
    duration: Annotated[float, Meta(ge=0, le=1e9)]
    decoder: Annotated[str, Meta(max_length=256)]
    data: Annotated[bytes, Meta(max_length=MOST_BYTES)]

    def codes(self) -> TimedCodes:
        """The moments.

        Raises:
            ValueError: the data is not what `encode_codes` writes.
        """
        return decode_codes(self.data)


def part_at(part: str, at: int) -> str:
    """How a moment of a stream is named where the part of a picture is expected: ``video:0@12.480``."""
    return f"{part}@{at / MICROSECONDS:.3f}"


def part_of_span(part: str, seconds: tuple[float, float], others: tuple[float, float]) -> str:
    """How a span is named there: ``video:0@9.300-13.300=0.000-4.000``, the other's seconds behind ``=``."""
    return f"{part}@{seconds[0]:.3f}-{seconds[1]:.3f}={others[0]:.3f}-{others[1]:.3f}"


def spoken(part: str) -> str:
    """A part for people: ``video:0 at 12.480 s``, ``video:0 at 9.3-13.3 s, there 0.000-4.000 s``."""
    stream, at, seconds = part.partition("@")
    mine, span, other = seconds.partition("=")
    there = f", there {other} s" if span else ""
    return f"{stream} at {mine} s{there}" if at else stream


def encode_codes(codes: TimedCodes) -> bytes:
    """One compact value: header, then columns of the times, the lengths of runs, the qualities, the codes.

    A column holds each number's height above the column's least, in as few bytes as the greatest needs:
    times are kept as steps, so that an even pace takes no room at all. Little-endian.
    """
    steps = np.diff(codes.begins, prepend=np.int64(0))
    first, rest = steps[:1], steps[1:]
    return b"".join(
        (
            _HEADER.pack(_MAGIC, _VERSION, codes.codes.shape[1], len(codes)),
            _column(first),
            _column(rest),
            _column(codes.ends - codes.begins),
            _column(codes.qualities.astype(np.int64)),
            codes.codes.tobytes(),
        )
    )


def decode_codes(data: bytes) -> TimedCodes:
    """The codes in an encoded value. Safe on any bytes.

    Raises:
        ValueError: not a value that `encode_codes` writes, or of a later version.
    """
    if len(data) < _HEADER.size:
        raise ValueError("not timed codes")
    magic, version, width, count = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise ValueError("not timed codes of this version")
    if count > MOST_CODES or not width:
        raise ValueError("timed codes out of bounds")
    at = _HEADER.size
    columns = []
    for length in (min(count, 1), max(count - 1, 0), count, count):
        column, at = _read_column(data, at, length)
        columns.append(column)
    if len(data) - at != count * width:
        raise ValueError("timed codes of another length")
    begins = np.cumsum(np.concatenate(columns[:2]), dtype=np.int64)
    ends, qualities = begins + columns[2], columns[3]
    bounded = (abs(begins) <= _LONGEST).all() and (abs(ends) <= _LONGEST).all()
    if not bounded or (begins[1:] < begins[:-1]).any() or (ends < begins).any():
        raise ValueError("timed codes out of order")
    if ((qualities < 0) | (qualities > 100)).any():
        raise ValueError("timed codes of impossible quality")
    codes = np.frombuffer(data, np.uint8, offset=at).reshape(count, width)
    return TimedCodes(begins, ends, codes, qualities.astype(np.uint8))


def _pruned(
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    codes: npt.NDArray[np.uint8],
    qualities: npt.NDArray[np.uint8],
) -> TimedCodes:
    order = np.lexsort((qualities, *codes.T[::-1], ends, begins))
    begins, ends, codes, qualities = begins[order], ends[order], codes[order], qualities[order]
    same = (codes[1:] == codes[:-1]).all(axis=1) & (qualities[1:] == qualities[:-1])
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(begins), 1), bool), ~same]))
    last = np.maximum.reduceat(ends, starts) if len(starts) else ends
    return TimedCodes(begins[starts], last, codes[starts], qualities[starts])


def _column(values: npt.NDArray[np.int64]) -> bytes:
    least = int(values.min()) if len(values) else 0
    above = (values - least).astype(np.uint64)
    greatest = int(above.max(initial=0))
    width = next(one for one in _WIDTHS if greatest < 1 << (8 * one))
    packed = above.astype(f"<u{width}").tobytes() if width else b""
    return _COLUMN.pack(least, width) + packed


def _read_column(data: bytes, at: int, count: int) -> tuple[npt.NDArray[np.int64], int]:
    if len(data) - at < _COLUMN.size:
        raise ValueError("timed codes cut short")
    least, width = _COLUMN.unpack_from(data, at)
    at += _COLUMN.size
    if width not in _WIDTHS or len(data) - at < count * width:
        raise ValueError("timed codes cut short")
    values = np.full(count, least, np.int64)
    if width:
        values = values + np.frombuffer(data, f"<u{width}", count, at).astype(np.int64)
    return values, at + count * width
