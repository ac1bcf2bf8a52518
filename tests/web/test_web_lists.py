"""What of a list could not be taken: told by the import, kept by the edition, given page by page."""

from __future__ import annotations

import time
from typing import Any

from web_world import Person, World

HOSTILE = '<img src=x onerror="alert(1)">'


def imported(owner: Person, name: str, lines: list[str], format: str = "plain") -> dict[str, Any]:
    said = owner.ask(
        "POST",
        "/api/lists/import",
        params={"name": name, "role": "alert", "file_name": "list.txt", "format": format},
        content="\n".join(lines).encode(),
    )
    assert said.status_code == 202, said.text
    for _ in range(600):
        job = next(one for one in owner.get("/api/jobs").json()["items"] if one["id"] == said.json()["id"])
        if job["ended_at"] is not None:
            assert job["state"] == "done", job
            return dict(job["imported"])
        time.sleep(0.05)
    raise AssertionError("the import does not end")


def pages(owner: Person, path: str, limit: int) -> list[list[dict[str, Any]]]:
    found, cursor = [], None
    while True:
        said = owner.get(path, params={"limit": limit} | ({"cursor": cursor} if cursor else {}))
        assert said.status_code == 200, said.text
        found.append(said.json()["items"])
        if (cursor := said.json()["next"]) is None:
            return found


def test_an_import_tells_what_it_could_not_take(world: World) -> None:
    owner = world.owner()
    good = [f"{number:064x}" for number in range(1, 6)]
    lines = [*good, *(f"line {number} {HOSTILE}" for number in range(7))]
    told = imported(owner, "2026/hotline", lines)
    assert told == {
        "edition": 1, "is_new": True, "added": 5, "changed": 0, "withdrawn": 0, "broken": 7, "matched": 0,
    }  # fmt: skip
    assert imported(owner, "2026/hotline", lines) == told | {"is_new": False}
    # A name may hold what parts an address.
    found = pages(owner, "/api/lists/2026%2Fhotline/editions/1/broken", 3)
    assert [len(page) for page in found] == [3, 3, 1]
    assert [one["position"] for page in found for one in page] == list(range(6, 13))
    (whole,) = pages(owner, "/api/lists/2026%2Fhotline/editions/1/broken", 100)
    assert whole == [one for page in found for one in page]
    assert all(one["reason"] for one in whole)


def test_each_edition_keeps_its_own(world: World) -> None:
    owner = world.owner()
    good = [f"{number:064x}" for number in range(1, 4)]
    assert imported(owner, "two", [*good, "bad"])["broken"] == 1
    assert imported(owner, "two", good)["broken"] == 0
    (listed,) = [one for one in owner.get("/api/lists").json()["items"] if one["name"] == "two"]
    assert [one["broken"] for one in listed["editions"]] == [1, 0]
    assert [one["position"] for one in pages(owner, "/api/lists/two/editions/1/broken", 10)[0]] == [4]
    assert pages(owner, "/api/lists/two/editions/2/broken", 10) == [[]]
    assert owner.get("/api/lists/two/editions/3/broken").status_code == 404


def test_a_cursor_of_another_list_is_refused_or_past_the_end(world: World) -> None:
    owner = world.owner()
    imported(owner, "one", [f"{1:064x}", "bad"])
    path = "/api/lists/one/editions/1/broken"
    assert owner.get(path, params={"cursor": "none"}).status_code == 422
    # base64 of 10 ** 30: no database counts that far.
    far = owner.get(path, params={"cursor": "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA=="})
    assert (far.status_code, far.json()["items"]) == (200, [])
