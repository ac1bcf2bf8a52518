"""Signing in without a password, in a real browser: with Chromium's own authenticator, and through a provider."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from provider import CLIENT, SECRET, Provider
from served import free_port, process
from test_workspace import AXE

from consilience.model.people import Actor
from consilience.services import accounts, people, subjects
from consilience.services.holdings import Holdings

PASSWORD = "several words in a row"
ADMIN = Actor("root", "administration")


class Place(NamedTuple):
    address: str
    provider: Provider


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Holdings with two users, one bound to a subject of the provider, served on this machine."""
    folder = tmp_path_factory.mktemp("signin")
    secret = folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    with Provider().running() as provider:
        with Holdings.create(folder / "unit7", "unit7", ADMIN) as holdings:
            people.add_user(holdings, ADMIN, "root", agency="Unit 7", roles=["administrator"])
            people.add_user(holdings, ADMIN, "novak", agency="Unit 7", roles=["analyst"])
            for name in ("root", "novak"):
                accounts.accept(holdings, name, accounts.invite(holdings, ADMIN, name), PASSWORD, "test")
            subjects.bind(holdings, ADMIN, "novak", issuer=provider.issuer, subject=provider.subject)
        port = free_port()
        options = (
            "--provider",
            provider.issuer,
            "--provider-client",
            CLIENT,
            "--provider-secret",
            str(secret),
        )
        with process(folder / "unit7", port, *options):
            yield Place(f"http://localhost:{port}/", provider)


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    context = browser.new_context(base_url=place.address, viewport={"width": 1360, "height": 850})
    page = context.new_page()
    page.set_default_timeout(30_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


class Keys:
    """The browser's authenticator: it verifies its person and answers by itself."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self._id = self._ask("addVirtualAuthenticator", options=options, named=False)["authenticatorId"]

    def held(self) -> list[dict[str, Any]]:
        return list(self._ask("getCredentials")["credentials"])

    def put_back(self, credential: dict[str, Any]) -> None:
        """What a copy of an earlier state does."""
        self._ask("removeCredential", credentialId=credential["credentialId"])
        self._ask("addCredential", credential=credential)

    def _ask(self, what: str, *, named: bool = True, **said: Any) -> dict[str, Any]:
        who = {"authenticatorId": self._id} if named else {}
        return self._session.send(f"WebAuthn.{what}", who | said)


def sign_in(page: Page, name: str = "novak") -> None:
    page.goto("./")
    page.get_by_label("Account").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def add_passkey(page: Page, name: str) -> None:
    page.get_by_role("link", name="Signed in as novak").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("row", name=re.compile(f"{name}.*never"))).to_be_visible()


def test_a_passkey_is_added_signs_in_and_is_removed(page: Page) -> None:
    keys = Keys(page)
    sign_in(page)
    add_passkey(page, "blue key")
    (held,) = keys.held()
    assert held["rpId"] == "localhost" and held["isResidentCredential"]
    page.get_by_label("Name").fill("again")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("this device has one already")
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("./#/account")
    expect(page.get_by_role("row", name=re.compile("blue key"))).not_to_contain_text("never")
    page.get_by_role("button", name="Remove blue key").click()
    expect(page.get_by_role("row", name=re.compile("blue key"))).to_have_count(0)
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Not signed in")


def test_a_copy_of_an_authenticator_is_refused(page: Page) -> None:
    keys = Keys(page)
    sign_in(page)
    add_passkey(page, "red key")
    (early,) = keys.held()
    for _ in range(2):
        sign_out(page)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    keys.put_back(early)
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_the_provider_vouches_for_who_is_bound(page: Page, place: Place) -> None:
    page.goto("./")
    page.get_by_role("button", name="Sign in through 127.0.0.1").click()
    expect(page.get_by_role("link", name="Signed in as novak")).to_be_visible()
    assert page.url == f"{place.address}#/cases", "nothing of the answer stays in the address"
    sign_out(page)
    place.provider.subject, meant = "somebody-else", place.provider.subject
    page.get_by_role("button", name="Sign in through 127.0.0.1").click()
    expect(page.get_by_role("alert")).to_contain_text("somebody-else")
    place.provider.subject = meant
    page.goto("./?code=of-another&state=of-another")
    expect(page.get_by_role("alert")).to_contain_text("proves nothing")


def test_an_administrator_binds_and_unbinds_subjects(page: Page, place: Place) -> None:
    sign_in(page, "root")
    expect(page.get_by_role("heading", name="Sign-in through the provider")).to_be_visible()
    bound = page.get_by_role("table").filter(has_text="Subject")
    expect(bound.get_by_role("row", name=re.compile("^novak"))).to_contain_text(place.provider.subject)
    bind = page.get_by_role("button", name="Bind a subject").first
    dialog = page.get_by_role("dialog")
    for subject, said in ((place.provider.subject, "bound to novak already"), ("<i>a-17</i>", None)):
        bind.click()
        dialog.get_by_label("Person").select_option("root")
        dialog.get_by_label("Subject").fill(subject)
        dialog.get_by_label("Subject").press("Enter")
        if said:
            expect(dialog.get_by_role("alert")).to_contain_text(said)
            dialog.get_by_role("button", name="Cancel").click()
    expect(bound.get_by_role("row", name=re.compile("^root"))).to_contain_text("<i>a-17</i>")
    _check(page)
    page.get_by_role("button", name="Unbind the subject of root").click()
    sure = page.get_by_role("alertdialog")
    expect(sure).to_contain_text("sessions of root end")
    _check(page)
    sure.get_by_role("button", name="Unbind the subject of root").click()
    # The administrator's own session ended, too.
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_a_password_is_changed_by_its_person(page: Page) -> None:
    sign_in(page)
    page.goto("./#/account")
    page.get_by_label("Present password").fill("not this one at all")
    page.get_by_label("New password").fill("other words in a row")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("alert")).to_contain_text("old password is wrong")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("status")).to_contain_text("changed")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_sign_in_and_keep_passkeys(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto("./")
    page.get_by_role("button", name="Sign in with a passkey").wait_for()
    _check(page)
    Keys(page)
    sign_in(page)
    add_passkey(page, f"{theme} key")
    _check(page)


def _check(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    said = [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found["violations"]]
    assert said == []
