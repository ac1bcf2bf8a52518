"""A stream sealed with a passphrase, of any length: chunks of AES-256-GCM, none of which can be cut or moved.

A header line of JSON says the work of scrypt, its salt and the nonces' beginning; it is authenticated with
each chunk. A chunk's nonce ends with its number and whether it is the last (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, 2015), so one that is missing, repeated or out of place does not open.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from consilience.errors import FormatError
from consilience.services.keyring import Work
from consilience.services.sealing import KEY_BYTES

MAGIC = "consilience sealed stream 1"
_CHUNK = 1 << 20
_TAG = 16
_PREFIX = 7
_LONGEST_HEADER = 1 << 12
_MOST_WORK = 1 << 22


class _Header(msgspec.Struct, frozen=True):
    format: str
    salt: bytes
    work: Work
    prefix: bytes


class SealingWriter:
    """Seals what is written to it. `close` writes the last chunk; without it, the stream does not open.

    Args:
        out: where to.
        passphrase: what locks it.
        work: what scrypt costs.
    """

    def __init__(self, out: BinaryIO, passphrase: str, work: Work = Work()) -> None:  # noqa: B008 - frozen
        header = _Header(MAGIC, secrets.token_bytes(16), work, secrets.token_bytes(_PREFIX))
        self._header = msgspec.json.encode(header) + b"\n"
        self._chunks = _Chunks(header, self._header, passphrase)
        self._out = out
        self._waiting = bytearray()
        out.write(self._header)

    def write(self, data: bytes) -> int:
        """Take the next bytes."""
        self._waiting += data
        while len(self._waiting) > _CHUNK:  # one chunk always waits: it may be the last
            self._out.write(self._chunks.seal(bytes(self._waiting[:_CHUNK]), last=False))
            del self._waiting[:_CHUNK]
        return len(data)

    def close(self) -> None:
        """Write what is left, as the last chunk."""
        self._out.write(self._chunks.seal(bytes(self._waiting), last=True))


class UnsealingReader:
    """Reads what `SealingWriter` wrote.

    Args:
        file: the sealed stream.
        passphrase: what it was locked with.

    Raises:
        FormatError: it is no such stream. A wrong passphrase or a change shows when it is read.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        line = file.readline(_LONGEST_HEADER)
        try:
            header = msgspec.json.decode(line, type=_Header)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise FormatError("it is no sealed stream") from None
        work = header.work
        if header.format != MAGIC or len(header.prefix) != _PREFIX or work.n * work.r * work.p > _MOST_WORK:
            raise FormatError("it is no sealed stream of a known version")
        self._parts = _Chunks(header, line, passphrase).unseal(file)
        self._left = b""

    def read(self, size: int) -> bytes:
        """The next bytes, as many as were asked for but at the end.

        Raises:
            FormatError: the passphrase is wrong, or the stream was changed or cut.
        """
        parts = [self._left]
        length = len(self._left)
        while length < size and (part := next(self._parts, b"")):
            parts.append(part)
            length += len(part)
        whole = b"".join(parts)
        self._left = whole[size:]
        return whole[:size]


class _Chunks:
    def __init__(self, header: _Header, line: bytes, passphrase: str) -> None:
        work = header.work
        key = Scrypt(salt=header.salt, length=KEY_BYTES, n=work.n, r=work.r, p=work.p)
        self._cipher = AESGCM(key.derive(passphrase.encode()))
        self._prefix = header.prefix
        self._line = line
        self._number = 0

    def seal(self, data: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), data, self._line)

    def unseal(self, file: BinaryIO) -> Iterator[bytes]:
        chunk = file.read(_CHUNK + _TAG)
        while True:
            following = file.read(_CHUNK + _TAG)
            try:
                data = self._cipher.decrypt(self._nonce(last=not following), chunk, self._line)
            except InvalidTag:
                if self._number == 1:
                    raise FormatError("the passphrase is wrong, or the file was changed") from None
                raise FormatError(f"the file was changed or cut, in or after chunk {self._number}") from None
            if data:
                yield data
            if not following:
                return
            chunk = following

    def _nonce(self, *, last: bool) -> bytes:
        nonce = self._prefix + self._number.to_bytes(4, "big") + bytes([last])
        self._number += 1
        return nonce
