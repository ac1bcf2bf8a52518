"""A segment as a file: written once, opened by mapping it into memory, its damage noticed by checksums.

Layout: ``CNSLSEG1``; the header's length and CRC-32 (uint32, little-endian); the header in MessagePack; then
arrays in the machine's byte order, each at a multiple of 4,096 bytes. The header has a CRC-32 for each block
of each array. Opening does not look at every byte, which would take longer than many searches.
"""

from __future__ import annotations

import mmap
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.index.files import DamagedError, whole_file
from consilience.index.kernels import Buckets
from consilience.index.segment import Segment

_MAGIC = b"CNSLSEG1"
_PREFIX = struct.Struct("<8sII")
_PAGE = 4096
_BLOCK = 1 << 24
_LARGEST_HEADER = 1 << 20
_TRUSTED = ("indexed", "starts")
"""What the kernels take positions from: checked at opening, and held where no disk can change it."""

AnyArray = NDArray[np.generic]


class _Array(msgspec.Struct, frozen=True):
    name: str
    kind: str
    shape: tuple[int, ...]
    offset: int
    checksums: tuple[int, ...]

    @property
    def size(self) -> int:
        return int(np.dtype(self.kind).itemsize * np.prod(self.shape, dtype=np.int64))


class _Header(msgspec.Struct, frozen=True):
    byte_order: str
    name: str
    shift: int
    spread: int
    arrays: tuple[_Array, ...]


def write_segment(segment: Segment, path: Path) -> None:
    """Writes a segment without its removals.

    Raises:
        OSError: it cannot be written; then there is no such file.
    """
    contents = _arrays_of(segment)
    arrays, offset = [], 0
    for name, values in contents.items():
        checksums = tuple(zlib.crc32(block) for block in _blocks(_bytes_of(values)))
        arrays.append(_Array(name, values.dtype.str, values.shape, offset, checksums))
        offset = _page_up(offset + values.nbytes)
    header = msgspec.msgpack.encode(
        _Header(sys.byteorder, segment.name, segment.buckets.shift, segment.buckets.spread, tuple(arrays))
    )
    start = _page_up(_PREFIX.size + len(header))
    with whole_file(path) as file:
        file.write(_PREFIX.pack(_MAGIC, len(header), zlib.crc32(header)) + header)
        for array in arrays:
            file.seek(start + array.offset)
            file.write(_bytes_of(contents[array.name]).data)
        file.truncate(start + offset)


def read_segment(path: Path) -> Segment:
    """Opens a segment by mapping its file. Nobody is removed from it.

    Raises:
        DamagedError: the header, the length or the starts of buckets are not what was written.
        OSError: it cannot be read.
    """
    arrays: dict[str, Any] = {}
    header, mapped = _opened(path)
    for array in header.arrays:
        content = mapped[array.offset : array.offset + array.size]
        if array.name in _TRUSTED:
            content = content.copy()
            if tuple(zlib.crc32(block) for block in _blocks(content)) != array.checksums:
                raise DamagedError(path, f"the segment's {array.name} have changed")
        arrays[array.name] = content.view(array.kind).reshape(array.shape)
    buckets = {name: arrays.pop(name) for name in Buckets._fields if name in arrays}
    return Segment(
        name=header.name,
        buckets=Buckets(**buckets, shift=header.shift, spread=header.spread),
        **arrays,
        gone=None,
        live=len(arrays["ids"]) + len(arrays["twin_ids"]),
    )


def verify_segment(path: Path) -> Iterator[int]:
    """Compares a whole segment file with its checksums.

    Yields:
        Bytes read, after each block.

    Raises:
        DamagedError: something has changed.
        OSError: it cannot be read.
    """
    header, mapped = _opened(path)
    for array in header.arrays:
        content = mapped[array.offset : array.offset + array.size]
        for number, (block, checksum) in enumerate(zip(_blocks(content), array.checksums, strict=True)):
            if zlib.crc32(block) != checksum:
                raise DamagedError(path, f"block {number} of the segment's {array.name} has changed")
            yield len(block)


def _arrays_of(segment: Segment) -> dict[str, AnyArray]:
    """What is written, by name; in the file, words follow words without gaps."""
    buckets, arrays = segment.buckets, {}
    for name in ("codes", "indexed", "starts", "checks", "lows", "highs", "passing"):
        arrays[name] = np.asarray(getattr(buckets, name))
    for name in ("ids", "twin_rows", "twin_ids", "twin_order"):
        arrays[name] = np.asarray(getattr(segment, name))
    return arrays


def _opened(path: Path) -> tuple[_Header, NDArray[np.uint8]]:
    """The header, and all that follows it: private to this process, so that nothing here changes the file."""
    with path.open("rb") as file:
        prefix = file.read(_PREFIX.size)
        magic, length, checksum = _PREFIX.unpack(prefix) if len(prefix) == _PREFIX.size else (b"", 0, 0)
        if magic != _MAGIC or length > _LARGEST_HEADER:
            raise DamagedError(path, "it is not a segment of this version")
        encoded = file.read(length)
        if zlib.crc32(encoded) != checksum:
            raise DamagedError(path, "the segment's header has changed")
        header = msgspec.msgpack.decode(encoded, type=_Header)
        if header.byte_order != sys.byteorder:
            raise DamagedError(path, "it was written by a machine of another byte order")
        start = _page_up(_PREFIX.size + length)
        ends = max(_page_up(array.offset + array.size) for array in header.arrays)
        if path.stat().st_size != start + ends:
            raise DamagedError(path, "the segment is cut short")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return header, np.frombuffer(mapped, dtype=np.uint8)[start:]


def _blocks(content: NDArray[np.uint8]) -> Iterator[memoryview]:
    for begin in range(0, len(content), _BLOCK):
        yield content[begin : begin + _BLOCK].data


def _bytes_of(values: AnyArray) -> NDArray[np.uint8]:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8)


def _page_up(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
