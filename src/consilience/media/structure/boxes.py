"""The boxes of an ISO base media file that matter to stills. Source: ISO/IEC 14496-12; Canon's CR3."""

from __future__ import annotations

import re

_HEAD = 1 << 20
_ITEM_ENTRY = re.compile(rb"(?s)infe[\x02\x03]")
_EXTENTS = re.compile(rb"(?s)ispe\0\0\0\0(.{4})(.{4})")
_NOT_ASCII = bytes(byte if byte < 128 else ord("?") for byte in range(256))


def cr3_box(data: bytes, kind: bytes) -> bytes:
    """The TIFF block in one of Canon's metadata boxes (``CMT1`` … ``CMT4``), or none.

    They lie in the first box after the file type, three levels deep; the first place where the name, its
    length before it and a TIFF header after it agree is the box.
    """
    at = data.find(kind, 0, _HEAD)
    while at >= 4:
        length = int.from_bytes(data[at - 4 : at], "big")
        if length >= 16 and data[at + 4 : at + 8] in (b"II*\0", b"MM\0*"):
            return data[at + 4 : at - 4 + length]
        at = data.find(kind, at + 1, _HEAD)
    return b""


def largest_extents(data: bytes) -> tuple[int, int]:
    """Width and height of the largest picture that a HEIF file states, before any cropping."""
    sizes = [(0, 0)]
    for match in _EXTENTS.finditer(data, 0, _HEAD):
        sizes.append((int.from_bytes(match[1], "big"), int.from_bytes(match[2], "big")))
    return max(sizes, key=lambda size: size[0] * size[1])


def with_plain_items(data: bytes) -> bytes:
    """The same file with item types and names that are ASCII; itself where they are.

    pi-heif takes a type or name that is not UTF-8 for a string all the same, and the process dies of it.
    Only metadata that no decoder needs can have such a type.
    """
    patched: bytearray | None = None
    for match in _ITEM_ENTRY.finditer(data, 0, _HEAD):
        at = match.start()
        end = at - 4 + int.from_bytes(data[at - 4 : at], "big") if at >= 4 else 0
        # Version and flags, an item number of two or four bytes, and one of protection come first.
        start = at + 8 + (2 if data[at + 4] == 2 else 4) + 2
        entry = data[start : min(end, start + _MAX_ENTRY)]
        if not entry.isascii():
            patched = patched or bytearray(data)
            patched[start : start + len(entry)] = entry.translate(_NOT_ASCII)
    return bytes(patched) if patched else data


_MAX_ENTRY = 4096
