"""Signing in through a provider that really runs, and that lies in every way that it can."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from provider import CLIENT, EC_KEY, RSA_KEY, SECRET, Provider
from sqlalchemy import select
from web_world import ADMIN, Person, World

from consilience.cli.serve import _provider
from consilience.errors import UsageError
from consilience.services import accounts, people, subjects
from consilience.services.oidc import Provider as Asked
from consilience.store import accounts as records
from consilience.store.schema import event, failed_sign_in

LANDING = "http://localhost:8471/"
NOT_SIGNED_IN = "urn:consilience:problem:not-signed-in"
BROWSER = httpx.Client(verify=False)  # one for all: each would read the system's certificates
TROUBLE = "urn:consilience:problem:provider"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider().running() as running:
        yield running


@pytest.fixture
def served(agency: World, provider: Provider) -> World:
    join(agency, provider)
    return agency


def join(world: World, provider: Provider) -> None:
    world.server.provider = Asked(provider.issuer, CLIENT, SECRET, LANDING)
    subjects.bind(world.holdings, ADMIN, "analyst", issuer=provider.issuer, subject=provider.subject)


@contextmanager
def another(world: World) -> Iterator[Provider]:
    """A provider of its own, and nothing held against this machine's address."""
    with world.holdings.database.write() as connection:
        connection.execute(failed_sign_in.delete())
    with Provider().running() as provider:
        join(world, provider)
        yield provider


def go(person: Person) -> dict[str, str]:
    """Sign in at the provider; gives what the browser brings back."""
    said = person.post("/api/session/provider/address")
    assert said.status_code == 200, said.text
    there = BROWSER.get(said.json()["address"])
    assert there.status_code == 302
    back = urlsplit(there.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == LANDING
    return {key: one for key, (one,) in parse_qs(back.query).items()}


def sign_in(person: Person) -> httpx.Response:
    return person.post("/api/session/provider", go(person))


def refusals(world: World) -> list[str]:
    query = select(event.c.detail).where(event.c.outcome == "refused", event.c.action == "sign-in")
    with world.holdings.database.read() as connection:
        return [one["why"] for one in connection.execute(query.order_by(event.c.id)).scalars()]


@pytest.mark.parametrize(("algorithm", "kid"), [("RS256", "of-rsa"), ("ES256", "of-ec")])
def test_who_is_bound_signs_in(served: World, provider: Provider, algorithm: str, kid: str) -> None:
    provider.algorithm, provider.kid = algorithm, kid
    person = served.stranger()
    assert person.get("/api/session/doors").json()["provider"] == "127.0.0.1"
    said = sign_in(person)
    assert said.status_code == 200, said.text
    assert said.json()["name"] == "analyst"
    assert person.get("/api/session").json()["signed_in"] is True
    assert provider.asked == ["openid-configuration", "authorize", "token", "keys"]


def test_who_is_not_bound_stays_out_and_learns_what_to_tell(served: World, provider: Provider) -> None:
    provider.subject = "somebody-else"
    said = sign_in(served.stranger())
    assert said.status_code == 401 and "somebody-else" in said.json()["detail"]
    assert refusals(served) == ["unbound"]
    administrator = served.with_session("administrator")
    bound = administrator.ask("PUT", "/api/users/examiner/subject", json={"subject": "somebody-else"})
    assert bound.status_code == 200, bound.text
    assert sign_in(served.stranger()).json()["name"] == "examiner"
    listed = served.with_session("auditor").get("/api/subjects").json()["items"]
    assert [(one["user"], one["subject"]) for one in listed] == [
        ("analyst", "f3a1-0017"),
        ("examiner", "somebody-else"),
    ]
    taken = administrator.ask("PUT", "/api/users/supervisor/subject", json={"subject": "somebody-else"})
    assert taken.status_code == 422
    inside = served.with_session("examiner")
    assert administrator.ask("DELETE", "/api/users/examiner/subject").status_code == 204
    assert inside.get("/api/session").json()["signed_in"] is False
    assert sign_in(served.stranger()).status_code == 401
    assert administrator.ask("DELETE", "/api/users/examiner/subject").status_code == 404


def test_a_closed_account_is_closed_and_its_subject_free(served: World) -> None:
    people.end_user(served.holdings, ADMIN, "analyst")
    assert sign_in(served.stranger()).status_code == 401
    issuer = served.server.provider.issuer  # type: ignore[union-attr]
    subjects.bind(served.holdings, ADMIN, "examiner", issuer=issuer, subject="f3a1-0017")
    assert sign_in(served.stranger()).json()["name"] == "examiner"


def test_an_answer_is_good_once_and_for_the_browser_that_was_sent(served: World) -> None:
    person, other = served.stranger(), served.stranger()
    brought = go(person)
    # Somebody who is lured to another's answer is not signed in with it.
    assert other.post("/api/session/provider", brought).status_code == 401
    go(other)
    assert other.post("/api/session/provider", brought).status_code == 401
    assert person.post("/api/session/provider", brought | {"state": "x" * 43}).status_code == 401
    assert person.post("/api/session/provider", brought).status_code == 401, "one question, one try"
    brought = go(person)
    assert person.post("/api/session/provider", brought).status_code == 200
    assert person.post("/api/session/provider", brought).status_code == 401
    assert refusals(served) == ["unasked"] * 5


def test_a_code_of_another_question_does_not_fit(served: World) -> None:
    person = served.stranger()
    first, second = go(person), go(person)
    crossed = {"code": first["code"], "state": second["state"]}
    assert person.post("/api/session/provider", crossed).status_code == 401
    assert refusals(served) == ["not-proved"]


def test_guessing_is_slowed_down(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = served.stranger()
    for _ in range(6):
        answer = person.post("/api/session/provider", go(person) | {"code": "guessed"})
    assert answer.status_code == 429
    for clock in (accounts, records):
        monkeypatch.setattr(clock, "now", lambda: time.time_ns() + 3600 * 10**9)
    assert sign_in(person).status_code == 200


STRANGER = rsa.generate_private_key(65537, 2048)
PUBLIC = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _hs256_with_the_public_key(claims: dict[str, Any]) -> str:
    """The classic confusion; the library that signs refuses to, so it is put together by hand."""
    import base64
    import hashlib
    import hmac
    import json

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    body = (
        f"{part(json.dumps({'alg': 'HS256', 'kid': 'of-rsa'}).encode())}.{part(json.dumps(claims).encode())}"
    )
    return f"{body}.{part(hmac.new(PUBLIC, body.encode(), hashlib.sha256).digest())}"


def set_to(**values: Any) -> Callable[[Provider], None]:
    def lie(provider: Provider) -> None:
        for name, value in values.items():
            setattr(provider, name, value)

    return lie


def _unpublished(provider: Provider) -> None:
    provider.jwks["keys"] = provider.jwks["keys"][1:]


def _twice(provider: Provider) -> None:
    provider.jwks["keys"] *= 2


def _for_encryption(provider: Provider) -> None:
    provider.jwks["keys"][0]["use"] = "enc"


def _small_key(provider: Provider) -> None:
    from jwt.algorithms import RSAAlgorithm

    small = rsa.generate_private_key(65537, 1024)
    published = dict(RSAAlgorithm.to_jwk(small.public_key(), as_dict=True)) | {"kid": "of-rsa"}
    provider.jwks = {"keys": [published]}
    provider.forge = lambda claims: jwt.encode(claims, small, "RS256", headers={"kid": "of-rsa"})


def _symmetric(provider: Provider) -> None:
    provider.jwks = {"keys": [{"kty": "oct", "k": "c2VjcmV0" * 8, "kid": "of-rsa"}]}
    provider.forge = lambda claims: jwt.encode(claims, b"secret" * 8, "HS256", headers={"kid": "of-rsa"})


LIES: dict[str, Callable[[Provider], None]] = {
    "another nonce": set_to(claims={"nonce": "another"}),
    "no nonce": set_to(left_out={"nonce"}),
    "a nonce that is no text": set_to(claims={"nonce": 7}),
    "another audience": set_to(claims={"aud": "somebody"}),
    "no audience": set_to(left_out={"aud"}),
    "two audiences, issued to the other": set_to(claims={"aud": [CLIENT, "x"], "azp": "x"}),
    "two audiences, issued to nobody": set_to(claims={"aud": [CLIENT, "x"]}),
    "another issuer": set_to(claims={"iss": "https://elsewhere.example"}),
    "expired": set_to(claims={"exp": int(time.time()) - 3600}),
    "for ever": set_to(left_out={"exp"}),
    "of tomorrow": set_to(claims={"iat": int(time.time()) + 86400}),
    "not yet": set_to(claims={"nbf": int(time.time()) + 86400}),
    "nobody": set_to(left_out={"sub"}),
    "an empty subject": set_to(claims={"sub": ""}),
    "a subject that is no text": set_to(claims={"sub": ["f3a1-0017"]}),
    "unsigned": set_to(forge=lambda claims: jwt.encode(claims, None, "none", headers={"kid": "of-rsa"})),
    "signed by another key": set_to(
        forge=lambda claims: jwt.encode(claims, STRANGER, "RS256", headers={"kid": "of-rsa"})
    ),
    "signed by the wrong one of its keys": set_to(
        forge=lambda claims: jwt.encode(claims, EC_KEY, "ES256", headers={"kid": "of-rsa"})
    ),
    "signed in another way than its key says": set_to(algorithm="RS384"),
    "signed with the public key as a secret": set_to(forge=_hs256_with_the_public_key),
    "a key that it does not publish": _unpublished,
    "two keys of a name": _twice,
    "a key for something else": _for_encryption,
    "a key that is too small": _small_key,
    "a secret as a key": _symmetric,
    "no token": set_to(forge=lambda _: "no token"),
    "keys that are none": set_to(jwks={"keys": [{"kid": "of-rsa", "kty": "RSA", "n": 7, "e": None}]}),
    "keys of another form": set_to(jwks={"keys": "many"}),
}


def test_a_token_that_does_not_hold_lets_nobody_in(agency: World, subtests: pytest.Subtests) -> None:
    for name, lie in LIES.items():
        with subtests.test(name), another(agency) as provider:
            lie(provider)
            person = agency.stranger()
            said = sign_in(person)
            assert (said.status_code, said.json()["type"]) == (401, NOT_SIGNED_IN), said.text
            assert person.get("/api/session").json()["signed_in"] is False
            assert refusals(agency)[-1] == "not-proved"
    assert set(refusals(agency)) == {"not-proved"}


def test_a_token_may_name_more_if_it_was_issued_to_this_client(served: World, provider: Provider) -> None:
    provider.claims = {"aud": [CLIENT, "x"], "azp": CLIENT}
    provider.jwks["keys"] = provider.jwks["keys"][:1]
    provider.kid = None
    assert sign_in(served.stranger()).status_code == 200


def test_nobody_but_the_issuer_is_asked(agency: World, subtests: pytest.Subtests) -> None:
    for document in (
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "https://elsewhere.example/authorize"},
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"jwks_uri": "http://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://127.0.0.1@elsewhere.example/keys"},
        {"token_endpoint": None},
        {"jwks_uri": "x" * 300_000},
    ):
        with subtests.test(str(document)[:80]), another(agency) as provider:
            provider.document = document
            said = agency.stranger().post("/api/session/provider/address")
            assert (said.status_code, said.json()["type"]) == (503, TROUBLE), said.text
            assert provider.asked == ["openid-configuration"]


def test_redirects_are_not_followed(agency: World, subtests: pytest.Subtests) -> None:
    for name, status in product(("openid-configuration", "token", "keys"), (302, 500)):
        with subtests.test(f"{name} {status}"), another(agency) as provider:
            provider.statuses[name] = status
            person = agency.stranger()
            said = person.post("/api/session/provider/address")
            if name != "openid-configuration":
                said = sign_in(person)
            assert (said.status_code, said.json()["type"]) == (503, TROUBLE), said.text
            assert "elsewhere" not in provider.asked


def test_a_provider_that_is_away_is_said_and_passwords_go_on(agency: World) -> None:
    agency.server.provider = Asked("http://127.0.0.1:9/realm", CLIENT, SECRET, LANDING)
    said = agency.stranger().post("/api/session/provider/address")
    assert said.status_code == 503 and "does not answer" in said.json()["detail"]
    assert agency.stranger().get("/api/session/doors").json()["provider"] == "127.0.0.1"


def test_a_wrong_secret_is_the_operator_s_trouble_and_no_secret_is_said(
    served: World, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    served.server.provider = Asked(provider.issuer, CLIENT, "wrong-secret", LANDING)
    with caplog.at_level(logging.DEBUG):
        said = sign_in(served.stranger())
    assert said.status_code == 503 and "wrong-secret" not in said.text
    served.server.provider = Asked(provider.issuer, CLIENT, SECRET, LANDING)
    with caplog.at_level(logging.DEBUG):
        assert sign_in(served.stranger()).status_code == 200
    assert SECRET not in caplog.text and "wrong-secret" not in caplog.text
    assert SECRET not in str(vars(served.server)) and SECRET not in repr(served.server.provider)


@pytest.mark.parametrize(
    "issuer",
    ["http://sso.example", "ftp://sso.example", "https://", "https://sso.example/?x", "https://a@sso.example",
     "https://sso.example/ x", "https://sso.example:port", "sso.example", "http://127.0.0.1.example"],
)  # fmt: skip
def test_an_issuer_is_reached_by_tls(issuer: str) -> None:
    with pytest.raises(UsageError):
        Asked(issuer, CLIENT, SECRET, LANDING)


def test_the_secret_comes_from_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o644)
    with pytest.raises(UsageError, match="read by others"):
        _provider("https://sso.example", CLIENT, file, landing=LANDING)
    file.chmod(0o600)
    made = _provider("https://sso.example", CLIENT, file, landing=LANDING)
    assert made is not None and made.name == "sso.example"
    for issuer, client, secret in (
        ("https://sso.example", CLIENT, None),
        ("https://sso.example", "", file),
        ("https://sso.example", CLIENT, tmp_path / "away"),
        (None, CLIENT, file),
    ):
        with pytest.raises(UsageError):
            _provider(issuer, client, secret, landing=LANDING)
    assert _provider(None, "", None, landing=LANDING) is None
