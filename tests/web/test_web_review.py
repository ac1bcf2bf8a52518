"""What an examiner does in the workspace: look at a case, its gallery and its pictures, judge, take back."""

from __future__ import annotations

import base64
import io
import shutil
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image
from web_world import World


def test_totals_of_a_case_add_up(world: World) -> None:
    owner = world.owner()
    (case, other) = owner.get("/api/cases").json()["items"]
    detail = owner.get(f"/api/cases/{case['id']}").json()
    assert sum(one["count"] for one in detail["outcomes"]) == detail["case"]["files"] == case["files"] == 11
    assert detail["case"]["alerts"] == 1 and other["files"] == 0
    assert sum(one["count"] for one in detail["unreadable"]) == next(
        one["count"] for one in detail["outcomes"] if one["outcome"] == "unreadable"
    )
    assert detail["exhibits"][0]["files"] == 11
    assert owner.get("/api/cases/C1").json() == detail


def test_what_changed_is_what_came_since_one_looked(world: World) -> None:
    owner = world.owner()
    assert owner.get("/api/cases/C1").json()["changed_since_last_look"]["files"] == 11
    assert owner.post("/api/cases/C1/look").status_code == 204
    changed = owner.get("/api/cases/C1").json()["changed_since_last_look"]
    assert (changed["files"], changed["matches"]) == (0, 0) and changed["since"] is not None


def test_pages_of_a_gallery_make_the_whole(world: World) -> None:
    owner = world.owner()
    for by, sort, descending in product(
        ["file", "content", "stack"],
        ["found", "outcome", "name", "size", "taken", "distance", "stack"],
        [0, 1],
    ):
        asked = {"by": by, "sort": sort, "descending": descending}
        whole = owner.get("/api/cases/C1/gallery", params=asked).json()
        seen, cursor = [], None
        while True:
            further = {"limit": 4} | ({"cursor": cursor} if cursor else {})
            page = owner.get("/api/cases/C1/gallery", params=asked | further).json()
            seen += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == whole["items"] and whole["total"] == len(seen), asked
        assert len({one["id"] for one in seen}) == len(seen) == (10 if by == "stack" else 11), asked


def test_filters_and_facets_agree(world: World) -> None:
    owner = world.owner()
    facets = owner.get("/api/cases/C1/facets").json()
    for field, values in facets.items():
        if field == "judged":
            continue
        for one in values:
            asked = {"by": "file", field: one["value"]}
            page = owner.get("/api/cases/C1/gallery", params=asked).json()
            assert page["total"] == one["count"], (field, one)
    named = owner.get("/api/cases/C1/gallery", params={"by": "file", "name": "OTHER-3"}).json()["items"]
    assert [one["name"] for one in named] == ["other-3.png"]


def test_a_stack_holds_its_near_duplicates(world: World, known: str) -> None:
    found = world.owner().get(f"/api/cases/C1/stacks/{known}").json()
    assert [one["item"]["name"] for one in found] == ["known.jpg", "smaller.jpg"]
    assert found[0]["distance"] == 0 and found[1]["distance"] <= 31


def test_a_medium_says_why_it_matches(world: World, known: str) -> None:
    owner = world.owner()
    detail = owner.get(f"/api/media/{known}", params={"case": "C1"})
    (match,) = detail.json()["matches"]
    assert (match["list"], match["basis"], match["distance"]) == ("known", "sha256", 0)
    assert [one["name"] for one in detail.json()["near"]] == ["smaller.jpg"]
    again = owner.get(
        f"/api/media/{known}", params={"case": "C1"}, headers={"If-None-Match": detail.headers["etag"]}
    )
    assert again.status_code == 304 and not again.content


def test_pictures_are_small_new_and_on_record(world: World, known: str) -> None:
    owner = world.owner()
    blurred = owner.get(f"/api/media/{known}/picture", params={"case": "C1"})
    assert blurred.headers["content-type"] == "image/jpeg", blurred.text
    image = Image.open(io.BytesIO(blurred.content))
    assert image.mode == "L" and max(image.size) <= 256 and not image.info.get("exif")
    assert np.asarray(image, float).std() > 0
    clear = owner.post(f"/api/media/{known}/views", {"case": "C1", "look": "clear"})
    assert clear.status_code == 200, clear.text
    shown = Image.open(io.BytesIO(clear.content))
    assert shown.mode == "RGB" and shown.size == (160, 160)
    grey = owner.post(f"/api/media/{known}/views", {"case": "C1", "look": "grey", "size": "small"})
    assert grey.status_code == 200, grey.text
    assert Image.open(io.BytesIO(grey.content)).mode == "L"
    events = owner.get("/api/audit/events", params={"action": "view"}).json()["items"]
    assert [one["object_kind"] for one in events] == ["picture-grey", "picture-clear", "picture-blurred"]
    assert {one["case"] for one in events} == {"C1"}
    assert events[0]["number"] == int(grey.headers["consilience-event"])
    exposure = owner.get("/api/exposure/me").json()
    assert (exposure["today"], exposure["revealed_today"]) == (3, 2)


def test_a_blurred_picture_has_lost_its_detail(world: World, known: str) -> None:
    owner = world.owner()
    blurred = owner.get(f"/api/media/{known}/picture", params={"case": "C1"}).content
    coarse = np.asarray(Image.open(io.BytesIO(blurred)), float)
    # Twenty samples a side are all that is left: what lies between them is smooth.
    assert coarse.shape == (80, 80)
    few = Image.fromarray(coarse.astype(np.uint8)).resize((20, 20), Image.Resampling.BOX)
    again = np.asarray(few.resize((80, 80), Image.Resampling.BICUBIC), float)
    assert np.abs(again - coarse).max() < 12
    assert coarse.std() > 0


def test_many_blurred_pictures_come_at_once(world: World, known: str) -> None:
    owner = world.owner()
    items = owner.get("/api/cases/C1/gallery", params={"by": "content"}).json()["items"]
    asked = [one["sha256"] for one in items if one["sha256"]] + ["0" * 64]
    said = owner.post("/api/cases/C1/pictures", {"sha256": asked}).json()["items"]
    assert [one["sha256"] for one in said] == asked
    by_digest = {one["sha256"]: one for one in said}
    for one in items:
        if one["sha256"] and one["viewable"]:
            assert base64.b64decode(by_digest[one["sha256"]]["jpeg"])[:2] == b"\xff\xd8", one
    assert by_digest["0" * 64]["problem"]["type"].endswith("not-found")
    views = owner.get("/api/audit/events", params={"action": "view"}).json()["items"]
    assert len(views) == sum(one["jpeg"] is not None for one in said)


def test_without_the_exhibit_what_was_kept_is_shown_or_else_offline(
    world: World, made: Path, known: str, tmp_path: Path
) -> None:
    owner = world.owner()
    small = {"case": "C1", "look": "clear", "size": "small"}
    before = owner.post(f"/api/media/{known}/views", small)
    away = made / "exhibit"
    shutil.move(away, made / "away")
    try:
        assert owner.post(f"/api/media/{known}/views", small).content == before.content
        large = owner.post(f"/api/media/{known}/views", {"case": "C1"})
        assert (large.status_code, large.json()["type"]) == (409, "urn:consilience:problem:offline")
    finally:
        shutil.move(made / "away", away)


def test_other_bytes_at_the_same_place_are_not_shown(world: World, made: Path, known: str) -> None:
    file = made / "exhibit" / "known.jpg"
    original = file.read_bytes()
    try:
        file.write_bytes((made / "exhibit" / "other-2.png").read_bytes())
        said = world.owner().post(f"/api/media/{known}/views", {"case": "C1"})
        assert said.json()["type"] == "urn:consilience:problem:offline"
    finally:
        file.write_bytes(original)


def test_kept_pictures_are_sealed(world: World, known: str) -> None:
    world.owner().post(f"/api/media/{known}/views", {"case": "C1"})
    from consilience.store.schema import sealed

    with world.holdings.database.read() as connection:
        rows = connection.execute(sealed.select()).all()
    assert rows and all(b"\xff\xd8\xff" not in one.data for one in rows)


def test_a_judgement_is_given_superseded_and_taken_back(world: World, known: str) -> None:
    owner = world.owner()
    (scheme, *_) = owner.get("/api/schemes").json()
    code, another = scheme["codes"][0]["code"], scheme["codes"][1]["code"]
    word = {
        "case": "C1",
        "subject": "classification",
        "object": known,
        "decision": "positive",
        "reason": "seen",
    }
    owner.post("/api/judgements", word | {"code": code})
    said = owner.post("/api/judgements", word | {"code": another}).json()
    item = next(one for one in owner.get("/api/cases/C1/gallery").json()["items"] if one["sha256"] == known)
    assert item["code"] == another and item["judged_by_me"]
    mine = owner.get("/api/cases/C1/gallery", params={"judged": "not-mine"}).json()
    assert known not in {one["sha256"] for one in mine["items"]}
    (vote,) = owner.get(f"/api/media/{known}", params={"case": "C1"}).json()["classification"]["votes"]
    assert vote["mine"] and vote["reason"] == "seen" and vote["id"] == said["id"]
    history = owner.get("/api/cases/C1/judgements").json()["items"]
    assert [one["superseded"] for one in history] == [False, True]
    assert owner.ask("DELETE", f"/api/judgements/{said['id']}").json()["state"] == "open"
    item = next(one for one in owner.get("/api/cases/C1/gallery").json()["items"] if one["sha256"] == known)
    assert item["code"] is None and not item["judged_by_me"]


def test_a_match_is_judged_where_its_reason_is_shown(world: World, known: str) -> None:
    owner = world.owner()
    (near,) = owner.get(f"/api/media/{known}", params={"case": "C1"}).json()["near"]
    word = {
        "case": "C1",
        "subject": "match",
        "object": known,
        "other": near["sha256"],
        "decision": "negative",
    }
    assert owner.post("/api/judgements", word).json()["verdict"]["state"] == "negative"
    (near,) = owner.get(f"/api/media/{known}", params={"case": "C1"}).json()["near"]
    assert near["verdict"]["state"] == "negative"
    assert len(owner.get(f"/api/cases/C1/stacks/{known}").json()) == 1
    hit = {"case": "C1", "subject": "entry-match", "object": known, "list": "known", "decision": "positive"}
    entry = owner.get(f"/api/media/{known}", params={"case": "C1"}).json()["matches"][0]["entry"]
    assert owner.post("/api/judgements", hit | {"entry": entry}).status_code == 201
    assert owner.post("/api/judgements", hit).status_code == 422


def test_what_creates_is_created_once_under_one_key(world: World) -> None:
    owner = world.owner()
    key = {"Idempotency-Key": "one"}
    first = owner.post("/api/cases", {"number": "N1"}, headers=key)
    again = owner.post("/api/cases", {"number": "N1"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
    assert again.headers["idempotent-replay"] == "true"
    assert owner.post("/api/cases", {"number": "N2"}, headers=key).status_code == 422
    assert owner.post("/api/cases", {"number": "N1"}).status_code == 422
    refused = {"Idempotency-Key": "two"}
    assert owner.post("/api/cases", {"number": "N1"}, headers=refused).status_code == 422
    assert owner.post("/api/cases", {"number": "N3"}, headers=refused).status_code == 201


def test_the_log_is_searched_signed_checked_and_handed_out(world: World, tmp_path: Path) -> None:
    owner = world.owner()
    seen, cursor = [], None
    while True:
        asked = {"limit": 5} | ({"cursor": cursor} if cursor else {})
        page = owner.get("/api/audit/events", params=asked).json()
        seen += [one["number"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(seen[0], 0, -1))
    assert owner.post("/api/audit/checkpoints").json()["size"] > 0
    assert owner.post("/api/audit/verify").json()["holds"] is True
    log = owner.post("/api/audit/export")
    assert log.status_code == 200 and len(log.content) > 1000
    assert not [one for one in (world.holdings.folder / "scratch").rglob("*") if one.is_file()]


def test_an_exhibit_is_taken_in_below_the_roots_alone(world: World, made: Path, tmp_path: Path) -> None:
    owner = world.owner()
    for path in ("/etc", str(made / ".." / ".."), "relative", f"{made}/../../etc", "~"):
        said = owner.post("/api/cases/C2/exhibits", {"number": "E9", "path": path})
        assert (said.status_code, "no folder" in said.json()["detail"]) == (422, True), path
    link = made / "link"
    link.symlink_to("/etc")
    try:
        said = owner.post("/api/cases/C2/exhibits", {"number": "E9", "path": str(link)})
        assert said.status_code == 422
    finally:
        link.unlink()
    begun = owner.post("/api/cases/C2/exhibits", {"number": "E2", "path": str(made / "exhibit")})
    assert begun.status_code == 202
    _finish(world, begun.json()["id"])
    assert owner.get("/api/jobs").json()["items"][0]["state"] == "done", owner.get("/api/jobs").json()
    detail = owner.get("/api/cases/C2").json()
    assert detail["case"]["files"] == 11 and detail["exhibits"][0]["reached"] == "full"
    assert owner.get("/api/cases/C2/notices").json()["total"] >= 1


def test_a_list_is_imported_with_progress(world: World, known: str) -> None:
    owner = world.owner()
    body = b"\n".join(f"{number:064x}".encode() for number in range(1, 50)) + b"\nnot a digest\n"
    begun = owner.ask(
        "POST",
        "/api/lists/import",
        params={"name": "more", "role": "alert", "file_name": "../../x.txt", "format": "plain"},
        content=body,
    )
    assert begun.status_code == 202, begun.text
    _finish(world, begun.json()["id"])
    found = {one["name"]: one for one in owner.get("/api/lists").json()["items"]}
    assert found["more"]["entries"] == 49 and found["more"]["editions"][0]["broken"] == 1
    (broken,) = owner.get("/api/lists/more/editions/1/broken").json()["items"]
    assert broken["position"] == 50
    assert not [one for one in (world.holdings.folder / "scratch").rglob("*") if one.is_file()]


def test_events_tell_the_state(world: World) -> None:
    said = world.owner().get("/api/events", params={"once": True})
    assert said.headers["content-type"].startswith("text/event-stream")
    assert said.text.count("event: case\n") == 2


def _finish(world: World, job: str) -> None:
    import time

    for _ in range(600):
        if all(one.ended_at for one in world.server.jobs.jobs() if one.id == job):
            return
        time.sleep(0.05)
    raise AssertionError(world.server.jobs.jobs())
