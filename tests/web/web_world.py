"""A server over small harmless holdings, and people of every role to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consilience.media.sandbox import Nursery
from consilience.model.people import Actor
from consilience.services import accounts, people, tokens
from consilience.services.holdings import Holdings
from consilience.web.app import create_app
from consilience.web.server import Server

HOST = "127.0.0.1:8471"
BASE = f"http://{HOST}"
OWNER = "owner"
Copy = Callable[[Path, Path], object]
"""Copies holdings from one folder into another, which is made."""
PASSWORD = "several words in a row"
ADMIN = Actor("administrator", "administration")
ROLES = (
    "examiner",
    "analyst",
    "list-keeper",
    "liaison",
    "supervisor",
    "administrator",
    "auditor",
    "operator",
)
"""One user a role, called as the role; and ``nobody``, who has none."""


class Person:
    """Somebody at a browser, or a program with a token."""

    def __init__(self, client: TestClient, csrf: str = "") -> None:
        self.client = client
        self.csrf = csrf

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = {"X-CSRF-Token": self.csrf} if self.csrf else {}
        return self.client.request(method, path, headers=headers | given.pop("headers", {}), **given)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.ask("GET", path, **given)

    def post(self, path: str, json: Any = None, **given: Any) -> httpx.Response:
        return (
            self.ask("POST", path, json=json, **given)
            if json is not None
            else self.ask("POST", path, **given)
        )


class World:
    """Holdings being served."""

    def __init__(self, holdings: Holdings, roots: tuple[Path, ...] = ()) -> None:
        self.holdings = holdings
        self.server = Server(holdings, owner=OWNER, roots=roots)
        # Tests ask faster than people.
        self.server.rates._burst = self.server.doors._burst = 1e9
        self.app: FastAPI = create_app(self.server, {HOST})

    def stranger(self) -> Person:
        return Person(TestClient(self.app, base_url=BASE, raise_server_exceptions=False))

    def owner(self) -> Person:
        person = self.stranger()
        said = person.post("/api/session/enter", {"key": self.server.new_entrance()})
        assert said.status_code == 200, said.text
        person.csrf = said.json()["csrf_token"]
        return person

    def sign_in(self, name: str, password: str = PASSWORD) -> Person:
        person = self.stranger()
        said = person.post("/api/session", {"name": name, "password": password})
        assert said.status_code == 200, said.text
        person.csrf = said.json()["csrf_token"]
        return person

    def with_session(self, name: str) -> Person:
        """Signed in without the cost of a password."""
        with self.holdings.database.write() as connection:
            from consilience.store import accounts as records

            key = accounts.begin(connection, records.user_id_of(connection, name), name, by="test")
        person = self.stranger()
        person.client.cookies.set(self.server.cookie, key)
        person.csrf = accounts.csrf_of(key)
        return person

    def program(self, account: str, *scopes: str, quota: int = tokens.QUOTA) -> Person:
        actor = Actor(account, "sign-in")
        made = tokens.issue(self.holdings, actor, name="test", scopes=scopes, quota=quota)
        person = self.stranger()
        person.client.headers["Authorization"] = f"Bearer {made.secret}"
        return person


def populate(holdings: Holdings) -> None:
    """Users of every role, all of one agency, members of every case; from then on policy is in force."""
    first = Actor(OWNER, "administration")
    people.add_user(holdings, first, "administrator", agency="test agency", roles=["administrator"])
    for role in ROLES:
        if role != "administrator":
            people.add_user(holdings, ADMIN, role, agency="test agency", unit="one", roles=[role])
    people.add_user(holdings, ADMIN, "nobody", agency="test agency")


def invite(holdings: Holdings, name: str, password: str = PASSWORD) -> None:
    """Give somebody a password."""
    accounts.accept(holdings, name, accounts.invite(holdings, ADMIN, name), password, "test")


@contextmanager
def serving(
    holdings: Holdings, roots: tuple[Path, ...] = (), nursery: Nursery | None = None
) -> Iterator[World]:
    world = World(holdings, roots)
    world.server.pictures._nursery = nursery
    try:
        yield world
    finally:
        # The sandbox takes longer to start than most tests: it is ended after all of them.
        world.server.pictures._nursery = None
        world.server.close()
