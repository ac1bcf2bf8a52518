"""Open the holdings' database: one SQLite file, in write-ahead mode, brought to the present schema."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from consilience.errors import HoldingsError

HEAD = "0002"
"""The newest migration; a test holds it against the migrations folder."""

_DEFECTS = (IntegrityError, ProgrammingError)
"""Errors of ours rather than of the file; they are not made to look like one."""

_CACHE_KIB = 131_072
_BUSY_MILLISECONDS = 60_000


class Database:
    """Transactions on the holdings' records.

    Args:
        path: the database file.
        scratch: a folder for SQLite's temporary files, so that nothing is written outside the holdings.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        os.environ["SQLITE_TMPDIR"] = str(scratch)
        self.engine = _engine(path)

    @classmethod
    def create(cls, path: Path, scratch: Path) -> Database:
        """Make a new database of the present schema."""
        database = cls(path, scratch)
        _migrate(database.engine)
        return database

    @classmethod
    def open(cls, path: Path, scratch: Path) -> Database:
        """Open a database, after a backup and migration if an earlier release made it.

        Raises:
            HoldingsError: it is not a database of ours, or of a later release.
        """
        database = cls(path, scratch)
        try:
            version = database._version()
        except DatabaseError as error:
            raise HoldingsError(f"{path} is not a database of Consilience ({error.orig})") from error
        if version > HEAD:
            raise HoldingsError(
                f"{path} was written by a later release (schema {version}; this one knows {HEAD})",
                "Use that release, or a newer one.",
            )
        if version < HEAD:
            with sqlite3.connect(path) as source:  # a checkpoint first, so that the copy is whole
                source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy2(path, path.with_name(f"{path.name}.before-{HEAD}-{time.time_ns()}"))
            _migrate(database.engine)
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the records and changes nothing.

        Raises:
            HoldingsError: the file is damaged, or its disk fails.
        """
        try:
            with self.engine.connect() as connection, connection.begin():
                yield connection
        except DatabaseError as error:
            if isinstance(error, _DEFECTS):
                raise
            raise HoldingsError(
                f"{self.path} could not be read ({error.orig})", "Check the disk; go back to a backup."
            ) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is applied whole when the block ends, or not at all when it raises.

        Raises:
            HoldingsError: the disk is full or fails, the file is damaged, or another process keeps it.
        """
        try:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        except DatabaseError as error:
            if isinstance(error, _DEFECTS):
                raise
            raise HoldingsError(
                f"{self.path} could not be written ({error.orig}); nothing of this step was kept",
                "Mend the cause, then run the same command again: it goes on where it stopped.",
            ) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _version(self) -> str:
        with self.engine.connect() as connection:
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver's own transactions begin late and end early; ours are said below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {_BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"cache_size = -{_CACHE_KIB}",
            "trusted_schema = OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A write transaction takes its lock at once: one that upgrades later can fail half-way.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {not writes}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _migrate(engine: Engine) -> None:
    # Imported here: reading commands on present holdings need no migration tool.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
