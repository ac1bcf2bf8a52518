"""PostgreSQL: one database of a server, for an agency's many users.

Writing transactions come one by one, as on SQLite: each takes an advisory lock first and reads what the last
one committed. So no rule that looks before it writes needs another isolation level, and none fails half-way
for another's sake. Readers see one moment and wait for nobody.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from consilience.errors import HoldingsError, UsageError
from consilience.store.contract import WRITES

_WRITING = 0x434F4E5301
_ALONE = 0x434F4E5302
"""Keys of advisory locks; these are a database's own."""

_SESSION = (
    "jit=off",  # many short statements
    "lock_timeout=60s",
    "idle_in_transaction_session_timeout=0",
    # The server frees the locks of a machine that vanished after two minutes, not two hours.
    "tcp_keepalives_idle=60",
    "tcp_keepalives_interval=15",
    "tcp_keepalives_count=4",
)
# They tell of connections that they lose while they tidy up; that they are lost is raised, and said, anyway.
logging.getLogger("psycopg").setLevel(logging.ERROR)
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)

_KEPT, _BESIDE = 16, 48
"""Connections that are kept open, and how many more there may be for a moment: together no fewer than the
threads that answer a server's requests, or one would wait for another's."""

_LEFT_AT = "left at"
_FRESH = 1.0
"""Seconds after which a connection that lay idle may be that of a server that is gone."""

_APPLICATION_NAME_BYTES = 63
_SECRETS = {"password", "sslpassword"}


class PostgresDatabase:
    """A database of a PostgreSQL server.

    Args:
        address: ``postgresql://[user@]host[:port]/database[?sslmode=…]`` or ``postgresql:///?service=…``.
            A password comes from a passfile, a service file or the environment, never from here.

    Raises:
        UsageError: it is no such address, or names a password.
    """

    reading: dict[str, object] = {  # noqa: RUF012 - never changed
        WRITES: False,
        "isolation_level": "REPEATABLE READ",
        "postgresql_readonly": True,
    }

    def __init__(self, address: str) -> None:
        try:
            url = make_url(address)
        except ArgumentError:
            raise _not_an_address() from None
        if url.drivername != "postgresql" or not (url.database or "service" in url.query):
            raise _not_an_address()
        if url.password or _SECRETS.intersection(url.query):
            raise UsageError(
                "an address with a password in it would be kept in a file",
                "Put the password into ~/.pgpass or a service file, and leave it out here.",
            )
        self.address = address
        self._url: URL = url.set(drivername="postgresql+psycopg")

    @property
    def name(self) -> str:
        """The address."""
        return self.address

    def connect(self) -> Engine:
        """An engine whose writing transactions wait for each other."""
        application = f"consilience {os.getpid()} on {socket.gethostname()}"
        engine = create_engine(
            self._url,
            connect_args={
                "application_name": application[:_APPLICATION_NAME_BYTES],
                "options": " ".join(f"-c {setting}" for setting in _SESSION),
                "client_encoding": "utf8",
            },
            pool_size=_KEPT,
            max_overflow=_BESIDE,
        )

        @event.listens_for(engine, "checkin")
        def left(_: object, record: ConnectionPoolEntry) -> None:
            record.info[_LEFT_AT] = time.monotonic()

        @event.listens_for(engine, "checkout")
        def taken(opened: psycopg.Connection[object], record: ConnectionPoolEntry, _: object) -> None:
            # To ask each time whether the server is there would be a tenth of all questions.
            if time.monotonic() - record.info.get(_LEFT_AT, math.inf) > _FRESH:
                try:
                    opened.execute("SELECT 1")
                    opened.rollback()
                except psycopg.OperationalError as error:
                    raise InvalidatePoolError from error

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if connection.get_execution_options().get(WRITES, False):
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITING})")

        return engine

    def check(self, connection: Connection) -> None:
        """Text is kept in UTF-8 and sorted by code points, as SQLite does."""
        faithful = connection.exec_driver_sql(
            "SELECT current_setting('server_encoding') = 'UTF8' "
            "AND 'Z' < 'a' AND 'a-b' < 'ab' AND 'ab' < 'a\u00e4' AND 'z' < '\u00e4'"
        ).scalar_one()
        if not faithful:
            raise HoldingsError(
                f"{self.name} does not keep text in UTF-8 sorted by code points",
                "Make it with: createdb --template=template0 --encoding=UTF8 --locale=C NAME",
            )

    def before_migration(self, head: str) -> None:  # noqa: ARG002 - a person backs it up
        """Refuse: others use the database, and its backups are its administrator's."""
        raise HoldingsError(
            f"{self.name} was made by an earlier release",
            "When nobody uses it, back it up (pg_dump), then: consilience holdings upgrade FOLDER",
        )

    @contextmanager
    def migration(self, engine: Engine) -> Iterator[Connection]:
        """A writing transaction; tables are changed in transactions too."""
        with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            yield connection

    @contextmanager
    def alone(self, engine: Engine, what: str) -> Iterator[Connection]:  # noqa: ARG002 - not the server's
        """Hold a lock of the session, for processes on every machine.

        What is written in this place goes through the connection that holds it, so who has lost the place
        cannot write in it.
        """
        with engine.connect() as connection:
            if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_ALONE})").scalar_one():
                holder = connection.execute(
                    _HOLDER, {"high": _ALONE >> 32, "low": _ALONE & 0xFFFFFFFF}
                ).first()
                raise HoldingsError(
                    f"{self.name} is busy: {holder[0] if holder else 'another process'} brings something in",
                    "Wait until it is done, or stop it.",
                )
            connection.commit()
            try:
                yield connection
            finally:
                _release(connection)

    def is_defect(self, error: DBAPIError) -> bool:
        """Broken rules, wrong statements and values are ours; missing rights are not."""
        ours = (psycopg.IntegrityError, psycopg.ProgrammingError, psycopg.DataError)
        return isinstance(error.orig, ours) and not isinstance(
            error.orig, psycopg.errors.InsufficientPrivilege
        )

    def not_opened(self, error: DBAPIError) -> HoldingsError:
        """The server cannot be reached, or the database is something else."""
        if isinstance(error.orig, psycopg.OperationalError):
            return HoldingsError(
                f"{self.name} cannot be reached ({_line(error)})", "Check the server and your rights on it."
            )
        return HoldingsError(f"{self.name} is not a database of Consilience ({_line(error)})")

    def not_read(self, error: DBAPIError) -> HoldingsError:
        """The server or the way to it."""
        return HoldingsError(
            f"{self.name} could not be read ({_line(error)})",
            "Check the server, then run the same command again.",
        )


_HOLDER = text(
    """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND classid = :high AND objid = :low
    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


def _not_an_address() -> UsageError:
    return UsageError(
        "this is no address of a PostgreSQL database", "Write it as postgresql://user@host/database"
    )


def _line(error: DBAPIError) -> str:
    return " ".join(str(error.orig).split())


def _release(connection: Connection) -> None:
    try:
        connection.rollback()
        connection.execution_options(**{WRITES: False})
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_ALONE})")
        connection.commit()
    except DBAPIError:
        # The server let go of the lock when it lost the session.
        connection.invalidate()
