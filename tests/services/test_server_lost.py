"""A PostgreSQL that is killed under an ingest: one line is said, and the same command ends with the same records."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import event
from world import encoded, make_holdings, on_record, picture, take_in

from consilience.errors import HoldingsError
from consilience.runs.local import LocalExecutor
from consilience.services import ingest
from consilience.services.holdings import Holdings
from consilience.settings import Limits
from databases import PostgresServer


@pytest.fixture
def exhibit(tmp_path: Path) -> Path:
    root = tmp_path / "exhibit"
    root.mkdir()
    for number in range(24):
        image = picture(number // 2, 300)  # each twice: as it is, and turned
        (root / f"{number:03}.jpg").write_bytes(encoded(image.rotate(90) if number % 2 else image))
        (root / f"{number:03}.txt").write_text(f"note {number // 3}")
    return root


FILES_WRITTEN = "INSERT INTO media_file "


def kill_at(server: PostgresServer, holdings: Holdings, which: int, statements: str = FILES_WRITTEN) -> None:
    """Kill the server before one of the statements that begin so, where its transaction stands."""
    seen = 0

    def watch(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal seen
        if statement.startswith(statements):
            seen += 1
            if seen == which:
                server.kill()

    event.listen(holdings.database.engine, "before_cursor_execute", watch)


def test_an_ingest_resumes_when_the_server_is_back(
    exhibit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_PORTION", 5)
    folder = tmp_path / "held"
    with PostgresServer() as server, LocalExecutor(Limits(), workers=1) as executor:
        make_holdings(folder, address=server.new()).close()
        for which in (1, 3):
            with Holdings.open(folder) as holdings:
                kill_at(server, holdings, which)
                with pytest.raises(HoldingsError, match="nothing of this step was kept") as said:
                    take_in(holdings, executor, exhibit)
                assert "\n" not in str(said.value)
            with pytest.raises(HoldingsError, match="cannot be reached") as said:
                Holdings.open(folder)
            assert "\n" not in str(said.value)
            server.start_again()
        with Holdings.open(folder) as holdings:
            result = take_in(holdings, executor, exhibit)
            assert 0 < result.already < result.listed
            found = on_record(holdings)
        with make_holdings(tmp_path / "undisturbed") as undisturbed:
            take_in(undisturbed, executor, exhibit)
            wanted = on_record(undisturbed)
    assert len(wanted["media_match"]) >= 12
    for table, rows in wanted.items():
        assert found[table] == rows, table


@pytest.mark.long
def test_an_ingest_resumes_wherever_the_server_is_lost(
    exhibit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_PORTION", 5)
    chance, kills, runs = random.Random(7), 0, 0
    with PostgresServer() as server, LocalExecutor(Limits(), workers=1) as executor:
        with make_holdings(tmp_path / "undisturbed") as undisturbed:
            take_in(undisturbed, executor, exhibit)
            wanted = on_record(undisturbed)
        while kills < 40:
            folder = tmp_path / f"held-{runs}"
            make_holdings(folder, address=server.new()).close()
            done = False
            while not done:
                # Before any statement of a run: in its beginning, between two portions, or within one.
                with Holdings.open(folder) as holdings:
                    kill_at(server, holdings, chance.randint(1, 250), statements="")
                    try:
                        take_in(holdings, executor, exhibit)
                        done = True
                    except HoldingsError as error:
                        assert "\n" not in str(error)
                        kills += 1
                if server.process.poll() is not None:
                    server.start_again()
            with Holdings.open(folder) as holdings:
                found = on_record(holdings)
            for table, rows in wanted.items():
                assert found[table] == rows, (table, runs, kills)
            runs += 1
    print(f"{kills} kills in {runs} ingests")
