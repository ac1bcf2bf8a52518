"""Files that were sent and wait to be read: those of a server that was killed go when the next one starts."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "uploads-"


class Uploads:
    """A folder of a server's own; what servers left that were killed is removed. Close it.

    Args:
        scratch: the folder in which each server has its own.
    """

    def __init__(self, scratch: Path) -> None:
        with _locked(scratch):
            for left in scratch.glob(f"{_PREFIX}*"):
                if _is_left(left):
                    shutil.rmtree(left)
            self._folder = scratch / f"{_PREFIX}{secrets.token_hex(8)}"
            self._folder.mkdir(0o700)
            # Held as long as the process lives, however it ends.
            self._held = _open(self._folder)
            fcntl.flock(self._held, fcntl.LOCK_EX)

    def new(self) -> Path:
        """A new folder for one file."""
        folder = self._folder / secrets.token_hex(8)
        folder.mkdir(0o700)
        return folder

    def remove(self, folder: Path) -> None:
        """Remove a folder that `new` gave, with what is in it."""
        shutil.rmtree(folder)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._held)


def _is_left(folder: Path) -> bool:
    """Whether the server whose folder it is has ended."""
    opened = _open(folder)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(opened)
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone among servers: between a folder's making and its lock, another might take it for left."""
    opened = _open(folder)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
