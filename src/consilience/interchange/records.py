"""From texts that a list holds to one `ListRecord`, by rules that all formats share.

A record is taken whole or not at all. It is refused, with a reason, where a digest is not hexadecimal or
not of its length, where a size is negative, where it names no content at all, and where it names the
*empty* content or an all-zero digest: such an entry would tie together every empty file of every exhibit.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable

import msgspec

from consilience.model.lists import ListRecord

MD5, SHA1, SHA256 = 16, 20, 32
"""Bytes of a raw digest."""
PDQ = 32
"""Bytes of a raw PDQ code."""
ATTRIBUTE_LIMIT = 512
"""Keys of one record; formats known here have fewer than 40."""
NESTING_LIMIT = 24
"""Lists and objects within one record's values."""
NAME_LIMIT = 1024
"""Characters of an id, a category, or the name of a series."""
SIZE_LIMIT = (1 << 63) - 1
"""Greatest size of a file that the store can hold."""

REFUSED: dict[bytes, str] = {
    hashlib.md5(b"", usedforsecurity=False).digest(): "MD5 of the empty file",
    hashlib.sha1(b"", usedforsecurity=False).digest(): "SHA-1 of the empty file",
    hashlib.sha256(b"").digest(): "SHA-256 of the empty file",
    bytes(16): "all-zero digest",
    bytes(20): "all-zero digest",
    bytes(32): "all-zero digest",
}
"""Digests that name no content worth knowing, and why."""

_NONE = frozenset({"", "null", "none", "n/a", "-"})


class Unusable(Exception):  # noqa: N818 - not a failure of the program: the reason a record is refused
    """Why a record cannot be taken: one printable line."""


def digest(value: object, length: int, label: str) -> bytes | None:
    """A raw digest or code of `length` bytes from its hexadecimal text; None where there is none.

    Raises:
        Unusable: it is not text, not hexadecimal, of another length, or one of `REFUSED`.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unusable(f"{label}: not text")
    text = value.strip()
    if text.lower() in _NONE:
        return None
    if len(text) != 2 * length:
        raise Unusable(f"{label}: {len(text)} characters where {2 * length} are expected")
    try:
        raw = binascii.unhexlify(text)
    except ValueError:
        raise Unusable(f"{label}: not hexadecimal") from None
    if raw in REFUSED:
        raise Unusable(REFUSED[raw])
    return raw


def whole_number(value: object, label: str) -> int | None:
    """A whole number from a number or its text; None where there is none.

    Raises:
        Unusable: it is something else, negative, or beyond 63 bits.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _NONE:
            return None
        negative = text.startswith("-")
        digits = text[1:] if negative else text
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 20:
            raise Unusable(f"{label}: not a whole number")
        value = int(text)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unusable(f"{label}: not a whole number")
    if value < 0:
        raise Unusable(f"{label}: negative")
    if value > SIZE_LIMIT:
        raise Unusable(f"{label}: beyond 63 bits")
    return value


def category(value: object) -> str | None:
    """A category as the text of its code, uninterpreted: ``1`` from 1 as from ``"1"``; None where none is.

    Raises:
        Unusable: it is neither a number nor text.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unusable("category: neither a number nor text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def names(value: object) -> tuple[str, ...]:
    """The names in a comma-delimited text, or in a list of texts.

    Raises:
        Unusable: it is neither.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(name for part in value.split(",") if (name := part.strip()))
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(name for part in value if (name := part.strip()))
    raise Unusable("series: not text")


def derived_id(md5: bytes | None, sha1: bytes | None, sha256: bytes | None, pdq: bytes | None) -> str:
    """A name for a record whose format gives none, from its strongest digest; the same in every edition.

    Raises:
        Unusable: there is no digest and no code.
    """
    if sha256:
        return "sha256:" + sha256.hex()
    if sha1:
        return "sha1:" + sha1.hex()
    if md5:
        return "md5:" + md5.hex()
    if pdq:
        return "pdq:" + pdq.hex()
    raise Unusable("no digest and no fingerprint that can be compared")


def record(
    position: int,
    *,
    provider_id: str | None = None,
    md5: bytes | None = None,
    sha1: bytes | None = None,
    sha256: bytes | None = None,
    pdq: bytes | None = None,
    size: int | None = None,
    category: str | None = None,
    series: tuple[str, ...] = (),
    attributes: dict[str, object] | None = None,
) -> ListRecord:
    """A record from raw values.

    Raises:
        Unusable: it names no content, has more attributes than `ATTRIBUTE_LIMIT`, or longer names than
            `NAME_LIMIT`.
    """
    name = derived_id(md5, sha1, sha256, pdq)
    if attributes is None:
        attributes = {}
    elif len(attributes) > ATTRIBUTE_LIMIT:
        raise Unusable(f"more than {ATTRIBUTE_LIMIT} attributes")
    for text in (provider_id, category, *series):
        if text is not None and len(text) > NAME_LIMIT:
            raise Unusable(f"an id, category or series of more than {NAME_LIMIT} characters")
    return ListRecord(
        provider_id=provider_id or name,
        md5=md5,
        sha1=sha1,
        sha256=sha256,
        pdq=pdq,
        size=size,
        category=category,
        series=series,
        attributes=attributes,
        position=position,
    )


_encode = msgspec.json.Encoder().encode


def check_values(values: dict[str, object]) -> int:
    """Make sure that values from a foreign JSON text can be kept: written as JSON again, and not too deep.

    Returns:
        Their length as JSON, in bytes.

    Raises:
        Unusable: text holds half a character, or values are nested deeper than `NESTING_LIMIT`.
    """
    try:
        encoded = _encode(values)
    except UnicodeEncodeError:
        raise Unusable("a value that is not UTF-8 text") from None
    # Fewer brackets than the limit cannot nest deeper than it: nearly every record ends here.
    if encoded.count(b"[") + encoded.count(b"{") > NESTING_LIMIT and _too_deep(values):
        raise Unusable(f"values nested deeper than {NESTING_LIMIT}")
    return len(encoded)


def _too_deep(value: object, depth: int = 0) -> bool:
    if isinstance(value, dict):
        inner: Iterable[object] = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        return False
    return depth >= NESTING_LIMIT or any(_too_deep(one, depth + 1) for one in inner)
