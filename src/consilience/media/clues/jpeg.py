"""Clues from how a JPEG file was coded: tables, sampling, markers. They tell programs and cameras apart."""

from __future__ import annotations

import hashlib
import struct
from functools import cache

from consilience.media.clues.text import decoded, text_clue
from consilience.media.structure.jpeg import (
    APP0,
    APP14,
    COM,
    DQT,
    Frame,
    Segment,
    frame_of,
)
from consilience.model.examination import Clue

_MAX_COMMENTS = 10
# ITU-T T.81, annex K.1 and K.2, in zigzag order: the tables that the IJG's library scales by a quality.
_LUMINANCE = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768"
    "673e4d71797064785c656763"
)
_CHROMINANCE = bytes.fromhex(
    "1112121815182f1a1a2f634238426363636363636363636363636363636363636363636363636363636363636363636363636363"
    "636363636363636363636363"
)
_CODING = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive", 0xC3: "lossless"}


def jpeg_clues(found: list[Segment]) -> list[Clue]:
    """Quantisation tables, quality if they are the standard's, coding, markers and comments.

    Args:
        found: the segments up to the first scan.
    """
    clues = []
    if tables := quantisation_tables(found):
        clues.append(Clue("jpeg-tables", canonical_digest(tables), "jpeg:dqt"))
        if quality := standard_quality(tables):
            clues.append(Clue("jpeg-quality", str(quality), "jpeg:dqt"))
    frame = next((frame for segment in found if (frame := frame_of(segment))), None)
    if frame is not None:
        clues.append(Clue("jpeg-coding", _coding(frame), "jpeg:sof"))
    for segment in found:
        body = segment.payload
        if segment.marker == APP0 and body.startswith(b"JFIF\0") and len(body) >= 7:
            clues.append(Clue("jpeg-marker", f"JFIF {body[5]}.{body[6]:02}", "jpeg:app0"))
        elif segment.marker == APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            clues.append(Clue("jpeg-marker", f"Adobe transform {body[11]}", "jpeg:app14"))
    comments = [segment.payload for segment in found if segment.marker == COM][:_MAX_COMMENTS]
    for comment in comments:
        clues += text_clue("comment", decoded(comment), "jpeg:com")
    return clues


def quantisation_tables(found: list[Segment]) -> dict[int, tuple[int, ...]]:
    """Destination to its 64 values in zigzag order; the last definition before the scan counts."""
    tables: dict[int, tuple[int, ...]] = {}
    for segment in found:
        if segment.marker != DQT:
            continue
        body, at = segment.payload, 0
        while at < len(body):
            wide, destination = body[at] >> 4, body[at] & 15
            form = ">64H" if wide else "64B"
            if wide > 1 or destination > 3 or at + 1 + struct.calcsize(form) > len(body):
                break
            tables[destination] = struct.unpack_from(form, body, at + 1)
            at += 1 + struct.calcsize(form)
    return tables


def canonical_digest(tables: dict[int, tuple[int, ...]]) -> str:
    """SHA-256 in hex of the tables by ascending destination: its byte, then 64 big-endian 16-bit values.

    The order and width in which a file happens to write them do not count.
    """
    canonical = b"".join(
        struct.pack(">B64H", destination, *values) for destination, values in sorted(tables.items())
    )
    return hashlib.sha256(canonical).hexdigest()


def standard_quality(tables: dict[int, tuple[int, ...]]) -> int | None:
    """The IJG quality (1-100) whose tables these are exactly, or None."""
    if not tables or any(destination > 1 for destination in tables):
        return None
    by_quality = [_scaled()[destination].get(values) for destination, values in tables.items()]
    return by_quality[0] if len(set(by_quality)) == 1 else None


@cache
def _scaled() -> tuple[dict[tuple[int, ...], int], ...]:
    """For each of the standard's tables, what each quality makes of it; the lowest quality of equal ones."""
    scales = {q: 5000 // q if q < 50 else 200 - 2 * q for q in range(100, 0, -1)}
    return tuple(
        {
            tuple(min(max((base * scale + 50) // 100, 1), 255) for base in bases): quality
            for quality, scale in scales.items()
        }
        for bases in (_LUMINANCE, _CHROMINANCE)
    )


def _coding(frame: Frame) -> str:
    kind = _CODING.get(frame.marker, "arithmetic" if frame.marker >= 0xC9 else f"frame 0x{frame.marker:02x}")
    sampling = ",".join(f"{across}x{down}" for across, down in frame.sampling)
    return f"{kind} {frame.precision}-bit {sampling}"
