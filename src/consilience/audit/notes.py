"""Signed notes and checkpoints: a few lines of text, and an Ed25519 signature that anybody can check.

Formats: C2SP signed-note and tlog-checkpoint (https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint),
which logs of certificates and of software use. A checkpoint's text is

    consilience/0123…          the log's origin: the holdings' public id
    4711                       events
    base64                     root of their tree
    at 2026-11-22T01:40:00Z    when it was signed, by the signing machine's clock

and a line ``— origin base64(key id, signature)`` after an empty one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consilience.model.merkle import HASH_BYTES

_ED25519 = b"\x01"
_SIGNATURE = "— "


class NoteError(ValueError):
    """A note, key or checkpoint is not what it should be; the text says what is wrong."""


class PublicKey(msgspec.Struct, frozen=True):
    """The key that a log's signatures are checked with.

    Attributes:
        origin: the log's name.
        key: 32 bytes, Ed25519.
    """

    origin: str
    key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.origin.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    def encode(self) -> str:
        """The key as text: origin, id and key, as Go's ``note.NewVerifier`` takes it."""
        return f"{self.origin}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.key).decode()}"

    @classmethod
    def decode(cls, text: str) -> PublicKey:
        """The key that `encode` wrote.

        Raises:
            NoteError: it is none.
        """
        try:
            origin, _, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise NoteError("no public key of a log") from None
        key = cls(origin, raw[1:])
        if raw[:1] != _ED25519 or len(key.key) != 32 or key.encode() != text.strip():
            raise NoteError("no Ed25519 key, or damaged: its parts do not agree")
        return key

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature over the message is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """Signs for a log.

    Args:
        origin: the log's name.
        seed: the private key, 32 bytes.
    """

    def __init__(self, origin: str, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(origin, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """A signature, 64 bytes."""
        return self._private.sign(message)

    def note(self, text: str) -> str:
        """A text that ends with a newline, signed."""
        signed = base64.b64encode(self.public.id + self.sign(text.encode())).decode()
        return f"{text}\n{_SIGNATURE}{self.public.origin} {signed}\n"


def open_note(note: str, key: PublicKey) -> str:
    """The text of a signed note; signatures by other keys may stand beside.

    Raises:
        NoteError: it is no note, or not signed by this key.
    """
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator or not signatures.endswith("\n"):
        raise NoteError("no signed note")
    for line in signatures[:-1].split("\n"):
        mark, _, rest = line.partition(" ")
        origin, _, encoded = rest.rpartition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise NoteError("a signature in it is no base64") from None
        if f"{mark} " != _SIGNATURE or base64.b64encode(raw).decode() != encoded:
            raise NoteError("a line among its signatures is none")
        if origin == key.origin and raw[:4] == key.id and key.verify(raw[4:], text.encode()):
            return text
    raise NoteError(f"not signed by the key of {key.origin}")


class Checkpoint(msgspec.Struct, frozen=True):
    """The state of a log at a moment.

    Attributes:
        origin: the log's name.
        size: events.
        root: 32 bytes: the root of their tree.
        at: when it was signed, ``2026-11-22T01:40:00Z``.
    """

    origin: str
    size: int
    root: bytes
    at: str

    @classmethod
    def now(cls, origin: str, size: int, root: bytes) -> Checkpoint:
        """A checkpoint of the present second."""
        return cls(origin, size, root, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def encode(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\nat {self.at}\n"

    @classmethod
    def decode(cls, text: str) -> Checkpoint:
        """The checkpoint that `encode` wrote.

        Raises:
            NoteError: it is none.
        """
        try:
            origin, size, root, at, end = text.split("\n")
            found = cls(origin, int(size), base64.b64decode(root, validate=True), at.removeprefix("at "))
        except (ValueError, binascii.Error):
            raise NoteError("no checkpoint") from None
        if end or found.encode() != text or found.size < 0 or len(found.root) != HASH_BYTES:
            raise NoteError("no checkpoint")
        return found

    @classmethod
    def opened(cls, note: str, key: PublicKey) -> Checkpoint:
        """The checkpoint of a signed note.

        Raises:
            NoteError: it is not signed by this key, is of another log, or is no checkpoint.
        """
        found = cls.decode(open_note(note, key))
        if found.origin != key.origin:
            raise NoteError(f"a checkpoint of another log, {found.origin}")
        return found
