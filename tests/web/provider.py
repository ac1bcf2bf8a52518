"""A small OpenID Connect provider on this machine, with real keys, that can also be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT, SECRET = "workspace", "a secret: of the client"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


class Provider:
    """Vouches for whoever asks as ``subject``; what it says is set by its fields."""

    def __init__(self) -> None:
        self.subject = "f3a1-0017"
        self.algorithm = "RS256"
        self.kid: str | None = "of-rsa"
        self.document: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.left_out: set[str] = set()
        self.jwks: dict[str, Any] = {"keys": [self._published("of-rsa"), self._published("of-ec")]}
        self.forge: Callable[[dict[str, Any]], str] | None = None
        self.statuses: dict[str, int] = {}
        self.asked: list[str] = []
        self.landings: set[str] = set()
        self._codes: dict[str, dict[str, str]] = {}
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realm"

    @contextmanager
    def running(self) -> Iterator[Provider]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def authorize(self, asked: dict[str, str]) -> str:
        """What a person who signs in there is sent back to."""
        assert asked["response_type"] == "code" and asked["scope"] == "openid"
        assert asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256"
        self.landings.add(asked["redirect_uri"])
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | self.document

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        kind, _, pair = authorization.partition(" ")
        client, _, secret = base64.b64decode(pair).decode().partition(":")
        if (kind, unquote(client), unquote(secret)) != ("Basic", CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form["code"], None)
        hashed = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if hashed.rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self._token(asked["nonce"])}

    def _token(self, nonce: str) -> str:
        now = int(time.time())
        plain = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT, "nonce": nonce}
        claims = plain | {"iat": now, "exp": now + 60} | self.claims
        claims = {name: value for name, value in claims.items() if name not in self.left_out}
        if self.forge is not None:
            return self.forge(claims)
        key = EC_KEY if self.algorithm.startswith("ES") else RSA_KEY
        return jwt.encode(claims, key, self.algorithm, headers={"kid": self.kid} if self.kid else None)

    def _published(self, kid: str) -> dict[str, Any]:
        key, kind = (EC_KEY, ECAlgorithm) if kid == "of-ec" else (RSA_KEY, RSAAlgorithm)
        return dict(kind.to_jwk(key.public_key(), as_dict=True)) | {"kid": kid, "use": "sig"}


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        provider, parts = self.provider, urlsplit(self.path)
        name = parts.path.rpartition("/")[2]
        provider.asked.append(name)
        if name == "authorize":
            self.send_response(302)
            self.send_header(
                "Location", provider.authorize({key: one for key, (one,) in parse_qs(parts.query).items()})
            )
            self.end_headers()
        elif name == "keys":
            self._say(name, 200, provider.jwks)
        else:
            assert parts.path == "/realm/.well-known/openid-configuration"
            self._say(name, 200, provider.discovery())

    def do_POST(self) -> None:
        self.provider.asked.append("token")
        length = int(self.headers["Content-Length"])
        form = {key: one for key, (one,) in parse_qs(self.rfile.read(length).decode()).items()}
        self._say("token", *self.provider.redeem(form, self.headers["Authorization"]))

    def _say(self, name: str, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(self.provider.statuses.get(name, status))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Location", f"{self.provider.issuer}/elsewhere")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass
