"""The holdings' keys, in one file that only their owner may read, or that a passphrase locks.

In the file are the keys that wrap the cases' keys, newest first, and the key that signs checkpoints. Several
wrapping keys stand in it only while the cases' keys are being wrapped anew.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from consilience.errors import HoldingsError
from consilience.services.sealing import KEY_BYTES, NotUnsealed, new_key, seal, unseal

KEY_FILE = "holdings.key"
KEY_FILE_MAKING = f"{KEY_FILE}.making"
_VERSION = 1
_CONTEXT = b"consilience holdings.key 1"
_ID_BYTES = 8

Passphrase = Callable[[], str]
"""Asks for the passphrase; only where the file is locked."""


class Work(msgspec.Struct, frozen=True):
    """What scrypt costs (RFC 7914): memory is 128 * n * r bytes."""

    n: int = 1 << 17
    r: int = 8
    p: int = 1


class _Wrapping(msgspec.Struct, frozen=True):
    id: bytes
    key: bytes


class _Secrets(msgspec.Struct, frozen=True):
    wrapping: tuple[_Wrapping, ...]
    signing: bytes


class _Lock(msgspec.Struct, frozen=True):
    salt: bytes
    work: Work


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    lock: _Lock | None
    secrets: bytes


class Keyring:
    """The holdings' keys, unlocked."""

    def __init__(self, path: Path, held: _Secrets, lock: tuple[_Lock, bytes] | None) -> None:
        self._path = path
        self._held = held
        self._lock = lock

    @classmethod
    def create(cls, folder: Path) -> Keyring:
        """Make new keys, not locked."""
        held = _Secrets((_new_wrapping(),), new_key())
        ring = cls(folder / KEY_FILE, held, None)
        ring._write()
        return ring

    @classmethod
    def open(cls, folder: Path, passphrase: Passphrase) -> Keyring:
        """The keys of a holdings folder.

        Raises:
            HoldingsError: there are none, they are damaged, or the passphrase is wrong.
        """
        path = folder / KEY_FILE
        try:
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            raise HoldingsError(
                f"{path} is missing", "Put it back from where it is kept; it cannot be made anew."
            ) from None
        except (OSError, msgspec.DecodeError) as error:
            raise HoldingsError(f"{path} cannot be read as a key file ({error})") from error
        if file.version != _VERSION:
            raise HoldingsError(f"{path} is of version {file.version}; this release knows {_VERSION}")
        if file.lock is None:
            return cls(path, _decoded(path, file.secrets), None)
        key = _locking(file.lock, passphrase())
        try:
            return cls(path, _decoded(path, unseal(key, file.secrets, _CONTEXT)), (file.lock, key))
        except NotUnsealed:
            raise HoldingsError(f"{path}: the passphrase is wrong") from None

    @property
    def signing(self) -> bytes:
        """The private key that signs checkpoints, 32 bytes (Ed25519)."""
        return self._held.signing

    @property
    def public(self) -> bytes:
        """The public half of `signing`, 32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).public_key().public_bytes_raw()

    @property
    def newest(self) -> bytes:
        """Id of the key that `wrap` uses."""
        return self._held.wrapping[0].id

    def wrap(self, key: bytes, context: bytes) -> tuple[bytes, bytes]:
        """A key, wrapped with the newest of the holdings' keys; and that key's id."""
        newest = self._held.wrapping[0]
        return newest.id, seal(newest.key, key, context)

    def unwrap(self, id: bytes, wrapped: bytes, context: bytes) -> bytes:
        """The key that was wrapped.

        Raises:
            HoldingsError: it was wrapped with a key that is not here, or was changed.
        """
        for one in self._held.wrapping:
            if one.id == id:
                try:
                    return unseal(one.key, wrapped, context)
                except NotUnsealed as error:
                    raise HoldingsError(f"a wrapped key is damaged ({error})") from error
        raise HoldingsError(
            f"a key is wrapped with {id.hex()}, which is not in {self._path}", "Is this the right key file?"
        )

    def begin_rotation(self) -> None:
        """Put a new key in front; the older ones stay until `end_rotation`."""
        self._held = msgspec.structs.replace(self._held, wrapping=(_new_wrapping(), *self._held.wrapping))
        self._write()

    def end_rotation(self) -> None:
        """Let go of every key but the newest."""
        self._held = msgspec.structs.replace(self._held, wrapping=self._held.wrapping[:1])
        self._write()

    def lock(self, passphrase: str, work: Work = Work()) -> None:  # noqa: B008 - frozen
        """Lock the file with a passphrase; an empty one unlocks it."""
        self._lock = None
        if passphrase:
            lock = _Lock(secrets.token_bytes(16), work)
            self._lock = (lock, _locking(lock, passphrase))
        self._write()

    def _write(self) -> None:
        lock = None
        encoded = msgspec.json.encode(self._held)
        if self._lock is not None:
            lock, key = self._lock
            encoded = seal(key, encoded, _CONTEXT)
        data = msgspec.json.encode(_File(_VERSION, lock, encoded))
        making = self._path.with_name(KEY_FILE_MAKING)
        making.unlink(missing_ok=True)
        descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data + b"\n")
            file.flush()
            os.fsync(file.fileno())
        making.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _new_wrapping() -> _Wrapping:
    return _Wrapping(secrets.token_bytes(_ID_BYTES), new_key())


def _decoded(path: Path, encoded: bytes) -> _Secrets:
    try:
        held = msgspec.json.decode(encoded, type=_Secrets)
    except msgspec.DecodeError as error:
        raise HoldingsError(f"{path} is damaged ({error})") from error
    if not held.wrapping or any(
        len(key) != KEY_BYTES for key in (held.signing, *(one.key for one in held.wrapping))
    ):
        raise HoldingsError(f"{path} is damaged (a key is missing or of another length)")
    return held


def _locking(lock: _Lock, passphrase: str) -> bytes:
    work = lock.work
    return Scrypt(salt=lock.salt, length=KEY_BYTES, n=work.n, r=work.r, p=work.p).derive(passphrase.encode())
