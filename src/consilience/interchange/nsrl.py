"""The National Software Reference Library's RDSv3: an SQLite database with a table or view ``FILE``.

Columns ``sha256``, ``sha1``, ``md5`` (hashes in upper case), ``file_name``, ``file_size`` and
``package_id``, of which any may be missing but one digest; what is no digest and no size becomes an
attribute. The view repeats a file for each package that it came with; a row equal to the one before is
passed over, and counted in the positions. Source: NIST's description of RDSv3; the smaller sets have
``FILE`` as a table, the full ones as a view.

The database is hostile like any other file, and SQLite runs what its schema says. So it is opened
read-only and immutable, its schema is not trusted, virtual tables are refused, statements may select and
call a few functions of text and nothing else, values are at most a mebibyte, and a view that works for
minutes without giving a row is stopped. A view that sorts does so in a temporary file that SQLite removes
at once.

Carried when written: the three digests, size, and attributes ``file_name`` and ``package_id``.
"""

from __future__ import annotations

import sqlite3
from binascii import unhexlify
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.records import MD5, REFUSED, SHA1, SHA256, Unusable, digest, record, whole_number
from consilience.interchange.text import readable
from consilience.model.lists import BrokenRecord, ListRecord
from consilience.model.locator import printable_text

_MAGIC = b"SQLite format 3\x00"
_VALUE_LIMIT = 1 << 20
"""Bytes of one value, and of one row."""
_STEPS = 1 << 17
_STALLED = (20 * 10**9) // _STEPS
"""Times `_STEPS` instructions of SQLite's machine without a row: some minutes."""
_FUNCTIONS = frozenset(
    {"upper", "lower", "hex", "trim", "ltrim", "rtrim", "replace", "substr", "substring", "length",
     "coalesce", "ifnull", "nullif", "iif", "instr", "max", "min", "printf", "format"}
)  # fmt: skip
_DIGESTS = {"sha256": SHA256, "sha1": SHA1, "md5": MD5}
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _VALUE_LIMIT,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 17,
    sqlite3.SQLITE_LIMIT_COLUMN: 256,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 50,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 20,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 16,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


class NsrlLists:
    """The format ``nsrl``."""

    name = "nsrl"
    describes = "NSRL RDSv3, an SQLite database with a table or view FILE"
    hints = ("nsrl", "rds")

    def fit(self, head: Head) -> Fit:
        """Likely for any SQLite database; reading it tells."""
        return Fit.LIKELY if head.data.startswith(_MAGIC) else Fit.NO

    def read(self, path: Path) -> ListFile:
        """Open a database.

        Raises:
            FormatError: it has no usable ``FILE``, virtual tables, or changes that were never merged into it.
        """
        reader = _Reader(path)
        return ListFile(lambda: reader.about, reader.entries(), reader.progress, reader.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:
        """Write a database with ``FILE`` as a table. Equal bytes for one version of SQLite.

        Raises:
            FormatError: a record has no digest.
        """
        _write(path, records, about)


class _Reader:
    """One reading of one database."""

    def __init__(self, path: Path) -> None:
        self._shown = printable_text(str(path))
        for ending in ("-wal", "-journal"):
            beside = path.with_name(path.name + ending)
            if beside.exists() and beside.stat().st_size:
                raise FormatError(
                    f"{self._shown} has unmerged changes in {printable_text(beside.name)}",
                    "Open and close it with sqlite3 first, or ask for a finished copy",
                )
        self._row = 0
        self._stalled = 0
        self._rows: int | None = None
        self._database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            self._open()
        except sqlite3.Error as error:
            self.close()
            raise self._broken(error) from error
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        database = self._database
        for limit, value in _LIMITS.items():
            database.setlimit(limit, value)
        database.text_factory = bytes
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "cache_size = -8192"):
            database.execute(f"PRAGMA {pragma}")
        schema = {
            readable(name).upper(): (readable(kind), readable(sql or b""))
            for kind, name, sql in database.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view') LIMIT 1000"
            )
        }
        if any(sql.upper().split()[1:2] == ["VIRTUAL"] for _, sql in schema.values()):
            raise FormatError(f"{self._shown} has virtual tables", "No NSRL set has any: it is not read")
        if "FILE" not in schema:
            raise FormatError(
                f"{self._shown} is an SQLite database without a table or view FILE", "It is no RDSv3 set"
            )
        database.set_authorizer(_authorise)
        database.set_progress_handler(self._step, _STEPS)
        with closing(database.execute("SELECT * FROM FILE LIMIT 0")) as cursor:
            names = [column[0] for column in cursor.description]
        if not {name.lower() for name in names} & set(_DIGESTS):
            raise FormatError(f"{self._shown}: FILE has no column of digests", "It is no RDSv3 set")
        self._names = names
        version = self._version() if "VERSION" in schema else {}
        self.about = ListAbout(
            format=NsrlLists.name,
            version="RDSv3",
            title=str(version["description"]) if version.get("description") else None,
            attributes=version,
        )
        if schema["FILE"][0] == "table" and "WITHOUT ROWID" not in schema["FILE"][1].upper():
            (self._rows,) = database.execute("SELECT max(rowid) FROM FILE").fetchone()

    def _version(self) -> dict[str, object]:
        with closing(self._database.execute("SELECT * FROM VERSION LIMIT 1")) as cursor:
            values = cursor.fetchone() or ()
            return {
                column[0]: readable(value) if isinstance(value, bytes) else value
                for column, value in zip(cursor.description, values, strict=False)
            }

    def _step(self) -> int:
        self._stalled += 1
        return int(self._stalled > _STALLED)

    def progress(self) -> float | None:
        """The share of the rows that was read; None where a view does not say how many there are."""
        return min(self._row / self._rows, 1.0) if self._rows else None

    def close(self) -> None:
        self._database.close()

    def entries(self) -> Iterator[Entry]:
        columns = [name.lower() for name in self._names]
        others = [
            (index, name)
            for index, name in enumerate(self._names)
            if columns[index] not in (*_DIGESTS, "file_size")
        ]
        at = {name: columns.index(name) for name in (*_DIGESTS, "file_size") if name in columns}
        previous: object = None
        try:
            for row in self._database.execute("SELECT * FROM FILE"):
                self._row += 1
                self._stalled = 0
                if row == previous:
                    continue
                previous = row
                try:
                    yield _record(self._row, row, at, others)
                except Unusable as why:
                    yield BrokenRecord(self._row, str(why))
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def _broken(self, error: sqlite3.Error) -> FormatError:
        if self._stalled > _STALLED:
            said = "its view FILE gave no row for minutes"
        else:
            said = printable_text(str(error))
        return FormatError(
            f"{self._shown}: {said}, after {self._row} rows",
            "Nothing of it was taken: ask for the file again",
        )


def _authorise(
    action: int, first: str | None, second: str | None, _database: str | None, _view: str | None
) -> int:
    """Select, read, and call a function of text; no other statement, no recursion."""
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or first or "").lower() in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


Cells = tuple[bytes | int | float | None, ...]


def _record(position: int, row: Cells, at: dict[str, int], others: list[tuple[int, str]]) -> ListRecord:
    def raw(name: str) -> bytes | None:
        return _digest(row[at[name]], _DIGESTS[name], name) if name in at else None

    size = row[at["file_size"]] if "file_size" in at else None
    attributes: dict[str, object] = {}
    for index, name in others:
        value = row[index]
        if value is not None and value != b"":
            attributes[name] = readable(value) if isinstance(value, bytes) else value
    return record(
        position,
        size=whole_number(readable(size) if isinstance(size, bytes) else size, "file_size"),
        md5=raw("md5"),
        sha1=raw("sha1"),
        sha256=raw("sha256"),
        attributes=attributes,
    )


def _digest(value: bytes | float | None, length: int, label: str) -> bytes | None:
    if isinstance(value, bytes) and len(value) == 2 * length:
        try:
            raw = unhexlify(value)
        except ValueError:
            pass
        else:
            if raw not in REFUSED:
                return raw
    return digest(readable(value) if isinstance(value, bytes) else value, length, label)


def _write(path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA page_size = 4096")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        database.execute("CREATE TABLE VERSION (version TEXT, description TEXT)")
        database.execute(
            "INSERT INTO VERSION VALUES (?, ?)", (str(about.attributes.get("version", "")), about.title or "")
        )
        database.execute(
            "CREATE TABLE FILE "
            "(sha256 TEXT, sha1 TEXT, md5 TEXT, file_name TEXT, file_size INTEGER, package_id INTEGER)"
        )
        database.executemany("INSERT INTO FILE VALUES (?, ?, ?, ?, ?, ?)", map(_row, records))
        database.execute("COMMIT")


def _row(one: ListRecord) -> tuple[object, ...]:
    if not (one.sha256 or one.sha1 or one.md5):
        raise FormatError(f"record {one.provider_id} has no digest", "An NSRL set holds nothing else")
    return (
        *((raw.hex().upper() if raw else None) for raw in (one.sha256, one.sha1, one.md5)),
        one.attributes.get("file_name"),
        one.size,
        one.attributes.get("package_id"),
    )
