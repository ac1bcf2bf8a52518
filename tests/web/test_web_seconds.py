"""Two contents that share seconds say which, from either side."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "services"))

from web_world import OWNER, Person, World, populate, serving

import films
from consilience.evidence.folder import FolderSource
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services.cases import new_case
from consilience.services.full_pass import full_pass
from consilience.services.holdings import Holdings
from consilience.services.ingest import ingest
from consilience.settings import Limits

WHO = Actor(OWNER, "examination")


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film, a clip of it from 6.3 s on in another case, and a picture of its eighth second."""
    root = tmp_path_factory.mktemp("reel")
    made = {
        "C1": {"film.mp4": films.film(12, seed=1, gop=50)},
        "C2": {"clip.mkv": films.film(4, seed=1, begin=6.3, form="matroska")},
    }
    with Holdings.create(root / "holdings", "test", WHO) as holdings:
        for case, exhibit in made.items():
            folder = root / case
            folder.mkdir()
            for name, data in exhibit.items():
                (folder / name).write_bytes(data)
            if case == "C1":
                Image.fromarray(films.shot(1, 8.0, 640, 360)).save(folder / "still.png")
            new_case(holdings, WHO, number=case, title="", agency="test agency", legal_basis="")
            source = FolderSource(folder)
            with LocalExecutor(Limits(), workers=1) as executor:
                ingest(holdings, WHO, source, executor, case=case, exhibit="E1")
                full_pass(holdings, WHO, source, executor, case=case, exhibit="E1")
            source.close()
    return root


@pytest.fixture
def watched(reel: Path, tmp_path: Path) -> Iterator[World]:
    import shutil

    shutil.copytree(reel / "holdings", tmp_path / "holdings")
    with Holdings.open(tmp_path / "holdings") as holdings, serving(holdings, (reel,)) as served:
        yield served


def item(person: Person, case: str, name: str) -> str:
    items = person.get(f"/api/cases/{case}/gallery", params={"by": "file"}).json()["items"]
    return next(str(one["sha256"]) for one in items if one["name"] == name)


def near(person: Person, case: str, name: str) -> dict[str, dict[str, object]]:
    found = person.get(f"/api/media/{item(person, case, name)}", params={"case": case}).json()
    return {f"{one['name']} {one['basis']}": one for one in found["near"]}


def test_a_clip_and_its_film_say_the_same_seconds(watched: World) -> None:
    owner = watched.owner()
    (from_clip,) = near(owner, "C2", "clip.mkv")["film.mp4 vpdq"]["spans"]
    assert from_clip["begin"] == pytest.approx(0, abs=1)
    assert from_clip["other_begin"] == pytest.approx(6.3, abs=1)
    assert from_clip["speed"] == pytest.approx(1, abs=0.05)
    film = near(owner, "C1", "film.mp4")["clip.mkv vpdq"]
    (from_film,) = film["spans"]
    assert (from_film["begin"], from_film["end"]) == (from_clip["other_begin"], from_clip["other_end"])
    assert (from_film["other_begin"], from_film["other_end"]) == (from_clip["begin"], from_clip["end"])
    assert film["distance"] <= 31 and film["share"] < 0.5 < film["other_share"]


def test_a_picture_that_is_a_frame_says_its_second(watched: World) -> None:
    owner = watched.owner()
    (of_film,) = near(owner, "C1", "film.mp4")["still.png pdq"]["spans"]
    assert of_film["begin"] == of_film["end"] == pytest.approx(8, abs=0.6)
    (of_still,) = near(owner, "C1", "still.png")["film.mp4 pdq"]["spans"]
    assert (of_still["other_begin"], of_still["begin"]) == (of_film["begin"], 0)


def test_what_lies_in_a_case_that_one_may_not_see_is_not_there(watched: World) -> None:
    populate(watched.holdings)
    administrator = watched.with_session("administrator")
    assert administrator.post("/api/cases/C1/members", {"user": "examiner"}).status_code == 204
    examiner = watched.with_session("examiner")
    assert set(near(examiner, "C1", "film.mp4")) == {"still.png pdq"}
