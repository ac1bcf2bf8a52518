"""Holdings: made once, and made again where the making was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import ACTOR

from consilience.errors import HoldingsError, UsageError
from consilience.services.holdings import Holdings
from consilience.store.database import Database


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
