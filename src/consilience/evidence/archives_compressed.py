"""Expanding compressed bytes as they are asked for, and the archives of one member: gzip, bzip2, xz."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol, cast

from consilience.evidence.archives_contract import (
    CHUNK,
    ArchiveProblem,
    Member,
    Window,
    file_size,
    member_step,
    read_at,
)
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.settings import Limits

_GZIP_NAME_BYTES = 4096
_ERRORS = (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError)


class Expander(Protocol):
    """What `bz2` and `lzma` call a decompressor."""

    @property
    def eof(self) -> bool:
        """Whether the stream's end was met."""

    @property
    def needs_input(self) -> bool:
        """Whether more bytes must come before any can go."""

    @property
    def unused_data(self) -> bytes:
        """Bytes after the stream's end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many expanded bytes."""


class Inflater:
    """zlib's decompressor with the manners of the others.

    Args:
        wbits: as `zlib.decompressobj` has it: -15 for bare deflate, 31 for gzip.
    """

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        """Whether the stream's end was met."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether more bytes must come before any can go."""
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """Bytes after the stream's end."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many expanded bytes."""
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class Expanding(io.RawIOBase):
    """Expanded bytes of a compressed source; never more of them in memory than were asked for.

    Args:
        source: the compressed bytes.
        expander: makes a decompressor for each stream.
        repeated: whether streams may follow each other; what follows the last one must then be a stream,
            zeros, or nothing.
    """

    def __init__(
        self, source: io.RawIOBase, expander: Callable[[], Expander], *, repeated: bool = False
    ) -> None:
        super().__init__()
        self._source = source
        self._new = expander
        self._repeated = repeated
        self._current: Expander | None = expander()
        self._pending = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end.

        Raises:
            ArchiveProblem: the bytes cannot be expanded, or end too soon.
        """
        if not len(buffer):
            return 0
        while self._current is not None:
            try:
                piece = self._expand(self._current, len(buffer))
            except _ERRORS as error:
                raise _broken(error) from error
            except MemoryError as error:
                raise ArchiveProblem(
                    Problem(ProblemCode.LIMIT_MEMORY, "a dictionary is too large")
                ) from error
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)
        return 0

    def _expand(self, current: Expander, wanted: int) -> bytes:
        if current.eof:
            self._end_of_stream(current)
            return b""
        if current.needs_input and not self._pending:
            self._pending = self._source.read(CHUNK) or b""
            if not self._pending:
                self._current = None
                raise ArchiveProblem(Problem(ProblemCode.DAMAGED, "cut short"))
        taken, self._pending = self._pending, b""
        return current.decompress(taken, wanted)

    def _end_of_stream(self, current: Expander) -> None:
        self._current = None
        if not self._repeated:
            return
        rest = current.unused_data
        while not rest.strip(b"\0"):
            rest = self._source.read(CHUNK) or b""
            if not rest:
                return
        self._current = self._new()
        self._pending = rest.lstrip(b"\0")


def _broken(error: Exception) -> ArchiveProblem:
    words = " ".join(str(error).split())[:200]
    # What lzma says where a dictionary is larger than the limit that it was given.
    code = ProblemCode.LIMIT_MEMORY if words.startswith("Memory usage limit") else ProblemCode.DAMAGED
    return ArchiveProblem(Problem(code, words))


class Checked(io.RawIOBase):
    """Bytes that are held against a stated size and CRC-32 once the last one has been handed out.

    Args:
        source: the bytes.
        size: stated, or None.
        crc: stated, or None.
    """

    def __init__(self, source: io.RawIOBase, size: int | None, crc: int | None) -> None:
        super().__init__()
        self._source = source
        self._size, self._crc = size, crc
        self._seen, self._sum = 0, 0
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end.

        Raises:
            ArchiveProblem: on the read after the last byte, where size or checksum disagree.
        """
        count = self._source.readinto(buffer) or 0
        if count:
            self._seen += count
            if self._crc is not None:
                self._sum = zlib.crc32(memoryview(buffer)[:count], self._sum)
        elif len(buffer) and not self._ended:
            self._ended = True
            if self._crc is not None and self._sum != self._crc:
                raise ArchiveProblem(Problem(ProblemCode.DAMAGED, "the checksum disagrees"))
            if self._size is not None and self._seen != self._size:
                detail = f"{self._seen} bytes where {self._size} were stated"
                raise ArchiveProblem(Problem(ProblemCode.DAMAGED, detail))
        return count


def gzip_members(file: BinaryIO, limits: Limits, start: int) -> Iterator[Member]:
    """The one member of a gzip file (RFC 1952), with the name and time in its header.

    Streams that follow each other make one content. The name is empty where none is stored.
    """
    del limits
    head = read_at(file, 0, _GZIP_NAME_BYTES)
    name = b""
    times: tuple[Timestamp, ...] = ()
    if len(head) >= 10:
        name = _gzip_name(head)
        times = _gzip_time(int.from_bytes(head[4:8], "little"))
    if start == 0:
        yield _single(file, name, times, lambda: Inflater(31))


def bzip2_members(file: BinaryIO, limits: Limits, start: int) -> Iterator[Member]:
    """The one member of a bzip2 file, which has no name."""
    del limits
    if start == 0:
        yield _single(file, b"", (), lambda: cast(Expander, bz2.BZ2Decompressor()))


def xz_members(file: BinaryIO, limits: Limits, start: int) -> Iterator[Member]:
    """The one member of an xz or old LZMA file, which has no name."""
    memory = limits.memory // 4
    if start == 0:
        yield _single(file, b"", (), lambda: cast(Expander, lzma.LZMADecompressor(memlimit=memory)))


def _single(
    file: BinaryIO, name: bytes, times: tuple[Timestamp, ...], expander: Callable[[], Expander]
) -> Member:
    def opener() -> BinaryIO:
        window = Window(file, 0, file_size(file))
        return cast(BinaryIO, Expanding(window, expander, repeated=True))

    return Member(member_step(name, 0), None, times, None, opener)


def _gzip_name(head: bytes) -> bytes:
    flags, at = head[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    if not flags & 8:
        return b""
    end = head.find(b"\0", at)
    return head[at:end] if end >= 0 else b""


def _gzip_time(seconds: int) -> tuple[Timestamp, ...]:
    if not seconds:
        return ()
    return (Timestamp("modified", str(seconds), "UTC", "archive", 1.0, seconds * 10**9),)
