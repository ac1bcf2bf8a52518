"""The holdings: one folder with everything that one installation knows."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from consilience.errors import HoldingsError, UsageError
from consilience.model.people import Actor
from consilience.store import cases, events
from consilience.store.database import Database

_DATABASE = "consilience.sqlite"
_SCRATCH = "scratch"
_LOCK = "lock"
_MAKING = f"{_DATABASE}.making"
_UNFINISHED = {_SCRATCH, _MAKING, *(f"{_MAKING}-{one}" for one in ("journal", "wal", "shm"))}
"""What a making that was cut off may leave."""
_PRIVATE = 0o700


class Holdings:
    """An open holdings folder. Close it, or use it in ``with``."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database

    @classmethod
    def create(cls, folder: Path, name: str, actor: Actor) -> Holdings:
        """Make new holdings in a folder that is empty, not there yet, or in which a making was cut off.

        Raises:
            UsageError: the folder holds something already, or cannot be made.
        """
        try:
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            if not _UNFINISHED.issuperset(one.name for one in folder.iterdir()):
                raise UsageError(f"{folder} is not empty", "Name a folder that is empty or not there yet.")
            folder.chmod(_PRIVATE)
            (folder / _SCRATCH).mkdir(mode=_PRIVATE, exist_ok=True)
            for left in _UNFINISHED - {_SCRATCH}:
                (folder / left).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{folder} cannot be made: {error.strerror}") from error
        # Made beside and renamed: a folder with a database in it is whole.
        making = folder / _MAKING
        database = Database.create(making, folder / _SCRATCH)
        with database.write() as connection:
            cases.add_holdings(connection, name)
            events.append(connection, actor, "create", object_kind="holdings")
        database.close()
        making.rename(folder / _DATABASE)
        return cls.open(folder)

    @staticmethod
    def are_in(folder: Path) -> bool:
        """Whether a folder has holdings in it; what was cut off while it was made is none."""
        return (folder / _DATABASE).is_file()

    @classmethod
    def open(cls, folder: Path) -> Holdings:
        """Open holdings.

        Raises:
            HoldingsError: there are none, or of another release, or they may not be used.
        """
        path, scratch = folder / _DATABASE, folder / _SCRATCH
        try:
            if not cls.are_in(folder):
                raise HoldingsError(
                    f"{folder} holds no holdings", f"Make them with: consilience init {folder}"
                )
            scratch.mkdir(mode=_PRIVATE, exist_ok=True)
        except OSError as error:
            raise HoldingsError(
                f"{folder}: {error.strerror}", "Check the path and its permissions."
            ) from error
        return cls(folder, Database.open(path, scratch))

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Hold the place of the one who brings in evidence or lists.

        Matching is both ways only if what comes in from one side sees all that came from the other.

        Raises:
            HoldingsError: another process has the place.
        """
        lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(lock, 200).decode("utf-8", "replace") or "another process"
                raise HoldingsError(
                    f"{self.folder} is busy: {holder}", "Wait until it is done, or stop it."
                ) from None
            os.truncate(lock, 0)
            os.pwrite(lock, f"{what} (process {os.getpid()})".encode(), 0)
            yield
        finally:
            os.close(lock)

    def require_space(self, needed: int) -> None:
        """Stop before the disk is full rather than when it is.

        Raises:
            HoldingsError: less than this many bytes are free.
        """
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise HoldingsError(
                f"{self.folder}: {free >> 20} MiB free on its disk, {needed >> 20} MiB are needed",
                "Make room, then run the same command again: it goes on where it stopped.",
            )

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
