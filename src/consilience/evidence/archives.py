"""Archives: the files inside a content, one by one, in stored order.

Hostile bytes: call only in a sandboxed worker. Nothing is expanded before it is read, no password is tried,
and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from consilience.evidence.archives_7z import seven_zip_members
from consilience.evidence.archives_compressed import bzip2_members, gzip_members, xz_members
from consilience.evidence.archives_contract import ArchiveProblem, Member
from consilience.evidence.archives_tar import tar_members
from consilience.evidence.archives_zip import zip_members
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

__all__ = ["ArchiveProblem", "Member", "is_readable", "open_archive"]

_READERS: dict[str, Callable[[BinaryIO, Limits, int], Iterator[Member]]] = {
    "application/zip": zip_members,
    "application/x-tar": tar_members,
    "application/gzip": gzip_members,
    "application/x-bzip2": bzip2_members,
    "application/x-xz": xz_members,
    "application/x-lzma": xz_members,
    "application/x-7z-compressed": seven_zip_members,
}


def is_readable(media_type: str) -> bool:
    """Whether there is a reader for a media type."""
    return media_type in _READERS


def open_archive(file: BinaryIO, media_type: str, limits: Limits, start: int = 0) -> Iterator[Member]:
    """The files in an archive.

    Directories are left out, but counted in the ordinals.

    Args:
        file: seekable, positioned anywhere; it must stay open while members are read.
        media_type: as `consilience.media.sniff.sniff` tells it.
        limits: entries that may be listed.
        start: entries before this ordinal are skipped without being opened.

    Raises:
        ArchiveProblem: the archive cannot be opened, or not be read to its end; then after the last member
            that could be read.
    """
    reader = _READERS.get(media_type)
    if reader is None:
        raise ArchiveProblem(Problem(ProblemCode.UNSUPPORTED, media_type))
    try:
        yield from reader(file, limits, start)
    except MemoryError as error:
        raise ArchiveProblem(
            Problem(ProblemCode.LIMIT_MEMORY, "the archive needs too much memory")
        ) from error
