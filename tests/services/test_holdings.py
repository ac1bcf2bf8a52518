"""Holdings: made once, and made again where the making was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from world import ACTOR, make_holdings, take_in

from consilience.errors import HoldingsError, UsageError
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services.cases import all_cases
from consilience.services.holdings import Holdings
from consilience.services.notices import notices_of_case
from consilience.store.database import Database
from consilience.store.schema import event, reference


def test_a_making_that_was_cut_off_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*_: object) -> Database:
        raise KeyboardInterrupt

    create = Database.create
    with monkeypatch.context() as patched:
        patched.setattr(Database, "create", lambda *given: (create(*given), cut_off()))
        with pytest.raises(KeyboardInterrupt):
            Holdings.create(tmp_path, "cut", ACTOR)
    assert (tmp_path / "consilience.sqlite.making").exists()
    with pytest.raises(HoldingsError, match="holds no holdings"):
        Holdings.open(tmp_path)
    Holdings.create(tmp_path, "whole", ACTOR).close()
    assert sorted(one.name for one in tmp_path.iterdir() if "making" in one.name) == []
    with pytest.raises(UsageError, match="is not empty"):
        Holdings.create(tmp_path, "again", ACTOR)


def test_who_looks_at_cases_and_notices_is_on_record(tmp_path: Path) -> None:
    with make_holdings(tmp_path) as holdings:
        all_cases(holdings, Actor("reader", "review"))
        notices_of_case(holdings, Actor("reader", "audit"), "C1")
        query = select(event.c.action, event.c.object_kind, event.c.justification).join(
            reference, reference.c.id == event.c.actor_id
        )
        with holdings.database.read() as connection:
            rows = connection.execute(query.where(reference.c.text == "reader").order_by(event.c.id))
            assert [tuple(row) for row in rows] == [("read", "case", "review"), ("read", "notices", "audit")]


def test_files_of_another_size_are_all_counted(tmp_path: Path, executor: LocalExecutor) -> None:
    exhibit = tmp_path / "exhibit"
    exhibit.mkdir()
    for number in range(120):
        (exhibit / f"{number:03}.txt").write_text("note")
    with make_holdings(tmp_path / "holdings") as holdings:
        take_in(holdings, executor, exhibit)
        for number in range(110):
            (exhibit / f"{number:03}.txt").write_text("longer note")
        result = take_in(holdings, executor, exhibit)
    assert result.differing == 110
    assert len(result.differing_named) == 100
