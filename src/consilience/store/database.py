"""The holdings' database: made, opened at the present schema, read and written in whole transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from consilience.errors import HoldingsError, UsageError
from consilience.store.contract import WRITES, Backend
from consilience.store.schema import holdings

HEAD = "0002"
"""The newest migration; a test holds it against the migrations folder."""


class Database:
    """Transactions on the holdings' records, the same on every kind of database.

    Args:
        backend: the database itself.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.engine = backend.connect()
        self._place: Connection | None = None
        self._turn = threading.RLock()

    @classmethod
    def create(cls, backend: Backend) -> Database:
        """Make the present schema in a database that is empty, or in which a making was cut off.

        Raises:
            HoldingsError: the database cannot be reached, or does not keep text as it is given.
            UsageError: it has holdings already.
        """
        database = cls(backend)
        try:
            with database.engine.connect() as connection:
                backend.check(connection)
                there = inspect(connection).has_table(holdings.name)
                if there and connection.execute(select(holdings.c.id)).first():
                    raise UsageError(
                        f"{backend.name} has holdings already",
                        "Name an empty database, or use these: consilience holdings attach FOLDER ADDRESS",
                    )
        except DBAPIError as error:
            raise backend.not_opened(error) from error
        database._migrate()
        return database

    @classmethod
    def open(cls, backend: Backend, *, upgrade: bool = False) -> Database:
        """Open a database, after a backup and migration if an earlier release made it.

        Args:
            backend: the database itself.
            upgrade: migrate even where only a person can make the backup; that person says that it is made.

        Raises:
            HoldingsError: it is not a database of ours, or of a later release, or it cannot be reached.
        """
        database = cls(backend)
        try:
            version = database._version()
        except DBAPIError as error:
            raise backend.not_opened(error) from error
        if version > HEAD:
            raise HoldingsError(
                f"{backend.name} was written by a later release (schema {version}; this one knows {HEAD})",
                "Use that release, or a newer one.",
            )
        if version < HEAD:
            if not upgrade:
                backend.before_migration(HEAD)
            database._migrate()
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the records and changes nothing.

        Raises:
            HoldingsError: the file is damaged, its disk fails, or the server is gone.
        """
        with self._saying(self.backend.not_read), self._connected(self.backend.reading) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is applied whole when the block ends, or not at all when it raises.

        Such transactions come one by one, and each sees what the one before it left.

        Raises:
            HoldingsError: the disk is full or fails, the file is damaged, the server is gone, or another
                process keeps the database.
        """
        with self._saying(self._not_written):
            if self._place is None:
                with self._connected({WRITES: True}) as connection:
                    yield connection
            else:
                with self._turn, self._place.execution_options(**{WRITES: True}).begin():
                    yield self._place

    @contextmanager
    def loading(self) -> Iterator[Connection]:
        """A writing transaction to fill empty tables in; references between rows are checked at its end.

        Raises:
            HoldingsError: a row refers to one that is not there, or the database could not be written.
        """
        with self._saying(self._not_written), self.backend.migration(self.engine) as connection:
            yield connection

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Hold the place of the one who brings in evidence or lists.

        Matching is both ways only if what comes in from one side sees all that came from the other.

        Args:
            what: what is being done, for those who find the place taken.

        Raises:
            HoldingsError: another process has the place.
        """
        with self._saying(self.backend.not_read), self.backend.alone(self.engine, what) as place:
            self._place = place
            try:
                yield
            finally:
                self._place = None

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _connected(self, options: Mapping[str, object]) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def _saying(self, meaning: Callable[[DBAPIError], HoldingsError]) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if self.backend.is_defect(error):
                raise
            raise meaning(error) from error

    def _not_written(self, error: DBAPIError) -> HoldingsError:
        return HoldingsError(
            f"{self.backend.name} could not be written ({' '.join(str(error.orig).split())}); "
            "nothing of this step was kept",
            "Mend the cause, then run the same command again: it goes on where it stopped.",
        )

    def _version(self) -> str:
        with self.engine.connect() as connection:
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())

    def _migrate(self, to: str = HEAD) -> None:
        # Imported here: reading commands on present holdings need no migration tool.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._saying(self._not_written), self.backend.migration(self.engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
