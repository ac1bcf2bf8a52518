"""EXIF blocks from scratch: the fields of a camera, a position, a thumbnail, and whatever a test wants.

Format: JEITA CP-3451 (EXIF 2.3), TIFF 6.0. Little-endian, every directory in tag order.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

ASCII, SHORT, LONG, RATIONAL, BYTE, UNDEFINED = 2, 3, 4, 5, 1, 7
_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}

MAKE, MODEL, ORIENTATION, SOFTWARE, DATE_TIME, ARTIST, DESCRIPTION = (
    0x010F,
    0x0110,
    0x0112,
    0x0131,
    0x0132,
    0x013B,
    0x010E,
)
DATE_TIME_ORIGINAL, OFFSET_ORIGINAL, BODY_SERIAL, LENS_MODEL, LENS_SERIAL = (
    0x9003,
    0x9011,
    0xA431,
    0xA434,
    0xA435,
)
EXPOSURE_TIME, F_NUMBER, ISO, FOCAL_LENGTH, WIDTH, HEIGHT, USER_COMMENT = (
    0x829A,
    0x829D,
    0x8827,
    0x920A,
    0xA002,
    0xA003,
    0x9286,
)
_EXIF_POINTER, _GPS_POINTER, _THUMBNAIL_AT, _THUMBNAIL_LENGTH, _COMPRESSION = (
    0x8769,
    0x8825,
    0x0201,
    0x0202,
    0x0103,
)


class Field(NamedTuple):
    """One field of a directory: its tag, type, and values (bytes for text and undefined)."""

    tag: int
    type: int
    value: bytes | Sequence[int]


def text(tag: int, value: str | bytes) -> Field:
    """A text field; ended by NUL as the format wants it."""
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return Field(tag, ASCII, raw + b"\0")


def short(tag: int, value: int) -> Field:
    """A 16-bit number."""
    return Field(tag, SHORT, (value,))


def long(tag: int, value: int) -> Field:
    """A 32-bit number."""
    return Field(tag, LONG, (value,))


def rational(tag: int, *values: float) -> Field:
    """Fractions with a denominator of 10,000."""
    return Field(tag, RATIONAL, [part for value in values for part in (round(value * 10_000), 10_000)])


def position(latitude: float, longitude: float) -> list[Field]:
    """The fields of a GPS directory for a place in decimal degrees."""

    def sexagesimal(degrees: float) -> tuple[float, float, float]:
        whole = int(degrees)
        minutes = int((degrees - whole) * 60)
        return whole, minutes, round((degrees - whole - minutes / 60) * 3600, 3)

    return [
        Field(0, BYTE, (2, 3, 0, 0)),
        text(1, "N" if latitude >= 0 else "S"),
        rational(2, *sexagesimal(abs(latitude))),
        text(3, "E" if longitude >= 0 else "W"),
        rational(4, *sexagesimal(abs(longitude))),
    ]


def block(
    main: Sequence[Field], detail: Sequence[Field] = (), place: Sequence[Field] = (), thumbnail: bytes = b""
) -> bytes:
    """A whole EXIF payload, with its ``Exif`` prefix, as a JPEG's APP1 segment carries it.

    Args:
        main: fields of the first directory.
        detail: fields of the EXIF directory.
        place: fields of the GPS directory.
        thumbnail: a JPEG of its own, for the second directory.
    """
    out = bytearray(b"II*\0" + struct.pack("<I", 8))
    pointers: dict[int, int] = {}
    first = [*main]
    if detail:
        first.append(long(_EXIF_POINTER, 0))
    if place:
        first.append(long(_GPS_POINTER, 0))
    _directory(out, first, pointers)
    next_at = pointers[-1]
    for tag, fields in ((_EXIF_POINTER, detail), (_GPS_POINTER, place)):
        if fields:
            struct.pack_into("<I", out, pointers[tag], len(out))
            _directory(out, fields, {})
    if thumbnail:
        struct.pack_into("<I", out, next_at, len(out))
        spots: dict[int, int] = {}
        _directory(
            out,
            [short(_COMPRESSION, 6), long(_THUMBNAIL_AT, 0), long(_THUMBNAIL_LENGTH, len(thumbnail))],
            spots,
        )
        struct.pack_into("<I", out, spots[_THUMBNAIL_AT], len(out))
        out += thumbnail
    return b"Exif\0\0" + bytes(out)


def edited(payload: bytes, keep_thumbnail: bool) -> bytes:
    """A payload of ours as an editing program leaves it: upright, without its thumbnail unless that is kept.

    A thumbnail that is kept shows what was there before the edit.
    """
    out = bytearray(payload)
    base = len(b"Exif\0\0")
    (count,) = struct.unpack_from("<H", out, base + 8)
    for index in range(count):
        at = base + 10 + 12 * index
        if struct.unpack_from("<H", out, at) == (ORIENTATION,):
            struct.pack_into("<H", out, at + 8, 1)
    next_at = base + 10 + 12 * count
    (second,) = struct.unpack_from("<I", out, next_at)
    if second and not keep_thumbnail:
        struct.pack_into("<I", out, next_at, 0)
        del out[base + second :]
    return bytes(out)


def _directory(out: bytearray, fields: Sequence[Field], spots: dict[int, int]) -> None:
    """Append a directory; `spots` learns where each value stands, as -1 where the next one's offset does."""
    ordered = sorted(fields)
    start = len(out)
    after = start + 2 + 12 * len(ordered) + 4
    entries, values = bytearray(struct.pack("<H", len(ordered))), bytearray()
    for index, field in enumerate(ordered):
        raw = _packed(field)
        count = len(raw) // _SIZES[field.type]
        spots[field.tag] = start + 2 + 12 * index + 8
        if len(raw) <= 4:
            entries += struct.pack("<HHI", field.tag, field.type, count) + raw.ljust(4, b"\0")
        else:
            entries += struct.pack("<HHII", field.tag, field.type, count, after + len(values))
            values += raw + b"\0" * (len(raw) & 1)
    spots[-1] = start + len(entries)
    out += entries + b"\0\0\0\0" + values


def _packed(field: Field) -> bytes:
    if isinstance(field.value, bytes):
        return field.value
    letter = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I"}[field.type]
    return struct.pack(f"<{len(field.value)}{letter}", *field.value)
