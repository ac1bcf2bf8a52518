"""The holdings: one folder with everything that one installation knows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from consilience.errors import HoldingsError, UsageError
from consilience.model.people import Actor
from consilience.model.vocabularies import loading as vocabularies
from consilience.services.keyring import KEY_FILE, KEY_FILE_MAKING, Keyring
from consilience.services.recording import Recorder
from consilience.store import cases, events, keys
from consilience.store.contract import Backend
from consilience.store.database import Database
from consilience.store.postgresql import PostgresDatabase
from consilience.store.sqlite import LOCK_FILE, SqliteFile

_FILE = "consilience.sqlite"
_ADDRESS = "consilience.postgresql"
"""Holds the address of a database on a server, in place of the file."""
SCRATCH = "scratch"
_VOCABULARIES = "vocabularies"
"""Where an operator adds to the program's own."""
_MAKING = f"{_FILE}.making"
_NAMING = f"{_ADDRESS}.making"
_UNFINISHED = {
    *(SCRATCH, _NAMING, _MAKING, KEY_FILE, KEY_FILE_MAKING),
    *(f"{_MAKING}-{one}" for one in ("journal", "wal", "shm")),
}
"""What a making that was cut off may leave."""
_PRIVATE = 0o700


class Holdings:
    """An open holdings folder. Close it, or use it in ``with``.

    Attributes:
        folder: where.
        database: its records.
        vocabularies: what its words may be.
        recorder: puts acts that change nothing else on record, those of many threads together.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.vocabularies = vocabularies.load(folder / _VOCABULARIES)
        self.recorder = Recorder(database)

    @classmethod
    def create(cls, folder: Path, name: str, actor: Actor, address: str | None = None) -> Holdings:
        """Make new holdings in a folder that is empty, not there yet, or in which a making was cut off.

        Args:
            folder: where they are to be.
            name: what they are called.
            actor: who makes them.
            address: the PostgreSQL database that is to hold the records; None for a file in the folder.

        Raises:
            UsageError: the folder holds something already, or cannot be made; or the address is none.
            HoldingsError: the server cannot be reached.
        """
        with making(folder, address) as database, database.write() as connection:
            cases.add_holdings(connection, name)
            ring = Keyring.create(folder)
            keys.set_signing_key(connection, ring.public)
            keys.set_wrapping_key(connection, ring.newest)
            events.append(connection, actor, "create", object_kind="holdings")
        return cls.open(folder)

    @classmethod
    def attach(cls, folder: Path, address: str) -> Holdings:
        """Use the holdings of a database on a server from one more folder, on this machine or another.

        Raises:
            UsageError: the folder holds something already, or cannot be made; or the address is none.
            HoldingsError: there are no holdings at the address, or it cannot be reached.
        """
        backend = PostgresDatabase(address)
        _empty(folder)
        Database.open(backend).close()
        _name(folder, backend)
        return cls.open(folder)

    @staticmethod
    def are_in(folder: Path) -> bool:
        """Whether a folder has holdings in it; what was cut off while it was made is none."""
        return (folder / _FILE).is_file() or (folder / _ADDRESS).is_file()

    @classmethod
    def open(cls, folder: Path, *, upgrade: bool = False) -> Holdings:
        """Open holdings.

        Args:
            folder: where they are.
            upgrade: bring a database on a server to the present schema; its backup is made.

        Raises:
            HoldingsError: there are none, or of another release, or they may not be used.
        """
        try:
            if not cls.are_in(folder):
                raise HoldingsError(
                    f"{folder} holds no holdings", f"Make them with: consilience init {folder}"
                )
            (folder / SCRATCH).mkdir(mode=_PRIVATE, exist_ok=True)
            return cls(folder, Database.open(_backend(folder), upgrade=upgrade))
        except OSError as error:
            raise HoldingsError(
                f"{folder}: {error.strerror}", "Check the path and its permissions."
            ) from error

    def alone(self, what: str) -> AbstractContextManager[None]:
        """Hold the place of the one who brings in evidence or lists.

        Raises:
            HoldingsError: another process has the place.
        """
        return self.database.alone(what)

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


@contextmanager
def making(folder: Path, address: str | None) -> Iterator[Database]:
    """A new database for a folder that is empty or not there; the folder holds holdings once the block ends.

    Raises:
        UsageError: the folder or the database holds something already, or the address is none.
        HoldingsError: the server cannot be reached.
    """
    backend = None if address is None else PostgresDatabase(address)
    _empty(folder)
    # Made beside and renamed: a folder with a database in it is whole.
    database = Database.create(backend or SqliteFile(folder / _MAKING, folder / SCRATCH))
    try:
        yield database
    finally:
        database.close()
    if backend is None:
        (folder / _MAKING).rename(folder / _FILE)
    else:
        _name(folder, backend)


def files_beside(folder: Path) -> list[Path]:
    """What a holdings folder holds beside its database: keys, vocabularies, indexes; below it, in order."""
    apart = _UNFINISHED - {KEY_FILE} | {_FILE, _ADDRESS, LOCK_FILE}
    return sorted(
        path.relative_to(folder)
        for top in folder.iterdir()
        if top.name not in apart and not top.name.startswith(_FILE)
        for path in (top, *top.rglob("*"))
        if path.is_file()
    )


def _empty(folder: Path) -> None:
    """Make a folder, or make sure that it holds nothing but what a making left that was cut off."""
    try:
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if not _UNFINISHED.issuperset(one.name for one in folder.iterdir()):
            raise UsageError(f"{folder} is not empty", "Name a folder that is empty or not there yet.")
        folder.chmod(_PRIVATE)
        (folder / SCRATCH).mkdir(mode=_PRIVATE, exist_ok=True)
        for left in _UNFINISHED - {SCRATCH}:
            (folder / left).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from error


def _name(folder: Path, backend: PostgresDatabase) -> None:
    (folder / _NAMING).write_text(f"{backend.address}\n", encoding="utf-8")
    (folder / _NAMING).rename(folder / _ADDRESS)


def _backend(folder: Path) -> Backend:
    if (folder / _FILE).is_file():
        return SqliteFile(folder / _FILE, folder / SCRATCH)
    return PostgresDatabase((folder / _ADDRESS).read_text(encoding="utf-8").strip())
