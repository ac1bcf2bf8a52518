"""Exhibits taken in from the workspace: chosen, watched, stopped, gone on with; then reported."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from web_world import Person, World
from world import encoded, picture

from consilience.errors import NotFoundError
from consilience.services.progress import Progress
from consilience.web.jobs import Job, Jobs


@pytest.fixture
def disk(made: Path) -> Path:
    folder = made / "disk"
    if not folder.exists():
        (folder / "photos" / "older").mkdir(parents=True)
        for seed in (21, 22):
            (folder / "photos" / f"{seed}.jpg").write_bytes(encoded(picture(seed)))
        (folder / "out").symlink_to("/")
        (folder / "odd\nname").mkdir()
    return folder


def ended(person: Person, job: str) -> dict[str, Any]:
    for _ in range(600):
        found = next(one for one in person.get("/api/jobs").json()["items"] if one["id"] == job)
        if found["ended_at"] is not None:
            return dict(found)
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_folders_are_shown_below_the_places_that_were_named(world: World, made: Path, disk: Path) -> None:
    owner = world.owner()
    begin = owner.get("/api/exhibit-folders").json()
    assert [one["path"] for one in begin["folders"]] == [str(made)]
    found = owner.get("/api/exhibit-folders", params={"path": str(disk)}).json()
    assert ([one["name"] for one in found["folders"]], found["unnamed"]) == (["photos"], 1)
    assert found["parent"] == str(made)
    assert owner.get("/api/exhibit-folders", params={"path": str(made)}).json()["parent"] == ""
    for outside in ("/", str(disk / "out"), str(disk / ".." / ".."), "photos", str(disk / "nowhere")):
        assert owner.get("/api/exhibit-folders", params={"path": outside}).status_code == 422, outside


def test_an_exhibit_is_taken_in_and_reported(world: World, disk: Path) -> None:
    owner = world.owner()
    body = {"number": "E9", "path": str(disk / "photos"), "description": "a disk"}
    job = owner.post("/api/cases/C2/exhibits", body).json()["id"]
    assert ended(owner, job)["state"] == "done"
    assert owner.post(f"/api/jobs/{job}/stop").json()["state"] == "done", "what is over cannot be stopped"
    (exhibit,) = owner.get("/api/cases/C2").json()["exhibits"]
    assert (exhibit["files"], exhibit["progress"], exhibit["attached"]) == (2, None, True)
    assert exhibit["readings"][-1]["root"] == str(disk / "photos")
    report = owner.post("/api/cases/C2/report")
    with zipfile.ZipFile(io.BytesIO(report.content)) as archive:
        assert b"C2" in archive.read("report.html")
        assert archive.testzip() is None
    told = owner.get("/api/audit/events", params={"action": "disclose"}).json()["items"]
    assert [one["object_kind"] for one in told] == ["report"]


def test_work_stops_between_two_portions_and_what_waits_never_begins() -> None:
    jobs = Jobs()
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work(progress: Progress) -> None:
        progress("examining", 1, 3)
        done.append(1)
        begun.set()
        assert go_on.wait(30)
        progress("examining", 2, 3)
        done.append(2)

    running = jobs.begin(Job("ingest", "one", None, "E1"), work)
    waiting = jobs.begin(Job("ingest", "one", None, "E2"), lambda _: done.append(3))
    assert begun.wait(30)
    with pytest.raises(NotFoundError):
        jobs.stop(running.id, "another")
    assert jobs.stop(waiting.id, "one").state == "stopped"
    assert jobs.stop(running.id, "one").state == "running", "until the portion in hand is recorded"
    go_on.set()
    jobs.close()
    assert jobs._thread is not None
    jobs._thread.join(30)
    assert (running.state, running.done, done) == ("stopped", 2, [1])


def test_access_to_cases_is_shown_without_their_content(agency: World) -> None:
    administrator = agency.with_session("administrator")
    assert administrator.post("/api/cases/C1/members", {"user": "examiner"}).status_code == 204
    assert administrator.post("/api/cases/C1/members", {"unit": "one"}).status_code == 204
    found = {one["number"]: one for one in administrator.get("/api/access/cases").json()["items"]}
    assert [(one["user"], one["unit"]) for one in found["C1"]["members"]] == [
        ("examiner", None),
        (None, "one"),
    ]
    assert found["C2"]["members"] == [] and found["C1"]["release_level"] == "case"
    assert administrator.ask("DELETE", "/api/cases/C1/members", params={"unit": "one"}).status_code == 204
    level = {"level": "named-agencies", "agencies": ["test agency"]}
    assert administrator.ask("PUT", "/api/cases/C1/release", json=level).status_code == 204
    after = administrator.get("/api/access/cases").json()["items"][0]
    assert (len(after["members"]), after["agencies"]) == (1, ["test agency"])
    gone = administrator.ask("DELETE", "/api/cases/C1/release", params={"agency": "test agency"})
    assert gone.status_code == 204
    assert administrator.get("/api/access/cases").json()["items"][0]["agencies"] == []
    assert agency.with_session("examiner").get("/api/access/cases").status_code == 403
