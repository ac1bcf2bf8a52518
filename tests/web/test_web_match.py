"""The match service, and the second door: an operator's hash or file in, an answer out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from web_world import World
from world import encoded, picture

from consilience.model.people import Actor
from consilience.services import matchservice
from consilience.services.matchservice import BURST, Bursts

CODE = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
"""A PDQ code in the form in which HMA's documentation shows them."""


def near(code: str, bits: int, seed: int = 0) -> str:
    """A code that so many bits lie between."""
    raw = np.unpackbits(np.frombuffer(bytes.fromhex(code), np.uint8))
    raw[np.random.default_rng(seed).choice(256, bits, replace=False)] ^= 1
    return np.packbits(raw).tobytes().hex()


def test_a_hash_that_was_added_is_found_by_the_next_request(world: World) -> None:
    owner = world.owner()
    question = {"signals": [{"pdq": near(CODE, 31)}, {"pdq": near(CODE, 40)}, {"md5": "ab" * 16}]}

    def hits() -> list[bool]:
        return [one["hit"] for one in owner.post("/api/match", question).json()["answers"]]

    assert hits() == [False] * 3
    entry = {"id": "e1", "signal": {"pdq": CODE, "md5": "ab" * 16, "sha256": "cd" * 32}, "category": "2"}
    made = owner.post("/api/match/entries", {"list": "known", "entries": [entry]})
    assert (made.status_code, made.json()["entries"]) == (201, 1)
    assert hits() == [True, False, True]
    (match,) = owner.post("/api/match", question).json()["answers"][0]["matches"]
    assert (match["list"], match["entry"], match["category"]) == ("known", "e1", "2")
    assert (match["basis"], match["distance"]) == ("pdq", 31)
    both = {"signals": [{"md5": "ab" * 16, "sha256": "ce" * 32}]}
    # The strongest digest that both state decides: another SHA-256 is another content.
    assert owner.post("/api/match", both).json()["answers"][0]["hit"] is False


def test_what_is_held_is_told_of_an_added_hash(world: World, made: Path) -> None:
    owner = world.owner()
    data = (made / "exhibit" / "other-3.png").read_bytes()
    entry = {"id": "e2", "signal": {"sha1": hashlib.sha1(data).hexdigest()}}
    owner.post("/api/match/entries", {"list": "known", "entries": [entry]})
    assert owner.get("/api/cases/C1").json()["case"]["alerts"] == 2
    notices = owner.get("/api/cases/C1/notices").json()["items"]
    assert any(one["kind"] == "list-matches-held" for one in notices)


def test_more_than_hit_or_no_hit_takes_the_scope(agency: World, known: str) -> None:
    _release(agency)
    question = {"signals": [{"sha256": known}, {"sha256": "0" * 64}]}
    bare = agency.program("operator", "match").post("/api/match", question)
    assert bare.json()["answers"] == [{"hit": True, "matches": None}, {"hit": False, "matches": None}]
    assert "known" not in bare.text
    full = agency.program("operator", "match", "match-detail").post("/api/match", question).json()
    assert full["answers"][0]["matches"][0]["list"] == "known"


def test_a_list_that_is_not_for_the_asker_is_not_searched(agency: World, known: str) -> None:
    from consilience.services import people

    question = {"signals": [{"sha256": known}]}
    operator = agency.program("operator", "match", "match-detail")
    people.add_user(agency.holdings, Actor("administrator", "administration"), "far", agency="another",
                    roles=["operator"])  # fmt: skip
    _release(agency)
    far = agency.program("far", "match", "match-detail")
    assert operator.post("/api/match", question).json()["answers"][0]["hit"] is True
    assert far.post("/api/match", question).json()["answers"][0] == {"hit": False, "matches": []}
    admin = Actor("administrator", "administration")
    from consilience.model.people import ReleaseLevel

    people.release_list(agency.holdings, admin, "known", ReleaseLevel.HIT_NO_HIT)
    assert far.post("/api/match", question).json()["answers"][0] == {"hit": True, "matches": []}


def test_a_retracted_entry_is_no_hit_and_stands_again(world: World, known: str) -> None:
    owner = world.owner()
    question = {"signals": [{"sha256": known}]}
    assert owner.ask("PUT", "/api/policies/entry", json={"votes": 1}).status_code == 204
    word = {"subject": "entry", "list": "known", "entry": f"sha256:{known}", "decision": "negative"}
    said = owner.post("/api/judgements", word)
    assert said.status_code == 201, said.text
    assert owner.post("/api/match", question).json()["answers"][0]["hit"] is False
    owner.ask("DELETE", f"/api/judgements/{said.json()['id']}")
    assert owner.post("/api/match", question).json()["answers"][0]["hit"] is True


def test_quotas_hold_by_token_and_day(agency: World) -> None:
    program = agency.program("operator", "match", quota=5)
    four = {"signals": [{"md5": f"{number:032x}"} for number in range(4)]}
    assert program.post("/api/match", four).status_code == 200
    said = program.post("/api/match", four)
    assert said.status_code == 429 and int(said.headers["retry-after"]) > 0
    assert agency.program("operator", "match", quota=5).post("/api/match", four).status_code == 200
    many = {"signals": [{"md5": "0" * 32}] * (matchservice.MOST_AT_ONCE + 1)}
    assert agency.program("operator", "match").post("/api/match", many).status_code == 422


def test_a_burst_of_queries_that_are_nearly_alike_is_told_once(agency: World) -> None:
    program = agency.program("operator", "match")
    for number in range(BURST + 20):
        asked = {"signals": [{"pdq": near(CODE, 5, seed=number)}]}
        assert program.post("/api/match", asked).status_code == 200
    auditor = agency.with_session("auditor")
    (told,) = auditor.get("/api/match/bursts").json()
    assert told["queries"] >= BURST and told["account"] == "operator"


def test_queries_that_are_unlike_or_equal_are_no_burst() -> None:
    rng = np.random.default_rng(0)
    bursts = Bursts()
    assert bursts.note("a", [rng.bytes(32) for _ in range(3000)]) == 0
    assert bursts.note("b", [bytes(32)] * 1000) == 0
    assert bursts.note("c", [bytes.fromhex(near(CODE, 3, seed)) for seed in range(BURST * 2)]) >= BURST


def test_a_file_is_examined_and_asked_about_in_every_turn(world: World, made: Path) -> None:
    owner = world.owner()
    data = (made / "exhibit" / "known.jpg").read_bytes()
    said = owner.ask("POST", "/api/match/file", content=data).json()
    assert said["answer"]["hit"] is True and said["media_type"] == "image/jpeg"
    assert said["answer"]["matches"][0]["basis"] == "sha256"
    other = picture(77)
    plain = owner.ask("POST", "/hma/h/hash", files={"photo": ("a.png", encoded(other, "PNG"))}).json()
    entry = {"id": "e3", "signal": {"pdq": plain["pdq"]}}
    owner.post("/api/match/entries", {"list": "known", "entries": [entry]})
    turned = encoded(other.rotate(90), "PNG")
    (match,) = owner.ask("POST", "/api/match/file", content=turned).json()["answer"]["matches"]
    assert match["entry"] == "e3" and match["orientation"] != "upright"
    cut = owner.ask("POST", "/api/match/file", content=data[:300]).json()
    assert cut["answer"]["hit"] is False and cut["problem"] == "damaged"
    assert owner.ask("POST", "/api/match/file", content=b"").status_code == 422


def test_a_client_of_hma_needs_no_change_but_address_and_token(agency: World) -> None:
    """Requests and answers as `hasher-matcher-actioner`'s routes and README show them."""
    _release(agency)
    keeper = agency.program("list-keeper", "keep-lists")
    said = keeper.post("/hma/c/bank/known/signal", {"pdq": CODE})
    assert said.status_code == 201, said.text
    number = said.json()["id"]
    assert isinstance(number, int) and said.json()["signals"] == {"pdq": CODE}
    client = agency.program("operator", "match", "match-detail")
    asked = {"signal": near(CODE, 4), "signal_type": "pdq"}
    assert client.get("/hma/m/lookup", params=asked).json() == {
        "known": [{"bank_content_id": number, "distance": "4"}]
    }
    assert client.get("/hma/m/lookup", params=asked | {"banks": "other"}).json() == {}
    assert client.get("/hma/m/raw_lookup", params=asked).json() == {"matches": [number]}
    with_distance = client.get("/hma/m/raw_lookup", params=asked | {"include_distance": "true"}).json()
    assert with_distance == {"matches": [{"bank_content_id": number, "distance": "4"}]}
    photo = {"photo": ("a.jpg", encoded(picture(5)), "image/jpeg")}
    hashes = client.ask("POST", "/hma/h/hash", files=photo).json()
    assert set(hashes) == {"pdq", "md5"} and len(hashes["pdq"]) == 64
    assert client.ask("POST", "/hma/m/lookup", files=photo).json() == {"pdq": {}, "md5": {}}
    both = agency.program("list-keeper", "keep-lists", "match")
    added = both.ask("POST", "/hma/c/bank/known/content", files=photo)
    assert added.status_code == 201 and added.json()["signals"] == hashes
    found = client.ask("POST", "/hma/m/lookup", files=photo).json()
    assert (
        found["pdq"] == found["md5"] == {"known": [{"bank_content_id": added.json()["id"], "distance": "0"}]}
    )
    assert client.post("/hma/m/compare", {"pdq": [CODE, near(CODE, 9)]}).json() == {
        "pdq": [True, {"distance": 9}]
    }
    assert client.get("/hma/m/index/status").json()["pdq"]["present"] is True
    assert client.get("/hma/c/banks").json() == [{"name": "known", "matching_enabled_ratio": 1.0}]
    assert client.get("/hma/c/bank/known").status_code == 200
    assert client.get("/hma/c/bank/other").status_code == 404
    assert {one["name"] for one in client.get("/hma/c/signal_type").json()} >= {"pdq", "video_md5"}
    assert agency.stranger().get("/hma/status").json() == "I-AM-ALIVE"
    bare = agency.program("operator", "match").get("/hma/m/lookup", params=asked).json()
    assert bare == {"HIT": [{"bank_content_id": 0, "distance": ""}]}


@pytest.mark.parametrize(
    ("path", "asked", "message"),
    [
        ("/hma/m/lookup", {"signal": "zz", "signal_type": "pdq"}, "invalid signal"),
        ("/hma/m/lookup", {"signal": CODE, "signal_type": "tmk"}, "No such SignalType"),
        ("/hma/m/lookup", {"signal": CODE}, "signal_type"),
        ("/hma/m/raw_lookup", {"signal": CODE}, "signal_type"),
        ("/hma/m/index/status", {"signal_type": "tmk"}, "No such signal type"),
    ],
)
def test_hma_is_refused_in_its_own_form(world: World, path: str, asked: dict[str, str], message: str) -> None:
    said = world.owner().get(path, params=asked)
    assert said.status_code == 400 and message in said.json()["message"]
    assert world.stranger().get(path, params=asked).status_code == 401


def _release(world: World) -> None:
    """The list is the agency's, and every user of it may ask."""
    from consilience.model.people import ReleaseLevel
    from consilience.services import people

    people.release_list(
        world.holdings, Actor("administrator", "administration"), "known", ReleaseLevel.AGENCY
    )
