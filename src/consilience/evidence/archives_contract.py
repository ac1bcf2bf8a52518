"""What every reader of archives takes and gives."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from msgspec import Struct

from consilience.model.locator import Step, StepKind
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp

CHUNK = 1 << 16
"""Bytes of an archive that are read at a time."""

STEP_NAME = 64 * 1024
"""Bytes of a member's name that are read; no format that people use writes longer ones."""


class ArchiveProblem(Exception):  # noqa: N818 - a typed result that ends an iteration
    """An archive, or the bytes of one member, could not be read to the end.

    Args:
        problem: why.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"{problem.code}: {problem.detail}")


class Member(Struct, frozen=True, eq=False):
    """One file in an archive.

    Attributes:
        step: its raw name as stored and its position in the archive, directories counted.
        size: bytes that the archive states; None where it states none. Hostile: count what is read.
        times: that the archive states.
        problem: why there are no bytes to read: a link, a device, encrypted, an unknown compression.
        opener: makes the stream; None where there is a problem.
    """

    step: Step
    size: int | None
    times: tuple[Timestamp, ...] = ()
    problem: Problem | None = None
    opener: Callable[[], BinaryIO] | None = None

    def open(self) -> BinaryIO:
        """The member's bytes, expanded as they are read.

        To be called at most once, and read before the next member is asked for: some archives can only be
        read in their order. ``read`` raises `ArchiveProblem` where bytes are missing or cannot be expanded,
        and, after the last byte, where checksum or size disagree.

        Raises:
            ArchiveProblem: the member has none, or they are not where the archive says.
        """
        if self.opener is None:
            raise ArchiveProblem(self.problem or Problem(ProblemCode.DAMAGED, "no bytes"))
        return self.opener()


def member_step(name: bytes, ordinal: int) -> Step:
    """The step into an archive's entry."""
    return Step(StepKind.MEMBER, name[:STEP_NAME], ordinal)


class Window(io.RawIOBase):
    """A part of a file, read in place. Several windows may share the file.

    Args:
        file: seekable.
        start, length: the part, in bytes.
    """

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        super().__init__()
        self._file = file
        self._at = start
        self._end = start + length

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end of the part.

        Raises:
            ArchiveProblem: the file ends before the part does.
        """
        wanted = min(len(buffer), self._end - self._at)
        if wanted <= 0:
            return 0
        piece = read_at(self._file, self._at, wanted)
        if not piece:
            raise ArchiveProblem(
                Problem(ProblemCode.DAMAGED, f"cut short: {self._end - self._at} bytes missing")
            )
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def read_at(file: BinaryIO, at: int, count: int) -> bytes:
    """At most so many bytes from an offset; none where the offset is no place in any file."""
    if not 0 <= at < _FARTHEST:
        return b""
    file.seek(at)
    return file.read(count)


_FARTHEST = 1 << 62


def file_size(file: BinaryIO) -> int:
    """Bytes of a seekable file."""
    return file.seek(0, io.SEEK_END)


_FILETIME_EPOCH = 116_444_736_000_000_000


def filetime(kind: str, ticks: int) -> Timestamp:
    """A time as Windows writes it: hundreds of nanoseconds since 1601 in UTC."""
    utc = (ticks - _FILETIME_EPOCH) * 100
    return Timestamp(kind, str(ticks), "UTC", "archive", 1e-7, storable(utc))


def storable(nanoseconds: int) -> int | None:
    """A time that fits 64 bits (the years 1678 to 2262), else None."""
    return nanoseconds if -(2**63) <= nanoseconds < 2**63 else None
