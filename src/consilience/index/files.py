"""Files that are there whole or not at all, and the error for those that are not what was written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from consilience.errors import HoldingsError


class DamagedError(HoldingsError):
    """A file of the index is not what was written. The store knows all that was in it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}", "The index has to be repaired from the store")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes its name, and an older one's place, when all of it is safely on disk.

    Raises:
        OSError: it cannot be written; then nothing has changed.
    """
    unfinished = path.with_name(path.name + ".new")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes sure that names given in a folder survive a crash."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
