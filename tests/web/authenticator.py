"""An authenticator in software, by WebAuthn sections 6.1 and 6.5, that can also be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """One key for one account of one page."""

    def __init__(self, origin: str, *, party: str = "localhost") -> None:
        self.origin = origin
        self.party = party
        self.counter = 0
        self.flags = PRESENT | VERIFIED
        self.algorithm = -7
        self.id = secrets.token_bytes(32)
        self.account = b""
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: dict[str, Any], **said: Any) -> dict[str, str]:
        """The answer to a request for a new key, as the API takes it."""
        self.account = base64.urlsafe_b64decode(options["user"]["id"] + "==")
        self.counter += 1
        numbers = self._key.public_key().public_numbers()
        key = {
            1: 2,
            3: self.algorithm,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        held = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor.encode(key)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + held}
        client_data = self._client_data("webauthn.create", options, said)
        return {"client_data": text(client_data), "attestation": text(cbor.encode(made))}

    def sign(self, options: dict[str, Any], *, count: int = 1, **said: Any) -> dict[str, str]:
        """The answer to who is there."""
        self.counter += count
        client_data = self._client_data("webauthn.get", options, said)
        data = self._data()
        signed = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            "credential": text(self.id),
            "client_data": text(client_data),
            "authenticator_data": text(data),
            "signature": text(signed),
            "user_handle": text(self.account),
        }

    def _data(self, more: int = 0) -> bytes:
        party = hashlib.sha256(self.party.encode()).digest()
        return party + struct.pack(">BI", self.flags | more, self.counter)

    def _client_data(self, kind: str, options: dict[str, Any], said: dict[str, Any]) -> bytes:
        plain = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(plain | said).encode()
