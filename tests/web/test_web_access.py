"""Every route and every role: the table decides, and what it decides is tried. A route without a rule fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from web_world import ROLES, Copy, Person, World, serving

from consilience.access import rules
from consilience.media.sandbox import Nursery
from consilience.model.people import Actor, Permission
from consilience.services import people as people_service
from consilience.services.holdings import Holdings
from consilience.store import people
from consilience.web.app import all_routes
from consilience.web.identity import Needs
from consilience.web.routing import rule_of

OPEN_TO_ALL = {
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("POST", "/api/session/enter"),
    ("POST", "/api/session/invitation"),
    ("GET", "/api/session/doors"),
    ("POST", "/api/session/passkey/options"),
    ("POST", "/api/session/passkey"),
    ("POST", "/api/session/provider/address"),
    ("POST", "/api/session/provider"),
    ("GET", "/hma/status"),
}
"""Doors through which one comes in; any other needs somebody who is signed in."""

_FILLED = {
    "{case}": "C1",
    "{sha256}": "ab" * 32,
    "{id}": "cd" * 16,
    "{name}": "nowhere",
    "{role}": "analyst",
    "{ordinal}": "1",
    "{subject}": "match",
    "{vocabulary}": "outcomes",
}
_PARAMETERS = {"/api/events": {"once": "true"}, "/api/access/explain": {"user": "nobody", "record": "C1"}}
_LEFT_ALONE = {("DELETE", "/api/session")}
"""Would end what the other questions are asked with."""


def operations() -> list[tuple[str, str, APIRoute]]:
    return [(method, path, route) for path, route in all_routes() for method in sorted(route.methods or ())]


def filled(path: str) -> str:
    for name, value in _FILLED.items():
        path = path.replace(name, value)
    assert "{" not in path, f"say in _FILLED what stands for a parameter of {path}"
    return path


@pytest.fixture(scope="module")
def agency(
    staffed: Path, made: Path, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory, copy: Copy
) -> Iterator[World]:
    """Roles that may only be refused or look: one world is enough for all questions."""
    folder = tmp_path_factory.mktemp("access") / "holdings"
    copy(staffed, folder)
    with Holdings.open(folder) as holdings, serving(holdings, (made,), nursery) as served:
        yield served


def asked(person: Person, method: str, path: str) -> int:
    # A body that no route takes: what may be asked at all is decided before what it says.
    body = {"content": b"{"} if method in ("POST", "PUT") else {}
    headers = {"Content-Type": "application/json"} if body else {}
    return person.ask(method, filled(path), params=_PARAMETERS.get(path), headers=headers, **body).status_code


def test_every_route_has_one_rule_and_says_it() -> None:
    for method, path, route in operations():
        rule = rule_of(route)
        assert isinstance(rule, Needs) != ((method, path) in OPEN_TO_ALL), (method, path)


def test_strangers_are_let_in_nowhere_but_at_the_doors(agency: World) -> None:
    stranger = agency.stranger()
    for method, path, _ in operations():
        if (method, path) not in OPEN_TO_ALL:
            assert asked(stranger, method, path) == 401, (method, path)


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_a_role_is_let_in_where_its_permissions_say(agency: World, role: str) -> None:
    person = agency.with_session(role)
    with agency.holdings.database.read() as connection:
        standing = people.standing_of(connection, role)
    for method, path, route in operations():
        if (method, path) in OPEN_TO_ALL | _LEFT_ALONE:
            continue
        rule = rule_of(route)
        may = not rule.needs or any(rules.may(standing, one) for one in rule.needs)
        status = asked(person, method, path)
        if may:
            # Of records, services may still refuse this or that one; a door that is open says so with 404 or 422.
            assert status not in (401, 500, 503), (method, path, status)
            assert status != 403 or not rule.needs, (method, path, status)
        else:
            assert status == 403, (method, path, status)


def test_a_token_is_let_in_where_its_scopes_say_and_no_further(agency: World) -> None:
    program = agency.program("supervisor", "look")
    for method, path, route in operations():
        if (method, path) in OPEN_TO_ALL:
            continue
        rule = rule_of(route)
        status = asked(program, method, path)
        if rule.needs and Permission.LOOK not in rule.needs:
            assert status == 403, (method, path, status)
        else:
            assert status not in (403, 500, 503) or not rule.needs, (method, path, status)


def test_a_scope_gives_no_leave_that_its_account_has_not(agency: World) -> None:
    program = agency.program("operator", "look", "administer", "match")
    assert program.get("/api/cases").status_code == 403
    assert program.get("/api/users").status_code == 403
    assert program.post("/api/match", {"signals": [{"md5": "0" * 32}]}).status_code == 200


def test_refusals_are_on_record(agency: World) -> None:
    agency.with_session("operator").get("/api/cases")
    found = agency.with_session("auditor").get(
        "/api/audit/events", params={"outcome": "refused", "actor": "operator"}
    )
    assert {one["object_kind"] for one in found.json()["items"]} >= {"list-cases"}


def test_what_is_not_for_somebody_looks_like_what_is_not_there(agency: World, known: str) -> None:
    examiner = agency.with_session("examiner")
    assert examiner.get("/api/cases").json()["items"] == []
    nowhere = examiner.get("/api/cases/C1"), examiner.get("/api/cases/C9")
    assert nowhere[0].status_code == nowhere[1].status_code == 404
    assert nowhere[0].json()["detail"].replace("C1", "") == nowhere[1].json()["detail"].replace("C9", "")
    supervisor = agency.with_session("supervisor")
    real, made_up = "/api/media/" + known, "/api/media/" + "0" * 64
    for path in (real, made_up):
        for said in (
            examiner.get(path, params={"case": "C1"}),
            examiner.get(path + "/picture", params={"case": "C1"}),
            supervisor.get(path, params={"case": "C2"}),
        ):
            assert said.status_code == 404, said.text
    case = agency.with_session("supervisor").get("/api/cases/C1").json()["case"]["id"]
    assert examiner.get(f"/api/cases/{case}").json()["detail"].startswith("no case ")


def test_a_member_sees_the_case_and_nothing_beside_it(agency: World, known: str) -> None:
    admin = Actor("administrator", "administration")
    people_service.join(agency.holdings, admin, "C1", user="analyst")
    analyst = agency.with_session("analyst")
    try:
        assert [one["number"] for one in analyst.get("/api/cases").json()["items"]] == ["C1"]
        shown = analyst.post(f"/api/media/{known}/views", {"case": "C1"})
        assert shown.status_code == 200, shown.text
    finally:
        people_service.leave(agency.holdings, admin, "C1", user="analyst")
    assert analyst.get("/api/cases").json()["items"] == []
    assert analyst.post(f"/api/media/{known}/views", {"case": "C1"}).status_code == 404


def test_a_supervisor_sees_how_much_people_saw_and_sets_limits(agency: World, known: str) -> None:
    supervisor = agency.with_session("supervisor")
    limit = {"agency": "test agency", "a_day": 1}
    assert supervisor.ask("PUT", "/api/exposure/limits", json=limit).status_code == 200
    view = {"case": "C1", "look": "clear"}
    assert supervisor.post(f"/api/media/{known}/views", view).status_code == 200
    said = supervisor.post(f"/api/media/{known}/views", view)
    assert (said.status_code, said.json()["type"]) == (403, "urn:consilience:problem:enough-seen")
    assert int(said.headers["retry-after"]) > 0
    assert supervisor.get(f"/api/media/{known}/picture", params={"case": "C1"}).status_code == 200
    seen = {one["person"]: one for one in supervisor.get("/api/exposure").json()["items"]}
    assert (seen["supervisor"]["revealed_today"], seen["supervisor"]["limit"]) == (1, 1)
    assert seen["examiner"]["today"] == 0
    supervisor.ask("PUT", "/api/exposure/limits", json={"agency": "test agency"})
    rest = {"agency": "test agency", "before_a_break": 1, "break_minutes": 30}
    assert supervisor.ask("PUT", "/api/exposure/limits", json=rest).status_code == 200
    assert "break" in supervisor.post(f"/api/media/{known}/views", view).json()["detail"]


def test_an_administrator_adds_somebody_who_then_chooses_a_password(agency: World) -> None:
    administrator = agency.with_session("administrator")
    new = {"name": "novak", "agency": "test agency", "roles": ["analyst"]}
    assert administrator.post("/api/users", new).json()["is_first"] is False
    key = administrator.post("/api/users/novak/invitation").json()["key"]
    password = "a password of novak's"
    chosen = {"name": "novak", "key": key, "password": password}
    stranger = agency.stranger()
    assert stranger.post("/api/session/invitation", chosen | {"key": "wrong"}).status_code == 401
    assert stranger.post("/api/session/invitation", chosen | {"password": "short"}).status_code == 422
    assert stranger.post("/api/session/invitation", chosen).status_code == 204
    assert stranger.post("/api/session/invitation", chosen).status_code == 401
    novak = agency.sign_in("novak", password)
    assert novak.get("/api/session").json()["permissions"] == ["look", "judge"]
    why = administrator.get("/api/access/explain", params={"user": "novak", "record": "C1"}).json()
    assert why["allowed"] is False and any("not a member" in one["text"] for one in why["reasons"])
    changed = {"old": password, "new": "another password of novak's"}
    assert novak.ask("PUT", "/api/session/password", json=changed).status_code == 204
    assert novak.get("/api/session").json()["signed_in"] is True
    assert administrator.ask("DELETE", "/api/users/novak").status_code == 204
    assert novak.get("/api/session").json()["signed_in"] is False
