"""The whole way: a tiny exercise through the main job, scored."""

from __future__ import annotations

from pathlib import Path

from consilience.exercise.restless import FOLDER, plant, stir
from consilience.exercise.run import run_exercise
from consilience.exercise.scoring import score
from consilience.exercise.scoring.holdings import matches_of, results_of
from consilience.exercise.truth import Truth
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.settings import Limits

WHO = Actor("tester", "exercise")


def test_the_main_job_takes_a_tiny_exercise_without_a_fault(tiny: Path, truth: Truth, tmp_path: Path) -> None:
    with Holdings.create(tmp_path / "holdings", "test", WHO) as holdings, LocalExecutor(Limits()) as executor:
        ran = run_exercise(tiny, truth, holdings, WHO, executor)
        card = score(truth, results_of(holdings, truth), matches_of(holdings))
    refused = {edition.file for one in truth.head.lists for edition in one.editions if edition.refused}
    assert set(ran.refused) == refused
    assert card.accounting.missing == card.accounting.twice == card.accounting.unexplained == ()
    assert card.wrong_outcomes == ()
    assert card.wrong_problems == ()
    assert card.missed == ()
    assert card.copies_called_new == ()
    assert card.wrong_edges == ()
    assert card.is_faultless
    assert card.overall.between_contents.found > card.overall.between_contents.total / 2


def test_restless_files_move_and_come_to_rest(tmp_path: Path, truth: Truth) -> None:
    import time

    import msgspec

    root = tmp_path / "exhibits" / "R1"
    files = tuple(plant(root, "R1", 1, 5, 1_700_000_000))
    still = msgspec.structs.replace(truth, files=files)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (root / FOLDER).iterdir()}
    moved: set[str] = set()
    with stir(tmp_path, still) as count:
        assert count == 4
        until = time.monotonic() + 20
        while len(moved) < 4 and time.monotonic() < until:
            for name, (content, _) in before.items():
                path = root / FOLDER / name
                try:
                    if path.read_bytes() != content:
                        moved.add(name.split("-")[0])
                except FileNotFoundError:
                    moved.add(name.split("-")[0])
    assert moved == {"grows", "shrinks", "changes", "vanishes"}
    assert {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (root / FOLDER).iterdir()
    } == before
