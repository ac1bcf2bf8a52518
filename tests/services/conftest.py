"""Workers that all tests of a run share: starting them takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from world import make_holdings

from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.settings import Limits


@pytest.fixture(scope="session")
def executor() -> Iterator[LocalExecutor]:
    with LocalExecutor(Limits(seconds=20), workers=2) as running:
        yield running


@pytest.fixture
def holdings(tmp_path: Path, address: str | None) -> Iterator[Holdings]:
    """New holdings with two cases, on each kind of database."""
    with make_holdings(tmp_path / "holdings", "C1", "C2", address=address) as made:
        yield made
