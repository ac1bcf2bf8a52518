"""7z archives, solid ones too, expanded as they are read.

What the standard library decodes is read: Copy, LZMA, LZMA2, Deflate, BZip2, and the filters Delta and BCJ.
"""

from __future__ import annotations

import bz2
import io
import lzma
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, cast

from consilience.evidence.archives_7z_header import (
    ENCODED_HEADER,
    HEADER,
    NO_FILES,
    NO_STREAMS,
    SIGNATURE,
    Coder,
    Cursor,
    Files,
    Folder,
    Streams,
    broken,
    read_header,
    read_streams,
)
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

_START = 32
_MAX_HEADER = 256 << 20
_MAX_NESTED_HEADERS = 4
_AES = b"\x06\xf1\x07\x01"
_FILTERS = {
    b"\x03": lzma.FILTER_DELTA,
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x04": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x06": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x07": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
    b"\x09": lzma.FILTER_SPARC,
}
_COPY, _LZMA1, _LZMA2 = b"\x00", b"\x03\x01\x01", b"\x21"
_DEFLATE, _BZIP2 = b"\x04\x01\x08", b"\x04\x02\x02"
_READABLE = frozenset([*_FILTERS, _COPY, _LZMA1, _LZMA2, _DEFLATE, _BZIP2])
_UNIX_EXTENSION = 0x8000
_WINDOWS_DIRECTORY, _WINDOWS_LINK = 0x10, 0x400


def seven_zip_members(file: BinaryIO, limits: Limits, start: int) -> Iterator[Member]:
    """The files of a 7z archive in their order.

    Raises:
        ArchiveProblem: the header cannot be read, or is encrypted.
    """
    streams, files = _header(file, limits)
    places = _places(file, streams, limits)
    for ordinal, name in enumerate(files.names):
        place = next(places, None) if files.has_stream[ordinal] else _NO_BYTES
        if place is None:
            raise broken("the header lists more files than its streams hold")
        attributes = files.attributes[ordinal] or 0
        directory = files.is_directory[ordinal] or (place is _NO_BYTES and attributes & _WINDOWS_DIRECTORY)
        if ordinal < start or directory or files.is_anti[ordinal]:
            continue
        size, opener, problem = place
        if special := _special(attributes):
            problem = Problem(special)
        step = member_step(name, ordinal)
        yield Member(step, size, _times(files, ordinal), problem, None if problem else opener)


_Place = tuple[int, Callable[[], BinaryIO], Problem | None]
_NO_BYTES: _Place = (0, io.BytesIO, None)


def _places(file: BinaryIO, streams: Streams, limits: Limits) -> Iterator[_Place]:
    """Size, stream and problem of each file that has bytes, in their order."""
    for folder, shares in zip(streams.folders, streams.shares, strict=True):
        solid = _Solid(file, streams, folder, limits)
        position = 0
        for size, crc in shares:
            yield size, partial(solid.share, position, size, crc), solid.problem
            position += size


def _header(file: BinaryIO, limits: Limits) -> tuple[Streams, Files]:
    end = file_size(file)
    head = read_at(file, 0, _START)
    if len(head) < _START or not head.startswith(SIGNATURE):
        raise broken("no 7z header")
    offset, length, crc = struct.unpack_from("<QQI", head, 12)
    if length > _MAX_HEADER or _START + offset + length > end:
        raise broken(f"the header would lie at {_START + offset}, {length} bytes long")
    data = read_at(file, _START + offset, length)
    if zlib.crc32(data) != crc:
        raise broken("the header's checksum disagrees")
    for _ in range(_MAX_NESTED_HEADERS):
        if not data:
            return NO_STREAMS, NO_FILES
        if data[0] == HEADER:
            return read_header(data[1:], limits.members)
        if data[0] != ENCODED_HEADER:
            break
        data = _expanded_header(file, read_streams(Cursor(data[1:]), _START), limits)
    raise broken("the header is of an unknown kind")


def _expanded_header(file: BinaryIO, streams: Streams, limits: Limits) -> bytes:
    if len(streams.folders) != 1:
        raise broken("the header's own stream is missing")
    folder = streams.folders[0]
    if folder.size > min(_MAX_HEADER, limits.memory // 4):
        raise ArchiveProblem(Problem(ProblemCode.LIMIT_MEMORY, f"a header of {folder.size} bytes"))
    solid = _Solid(file, streams, folder, limits)
    if solid.problem:
        raise ArchiveProblem(solid.problem)
    with solid.share(0, folder.size, folder.crc) as stream:
        pieces = list(iter(partial(stream.read, CHUNK), b""))
    return b"".join(pieces)


class _Solid:
    """One coded stream, expanded forwards once for all the files that lie in it.

    Attributes:
        problem: why none of them can be read.
    """

    def __init__(self, file: BinaryIO, streams: Streams, folder: Folder, limits: Limits) -> None:
        self._file = file
        self._folder = folder
        self.problem = _problem(folder, limits)
        self._offset, self._length = 0, 0
        if not self.problem:
            packed = folder.packed[0]
            self._offset, self._length = streams.offsets[packed], streams.sizes[packed]
        self._stream: io.RawIOBase | None = None
        self._position = 0

    def share(self, position: int, size: int, crc: int | None) -> BinaryIO:
        """The bytes of one file; those before it are expanded and dropped.

        Raises:
            ArchiveProblem: the bytes before it cannot be expanded.
        """
        if self._stream is None or position < self._position:
            self._stream, self._position = self._open(), 0
        while self._position < position:
            self.read(min(CHUNK, position - self._position))
        return cast(BinaryIO, Checked(_Share(self, size), size, crc))

    def read(self, count: int) -> bytes:
        """At most so many of the next bytes; at least one.

        Raises:
            ArchiveProblem: there are none.
        """
        assert self._stream is not None
        piece = self._stream.read(count)
        if not piece:
            raise broken("the stream ends before its files do")
        self._position += len(piece)
        return piece

    def _open(self) -> io.RawIOBase:
        stream: io.RawIOBase = Window(self._file, self._offset, self._length)
        for coder in self._folder.coders:
            stream = _decoding(stream, coder)
        return stream


class _Share(io.RawIOBase):
    """The next so many bytes of a coded stream."""

    def __init__(self, solid: _Solid, size: int) -> None:
        super().__init__()
        self._solid, self._left = solid, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._left)
        if not wanted:
            return 0
        piece = self._solid.read(wanted)
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)


def _problem(folder: Folder, limits: Limits) -> Problem | None:
    if _AES in folder.methods:
        return Problem(ProblemCode.ENCRYPTED)
    unknown = [method for method in folder.methods if method not in _READABLE]
    if unknown or not folder.coders:
        names = ", ".join(method.hex() for method in unknown) or "in several streams"
        return Problem(ProblemCode.UNSUPPORTED, f"7z compression method {names}")
    for coder in folder.coders:
        if coder.method in (_LZMA1, _LZMA2) and _dictionary(coder) > limits.memory // 4:
            return Problem(ProblemCode.LIMIT_MEMORY, f"a dictionary of {_dictionary(coder)} bytes")
    return None


def _decoding(source: io.RawIOBase, coder: Coder) -> io.RawIOBase:
    """The bytes that a coder makes of its source."""
    if coder.method == _COPY:
        return source
    if coder.method == _DEFLATE:
        return Expanding(source, lambda: Inflater(-15))
    if coder.method == _BZIP2:
        return Expanding(source, lambda: cast(Expander, bz2.BZ2Decompressor()), repeated=True)
    if coder.method in _FILTERS:
        chain = [_filter(coder), {"id": lzma.FILTER_LZMA2, "dict_size": 4096}]
        return Expanding(_AsLzma2(source, coder.size), lambda: _raw_lzma(chain))
    return Expanding(source, lambda: _raw_lzma([_lzma_filter(coder)]))


def _raw_lzma(chain: list[dict[str, int]]) -> Expander:
    return cast(Expander, lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain))


def _filter(coder: Coder) -> dict[str, int]:
    if _FILTERS[coder.method] == lzma.FILTER_DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": (coder.properties[0] if coder.properties else 0) + 1}
    return {"id": _FILTERS[coder.method]}


def _lzma_filter(coder: Coder) -> dict[str, int]:
    if coder.method == _LZMA2:
        return {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(coder)}
    packed = coder.properties[0] if coder.properties else 0
    if packed >= 225:
        raise broken("LZMA properties out of range")
    return {
        "id": lzma.FILTER_LZMA1,
        "dict_size": _dictionary(coder),
        "lc": packed % 9,
        "lp": packed // 9 % 5,
        "pb": packed // 45,
    }


def _dictionary(coder: Coder) -> int:
    """The dictionary that is needed: no reference reaches back before the first byte."""
    stated = 0
    if coder.method == _LZMA1 and len(coder.properties) >= 5:
        (stated,) = struct.unpack_from("<I", coder.properties, 1)
    elif coder.method == _LZMA2 and coder.properties:
        bits = min(coder.properties[0], 40)
        stated = 0xFFFFFFFF if bits == 40 else (2 | bits & 1) << (bits // 2 + 11)
    return max(4096, min(stated, coder.size))


class _AsLzma2(io.RawIOBase):
    """Bytes wrapped as uncompressed chunks of LZMA2, up to a size, with the mark of the end.

    The standard library runs its filters only in front of LZMA2, and a filter hands out its last bytes only
    when it is told the end.
    """

    def __init__(self, source: io.RawIOBase, size: int) -> None:
        super().__init__()
        self._source, self._left = source, size
        self._pending = b""
        self._reset = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._pending and self._left >= 0:
            self._pending = self._chunk()
        count = min(len(buffer), len(self._pending))
        buffer[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        return count

    def _chunk(self) -> bytes:
        if self._left == 0:
            self._left = -1
            return b"\x00"
        body = self._source.read(min(self._left, CHUNK))
        if not body:
            raise broken("cut short")
        self._left -= len(body)
        control = b"\x01" if self._reset else b"\x02"
        self._reset = False
        return control + struct.pack(">H", len(body) - 1) + body


def _special(attributes: int) -> ProblemCode | None:
    if attributes & _UNIX_EXTENSION:
        return _SPECIAL.get(stat.S_IFMT(attributes >> 16))
    return ProblemCode.LINK if attributes & _WINDOWS_LINK else None


_SPECIAL = {
    stat.S_IFLNK: ProblemCode.LINK,
    stat.S_IFIFO: ProblemCode.FIFO,
    stat.S_IFSOCK: ProblemCode.SOCKET,
    stat.S_IFCHR: ProblemCode.DEVICE,
    stat.S_IFBLK: ProblemCode.DEVICE,
}


def _times(files: Files, ordinal: int) -> tuple[Timestamp, ...]:
    stated = (
        ("modified", files.modified[ordinal]),
        ("accessed", files.accessed[ordinal]),
        ("created", files.created[ordinal]),
    )
    return tuple(filetime(kind, ticks) for kind, ticks in stated if ticks)
