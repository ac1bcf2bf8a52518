"""The segments of a JPEG file up to its first scan, read from hostile bytes. Source: ITU-T T.81, annex B."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from consilience.media.structure.exif import read_exif

MAX_SEGMENTS = 2_000
"""Segments that are looked at; a large colour profile takes some 250."""

SOF_MARKERS = frozenset([*range(0xC0, 0xD0)]) - {0xC4, 0xC8, 0xCC}
DQT, SOS, EOI, COM = 0xDB, 0xDA, 0xD9, 0xFE
APP0, APP1, APP2, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
_ALONE = frozenset([0x01, *range(0xD0, 0xD9)])


class Segment(NamedTuple):
    """One segment.

    Attributes:
        marker: its second byte; the first is 0xFF.
        start: offset of the payload.
        payload: without marker and length; cut short where the file ends.
    """

    marker: int
    start: int
    payload: bytes


class Frame(NamedTuple):
    """What the frame header states.

    Attributes:
        marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, 0xC3 lossless, 0xC9 and above arithmetic.
        precision: bits a sample.
        height, width: pixels.
        sampling: horizontal and vertical factor for each component.
    """

    marker: int
    precision: int
    height: int
    width: int
    sampling: tuple[tuple[int, int], ...]


def segments(data: bytes) -> Iterator[Segment]:
    """The segments from the start of a JPEG file to its first scan header, which comes last.

    Bytes between segments are skipped, as decoders do. No bytes make it raise.
    """
    at = 2
    for _ in range(MAX_SEGMENTS):
        at = data.find(b"\xff", at)
        while 0 <= at < len(data) - 1 and data[at + 1] in (0xFF, 0x00):
            at = data.find(b"\xff", at + 1)
        if at < 0 or at + 4 > len(data):
            return
        marker = data[at + 1]
        if marker == EOI:
            return
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            at += 2
            continue
        yield Segment(marker, at + 4, data[at + 4 : at + 2 + length])
        if marker == SOS:
            return
        at += 2 + length


def frame_of(segment: Segment) -> Frame | None:
    """The frame header in a segment, or None."""
    body = segment.payload
    if segment.marker not in SOF_MARKERS or len(body) < 6 or len(body) < 6 + 3 * body[5]:
        return None
    sampling = tuple((body[at + 1] >> 4, body[at + 1] & 15) for at in range(6, 6 + 3 * body[5], 3))
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return Frame(segment.marker, body[0], height, width, sampling)


def joined_profile(found: list[Segment]) -> bytes:
    """The ICC profile that is spread over APP2 segments (ICC.1, annex B.4), in the order of their numbers."""
    prefix = b"ICC_PROFILE\0"
    parts = {
        segment.payload[len(prefix)]: segment.payload[len(prefix) + 2 :]
        for segment in found
        if segment.marker == APP2
        and segment.payload.startswith(prefix)
        and len(segment.payload) > len(prefix)
    }
    return b"".join(parts[number] for number in sorted(parts))


def further_pictures(data: bytes, found: list[Segment], limit: int) -> list[bytes]:
    """The pictures after the first that a Multi-Picture Format index (CIPA DC-007) names."""
    for segment in found:
        if segment.marker == APP2 and segment.payload.startswith(b"MPF\0"):
            return _indexed(data, segment.start + 4, segment.payload[4:], limit)
    return []


def _indexed(data: bytes, base: int, index: bytes, limit: int) -> list[bytes]:
    entries = read_exif(index).main.get(_MP_ENTRIES)
    if entries is None:
        return []
    pictures = []
    for at in range(0, len(entries.raw) - 15, 16):
        _, length, offset = struct.unpack_from(entries.order + "III", entries.raw, at)
        start = base + offset
        if offset and data.startswith(b"\xff\xd8", start):
            pictures.append(data[start : start + length])
        if len(pictures) == limit:
            break
    return pictures


_MP_ENTRIES = 0xB002
