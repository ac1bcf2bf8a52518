"""The audit export: the whole log in one text file, a thing a line, signed as a whole.

    consilience audit export 1
    key ORIGIN+ID+KEY                 the log's public key; a verifier trusts the one it was given instead
    event HASH LEAF                   the leaf's hash, hexadecimal, and its bytes; in order, from number 1
    checkpoint NOTE [TOKEN]           after the last event that it attests: the signed note as a JSON text,
                                      and an RFC 3161 time stamp over the note, base64
    name REFERENCE                    what a reference means: JSON of digest, kind, text, key
    seal SUMMARY SIGNATURE            JSON; Ed25519 over `SEAL_CONTEXT` and the summary's bytes, base64

The hash beside each event lets a verifier say which event was altered; the summary's digests of all other
lines, which of them.
"""

from __future__ import annotations

import base64
import hashlib
from typing import BinaryIO

import msgspec

from consilience.audit.notes import Signer
from consilience.model.merkle import leaf_hash
from consilience.model.references import Reference

FIRST_LINE = b"consilience audit export 1\n"
SEAL_CONTEXT = b"consilience audit export 1\n"
LONGEST_LINE = 1 << 20


class Summary(msgspec.Struct, frozen=True):
    """What the seal says of all lines before it.

    Attributes:
        events: how many.
        others: number and SHA-256 of each line that is no event, hexadecimal.
        sha256: of all bytes, hexadecimal.
    """

    events: int
    others: list[tuple[int, str]]
    sha256: str


class NameLine(msgspec.Struct, frozen=True):
    """A reference as an export holds it, bytes in hexadecimal."""

    digest: str
    kind: str
    text: str
    key: str


class ExportWriter:
    """Writes an export.

    Args:
        out: where to.
        signer: the log's.
    """

    def __init__(self, out: BinaryIO, signer: Signer) -> None:
        self._out = out
        self._signer = signer
        self._digest = hashlib.sha256()
        self._lines = self._events = 0
        self._others: list[tuple[int, str]] = []
        self._other(FIRST_LINE)
        self._other(f"key {signer.public.encode()}\n".encode())

    def event(self, leaf: bytes) -> None:
        """The next event, by its leaf."""
        self._write(b"event %s %s\n" % (leaf_hash(leaf).hex().encode(), leaf))
        self._events += 1

    def checkpoint(self, note: str, time_stamp: bytes | None) -> None:
        """A checkpoint of the events so far."""
        token = b"" if time_stamp is None else b" " + base64.b64encode(time_stamp)
        self._other(b"checkpoint " + msgspec.json.encode(note) + token + b"\n")

    def name(self, reference: Reference) -> None:
        """What a reference means."""
        line = NameLine(reference.digest.hex(), reference.kind, reference.text, reference.key.hex())
        self._other(b"name " + msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        """The seal; nothing comes after it."""
        summary = msgspec.json.encode(Summary(self._events, self._others, self._digest.hexdigest()))
        signature = base64.b64encode(self._signer.sign(SEAL_CONTEXT + summary))
        self._out.write(b"seal %s %s\n" % (summary, signature))

    def _other(self, line: bytes) -> None:
        self._others.append((self._lines + 1, hashlib.sha256(line).hexdigest()))
        self._write(line)

    def _write(self, line: bytes) -> None:
        self._digest.update(line)
        self._lines += 1
        self._out.write(line)
