"""The few places in which SQL is written otherwise for SQLite and for PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def insert_or_ignore(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens where a unique row is there already: ``on_conflict_do_…``."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


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
