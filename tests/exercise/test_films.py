"""Films of the exercise: the same bytes again, the truth borne out by the files, and the main job without a fault."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from consilience.exercise.build import build
from consilience.exercise.films.build import GENERATOR
from consilience.exercise.films.making import Job, make_film
from consilience.exercise.films.plan import PRESETS, plan_films
from consilience.exercise.films.truth import RENDITION, FilmFile, Films, read_films
from consilience.exercise.run import run_exercise
from consilience.exercise.scoring import score
from consilience.exercise.scoring.films import score_films
from consilience.exercise.scoring.films_found import first_looks_of, ties_of
from consilience.exercise.scoring.holdings import matches_of, results_of
from consilience.exercise.truth import read_truth
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.settings import Limits

SEED = 5
EXHIBITS = ("FI701-01", "FI701-02", "FI718-01")
PLANS = {
    "films-tiny": "3bba29f609f11af9447d994490063bf9f07eae2719f3f8de463bbf5c62d5d793",
    "films": "0b2fa5d95bd6720b1b40a2afefc0b2682b0f1d64a8168aa34195c76662d3794e",
}


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exercise") / "films"
    build(folder, "films-tiny", SEED, 1)
    return folder


@pytest.fixture(scope="module")
def films(reel: Path) -> Films:
    found = read_films(reel)
    assert found is not None
    return found


def test_this_is_generator_films_1() -> None:
    assert GENERATOR == "films-1", "a new generator has new figures above"


@pytest.mark.parametrize("preset", PLANS)
def test_plans_are_what_they_were(preset: str) -> None:
    plan = plan_films(PRESETS[preset], 1, EXHIBITS)
    assert hashlib.sha256(msgspec.json.encode(plan, order="deterministic")).hexdigest() == PLANS[preset]


def test_a_film_made_again_has_the_same_bytes(reel: Path, films: Films, tmp_path: Path) -> None:
    plan = plan_films(PRESETS["films-tiny"], SEED, EXHIBITS)
    made = make_film(tmp_path, 1_700_000_000, Job(plan, "film-003"))
    assert {one.truth for one in made} == {one for one in films.files if one.film == "film-003"}


def test_files_show_the_footage_that_the_truth_says(reel: Path, films: Films) -> None:
    high = {one.film: pictures(reel, one) for one in films.files if one.strength == "high"}
    for one in films.files:
        seen = pictures(reel, one) if one.video else []
        likeness = []
        for piece in one.pictures:
            for at in np.arange(piece.begin + 0.3, piece.end - 0.2, 0.7):
                there = piece.source_begin + (at - piece.begin) * piece.speed
                mine, theirs = near(seen, at), near(high[piece.source], there)
                mine = mine[:, ::-1] if one.mirrored else mine
                likeness.append(np.corrcoef(mine.ravel(), theirs.ravel())[0, 1])
        # Next to a cut, the nearest frame may be one of the other shot.
        assert not likeness or np.mean(np.array(likeness) > 0.9) > 0.8, one.shown


def test_the_main_job_ties_what_belongs_together(reel: Path, films: Films, tmp_path: Path) -> None:
    who, truth = Actor("tester", "exercise"), read_truth(reel)

    def card():
        return score_films(films, "films-tiny", SEED, first_looks_of(holdings), ties_of(holdings))

    with Holdings.create(tmp_path / "holdings", "test", who) as holdings, LocalExecutor(Limits()) as executor:
        run_exercise(reel, truth, holdings, who, executor, full=False)
        looked = card()
        run_exercise(reel, truth, holdings, who, executor)
        passed = card()
        files = score(truth, results_of(holdings, truth), matches_of(holdings))
    assert looked.first_looks > 0 == passed.first_looks
    assert looked.renditions.found <= passed.renditions.found
    assert passed.films.share == 1.0
    by_alteration = {one.alteration: one for one in passed.pictures}
    assert by_alteration["clip"].tied.share == by_alteration["re-encoded"].tied.share == 1.0
    by_sound = {one.alteration: one for one in passed.sound}
    assert by_sound["sound swapped"].tied.share == by_sound["audio only"].tied.share == 1.0
    assert passed.false_ties == ()
    assert files.accounting.missing == files.accounting.unexplained == ()
    assert files.wrong_outcomes == files.wrong_problems == ()


def pictures(reel: Path, one: FilmFile) -> list[tuple[float, np.ndarray]]:
    with av.open(str(reel / "exhibits" / one.exhibit / one.shown)) as container:
        return [
            (float(frame.time), frame.reformat(32, 18, format="gray").to_ndarray().astype(float))
            for frame in container.decode(video=0)
        ]


def near(seen: list[tuple[float, np.ndarray]], at: float) -> np.ndarray:
    return min(seen, key=lambda one: abs(one[0] - at))[1]


def test_renditions_differ_in_nothing_but_quality(films: Films) -> None:
    of_film = [one for one in films.files if one.film == "film-001" and one.alteration == RENDITION]
    assert [one.strength for one in sorted(of_film, key=lambda one: one.shown)] == ["high", "middle", "low"]
    assert len({(one.pictures, one.sound, one.seconds) for one in of_film}) == 1
