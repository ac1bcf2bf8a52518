"""The blocks of a GIF file, read from hostile bytes. Source: GIF89a specification, 31 July 1990."""

from __future__ import annotations

from typing import NamedTuple

MAX_FRAMES = 100_000
"""Frames of one file that are counted."""
MAX_COMMENTS = 20
_MAX_COMMENT = 8192


class GifBlocks(NamedTuple):
    """How many frames there are, and what the comments say."""

    frames: int
    comments: tuple[bytes, ...]


def read_gif(data: bytes) -> GifBlocks:
    """Frames and comments, as far as the file reaches."""
    frames = 0
    comments: list[bytes] = []
    at = 13 + _table_bytes(data[10] if len(data) > 10 else 0)
    while at < len(data) and frames < MAX_FRAMES:
        introducer = data[at]
        if introducer == 0x2C and at + 10 < len(data):
            frames += 1
            # Past the descriptor, a local table, and the byte of the code size.
            at = _after_blocks(data, at + 11 + _table_bytes(data[at + 9]))
        elif introducer == 0x21 and at + 2 < len(data):
            end = _after_blocks(data, at + 2)
            if data[at + 1] == 0xFE and len(comments) < MAX_COMMENTS:
                comments.append(_joined(data, at + 2))
            at = end
        else:
            break
    return GifBlocks(max(frames, 1), tuple(comments))


def _table_bytes(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _joined(data: bytes, at: int) -> bytes:
    joined = b""
    while at < len(data) and data[at] and len(joined) < _MAX_COMMENT:
        joined += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    return joined
