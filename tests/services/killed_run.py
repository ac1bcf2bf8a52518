"""An exercise taken in by a process of its own, in small portions, so that it can be killed anywhere."""

from __future__ import annotations

import sys
from pathlib import Path

from world import ACTOR

from consilience.exercise.run import run_exercise
from consilience.exercise.truth import read_truth
from consilience.runs.local import LocalExecutor
from consilience.services import ingest, lists
from consilience.services.holdings import Holdings
from consilience.settings import Limits


def run(operation: Path, folder: Path) -> None:
    # Small enough that most kills fall between two commits or into one.
    ingest._PORTION = 17
    lists._PORTION = 23
    holdings = Holdings.open(folder) if Holdings.are_in(folder) else Holdings.create(folder, "killed", ACTOR)
    with holdings, LocalExecutor(Limits(expansion=16 << 20), workers=2) as executor:
        run_exercise(operation, read_truth(operation), holdings, ACTOR, executor)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
