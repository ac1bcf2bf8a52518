"""Every row of one database into another, of the same kind or not; then both sides are compared.

Rows go over in the order of their keys, a few at a time. What makes filling slow, indexes and references, is
taken off the empty tables and made again behind the rows. All is one transaction of the receiving side, in
which the comparison is made too: it ends with the same records there, or with none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from sqlalchemy import Connection, ForeignKeyConstraint, Row, Table, UniqueConstraint, func, select, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from consilience.errors import HoldingsError
from consilience.store.database import Database
from consilience.store.dialects import load
from consilience.store.schema import metadata

Progress = Callable[[str, int], None]
"""Told the table and the number of its rows that are done."""

_PORTION = 10_000


class Copied(msgspec.Struct, frozen=True):
    """A table that is the same on both sides: its name, its rows, and a digest of all they say."""

    table: str
    rows: int
    sha256: bytes


def copy(source: Database, target: Database, progress: Progress) -> list[Copied]:
    """Copy every record into a database that has the schema and no holdings.

    Nobody can write to the source until it is done.

    Raises:
        HoldingsError: the two sides differ, or one of them failed; the target stays empty.
    """
    with source.write() as giving:
        return copy_from(giving, target, progress)


def copy_from(giving: Connection, target: Database, progress: Progress) -> list[Copied]:
    """Copy every record that a transaction sees, as `copy` does."""
    with target.loading() as taking:
        tables = metadata.sorted_tables
        for table in reversed(tables):
            taking.execute(table.delete())  # what the making itself put there
        with bare(taking):
            for table in tables:
                load(taking, table, _told(_rows(giving, table), table, progress))
        return [_compared(giving, taking, table, progress) for table in tables]


@contextmanager
def bare(connection: Connection) -> Iterator[None]:
    """Fill tables without indexes and references; they are made, and sequences set, when the block ends."""
    tables = metadata.sorted_tables
    _strip(connection, tables)
    yield
    _dress(connection, tables)
    for table in tables:
        _set_sequence(connection, table)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")  # plans follow what the tables hold


def digest(connection: Connection, table: Table, progress: Progress) -> Copied:
    """What a table holds, the same for the same records on every kind of database."""
    running, rows = hashlib.sha256(), 0
    for row in _told(_rows(connection, table), table, progress):
        # A length goes before each row, so that no two tables of rows run together.
        said = msgspec.msgpack.encode(tuple(row), order="deterministic")
        running.update(len(said).to_bytes(8, "big") + said)
        rows += 1
    return Copied(table.name, rows, running.digest())


def _compared(giving: Connection, taking: Connection, table: Table, progress: Progress) -> Copied:
    given, taken = digest(giving, table, progress), digest(taking, table, progress)
    if given != taken:
        raise HoldingsError(
            f"table {table.name} differs after copying ({given.rows} rows given, {taken.rows} taken); "
            "nothing was kept"
        )
    return given


def _rows(connection: Connection, table: Table) -> Iterator[Row[tuple[object, ...]]]:
    query = select(*table.c).order_by(*table.primary_key.columns).execution_options(yield_per=_PORTION)
    for portion in connection.execute(query).partitions():
        yield from portion


def _told(
    rows: Iterator[Row[tuple[object, ...]]], table: Table, progress: Progress
) -> Iterator[Row[tuple[object, ...]]]:
    done = 0
    for done, row in enumerate(rows, 1):
        yield row
        if done % _PORTION == 0:
            progress(table.name, done)
    progress(table.name, done)


def _strip(connection: Connection, tables: list[Table]) -> None:
    for table in tables:
        for index in table.indexes:
            index.drop(connection)
    if connection.dialect.supports_alter:
        for kind in (ForeignKeyConstraint, UniqueConstraint):
            for constraint in _constraints(tables, kind):
                connection.execute(DropConstraint(constraint))


def _dress(connection: Connection, tables: list[Table]) -> None:
    if connection.dialect.supports_alter:
        for kind in (UniqueConstraint, ForeignKeyConstraint):
            for constraint in _constraints(tables, kind):
                connection.execute(AddConstraint(constraint))
    for table in tables:
        for index in table.indexes:
            index.create(connection)


def _constraints(
    tables: list[Table], kind: type[ForeignKeyConstraint] | type[UniqueConstraint]
) -> Iterator[ForeignKeyConstraint | UniqueConstraint]:
    for table in tables:
        for constraint in sorted(table.constraints, key=lambda one: str(one.name)):
            if isinstance(constraint, kind):
                yield constraint


def _set_sequence(connection: Connection, table: Table) -> None:
    """The next id of a table comes after those that were copied."""
    key = table.autoincrement_column
    if key is None or connection.dialect.name != "postgresql":
        return
    name = connection.dialect.identifier_preparer.format_table(table)
    sequence = connection.execute(select(func.pg_get_serial_sequence(name, key.name))).scalar_one()
    if sequence is not None:
        last = select(func.coalesce(func.max(key), 0)).scalar_subquery()
        connection.execute(select(func.setval(text(f"'{sequence}'"), last + 1, text("false"))))
