"""Passkeys: added by their person, good at one place, signed anew each time; and what a liar is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from authenticator import PRESENT, Authenticator, text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from web_world import ADMIN, OWNER, Person, World

from consilience.model.people import Actor
from consilience.services import accounts, passkeys, people
from consilience.store import accounts as records
from consilience.store import challenges
from consilience.store.passkeys import of_credential
from consilience.store.schema import account_secret, event, failed_sign_in, passkey
from consilience.web.routes.doors import _bytes

PAGE = "http://localhost:8471"


def add(person: Person, authenticator: Authenticator, name: str = "blue key", **said: Any) -> httpx.Response:
    options = person.post("/api/passkeys/options").json()["options"]
    return person.post("/api/passkeys", {"name": name, **authenticator.make(options, **said)})


def ask(person: Person) -> dict[str, Any]:
    said = person.post("/api/session/passkey/options")
    assert said.status_code == 200, said.text
    return dict(said.json()["options"])


def sign_in(person: Person, authenticator: Authenticator, **said: Any) -> httpx.Response:
    return person.post("/api/session/passkey", authenticator.sign(ask(person), **said))


@pytest.fixture
def key(agency: World) -> Authenticator:
    """The analyst's."""
    made = Authenticator(PAGE)
    assert add(agency.with_session("analyst"), made).status_code == 201
    return made


def refusals(world: World) -> list[tuple[str, str]]:
    query = select(event.c.detail).where(event.c.outcome == "refused", event.c.action == "sign-in")
    with world.holdings.database.read() as connection:
        details = connection.execute(query.order_by(event.c.id)).scalars()
        return [(one["by"], one["why"]) for one in details]


def test_a_passkey_signs_in_without_a_name(agency: World, key: Authenticator) -> None:
    person = agency.stranger()
    options = ask(person)
    assert options["userVerification"] == "required" and options["rpId"] == "localhost"
    assert not options.get("allowCredentials"), "names no account"
    said = person.post("/api/session/passkey", key.sign(options))
    assert said.status_code == 200, said.text
    assert said.json()["name"] == "analyst"
    assert agency.server.cookie in said.cookies
    person.csrf = said.json()["csrf_token"]
    (kept,) = person.get("/api/passkeys").json()["items"]
    assert kept["name"] == "blue key" and kept["used_at"] is not None
    assert sign_in(agency.stranger(), key).status_code == 200


def test_several_are_kept_apart_and_each_can_be_removed(agency: World, key: Authenticator) -> None:
    analyst = agency.with_session("analyst")
    other = Authenticator(PAGE)
    options = analyst.post("/api/passkeys/options").json()["options"]
    assert options["excludeCredentials"] == [{"type": "public-key", "id": text(key.id)}]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert analyst.post("/api/passkeys", {"name": "phone", **other.make(options)}).status_code == 201
    first, second = analyst.get("/api/passkeys").json()["items"]
    assert (first["name"], second["name"]) == ("blue key", "phone")
    supervisor = agency.with_session("supervisor")
    assert supervisor.get("/api/passkeys").json()["items"] == []
    assert supervisor.ask("DELETE", f"/api/passkeys/{first['id']}").status_code == 404
    assert analyst.ask("DELETE", f"/api/passkeys/{first['id']}").status_code == 204
    assert sign_in(agency.stranger(), key).status_code == 401
    assert sign_in(agency.stranger(), other).status_code == 200
    with agency.holdings.database.read() as connection:
        query = select(event.c.action).where(event.c.object_kind == "passkey", event.c.outcome == "done")
        assert list(connection.execute(query.order_by(event.c.id)).scalars()) == ["create", "create", "end"]


Lie = Callable[[Authenticator], dict[str, Any]]


def set_to(**values: Any) -> Lie:
    def lie(authenticator: Authenticator) -> dict[str, Any]:
        for name, value in values.items():
            setattr(authenticator, name, value)
        return {}

    return lie


LIES: dict[str, Lie] = {
    "another origin": set_to(origin="http://localhost:9999"),
    "an origin below ours": set_to(origin="http://evil.localhost:8471"),
    "another place": set_to(party="evil.example"),
    "nobody verified": set_to(flags=PRESENT),
    "nobody present": set_to(flags=0x04),
    "a frame of another page": lambda _: {"crossOrigin": True},
    "another ceremony": lambda _: {"type": "webauthn.none"},
    "another challenge": lambda _: {"challenge": text(bytes(32))},
    "no origin": lambda _: {"origin": None},
}


def test_what_does_not_prove_it_is_refused(agency: World, subtests: pytest.Subtests) -> None:
    analyst = agency.with_session("analyst")
    for name, lie in LIES.items():
        with subtests.test(name):
            key, other = Authenticator(PAGE), Authenticator(PAGE)
            assert add(analyst, key).status_code == 201
            said = lie(key)
            refused = sign_in(agency.stranger(), key, **said)
            assert refused.status_code == 401 and refused.json()["type"].endswith(":not-signed-in")
            assert refusals(agency)[-1] == ("passkey", "not-proved")
            said = lie(other)
            refused = add(analyst, other, **said)
            assert refused.status_code == 422 and "authenticator" in refused.json()["detail"]
        with agency.holdings.database.write() as connection:
            connection.execute(failed_sign_in.delete())


def test_a_challenge_is_good_once_soon_and_in_its_browser(
    agency: World, key: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = agency.stranger()
    answer = key.sign(ask(person))
    assert agency.stranger().post("/api/session/passkey", answer).status_code == 401
    assert person.post("/api/session/passkey", answer).status_code == 200
    assert person.post("/api/session/passkey", answer).status_code == 401
    late = key.sign(ask(person))
    monkeypatch.setattr(challenges, "now", lambda: time.time_ns() + 301 * 10**9)
    assert person.post("/api/session/passkey", late).status_code == 401
    monkeypatch.undo()
    older, newer = key.sign(ask(person)), key.sign(ask(person), count=2)
    assert person.post("/api/session/passkey", older).status_code == 401
    assert person.post("/api/session/passkey", newer).status_code == 401, "one question, one try"
    assert {why for _, why in refusals(agency)} == {"unasked", "not-proved"}


def test_a_question_of_one_kind_is_not_answered_by_another(agency: World, key: Authenticator) -> None:
    analyst = agency.with_session("analyst")
    adding = analyst.post("/api/passkeys/options").json()["options"]
    analyst.client.cookies.set(
        agency.server.door_cookie, str(analyst.client.cookies.get(agency.server.cookie))
    )
    assert analyst.post("/api/session/passkey", key.sign(adding)).status_code == 401
    made = Authenticator(PAGE).make(adding)
    other = agency.with_session("analyst")
    assert other.post("/api/passkeys", {"name": "x", **made}).status_code == 422, "another session"
    assert analyst.post("/api/passkeys", {"name": "x", **made}).status_code == 201
    assert analyst.post("/api/passkeys", {"name": "x", **made}).status_code == 422, "asked once"


@pytest.mark.parametrize("count", [0, -3])
def test_a_copy_of_an_authenticator_is_found_by_its_counter(
    agency: World, key: Authenticator, count: int
) -> None:
    for _ in range(3):
        assert sign_in(agency.stranger(), key).status_code == 200
    refused = agency.stranger()
    assert refused.post("/api/session/passkey", key.sign(ask(refused), count=count)).status_code == 401
    assert refusals(agency) == [("passkey", "counted-back")]


def test_an_authenticator_that_does_not_count_is_taken(agency: World) -> None:
    made = Authenticator(PAGE)
    made.counter = -1
    assert add(agency.with_session("analyst"), made).status_code == 201
    for _ in range(2):
        person = agency.stranger()
        assert person.post("/api/session/passkey", made.sign(ask(person), count=0)).status_code == 200


def test_another_s_key_or_account_is_refused(agency: World, key: Authenticator) -> None:
    thief = Authenticator(PAGE)
    thief.id, thief.account, thief.counter = key.id, key.account, key.counter
    assert sign_in(agency.stranger(), thief).status_code == 401
    supervisors = Authenticator(PAGE)
    assert add(agency.with_session("supervisor"), supervisors).status_code == 201
    supervisors.account, key.account = key.account, supervisors.account
    assert sign_in(agency.stranger(), supervisors).status_code == 401
    # A credential that somebody has is nobody else's to add.
    twin = Authenticator(PAGE)
    twin.id = key.id
    assert add(agency.with_session("supervisor"), twin).status_code == 422


def test_guessing_is_slowed_down_and_tells_nothing(
    agency: World, key: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown, thief = Authenticator(PAGE), Authenticator(PAGE)
    unknown.account = thief.account = key.account
    thief.id = key.id
    person = agency.stranger()
    first, second = sign_in(person, unknown), sign_in(person, thief)
    assert first.status_code == second.status_code == 401
    assert first.json() == second.json()
    answers = [sign_in(person, unknown).status_code for _ in range(6)]
    assert answers[-1] == 429
    right = sign_in(person, key)
    assert right.status_code == 429 and int(right.headers["retry-after"]) >= 1
    assert {why for _, why in refusals(agency)} == {"unknown", "not-proved"}
    for clock in (accounts, records):
        monkeypatch.setattr(clock, "now", lambda: time.time_ns() + 3600 * 10**9)
    assert sign_in(person, key).status_code == 200


def test_it_is_added_soon_after_signing_in_and_by_its_person(
    agency: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = agency.with_session("analyst")
    assert agency.program("analyst", "look").post("/api/passkeys/options").status_code == 401
    monkeypatch.setattr(passkeys, "now", lambda: time.time_ns() + passkeys.FRESH + 10**9)
    refused = analyst.post("/api/passkeys/options")
    assert refused.status_code == 403 and "sign in" in refused.json()["next"].lower()


def test_an_account_has_so_many_and_a_kind_of_key_is_one_we_verify(
    agency: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = agency.with_session("analyst")
    odd = Authenticator(PAGE)
    odd.algorithm = -65535  # RSA with SHA-1
    assert add(analyst, odd).status_code == 422
    monkeypatch.setattr(passkeys, "MOST", 1)
    assert add(analyst, Authenticator(PAGE)).status_code == 201
    assert analyst.post("/api/passkeys/options").status_code == 422


def test_an_end_is_an_end(agency: World, key: Authenticator) -> None:
    other = Authenticator(PAGE)
    assert add(agency.with_session("examiner"), other).status_code == 201
    # A new invitation is for who lost everything.
    invitation = accounts.invite(agency.holdings, ADMIN, "examiner")
    accounts.accept(agency.holdings, "examiner", invitation, "several words in a row", "test")
    assert sign_in(agency.stranger(), other).status_code == 401
    assert sign_in(agency.stranger(), key).status_code == 200
    people.end_user(agency.holdings, ADMIN, "analyst")
    assert sign_in(agency.stranger(), key).status_code == 401


def test_nothing_secret_is_kept(agency: World, key: Authenticator) -> None:
    with agency.holdings.database.read() as connection:
        assert connection.execute(account_secret.select()).all() == []
        (kept,) = connection.execute(passkey.select()).all()
    assert kept.credential == key.id and kept.name == "blue key"


def test_where_browsers_make_none_nothing_is_asked(world: World) -> None:
    owner = world.owner()
    assert owner.post("/api/passkeys/options").status_code == 422, "the local owner has no account"
    assert world.stranger().get("/api/session/doors").json() == {
        "origin": PAGE,
        "passkeys": True,
        "provider": None,
    }
    world.server.place = passkeys.Place("https://10.0.0.7:8471")
    assert world.stranger().get("/api/session/doors").json()["passkeys"] is False
    assert world.stranger().post("/api/session/passkey/options").status_code == 422
    assert not passkeys.Place("http://unit.example").takes_passkeys
    assert passkeys.Place("https://unit.example:8443").host == "unit.example"
    assert world.stranger().post("/api/session/provider/address").status_code == 404
    assert passkeys.passkeys(world.holdings, Actor(OWNER, "sign-in")) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_byte_anywhere_proves_nothing(
    agency: World, key: Authenticator, data: st.DataObject
) -> None:
    place = passkeys.Place(PAGE)
    with agency.holdings.database.read() as connection:
        kept = of_credential(connection, key.id)
    assert kept is not None
    right = {name: _bytes(value) for name, value in key.sign({"challenge": "AAAA"}).items()}
    right["account_id"] = right.pop("user_handle")
    assert passkeys._counter_of(place, "AAAA", kept, passkeys.Signature(**right)) == key.counter
    field = data.draw(st.sampled_from(sorted(set(right) - {"credential"})))
    changed = bytearray(right[field])
    changed[data.draw(st.integers(0, 999)) % len(changed)] ^= data.draw(st.integers(1, 255))
    changed = changed[: len(changed) // data.draw(st.sampled_from([1, 1, 2]))]
    wrong = passkeys.Signature(**right | {field: bytes(changed)})
    assert passkeys._counter_of(place, "AAAA", kept, wrong) is None
    assert passkeys._checked_new(place, "AAAA", passkeys.NewKey(right["client_data"], bytes(changed))) is None
