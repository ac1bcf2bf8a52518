"""MD5, SHA-1 and SHA-256 of a content in one pass over its bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from consilience.model.examination import Digests

Bytes = bytes | bytearray | memoryview

CHUNK = 1 << 20
"""Bytes read at a time: large enough that hashlib's own loop dominates, small enough to stay in cache."""


class Digester:
    """Takes a content piece by piece.

    Attributes:
        size: bytes taken so far.
    """

    def __init__(self) -> None:
        self.size = 0
        self._hashes = tuple(hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256"))

    def update(self, piece: Bytes) -> None:
        """Take the next bytes."""
        view = memoryview(piece).cast("B")
        self.size += len(view)
        for start in range(0, len(view), CHUNK):
            part = view[start : start + CHUNK]
            for hash_ in self._hashes:
                hash_.update(part)

    def digests(self) -> Digests:
        """The digests of all bytes taken so far."""
        md5, sha1, sha256 = (hash_.digest() for hash_ in self._hashes)
        return Digests(md5, sha1, sha256)


def digest_bytes(data: Bytes) -> Digests:
    """The digests of a content held in memory."""
    digester = Digester()
    digester.update(data)
    return digester.digests()


def digest_descriptor(descriptor: int) -> tuple[Digests, int]:
    """The digests of an open file from its beginning to its end, and the bytes counted.

    The descriptor's own position is neither used nor moved.

    Raises:
        OSError: the file could not be read.
    """
    digester = Digester()
    for piece in _pieces(descriptor):
        digester.update(piece)
    return digester.digests(), digester.size


def _pieces(descriptor: int) -> Iterator[bytes]:
    position = 0
    while piece := os.pread(descriptor, CHUNK, position):
        position += len(piece)
        yield piece
