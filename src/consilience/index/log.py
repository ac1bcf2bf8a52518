"""A log of additions and removals: what is in it when `append` returns is there after a crash.

A record is: ``CLOG``; kind (``A`` added, ``R`` removed, ``M`` a mark), count (uint32), CRC-32 (uint32) of the
content; CRC-32 of those three; and the content: ids (int64) and, for additions, codes (32 bytes each); for a
mark, the integers (int64) that its owner wants to find again beside what was appended before. All
little-endian.

An append ends before the next begins. So a record that is not whole, with no whole record behind it, is of an
append that never returned, and is passed over; with one behind it, it is damage.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilience.index.contract import CODE_BYTES
from consilience.index.files import DamagedError, sync_folder

_MARK = b"CLOG"
_WHAT = struct.Struct("<cII")
_PREFIX_SIZE = len(_MARK) + _WHAT.size + 4
_ADDED, _REMOVED, _MARKED = b"A", b"R", b"M"
_BYTES_EACH = {_ADDED: 8 + CODE_BYTES, _REMOVED: 8, _MARKED: 8}


class Change(NamedTuple):
    """Ids, and the codes that they got; None where they were removed."""

    ids: NDArray[np.int64]
    codes: NDArray[np.uint8] | None


class Mark(NamedTuple):
    """Integers of the log's owner, 64 bits each: how far what it follows was taken in, for example."""

    values: tuple[int, ...]


class Log:
    """A log to append to; made where there is none.

    Args:
        path: of the file.
        size: bytes of it that are whole records; what follows is cut off.
    """

    def __init__(self, path: Path, size: int = 0) -> None:
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._file.truncate(size)
        self._file.seek(size)
        os.fsync(self._file.fileno())
        sync_folder(path.parent)

    def append(self, ids: NDArray[np.int64], codes: NDArray[np.uint8] | None) -> None:
        """Writes a record, and waits until the disk has it.

        Args:
            ids: (n,).
            codes: (n, 32) of added ids; None for removed ones.

        Raises:
            OSError: it was not written; the log is as it was.
        """
        content = ids.astype("<i8").tobytes() + (b"" if codes is None else codes.tobytes())
        self._append(_REMOVED if codes is None else _ADDED, len(ids), content)

    def mark(self, mark: Mark) -> None:
        """Writes a mark, and waits until the disk has it.

        Raises:
            OSError: as in `append`.
        """
        self._append(_MARKED, len(mark.values), np.array(mark.values, dtype="<i8").tobytes())

    def _append(self, kind: bytes, count: int, content: bytes) -> None:
        begin = self._file.tell()
        try:
            self._file.write(_prefix(kind, count, zlib.crc32(content)) + content)
            self._file.flush()
            os.fdatasync(self._file.fileno())
        except OSError:
            self._file.seek(begin)
            self._file.truncate()
            raise

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._file.tell()

    def close(self) -> None:
        """Gives the file back."""
        self._file.close()


def read_log(path: Path, begin: int = 0) -> Iterator[tuple[Change | Mark, int]]:
    """The changes and marks in a log, each with the position at which it ends.

    Args:
        path: of the file.
        begin: where a record begins.

    Raises:
        DamagedError: a record has changed since it was written.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        while True:
            file.seek(begin)
            while (record := _read_record(file)) is not None:
                begin = file.tell()
                yield record, begin
            file.seek(begin)
            rest = file.read()
            if _read_record(io.BytesIO(rest)) is None:  # else it was being written a moment ago
                break
    mark = rest.find(_MARK, 1)
    while mark >= 0:
        if _read_record(io.BytesIO(rest[mark:])) is not None:
            raise DamagedError(path, f"the log has changed at byte {begin} or behind it")
        mark = rest.find(_MARK, mark + 1)


def _read_record(file: BinaryIO) -> Change | Mark | None:
    prefix = file.read(_PREFIX_SIZE)
    if len(prefix) < _PREFIX_SIZE or not prefix.startswith(_MARK):
        return None
    kind, count, checksum = _WHAT.unpack_from(prefix, len(_MARK))
    if prefix != _prefix(kind, count, checksum) or kind not in _BYTES_EACH:
        return None
    content = file.read(_BYTES_EACH[kind] * count)
    if len(content) < _BYTES_EACH[kind] * count or zlib.crc32(content) != checksum:
        return None
    ids = np.frombuffer(content, dtype="<i8", count=count).astype(np.int64)
    if kind == _MARKED:
        return Mark(tuple(ids.tolist()))
    if kind == _REMOVED:
        return Change(ids, None)
    codes = np.frombuffer(content, dtype=np.uint8, offset=8 * count).reshape(count, CODE_BYTES)
    return Change(ids, codes)


def _prefix(kind: bytes, count: int, checksum: int) -> bytes:
    what = _WHAT.pack(kind, count, checksum)
    return _MARK + what + struct.pack("<I", zlib.crc32(what))
