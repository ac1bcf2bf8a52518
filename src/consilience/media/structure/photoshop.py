"""Photoshop's image resources, in PSD, JPEG and TIFF files. Source: Adobe Photoshop File Formats."""

from __future__ import annotations

from collections.abc import Iterator

MAX_RESOURCES = 1_000
THUMBNAIL = 1036
_THUMBNAIL_HEADER = 28


def resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each resource, to the first broken one."""
    at = 0
    for _ in range(MAX_RESOURCES):
        if block[at : at + 4] not in (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR") or at + 7 > len(block):
            return
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        # A Pascal string and the data are each padded to an even length.
        start = at + 6 + (block[at + 6] + 2 & ~1)
        length = int.from_bytes(block[start : start + 4], "big")
        yield number, block[start + 4 : start + 4 + length]
        at = start + 4 + (length + 1 & ~1)


def psd_resources(data: bytes) -> bytes:
    """The block of resources of a PSD or PSB file."""
    colours = int.from_bytes(data[26:30], "big")
    at = 30 + colours
    length = int.from_bytes(data[at : at + 4], "big")
    return data[at + 4 : at + 4 + length]


def thumbnail(block: bytes) -> bytes:
    """The JPEG thumbnail in a block of resources, or none."""
    for number, body in resources(block):
        if number == THUMBNAIL and body[_THUMBNAIL_HEADER:].startswith(b"\xff\xd8"):
            return body[_THUMBNAIL_HEADER:]
    return b""
