"""A folder of files of videos' hashes, vPDQ or TMK+PDQF, as one list: what a provider sends as a folder.

Every file below the folder is read in the order of its path, and its videos are named by that path. What is
neither format, and what is no plain file, is a broken record: nothing is passed over in silence.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile, ListFormat
from consilience.interchange.records import NAME_LIMIT
from consilience.interchange.tmk_list import TmkLists
from consilience.interchange.vpdq_list import VpdqLists
from consilience.model.lists import BrokenRecord
from consilience.model.locator import printable_text

NAME = "video-folder"
_FORMATS: tuple[ListFormat, ...] = (VpdqLists(), TmkLists())


def read_folder(folder: Path) -> ListFile:
    """Open a folder as a list. Entries are counted from 1 over all files."""
    paths = _below(folder)
    done = 0

    def entries() -> Iterator[Entry]:
        nonlocal done
        position = 0
        for path in paths:
            for one in _of_file(path, printable_text(str(path.relative_to(folder)))):
                position += 1
                yield msgspec.structs.replace(one, position=position)
            done += 1

    about = ListAbout(format=NAME, attributes={"files": len(paths)})
    return ListFile(lambda: about, entries(), lambda: done / len(paths) if paths else 1.0, lambda: None)


def size_and_digest(folder: Path) -> tuple[int, bytes]:
    """Bytes of all files of a folder, and a SHA-256 over their paths and contents.

    Raises:
        OSError: one cannot be read.
    """
    total, digest = 0, hashlib.sha256()
    for path in _below(folder):
        digest.update(os.fsencode(path.relative_to(folder)) + b"\0")
        if _is_plain(path):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
            total += path.stat().st_size
    return total, digest.digest()


def _below(folder: Path) -> list[Path]:
    """Everything below a folder that is no folder, in the order of paths; links are not followed."""
    return sorted(
        Path(at) / name
        for at, folders, names in os.walk(folder)
        for name in (*names, *(one for one in folders if (Path(at) / one).is_symlink()))
    )


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _of_file(path: Path, name: str) -> Iterator[Entry]:
    if not _is_plain(path):
        yield BrokenRecord(1, f"{name}: not a plain file")
        return
    if len(name) > NAME_LIMIT:
        yield BrokenRecord(1, f"{name[:80]}…: a path of more than {NAME_LIMIT} characters")
        return
    try:
        head = Head(path)
        chosen = next((one for one in _FORMATS if one.fit(head) is not Fit.NO), None)
        if chosen is None:
            raise FormatError("neither vPDQ nor TMK+PDQF")
        with chosen.read(path) as file:
            for place, one in enumerate(file, 1):
                if isinstance(one, BrokenRecord):
                    yield BrokenRecord(1, f"{name}: {one.reason}")
                else:
                    yield msgspec.structs.replace(one, provider_id=name if place == 1 else f"{name}#{place}")
    except FormatError as error:
        yield BrokenRecord(1, f"{name}: {error.what}")
    except OSError as error:
        yield BrokenRecord(1, f"{name}: {error.strerror}")
