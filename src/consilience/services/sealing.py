"""Seal bytes with a key: AES-256-GCM, each with a nonce of its own.

Source: NIST SP 800-38D. A sealed value is a version byte, 12 random bytes, the ciphertext and its tag. What a
value belongs to is authenticated with it (the context), so that one cannot stand in for another.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12


class NotUnsealed(ValueError):  # noqa: N818 - a typed answer
    """The key is another, the context is another, or the bytes were changed."""


def new_key() -> bytes:
    """A random key."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, data: bytes, context: bytes) -> bytes:
    """The data, sealed. A key may seal 2^32 values."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, data, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The data that was sealed with this key for this context.

    Raises:
        NotUnsealed: it was not.
    """
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    if sealed[:1] != _VERSION or len(nonce) != _NONCE_BYTES:
        raise NotUnsealed("no sealed value of version 1")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, context)
    except InvalidTag:
        raise NotUnsealed("not sealed with this key for this, or changed since") from None
