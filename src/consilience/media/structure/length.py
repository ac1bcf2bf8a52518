"""How long a file says it is, to tell that it was cut short and to read what is left of it."""

from __future__ import annotations

_MAX_BOXES = 1_000
_MOST_MISSING = 20
"""Missing bytes for each one that is there, beyond which nothing of the picture can be told."""


def filled_up(data: bytes, most: int) -> bytes | None:
    """A file that was cut short, with zeros where its bytes are missing; None where none are.

    WebP, AVIF and HEIC decoders refuse a file that is not all there, but decode one with zeros at its end as
    far as its own bytes reach.

    Args:
        data: a RIFF or ISO base media file.
        most: bytes that the whole may have.
    """
    if data[:4] == b"RIFF":
        stated = 8 + int.from_bytes(data[4:8], "little")
    else:
        stated = _end_of_boxes(data) if data[4:8] == b"ftyp" else 0
    missing = stated - len(data)
    sensible = 0 < missing <= _MOST_MISSING * len(data) and stated <= most
    return data + bytes(missing) if sensible else None


def _end_of_boxes(data: bytes) -> int:
    """The end of the last box at the top level (ISO/IEC 14496-12)."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at + 16 > len(data):
            break
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length < 8:
            break
        at += length
    return at
