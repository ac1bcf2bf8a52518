"""Holdings of an earlier release are opened; holdings move between databases and say the same after it."""

from __future__ import annotations

import json
import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from world import ACTOR

from consilience.errors import HoldingsError, UsageError
from consilience.services.cases import new_case
from consilience.services.copying import copy_holdings
from consilience.services.holdings import Holdings
from consilience.store.database import HEAD, Database
from consilience.store.postgresql import PostgresDatabase
from databases import PostgresServer
from said import said

GOLDEN = Path(__file__).parent.parent / "golden" / "holdings"
RELEASES = sorted(one.name for one in GOLDEN.iterdir() if one.is_dir())


def unpacked(release: str, folder: Path) -> Path:
    folder.mkdir()
    (folder / "consilience.sqlite").write_bytes(
        lzma.decompress((GOLDEN / release / "consilience.sqlite.xz").read_bytes())
    )
    return folder


def expected(release: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((GOLDEN / release / "expected.json").read_text())
    return found


def dumped(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def says(holdings: Holdings) -> dict[str, object]:
    with holdings.database.read() as connection:
        return said(connection)


@pytest.mark.parametrize("release", RELEASES)
def test_holdings_of_earlier_releases_say_the_same(release: str, tmp_path: Path) -> None:
    folder = unpacked(release, tmp_path / "held")
    before = dumped(folder / "consilience.sqlite")
    with Holdings.open(folder) as holdings:
        assert says(holdings) == expected(release)
    (backup,) = folder.glob(f"consilience.sqlite.before-{HEAD}-*")
    assert dumped(backup) == before
    with Holdings.open(folder):
        assert len(list(folder.glob("*.before-*"))) == 1


@pytest.mark.parametrize("release", RELEASES)
def test_holdings_move_to_postgresql_and_back(release: str, tmp_path: Path, postgres: PostgresServer) -> None:
    address = postgres.new()
    with Holdings.open(unpacked(release, tmp_path / "held")) as given:
        (given.folder / "kept").mkdir()
        (given.folder / "kept" / "beside").write_bytes(b"a file")
        there = copy_holdings(given, ACTOR, tmp_path / "server", address)
        with pytest.raises(UsageError, match="has holdings already"):
            copy_holdings(given, ACTOR, tmp_path / "third", address)
        wanted = says(given)
    assert (tmp_path / "server" / "kept" / "beside").read_bytes() == b"a file"
    assert not (tmp_path / "server" / "consilience.sqlite").exists()
    with Holdings.open(tmp_path / "server") as server:
        assert says(server)["entry matches in full"] == expected(release)["entry matches in full"]
        back = copy_holdings(server, ACTOR, tmp_path / "back")
        assert says(server) == {**wanted, "rows": says(server)["rows"]}
        new_case(server, ACTOR, number="added after", title="", agency="one more", legal_basis="")
    with Holdings.open(tmp_path / "back") as again:
        assert {**says(again), "rows": 0} == {**wanted, "rows": 0}
        new_case(again, ACTOR, number="added after", title="", agency="one more", legal_basis="")
    grown = {one.table for one, other in zip(there.tables, back.tables, strict=True) if one != other}
    assert grown <= {"event", "event_tree", "event_tree_node", "event_note", "reference"}, grown


def test_a_copy_that_was_cut_off_begins_anew(tmp_path: Path, postgres: PostgresServer) -> None:
    def cut_off(stage: str, done: int, total: int | None, *, size: int = 0) -> None:
        if stage == "copying media_match":
            raise KeyboardInterrupt

    address = postgres.new()
    with Holdings.open(unpacked(RELEASES[0], tmp_path / "held")) as given:
        with pytest.raises(KeyboardInterrupt):
            copy_holdings(given, ACTOR, tmp_path / "server", address, progress=cut_off)
        with pytest.raises(HoldingsError, match="holds no holdings"):
            Holdings.open(tmp_path / "server")
        copy_holdings(given, ACTOR, tmp_path / "server", address)
        with Holdings.open(tmp_path / "server") as server:
            assert says(server) == says(given)


def test_a_server_s_holdings_are_upgraded_when_a_person_says_so(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """The rows of the first release in the first schema, as a later release will find its own."""
    address = postgres.new()
    database = Database(PostgresDatabase(address))
    database._migrate("0001")
    _fill_as_they_are(unpacked("0.1.0", tmp_path / "held"), database)
    database.close()
    with pytest.raises(HoldingsError, match="pg_dump"):
        Holdings.attach(tmp_path / "server", address)
    Database.open(PostgresDatabase(address), upgrade=True).close()
    with Holdings.attach(tmp_path / "server", address) as server:
        assert says(server) == expected("0.1.0")


def _fill_as_they_are(folder: Path, database: Database) -> None:
    tables = MetaData()
    with closing(sqlite3.connect(folder / "consilience.sqlite")) as given, database.write() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            names = ", ".join(f'"{column.name}"' for column in table.c)
            marks = ", ".join(["%s"] * len(table.c))
            rows = [tuple(row) for row in given.execute(f'SELECT {names} FROM "{table.name}"')]
            if rows and table.name != "alembic_version":
                connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)
            if "id" in table.c:
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), "
                    f'(SELECT coalesce(max(id), 0) + 1 FROM "{table.name}"), false)'
                )
