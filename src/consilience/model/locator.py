"""Where a file lies inside an exhibit: raw bytes, nested, sortable.

A path on a seized disk is bytes, not text; a member of an archive may have any name, or the name of
another member. A locator keeps them as they are, and its encoding sorts as an exhibit is walked.
"""

from __future__ import annotations

import re
import struct
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

NAME_LIMIT = 1 << 16
"""Bytes of a member's name that a worker may give."""

_VERSION = b"\x01"
_UNSAFE = re.compile(
    # C0, C1, DEL, and the characters that reorder or hide text on a screen.
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\\\\"
    # Other format characters, which show nothing of themselves.
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u180e\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)


class StepKind(StrEnum):
    """How one step of a locator is taken."""

    PATH = "path"
    """A path relative to the exhibit's root, components separated by ``/``."""
    MEMBER = "member"
    """The n-th entry of an archive."""


_TAG = {StepKind.PATH: b"p", StepKind.MEMBER: b"m"}
_KIND = {tag: kind for kind, tag in _TAG.items()}
_TAGGED = re.compile(rb"(p)|m(.{4})", re.DOTALL)


class Step(msgspec.Struct, frozen=True):
    """One step into an exhibit.

    Attributes:
        kind: how the step is taken.
        name: raw bytes of the path, or of the member's name as the archive stores it.
        ordinal: position of a member in its archive, from 0; names alone may repeat.
    """

    kind: StepKind
    name: Annotated[bytes, Meta(max_length=NAME_LIMIT)]
    ordinal: Annotated[int, Meta(ge=0, lt=1 << 32)] = 0


class Locator(msgspec.Struct, frozen=True):
    """The way from an exhibit's root to one file."""

    steps: tuple[Step, ...]

    @classmethod
    def of_path(cls, path: bytes) -> Locator:
        """The locator of a file at a path relative to the exhibit's root."""
        return cls((Step(StepKind.PATH, path),))

    def into(self, *steps: Step) -> Locator:
        """The locator reached from here by further steps."""
        return Locator(self.steps + steps)

    @property
    def name(self) -> bytes:
        """The last component, as bytes."""
        return self.steps[-1].name.rsplit(b"/", 1)[-1]

    @property
    def is_folder(self) -> bool:
        """Whether this names a folder: only one that could not be listed is named at all."""
        name = self.steps[-1].name
        return self.steps[-1].kind is StepKind.PATH and (not name or name.endswith(b"/"))

    def encode(self) -> bytes:
        """Bytes that are equal only for equal locators and sort as the exhibit is walked.

        A version byte; then for each step its tag, a member's ordinal (32 bits, big-endian), and the
        name with 0x00 written as 0x00 0xFF, ended by 0x00. A container's encoding is a prefix of its
        members'.
        """
        parts = [_VERSION]
        for step in self.steps:
            parts.append(_TAG[step.kind])
            if step.kind is StepKind.MEMBER:
                parts.append(struct.pack(">I", step.ordinal))
            parts.append(step.name.replace(b"\x00", b"\x00\xff"))
            parts.append(b"\x00")
        return b"".join(parts)

    @classmethod
    def decode(cls, encoded: bytes) -> Locator:
        """The locator that `encode` wrote.

        Raises:
            ValueError: the bytes are not an encoded locator.
        """
        if encoded[:1] != _VERSION:
            raise ValueError("not an encoded locator of version 1")
        steps: list[Step] = []
        position = 1
        while position < len(encoded):
            tag = _TAGGED.match(encoded, position)
            end = -1 if tag is None else _end_of_name(encoded, tag.end())
            if tag is None or end < 0:
                raise ValueError("not an encoded locator: cut short, or an unknown step")
            ordinal = int.from_bytes(tag[2] or b"", "big")
            name = encoded[tag.end() : end].replace(b"\x00\xff", b"\x00")
            steps.append(Step(_KIND[tag[1] or b"m"], name, ordinal))
            position = end + 1
        return cls(tuple(steps))

    def display(self) -> str:
        """The locator for a screen or a page: printable, one line, nothing lost.

        Bytes that are not UTF-8 are shown as ``\\xNN``, control and direction-changing characters
        and the backslash by their escape, members after ``»``; in a name, that too is escaped.
        """
        return " » ".join(printable(step.name).replace("»", "\\u00bb") for step in self.steps)


def _end_of_name(encoded: bytes, start: int) -> int:
    """Where the 0x00 that closes a name stands: the first that 0xFF does not follow; -1 if there is none."""
    end = encoded.find(b"\x00", start)
    while end >= 0 and encoded[end + 1 : end + 2] == b"\xff":
        end = encoded.find(b"\x00", end + 2)
    return end


def printable(raw: bytes) -> str:
    """Raw bytes from an exhibit as one line of harmless text, from which the bytes can be told."""
    text = raw.decode("utf-8", "surrogateescape")
    return _UNSAFE.sub(lambda hit: _escape(hit.group()), text)


def printable_text(text: str) -> str:
    """Text from an exhibit (metadata, a list's comment) as one line of harmless text."""
    return _UNSAFE.sub(lambda hit: _escape(hit.group()), text)


def _escape(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that surrogateescape carried through
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
