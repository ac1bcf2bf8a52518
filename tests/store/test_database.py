"""The database: made, opened, refused; transactions whole or not at all, one behaviour on both kinds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, func, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from consilience.errors import HoldingsError, UsageError
from consilience.store import database as module
from consilience.store.database import HEAD, Database
from consilience.store.dialects import looking_up
from consilience.store.postgresql import PostgresDatabase
from consilience.store.schema import agency, metadata
from consilience.store.sqlite import SqliteFile
from databases import PostgresServer


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    made = Database.create(SqliteFile(tmp_path / "db.sqlite", tmp_path))
    yield made
    made.close()


def add_agency(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(insert(agency).values(public_id=name.encode(), name=name, created_at=0))


def agencies(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(agency.c.name)).scalars())


def test_the_migrations_make_the_schema(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_migrations_name_constraints_and_indexes_as_the_schema_does(postgres: PostgresServer) -> None:
    """Copying takes them off and puts them on again by these names."""
    made = Database.create(PostgresDatabase(postgres.new()))
    with made.read() as connection:
        there, prepare = inspect(connection), connection.dialect.identifier_preparer
        for table in metadata.sorted_tables:
            found = (
                *there.get_unique_constraints(table.name),
                *there.get_foreign_keys(table.name),
                *(one for one in there.get_indexes(table.name) if not one.get("duplicates_constraint")),
            )
            wanted = {
                *(prepare.format_index(one) for one in table.indexes),
                *(
                    prepare.format_constraint(one)
                    for one in table.constraints
                    if isinstance(one, UniqueConstraint | ForeignKeyConstraint)
                ),
            }
            assert {one["name"] for one in found} == wanted
    made.close()


def test_the_newest_migration_is_the_one_that_opening_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_transaction_is_whole_or_nothing(database: Database) -> None:
    add_agency(database, "one")
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(insert(agency).values(public_id=b"2", name="two", created_at=0))
        raise ZeroDivisionError
    assert agencies(database) == ["one"]


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as connection:
        before = list(connection.execute(select(agency.c.name)).scalars())
        add_agency(database, "later")
        assert list(connection.execute(select(agency.c.name)).scalars()) == before
    assert agencies(database) == ["later"]


def test_a_later_release_s_holdings_are_refused(file: Database, tmp_path: Path) -> None:
    file.close()
    with sqlite3.connect(tmp_path / "db.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(HoldingsError, match="written by a later release"):
        Database.open(SqliteFile(tmp_path / "db.sqlite", tmp_path))


@pytest.mark.parametrize("content", [b"", b"not a file at all " * 100])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "db.sqlite").write_bytes(content)
    with pytest.raises(HoldingsError, match="is not a database of Consilience"):
        Database.open(SqliteFile(tmp_path / "db.sqlite", tmp_path))


def test_a_damaged_page_is_said_in_one_line(file: Database, tmp_path: Path) -> None:
    for number in range(300):
        add_agency(file, f"{number}" + "x" * 300)
    file.close()
    with sqlite3.connect(tmp_path / "db.sqlite") as connection:
        roots = connection.execute("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'agency'").fetchall()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with (tmp_path / "db.sqlite").open("r+b") as file:
        for (root,) in roots:
            file.seek((root - 1) * size)
            file.write(b"\xa5" * size)
    damaged = Database.open(SqliteFile(tmp_path / "db.sqlite", tmp_path))
    with pytest.raises(HoldingsError, match="could not be read"):
        agencies(damaged)
    with pytest.raises(HoldingsError, match="nothing of this step was kept"):
        add_agency(damaged, "new")


def test_a_reading_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(HoldingsError, match=r"read-?only"), database.read() as connection:
        connection.execute(insert(agency).values(public_id=b"1", name="one", created_at=0))
    add_agency(database, "two")
    assert agencies(database) == ["two"]


def test_a_defect_of_ours_does_not_look_like_damage(database: Database) -> None:
    add_agency(database, "one")
    with pytest.raises(IntegrityError):
        add_agency(database, "one")


def test_a_full_disk_is_said_in_one_line(file: Database) -> None:
    with pytest.raises(HoldingsError, match="full"), file.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for number in range(10_000):
            row = insert(agency).values(
                public_id=str(number).encode(), name="x" * 500 + str(number), created_at=0
            )
            connection.execute(row)
    file.close()
    assert agencies(file) == []


def test_writers_come_one_by_one(database: Database) -> None:
    """Each looks before it writes, as services do; none overlooks another."""

    def add_next() -> None:
        for _ in range(10):
            with database.write() as connection:
                number = connection.execute(select(func.count()).select_from(agency)).scalar_one()
                row = insert(agency).values(public_id=b"%d" % number, name=str(number), created_at=0)
                connection.execute(row)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(add_next) for _ in range(4)]:
            done.result()
    assert sorted(map(int, agencies(database))) == list(range(40))


def test_text_is_kept_alike_and_sorted_by_code_points(database: Database) -> None:
    for name in ("\u00e4", "a", "Z", "a-b", "ab", "nul\x00", "\U0001f9ed"):
        add_agency(database, name)
    with database.read() as connection:
        names = list(connection.execute(select(agency.c.name).order_by(agency.c.name)).scalars())
    assert names == ["Z", "a", "a-b", "ab", "nul\u2400", "\u00e4", "\U0001f9ed"]


def test_the_place_of_the_one_who_brings_in_is_held_once(database: Database) -> None:
    with (
        database.alone("one"),
        pytest.raises(HoldingsError, match="is busy: "),
        Database(database.backend).alone("other"),
    ):
        pass
    with database.alone("again"):
        add_agency(database, "written in the place")
    assert agencies(database) == ["written in the place"]


def test_who_lost_the_place_cannot_write_in_it(postgres: PostgresServer) -> None:
    address = postgres.new_made()
    database, other = Database(PostgresDatabase(address)), Database(PostgresDatabase(address))
    with database.alone("one"):
        with other.write() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> "
                "pg_backend_pid()"
            )
        with other.alone("other"), pytest.raises(HoldingsError, match="nothing of this step was kept"):
            add_agency(database, "too late")
    assert agencies(database) == []
    add_agency(database, "with a new connection")
    database.close()
    other.close()


@pytest.mark.parametrize(
    "address",
    ["unit7.sqlite", "postgresql://", "mysql://host/unit7", "postgresql://u:secret@h/unit7",
     "postgresql://h/unit7?password=secret"],
)  # fmt: skip
def test_an_address_is_one_and_holds_no_password(address: str) -> None:
    with pytest.raises(UsageError) as said:
        PostgresDatabase(address)
    assert "secret" not in str(said.value)


def test_a_server_that_cannot_be_reached_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HoldingsError, match="cannot be reached") as said:
        Database.open(PostgresDatabase(f"postgresql:///unit7?host={tmp_path}"))
    assert "\n" not in str(said.value)


def test_a_database_of_others_is_refused(postgres: PostgresServer) -> None:
    with pytest.raises(HoldingsError, match="is not a database of Consilience"):
        Database.open(PostgresDatabase(postgres.new()))
    with pytest.raises(HoldingsError, match="createdb"):
        Database.create(PostgresDatabase(postgres.new("ENCODING 'SQL_ASCII'")))


def test_missing_rights_are_said_in_one_line(postgres: PostgresServer) -> None:
    address = postgres.new_made()
    owner = Database(PostgresDatabase(address))
    with owner.write() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS reader")
        connection.exec_driver_sql("CREATE ROLE reader LOGIN")
    reader = Database(PostgresDatabase(address.replace("//consilience@", "//reader@")))
    with pytest.raises(HoldingsError, match="permission denied"):
        agencies(reader)
    reader.close()
    empty = postgres.new().replace("//consilience@", "//reader@")
    with pytest.raises(HoldingsError, match="permission denied"):
        Database.create(PostgresDatabase(empty))
    owner.close()


def test_a_server_that_is_lost_in_the_middle_of_look_ups_is_said_in_one_line(
    postgres: PostgresServer,
) -> None:
    with closing(Database.open(PostgresDatabase(postgres.new_made()))) as database:
        with pytest.raises(HoldingsError), database.read() as connection, looking_up(connection):
            mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with database.read() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({mine})")
            connection.exec_driver_sql("SELECT 1")
        with database.read() as connection, looking_up(connection):
            assert connection.exec_driver_sql("SHOW enable_seqscan").scalar_one() == "off", "nothing stuck"
