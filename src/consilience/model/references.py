"""Names in the audit: a reference stands in the tree; what it means stands apart, where it can be erased."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from enum import StrEnum

import msgspec


class ReferenceKind(StrEnum):
    """What a reference is to."""

    ACTOR = "actor"
    AUTHORITY = "authority"
    RECIPIENT = "recipient"


class Reference(msgspec.Struct, frozen=True):
    """A keyed reference: HMAC-SHA256 under a key of its own.

    With text and key, anyone can check that the reference means this text and no other. Without the key,
    which is kept and erased with the text, it cannot be found by trying names.

    Attributes:
        digest: 32 bytes: what stands in the tree.
        kind: what it refers to.
        text: what it means.
        key: 32 random bytes, used for this reference alone.
    """

    digest: bytes
    kind: ReferenceKind
    text: str
    key: bytes

    @classmethod
    def new(cls, kind: ReferenceKind, text: str) -> Reference:
        """A reference to a text that had none."""
        key = secrets.token_bytes(32)
        return cls(_digest(kind, text, key), kind, text, key)

    @property
    def holds(self) -> bool:
        """Whether the digest is this text's."""
        return hmac.compare_digest(self.digest, _digest(self.kind, self.text, self.key))


def _digest(kind: ReferenceKind, text: str, key: bytes) -> bytes:
    message = kind.value.encode() + b"\x00" + text.encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, hashlib.sha256)
