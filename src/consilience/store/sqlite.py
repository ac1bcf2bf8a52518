"""SQLite: one file in write-ahead mode, for one workstation."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from consilience.errors import HoldingsError
from consilience.store.contract import WRITES

_MIGRATES = "migrates"
_CACHE_KIB = 131_072
_BUSY_MILLISECONDS = 60_000
LOCK_FILE = "lock"


class SqliteFile:
    """The database file of a holdings folder.

    Args:
        path: the file; it is made when it is first written to.
        scratch: a folder for SQLite's temporary files, so that nothing is written outside the holdings.
    """

    reading: dict[str, object] = {WRITES: False}  # noqa: RUF012 - never changed

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        self._scratch = scratch

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def connect(self) -> Engine:
        """An engine whose transactions begin when they say so, writing ones with the lock."""
        engine = create_engine(f"sqlite:///{self.path}")

        @event.listens_for(engine, "connect")
        def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            # The driver's own transactions begin late and end early; ours are said below.
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in (
                f"busy_timeout = {_BUSY_MILLISECONDS}",
                "journal_mode = WAL",
                "synchronous = FULL",
                f"cache_size = -{_CACHE_KIB}",
                "trusted_schema = OFF",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
            _keep_temporary_files_in(self._scratch, connection)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            options = connection.get_execution_options()
            writes = options.get(WRITES, False)
            # A table that is made anew is dropped between; its references are checked at the end instead.
            connection.exec_driver_sql(f"PRAGMA foreign_keys = {not options.get(_MIGRATES, False)}")
            connection.exec_driver_sql(f"PRAGMA query_only = {not writes}")
            # A write transaction takes its lock at once: one that upgrades later can fail half-way.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def check(self, connection: Connection) -> None:
        """Every SQLite file keeps what it is given."""

    def before_migration(self, head: str) -> None:
        """Copy the file, named after the schema that comes."""
        with closing(sqlite3.connect(self.path)) as source:  # a checkpoint first, so that the copy is whole
            source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy2(self.path, self.path.with_name(f"{self.path.name}.before-{head}-{time.time_ns()}"))

    @contextmanager
    def migration(self, engine: Engine) -> Iterator[Connection]:
        """A writing transaction whose references are checked at its end."""
        options = {WRITES: True, _MIGRATES: True}
        engine.dispose()  # what is open and idle would hold the log
        with (
            engine.connect().execution_options(**options) as connection,
            _without_log(connection),
            connection.begin(),
        ):
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise HoldingsError(
                    f"{self.path}: a row of {broken[0]} refers to one of {broken[2]} that is not there; "
                    "the database stays as it was",
                    "Go back to a backup, or ask for help with this file.",
                )

    @contextmanager
    def alone(self, engine: Engine, what: str) -> Iterator[None]:  # noqa: ARG002 - held by a file
        """Hold the lock file that lies beside the database."""
        lock = os.open(self.path.with_name(LOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(lock, 200).decode("utf-8", "replace") or "another process"
                raise HoldingsError(
                    f"{self.path.parent} is busy: {holder}", "Wait until it is done, or stop it."
                ) from None
            os.truncate(lock, 0)
            os.pwrite(lock, f"{what} (process {os.getpid()})".encode(), 0)
            yield
        finally:
            os.close(lock)

    def is_defect(self, error: DBAPIError) -> bool:
        """Broken rules and wrong statements are ours."""
        return isinstance(error, IntegrityError | ProgrammingError)

    def not_opened(self, error: DBAPIError) -> HoldingsError:
        """It is something else, or damaged."""
        return HoldingsError(f"{self.path} is not a database of Consilience ({error.orig})")

    def not_read(self, error: DBAPIError) -> HoldingsError:
        """The file or its disk."""
        return HoldingsError(
            f"{self.path} could not be read ({error.orig})", "Check the disk; go back to a backup."
        )


@contextmanager
def _without_log(connection: Connection) -> Iterator[None]:
    """New pages go straight into the file, and only those that they replace aside.

    A transaction that makes gigabytes would make as large a log, and the larger the slower it is to read.
    Where another process has the file open, the log stays: slower, and as safe.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.OperationalError):
        driver.execute("PRAGMA journal_mode = DELETE")
    driver.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    try:
        yield
    finally:
        driver.execute("PRAGMA journal_mode = WAL")


_temporary_files_in: tuple[Path, int] | None = None
_choosing = threading.Lock()


def _keep_temporary_files_in(folder: Path, connection: DBAPIConnection) -> None:
    """Where SQLite, in this process, puts what a sort or an index in the making does not hold in memory.

    Its environment variable is read when the driver is imported, which is before any holdings are named. The
    pragma sets one place for all connections, so it is said once, not while others may be using it; and by a
    descriptor, as its text has to be UTF-8 and a folder's name need not be.
    """
    global _temporary_files_in  # noqa: PLW0603 - as global as what it says
    with _choosing:
        before = _temporary_files_in
        if before is None or before[0] != folder:
            opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            connection.cursor().execute(f"PRAGMA temp_store_directory = '/proc/self/fd/{opened}'")
            _temporary_files_in = folder, opened
            if before is not None:
                os.close(before[1])
