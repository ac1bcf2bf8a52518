"""Zip archives, read lazily from their central directory, or from end to end where that is missing.

Nothing of the directory is kept in memory but the entry in hand, so that a directory of millions of entries
costs nothing. Sources: PKWARE APPNOTE.TXT 6.3.10; Info-ZIP's ``extrafld.txt``.
"""

from __future__ import annotations

import bz2
import io
import lzma
import stat
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, NamedTuple, cast

from consilience.evidence.archives_compressed import Checked, Expander, Expanding, Inflater
from consilience.evidence.archives_contract import (
    CHUNK,
    ArchiveProblem,
    Member,
    Window,
    file_size,
    filetime,
    member_step,
    read_at,
)
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.settings import Limits

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _END64_LOCATOR, _DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_LOCAL_FIELDS = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL_FIELDS = struct.Struct("<4sBBHHHHHIIIHHHHHII")
_STORED, _DEFLATED, _BZIP2, _LZMA = 0, 8, 12, 14
_UNIX, _MACINTOSH = 3, 19
_ENCRYPTED, _DESCRIBED_LATER = 0x0001, 0x0008


class _Entry(NamedTuple):
    """What an archive states of one entry; sizes are None where it says them only after the bytes."""

    name: bytes
    flags: int
    method: int
    crc: int | None
    compressed: int | None
    size: int | None
    offset: int
    mode: int
    times: tuple[Timestamp, ...]


def zip_members(file: BinaryIO, limits: Limits, start: int) -> Iterator[Member]:
    """The files of a zip archive in the order of its central directory.

    Without one (cut short, or overwritten) the local headers are followed from the start, and the loss is
    raised at the end.

    Raises:
        ArchiveProblem: the archive could not be read to its end; after the members that could.
    """
    size = file_size(file)
    directory = _find_directory(file, size)
    if directory is None:
        yield from _without_directory(file, size, limits, start)
        raise ArchiveProblem(Problem(ProblemCode.DAMAGED, "no central directory"))
    for ordinal, entry in enumerate(_central_entries(file, *directory)):
        if ordinal >= limits.members:
            raise ArchiveProblem(Problem(ProblemCode.LIMIT_MEMBERS, f"more than {limits.members} entries"))
        if ordinal >= start and not _is_directory(entry):
            yield _member(file, entry, ordinal, lambda entry=entry: _located(file, entry))  # type: ignore[misc]


def _find_directory(file: BinaryIO, size: int) -> tuple[int, int, int] | None:
    """Start and end of the central directory, and what to add to its offsets; None where there is none.

    Offsets are relative to the archive's own beginning, which is not that of the file where something,
    such as a program that unpacks it, stands before it.
    """
    base = max(0, size - 65_557)
    tail = read_at(file, base, 65_557)
    at = tail.rfind(_END)
    while at >= 0:
        if len(tail) - at >= 22:
            length, offset, comment = struct.unpack_from("<IIH", tail, at + 12)
            end = base + at
            if len(tail) - at >= 22 + comment:
                if found := _directory64(file, end):
                    return found
                begin = end - length
                # A directory that says it is empty is believed only where no member stands before it.
                if begin >= 0 and _reads(file, *((begin, _CENTRAL) if length else (0, _END))):
                    return begin, end, begin - offset
        at = tail.rfind(_END, 0, at)
    return None


def _directory64(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    if end < 20 or not _reads(file, end - 20, _END64_LOCATOR):
        return None
    (stated,) = struct.unpack_from("<Q", read_at(file, end - 20, 20), 8)
    # The record ends where its locator begins; the stated place is off by whatever stands before the archive.
    for at in (stated, end - 20 - 56):
        if 0 <= at <= end - 76 and _reads(file, at, _END64):
            length, offset = struct.unpack_from("<QQ", read_at(file, at, 56), 40)
            begin = at - length
            if begin >= 0 and (length == 0 or _reads(file, begin, _CENTRAL)):
                return begin, at, begin - offset
    return None


def _reads(file: BinaryIO, at: int, magic: bytes) -> bool:
    return read_at(file, at, len(magic)) == magic


def _central_entries(file: BinaryIO, begin: int, end: int, shift: int) -> Iterator[_Entry]:
    """Every entry of the central directory, read a piece at a time."""
    buffer, at, position = b"", 0, begin
    while True:
        if len(buffer) - at < CHUNK * 4 and position < end:
            piece = read_at(file, position, min(CHUNK * 4, end - position))
            position = position + len(piece) if piece else end
            buffer, at = buffer[at:] + piece, 0
        if at == len(buffer):
            return
        if len(buffer) - at < _CENTRAL_FIELDS.size or buffer[at : at + 4] != _CENTRAL:
            raise ArchiveProblem(Problem(ProblemCode.DAMAGED, "the central directory is broken"))
        fields = _CENTRAL_FIELDS.unpack_from(buffer, at)
        _, _, system, _, flags, method, clock, day, crc, compressed, size, names, extras, comments = fields[
            :14
        ]
        external, offset = fields[16:]
        at += _CENTRAL_FIELDS.size
        name, extra = buffer[at : at + names], buffer[at + names : at + names + extras]
        at += names + extras + comments
        if at > len(buffer):
            raise ArchiveProblem(Problem(ProblemCode.DAMAGED, "the central directory is cut short"))
        size, compressed, offset = _wide(extra, size, compressed, offset)
        mode = external >> 16 if system in (_UNIX, _MACINTOSH) else 0
        yield _Entry(
            name, flags, method, crc, compressed, size, offset + shift, mode, _times(day, clock, extra)
        )


def _without_directory(file: BinaryIO, size: int, limits: Limits, start: int) -> Iterator[Member]:
    """The files whose local headers follow each other from the start of the file."""
    # The first part of an archive that was split has a mark before its first header.
    at = 4 if read_at(file, 0, 4) in (_DESCRIPTOR, b"PK00") else 0
    for ordinal in range(limits.members):
        head = read_at(file, at, _LOCAL_FIELDS.size)
        if len(head) < _LOCAL_FIELDS.size or head[:4] != _LOCAL:
            return
        _, _, flags, method, clock, day, crc, compressed, length, names, extras = _LOCAL_FIELDS.unpack(head)
        strings = read_at(file, at + _LOCAL_FIELDS.size, names + extras)
        name, extra = strings[:names], strings[names:]
        length, compressed, _ = _wide(extra, length, compressed, 0)
        data = at + _LOCAL_FIELDS.size + names + extras
        later = bool(flags & _DESCRIBED_LATER) and not compressed
        entry = _Entry(
            name,
            flags,
            method,
            None if later else crc,
            None if later else compressed,
            None if later else length,
            at,
            0,
            _times(day, clock, extra),
        )
        following = _next_header(file, data, size) if later else data + compressed
        room = following - data
        if later and method == _STORED:
            room -= _descriptor_length(file, following)

        def opener(entry: _Entry = entry, data: int = data, room: int = room) -> BinaryIO:
            return _stream(file, entry, data, room)

        if ordinal >= start and not _is_directory(entry):
            yield _member(file, entry, ordinal, opener)
        at = following


def _descriptor_length(file: BinaryIO, end: int) -> int:
    """Bytes of the checksum and sizes that stand after stored bytes whose length was not known before."""
    return next((length for length in (16, 24) if _reads(file, end - length, _DESCRIPTOR)), 0)


def _next_header(file: BinaryIO, at: int, size: int) -> int:
    """Where the next local header, or the directory, begins; the file's end if nothing does."""
    tail = b""
    while at < size:
        piece = tail + read_at(file, at, CHUNK)
        hits = [hit for hit in (piece.find(_LOCAL), piece.find(_CENTRAL)) if hit >= 0]
        if hits:
            return at - len(tail) + min(hits)
        at += len(piece) - len(tail)
        tail = piece[-3:]
        if len(piece) <= 3:
            break
    return size


def _is_directory(entry: _Entry) -> bool:
    # What calls itself a directory and has bytes is looked at.
    return not entry.size and (entry.name.endswith(b"/") or stat.S_ISDIR(entry.mode))


def _member(file: BinaryIO, entry: _Entry, ordinal: int, opener: Callable[[], BinaryIO]) -> Member:
    del file
    problem = _problem(entry)
    return Member(
        member_step(entry.name, ordinal), entry.size, entry.times, problem, None if problem else opener
    )


def _problem(entry: _Entry) -> Problem | None:
    kind = stat.S_IFMT(entry.mode)
    if kind in _SPECIAL:
        return Problem(_SPECIAL[kind])
    if entry.flags & _ENCRYPTED:
        return Problem(ProblemCode.ENCRYPTED)
    if entry.method not in (_STORED, _DEFLATED, _BZIP2, _LZMA):
        return Problem(ProblemCode.UNSUPPORTED, f"zip compression method {entry.method}")
    return None


_SPECIAL = {
    stat.S_IFLNK: ProblemCode.LINK,
    stat.S_IFIFO: ProblemCode.FIFO,
    stat.S_IFSOCK: ProblemCode.SOCKET,
    stat.S_IFCHR: ProblemCode.DEVICE,
    stat.S_IFBLK: ProblemCode.DEVICE,
}


def _located(file: BinaryIO, entry: _Entry) -> BinaryIO:
    """The bytes of an entry of the central directory, found through its local header."""
    head = read_at(file, entry.offset, _LOCAL_FIELDS.size)
    if len(head) < _LOCAL_FIELDS.size or head[:4] != _LOCAL:
        raise ArchiveProblem(Problem(ProblemCode.DAMAGED, "no local header where the directory says"))
    names, extras = struct.unpack_from("<HH", head, 26)
    data = entry.offset + _LOCAL_FIELDS.size + names + extras
    return _stream(file, entry, data, entry.compressed or 0)


def _stream(file: BinaryIO, entry: _Entry, data: int, room: int) -> BinaryIO:
    source: io.RawIOBase = Window(file, data, room)
    if entry.method == _DEFLATED:
        source = Expanding(source, lambda: Inflater(-15))
    elif entry.method == _BZIP2:
        source = Expanding(source, lambda: cast(Expander, bz2.BZ2Decompressor()))
    elif entry.method == _LZMA:
        source = Expanding(source, partial(_LzmaExpander, entry.size))
    return cast(BinaryIO, Checked(source, entry.size, entry.crc))


class _LzmaExpander:
    """LZMA as zip stores it: version, length of the properties, five bytes of properties, bare stream."""

    def __init__(self, size: int | None) -> None:
        # No reference reaches back before the first byte, whatever dictionary is stated.
        self._most = _LZMA_DICTIONARY if size is None else min(size, _LZMA_DICTIONARY)
        self._head = b""
        self._inner: lzma.LZMADecompressor | None = None

    @property
    def eof(self) -> bool:
        return self._inner is not None and self._inner.eof

    @property
    def needs_input(self) -> bool:
        return self._inner is None or self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data if self._inner else b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._inner is None:
            self._head += data
            if len(self._head) < 9:
                return b""
            (length,) = struct.unpack_from("<H", self._head, 2)
            if length != 5:
                raise ValueError("LZMA properties of an unknown length")
            packed, dictionary = struct.unpack_from("<BI", self._head, 4)
            if packed >= 225:
                raise ValueError("LZMA properties out of range")
            options = {
                "id": lzma.FILTER_LZMA1,
                "dict_size": max(4096, min(dictionary, self._most)),
                "lc": packed % 9,
                "lp": packed // 9 % 5,
                "pb": packed // 45,
            }
            self._inner = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[options])
            data, self._head = self._head[9:], b""
        return self._inner.decompress(data, max_length)


_LZMA_DICTIONARY = 1 << 30


def _wide(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset with the 64-bit values where the 32-bit ones say so (APPNOTE 4.5.3)."""
    field = _extra(extra, 0x0001)
    at = 0
    values = [size, compressed, offset]
    for index, value in enumerate(values):
        if value == 0xFFFFFFFF and at + 8 <= len(field):
            (values[index],) = struct.unpack_from("<Q", field, at)
            at += 8
    return values[0], values[1], values[2]


def _extra(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        key, length = struct.unpack_from("<HH", extra, at)
        if key == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _times(day: int, clock: int, extra: bytes) -> tuple[Timestamp, ...]:
    times = []
    if day:
        raw = (
            f"{1980 + (day >> 9)}-{day >> 5 & 15:02}-{day & 31:02} "
            f"{clock >> 11:02}:{clock >> 5 & 63:02}:{(clock & 31) * 2:02}"
        )
        times.append(Timestamp("modified", raw, "unknown", "archive", 2.0, None))
    unix = _extra(extra, 0x5455)
    if len(unix) >= 5 and unix[0] & 1:
        (seconds,) = struct.unpack_from("<i", unix, 1)
        times.append(Timestamp("modified", str(seconds), "UTC", "archive", 1.0, seconds * 10**9))
    windows = _extra(extra, 0x000A)
    if len(windows) >= 32 and windows[4:8] == b"\x01\x00\x18\x00":
        for kind, ticks in zip(_NTFS_TIMES, struct.unpack_from("<QQQ", windows, 8), strict=True):
            if ticks:
                times.append(filetime(kind, ticks))
    return tuple(times)


_NTFS_TIMES = ("modified", "accessed", "created")
