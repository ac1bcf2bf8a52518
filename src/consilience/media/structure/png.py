"""The chunks of a PNG file, read from hostile bytes. Source: W3C PNG, third edition."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXTS = frozenset([b"tEXt", b"zTXt", b"iTXt"])
MAX_CHUNKS = 200_000
"""Chunks of one file that are looked at."""
MAX_TEXT = 1 << 20
"""Bytes that one compressed text may expand to; the rest is left out."""


class Chunk(NamedTuple):
    """One chunk: its type, where its data begin, and how many bytes there are."""

    kind: bytes
    start: int
    length: int


class Text(NamedTuple):
    """One text: its keyword and its bytes, and whether these are UTF-8 or Latin-1."""

    keyword: bytes
    raw: bytes
    encoding: str


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks that lie wholly in the file, up to the last one."""
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if at + 12 > len(data):
            return
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            return
        kind = data[at + 4 : at + 8]
        yield Chunk(kind, at + 8, length)
        if kind == b"IEND":
            return
        at += 12 + length


def without_texts(data: bytes) -> bytes:
    """The same file without its texts, which a decoder could stumble over; itself where it has none."""
    pieces, kept = [], 0
    for chunk in chunks(data):
        if chunk.kind in TEXTS:
            pieces.append(data[kept : chunk.start - 8])
            kept = chunk.start + chunk.length + 4
    return b"".join([*pieces, data[kept:]]) if pieces else data


def text_of(data: bytes, chunk: Chunk) -> Text | None:
    """The text in a chunk, or None where it is broken."""
    keyword, found, rest = data[chunk.start : chunk.start + chunk.length].partition(b"\0")
    if not found:
        return None
    if chunk.kind == b"tEXt":
        return Text(keyword, rest[:MAX_TEXT], "latin-1")
    if chunk.kind == b"zTXt":
        return Text(keyword, _expanded(rest[1:]), "latin-1")
    compressed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    return Text(keyword, _expanded(parts[2]) if compressed else parts[2][:MAX_TEXT], "utf-8")


def _expanded(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(raw, MAX_TEXT)
    except zlib.error:
        return b""
