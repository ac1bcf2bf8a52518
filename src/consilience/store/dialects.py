"""The few places in which SQL is written otherwise for SQLite and for PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnClause,
    ColumnElement,
    Connection,
    Select,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    column,
    func,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Parameters = Mapping[str, object]


def insert_or_ignore(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens where a unique row is there already: ``on_conflict_do_…``."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


@contextmanager
def looking_up(connection: Connection) -> Iterator[None]:
    """Questions that are asked within it find rows by their indexes, on every database.

    For those about one case that join what was derived to large tables: PostgreSQL knows no sizes of what is
    derived, guesses them a thousand times too great, and would go through the tables of all cases instead.
    Within another one it does nothing: put one around many small questions.
    """
    # Asked for now: a connection that is lost within has no more to say.
    info = connection.info
    if connection.dialect.name != "postgresql" or _LOOKING_UP in info:
        yield
        return
    connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = {value}" for name, value in _BY_LOOKING_UP))
    info[_LOOKING_UP] = True
    try:
        yield
    finally:
        info.pop(_LOOKING_UP, None)
    # Not in a `finally`: where a statement failed, the transaction takes no other.
    connection.exec_driver_sql("; ".join(f"SET LOCAL {name} TO DEFAULT" for name, _ in _BY_LOOKING_UP))


_LOOKING_UP = "looking up"
_BY_LOOKING_UP = (
    ("enable_seqscan", "off"),
    ("enable_mergejoin", "off"),
    ("max_parallel_workers_per_gather", "0"),
    # What is looked for often lies in memory.
    ("random_page_cost", "1.1"),
)


def load(connection: Connection, table: Table, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows, each with every column of the table in order, as fast as the database takes them."""
    dialect, prepare = connection.dialect, connection.dialect.identifier_preparer
    columns = ", ".join(prepare.format_column(column) for column in table.c)
    keeping = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.c]
    kept = (
        [value if keep is None else keep(value) for keep, value in zip(keeping, row, strict=True)]
        for row in rows
    )
    driver: Any = connection.connection.driver_connection
    if dialect.name == "postgresql":
        copy = f"COPY {prepare.format_table(table)} ({columns}) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(copy) as into:
            for row in kept:
                into.write_row(row)
    else:
        marks = ", ".join("?" * len(table.c))
        insert = f"INSERT INTO {prepare.format_table(table)} ({columns}) VALUES ({marks})"  # noqa: S608
        driver.executemany(insert, kept)


@cache
def given_ids(dialect: str) -> TableValuedAlias:
    """A table with one column, `value`, to be joined: the ids that are given when the question is asked.

    However many, they are one parameter, `as_given`. A database finds rows of the other table id by id, where
    it would rather read all of it for a long ``IN (…)``; and a question that holds no ids can be kept.
    """
    if dialect == "postgresql":
        numbers = bindparam(_GIVEN, type_=postgresql.ARRAY(BigInteger))
        return func.unnest(numbers).table_valued(_value()).render_derived()
    return func.json_each(bindparam(_GIVEN, type_=Text)).table_valued(_value())


def as_given(connection: Connection, ids: Collection[int]) -> Parameters:
    """These ids as what `given_ids` stands for."""
    given = list(ids)
    is_array = connection.dialect.name == "postgresql"
    return {_GIVEN: given if is_array else msgspec.json.encode(given).decode()}


def _value() -> ColumnClause[int]:
    return column("value", BigInteger)


def plain_rows(
    connection: Connection, query: Select[*tuple[Any, ...]], parameters: Parameters | None = None
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query for numbers, text and bytes, as the driver has them.

    A row that SQLAlchemy makes costs as much as finding it: for questions about a whole case.
    """
    with connection.execute(query, parameters) as result:
        while rows := result.cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows


def integers(
    connection: Connection, query: Select[*tuple[Any, ...]], parameters: Parameters | None = None
) -> NDArray[np.int64]:
    """The rows of a query, all of whose columns are whole numbers: shape (rows, columns), in its order."""
    columns = len(query.selected_columns)
    parts = [np.empty((0, columns), np.int64)]
    with connection.execute(query, parameters) as result:
        while rows := result.cursor.fetchmany(_ROWS_AT_ONCE):
            numbers = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * columns)
            parts.append(numbers.reshape(len(rows), columns))
    return np.concatenate(parts)


_GIVEN = "given"
_ROWS_AT_ONCE = 50_000


class hexadecimal(FunctionElement[str]):  # noqa: N801 - reads as the SQL function that it is
    """Bytes as upper-case hexadecimal; empty for NULL."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)


class json_object(FunctionElement[dict[str, object]]):  # noqa: N801
    """An object of names and values in turn. A JSON column becomes a part of it, not a string."""

    inherit_cache = True
    type = JSON()


@compiles(hexadecimal, "sqlite")
def _sqlite_hexadecimal(element: hexadecimal, compiler: SQLCompiler, **given: Any) -> str:
    return f"hex({compiler.process(element.clauses, **given)})"


@compiles(hexadecimal, "postgresql")
def _postgresql_hexadecimal(element: hexadecimal, compiler: SQLCompiler, **given: Any) -> str:
    return f"coalesce(upper(encode({compiler.process(element.clauses, **given)}, 'hex')), '')"


@compiles(json_object, "sqlite")
def _sqlite_json_object(element: json_object, compiler: SQLCompiler, **given: Any) -> str:
    parts = (
        f"json({compiler.process(part, **given)})"
        if isinstance(part.type, JSON)
        else compiler.process(part, **given)
        for part in element.clauses
    )
    return f"json_object({', '.join(parts)})"


@compiles(json_object, "postgresql")
def _postgresql_json_object(element: json_object, compiler: SQLCompiler, **given: Any) -> str:
    return f"json_build_object({compiler.process(element.clauses, **given)})"
