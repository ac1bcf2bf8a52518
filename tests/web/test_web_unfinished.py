"""What a restart cut off is seen in its case, and gone on with by one act."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web_world import OWNER, Person, World, serving
from world import encoded, picture

from consilience.evidence.folder import FolderSource
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services import ingest
from consilience.services.holdings import Holdings
from consilience.settings import Limits
from consilience.web.jobs import Job, Stopped

WHO = Actor(OWNER, "examination")


@pytest.fixture(scope="module")
def cut_off(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holdings where E7 was cut off behind its second file, and E6 had a first look; their ``disks``."""
    root = tmp_path_factory.mktemp("cut-off")
    folder = root / "disks" / os.fsdecode(b"stick \xff")  # a name that is no text
    folder.mkdir(parents=True)
    for seed in range(40, 45):
        (folder / f"{seed}.jpg").write_bytes(encoded(picture(seed)))
    shutil.copytree(made / "holdings", root / "holdings")

    def told(stage: str, done: int, total: int | None, *, size: int = 0) -> None:
        if stage == "examining" and done >= 2:
            raise Stopped

    source = FolderSource(folder)
    with (
        Holdings.open(root / "holdings") as holdings,
        LocalExecutor(Limits(seconds=20), workers=1) as executor,
        pytest.MonkeyPatch.context() as patch,
    ):
        about = {"case": "C2", "description": "a stick"}
        patch.setattr(ingest, "_PORTION", 2)
        with pytest.raises(Stopped):
            ingest.ingest(holdings, WHO, source, executor, exhibit="E7", progress=told, **about)
        ingest.ingest(holdings, WHO, source, executor, exhibit="E6", first_look=True, **about)
    source.close()
    return root


@pytest.fixture
def left(cut_off: Path, tmp_path: Path) -> Iterator[Holdings]:
    """A copy of those holdings, opened by a server that has just begun."""
    shutil.copytree(cut_off / "holdings", tmp_path / "left")
    with Holdings.open(tmp_path / "left") as opened:
        yield opened


def exhibits(person: Person) -> dict[str, dict[str, Any]]:
    return {one["number"]: one for one in person.get("/api/cases/C2").json()["exhibits"]}


def gone_on(person: Person, exhibit: dict[str, Any]) -> dict[str, Any]:
    said = person.post(f"/api/cases/C2/exhibits/{exhibit['id']}/go-on")
    assert said.status_code == 202, said.text
    for _ in range(600):
        job = next(one for one in person.get("/api/jobs").json()["items"] if one["id"] == said.json()["id"])
        if job["ended_at"] is not None:
            return dict(job)
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_what_was_cut_off_says_how_far_it_came_and_is_gone_on_with(left: Holdings, cut_off: Path) -> None:
    with serving(left, (cut_off / "disks",)) as world:
        owner = world.owner()
        found = exhibits(owner)
        assert {one: (of["unfinished"], of["progress"], of["attached"]) for one, of in found.items()} == {
            "E7": ("interrupted", None, True),
            "E6": ("first-look", None, True),
        }
        assert 2 <= found["E7"]["files"] < 5
        assert found["E6"]["waiting_for_full_pass"] == 5 - found["E7"]["files"]
        assert gone_on(owner, found["E7"])["state"] == "done"
        whole = exhibits(owner)
        assert (whole["E7"]["files"], whole["E7"]["unfinished"], whole["E7"]["reached"]) == (5, None, "full")
        assert whole["E7"]["description"] == "a stick"
        # The same contents: nothing of it is left to be done.
        assert whole["E6"]["unfinished"] is None


def test_going_on_asks_where_the_exhibit_is_and_whether_it_may(
    left: Holdings, cut_off: Path, made: Path
) -> None:
    with serving(left, (made,)) as world:
        owner = world.owner()
        path = f"/api/cases/C2/exhibits/{exhibits(owner)['E7']['id']}/go-on"
        assert "in no folder from which" in owner.post(path).json()["detail"]
        assert owner.post(path.replace("C2", "C1")).status_code == 404, "it is an exhibit of another case"
    away = (cut_off / "disks").rename(cut_off / "away")
    try:
        with serving(left, (cut_off / "disks",)) as world:
            owner = world.owner()
            assert exhibits(owner)["E7"]["attached"] is False
            said = owner.post(path)
            assert said.status_code == 422 and "not attached" in said.json()["detail"], said.text
            assert owner.get("/api/jobs").json()["items"] == []
    finally:
        away.rename(cut_off / "disks")


def test_two_who_go_on_share_one_job(left: Holdings, cut_off: Path) -> None:
    with serving(left, (cut_off / "disks",)) as world:
        others = busy(world)
        owner = world.owner()
        path = f"/api/cases/C2/exhibits/{exhibits(owner)['E7']['id']}/go-on"
        first, second = owner.post(path).json()["id"], owner.post(path).json()["id"]
        assert first == second
        assert owner.post(f"/api/jobs/{first}/stop").status_code == 202
        others.set()


def test_what_waited_when_the_server_ended_is_still_to_be_seen(holdings: Holdings, made: Path) -> None:
    with serving(holdings, (made,)) as world:
        others = busy(world)
        owner = world.owner()
        body = {"number": "E8", "path": str(made / "exhibit"), "description": "a phone"}
        job = owner.post("/api/cases/C2/exhibits", body).json()
        waiting = exhibits(owner)["E8"]
        assert (waiting["progress"]["job"], waiting["unfinished"]) == (job["id"], None)
        assert owner.post(f"/api/jobs/{job['id']}/stop").status_code == 202
        others.set()
    with serving(holdings) as restarted:
        owner = restarted.owner()
        found = exhibits(owner)["E8"]
        assert (found["unfinished"], found["files"], found["description"]) == ("not-begun", 0, "a phone")
        said = owner.post(f"/api/cases/C2/exhibits/{found['id']}/go-on")
        assert said.status_code == 422 and "nothing of this exhibit was begun" in said.json()["detail"]


def busy(world: World) -> threading.Event:
    """Keep the server at other work until the event is set."""
    done = threading.Event()
    world.server.jobs.begin(Job("ingest", OWNER, None, "other work"), lambda _: done.wait(30) and None)
    return done
