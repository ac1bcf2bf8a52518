"""Asking a sign-in provider who somebody is: OpenID Connect Core 1.0, with PKCE (RFC 7636).

The only connections go to the issuer that the operator named: what its discovery document says is taken for
the same scheme, host and port alone, redirects are not followed, and no proxy of the environment is used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TypeVar
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import jwt
import msgspec

from consilience.errors import ConsilienceError, UsageError
from consilience.model.locator import printable_text

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""With which an ID token may be signed; each key is used with its own algorithm only."""

LEEWAY = 60
"""Seconds by which the provider's clock may be off."""

_SECONDS = 10.0
_LARGEST = 1 << 18
_LASTS = 600.0
_LONGEST_SUBJECT = 255


class ProviderTrouble(ConsilienceError):  # noqa: N818 - an answer, not a defect
    """The provider does not answer, or not as OpenID Connect lays down: for the operator to look at."""


class Unproved(ConsilienceError):  # noqa: N818
    """What the provider said proves nothing of the person at this browser."""


_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class _Endpoints(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class Provider:
    """A provider that the operator configured.

    Args:
        issuer: its address, as it names itself.
        client: what it calls this workspace.
        secret: known to it and this workspace.
        landing: the workspace's page, to which it sends people back.

    Raises:
        UsageError: the issuer is no address that is taken.
    """

    def __init__(self, issuer: str, client: str, secret: str, landing: str) -> None:
        parts = _split(issuer)
        if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
            raise UsageError(
                f"{printable_text(issuer)} is no address of a sign-in provider",
                "It begins with https:// and names a host.",
            )
        if not client or not secret:
            raise UsageError("a sign-in provider needs the client's id and its secret")
        self.issuer = issuer
        self.name = parts.hostname or issuer
        self._origin = parts.scheme, parts.netloc.lower()
        self._client = client
        self._secret = secret
        self._landing = landing
        self._found: tuple[float, _Endpoints] | None = None

    def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser asks.

        Args:
            state: comes back with the answer.
            nonce: comes back in the ID token.
            verifier: what PKCE shows only when the code is redeemed.

        Raises:
            ProviderTrouble: its discovery document is not to be had, or names another place.
        """
        hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self._client,
            "redirect_uri": self._landing,
            "state": state,
            "nonce": nonce,
            "code_challenge": hashed.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoints().authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def subject(self, code: str, *, verifier: str, nonce: str) -> str:
        """Redeem a code; gives the subject of its ID token.

        Args:
            code: what the browser brought back.
            verifier: as in `address`.
            nonce: the same.

        Raises:
            Unproved: the code is refused, or the ID token does not hold.
            ProviderTrouble: the provider does not answer as it should.
        """
        endpoints = self._endpoints()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._landing,
            "code_verifier": verifier,
        }
        token = _decoded(self._ask(endpoints.token_endpoint, form), _Tokens).id_token
        claims = self._claims(token, self._ask(endpoints.jwks_uri))
        said = claims.get("nonce")
        if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
            raise Unproved("the ID token answers another question")
        audiences = claims["aud"]
        several = isinstance(audiences, list) and len(audiences) > 1
        if claims.get("azp", None if several else self._client) != self._client:
            raise Unproved("the ID token was issued to another client")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise Unproved("the ID token names nobody")
        return subject

    def _claims(self, token: str, published: bytes) -> dict[str, object]:
        """The claims of an ID token that one of the provider's keys signed for this client, and now."""
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
            keys = [
                one
                for one in json.loads(published)["keys"]
                if one.get("use", "sig") == "sig" and wanted in (None, one.get("kid"))
            ]
            if len(keys) != 1:
                raise Unproved("the provider publishes no such key")
            key = jwt.PyJWK(keys[0])
            if key.algorithm_name not in ALGORITHMS:
                raise Unproved("the ID token is signed in a way that is not taken")
            return jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._client,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Unproved("the ID token does not hold") from error

    def _endpoints(self) -> _Endpoints:
        found = self._found
        if found is not None and found[0] > time.monotonic():
            return found[1]
        said = self._ask(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        endpoints = _decoded(said, _Endpoints)
        if endpoints.issuer != self.issuer:
            raise ProviderTrouble(f"{self.name} calls itself {printable_text(endpoints.issuer)}")
        if not all(map(self._is_own, msgspec.structs.astuple(endpoints)[1:])):
            raise ProviderTrouble(f"{self.name} names endpoints of another server", "They are not asked.")
        self._found = time.monotonic() + _LASTS, endpoints
        return endpoints

    def _is_own(self, address: str) -> bool:
        parts = _split(address)
        return (
            parts is not None and (parts.scheme, parts.netloc.lower()) == self._origin and not parts.fragment
        )

    def _ask(self, address: str, form: dict[str, str] | None = None) -> bytes:
        """One request; an answer of any status but 200 is none."""
        parts = urlsplit(address)
        if not self._is_own(address):
            raise ProviderTrouble(f"{printable_text(address)} is not of {self.name}", "It is not asked.")
        headers = {"Accept": "application/json"}
        if form is not None:
            pair = f"{quote(self._client, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection = _connection(parts)
        try:
            body = None if form is None else urlencode(form)
            connection.request("GET" if form is None else "POST", target, body, headers)
            answer = connection.getresponse()
            said = answer.read(_LARGEST + 1)
        except (OSError, HTTPException, ValueError) as error:
            raise ProviderTrouble(f"{self.name} does not answer") from error
        finally:
            connection.close()
        if form is not None and answer.status == 400:
            raise Unproved(f"{self.name} does not take the code")
        if answer.status != 200 or len(said) > _LARGEST:
            raise ProviderTrouble(f"{self.name} answers {answer.status}, or too much")
        return said


def _split(address: str) -> SplitResult | None:
    """The parts of an address of https, or, on this machine, of http."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    return parts if safe and parts.hostname else None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _connection(parts: SplitResult) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=_SECONDS, context=ssl.create_default_context())
    return HTTPConnection(host, parts.port, timeout=_SECONDS)


def _decoded(said: bytes, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(said, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProviderTrouble("the provider's answer is none of OpenID Connect") from error
