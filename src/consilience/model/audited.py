"""One audited act, in the form whose bytes are a leaf of the audit's tree."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from consilience.model.merkle import leaf_hash

LEAF_VERSION = 1

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/-]{0,127}")
_INTEGERS = range(-(1 << 63), 1 << 63)


class AuditedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An act as the tree holds it: codes, numbers, and references that mean nothing once they are erased.

    Attributes:
        v: version of this form.
        number: its place in the log, from 1.
        id: the event's public id, hexadecimal: 128 random bits, so that its hash does not tell what it says.
        at: nanoseconds since 1970-01-01T00:00:00Z, by the recording machine's clock.
        actor: reference to the person's account; see `Reference`.
        action: what was done: ``collect``, ``create``, ``read``, ``disclose``, ``erase``, …
        object_kind: kind of the thing acted on.
        object_id: its public id, hexadecimal.
        case: public id of the case, hexadecimal.
        justification: a short code for why.
        authority: reference to the law or order that it rests on.
        outcome: ``done``, ``begun``, ``refused``.
        detail: counts, identifiers, references.
    """

    v: int = LEAF_VERSION
    number: int
    id: str
    at: int
    actor: str
    action: str
    object_kind: str
    object_id: str | None
    case: str | None
    justification: str
    authority: str | None
    outcome: str
    detail: dict[str, object]

    def encode(self) -> bytes:
        """The leaf: JSON in UTF-8 on one line, keys sorted, no spaces."""
        return msgspec.json.encode(self, order="sorted")

    @classmethod
    def decode(cls, leaf: bytes) -> AuditedEvent:
        """The event of a leaf.

        Raises:
            ValueError: the bytes are not what `encode` writes for any event of this version.
        """
        try:
            event = msgspec.json.decode(leaf, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"not an event: {error}") from error
        if event.v != LEAF_VERSION:
            raise ValueError(f"an event of version {event.v}; this program knows {LEAF_VERSION}")
        if event.encode() != leaf:
            raise ValueError("an event, but not in its one canonical form")
        return event

    @property
    def hash(self) -> bytes:
        """The leaf's hash."""
        return leaf_hash(self.encode())


def is_code(text: str) -> bool:
    """Whether a text is short and plain enough to stand in the tree: a code, a number, an identifier."""
    return _CODE.fullmatch(text) is not None


def check_detail(detail: Mapping[str, object]) -> dict[str, object]:
    """The detail of an event, if all of it may stand in the tree for ever.

    Raises:
        ValueError: a value is free text, a float, or of another type.
    """
    return {check_code(key): _plain(value) for key, value in detail.items()}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value in _INTEGERS:
        return value
    if isinstance(value, str):
        return check_code(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return check_detail(value)
    raise ValueError(f"an event holds no {type(value).__name__}")


def check_code(text: str) -> str:
    """The same text, if it is a code.

    Raises:
        ValueError: it is not.
    """
    if not is_code(text):
        raise ValueError(f"{text[:40]!r} is no code; free text cannot stand in the audit's tree")
    return text
