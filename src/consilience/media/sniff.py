"""Type by content, not by name."""

from __future__ import annotations

import re
from collections import defaultdict

from consilience.media import families, signatures
from consilience.media.families import FAMILIES, Family
from consilience.media.signatures import EMPTY, UNKNOWN, Content
from consilience.model.examination import MediaKind

__all__ = ["HEAD", "Content", "sniff"]

HEAD = 64 * 1024
"""First bytes of a content that `sniff` can use."""

_Row = tuple[int, bytes, Content | None, Family | None]


def _rows() -> list[_Row]:
    """Every row of every table; at one offset the longer signature is tried first."""
    rows: list[_Row] = [
        (offset, magic, Content(media_type, kind), None)
        for table, kind in (
            (signatures.PICTURES, MediaKind.PICTURE),
            (signatures.VIDEOS, MediaKind.VIDEO),
            (signatures.AUDIO, MediaKind.AUDIO),
            (signatures.CONTAINERS, MediaKind.CONTAINER),
            (signatures.OTHERS, MediaKind.OTHER),
        )
        for offset, magic, media_type in table
    ]
    rows += [(offset, magic, None, family) for offset, magic, family in FAMILIES]
    return sorted(rows, key=lambda row: (row[0], -len(row[1])))


def _by_first_byte(rows: list[_Row]) -> dict[int, tuple[_Row, ...]]:
    table: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        table[row[1][0]].append(row)
    return {first: tuple(found) for first, found in table.items()}


_AT_START = _by_first_byte([row for row in _rows() if row[0] == 0])
_LATER = tuple(row for row in _rows() if row[0] > 0)

_TEXT_SAMPLE = 4096
_MARKUP_SAMPLE = 1024
_NOT_TEXT = bytes(range(7)) + bytes([0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
_TEXT = Content("text/plain", MediaKind.OTHER)
_XML = Content("application/xml", MediaKind.OTHER)
# The first of these in the beginning of a text that starts with "<" says what it is.
_MARKUP = re.compile(rb"<(svg|!doctype html|html|head|body)[\s>]", re.IGNORECASE)


def sniff(head: bytes, size: int) -> Content:
    """What a content is, told by its first bytes; a few microseconds, and no bytes make it raise.

    Args:
        head: the first `HEAD` bytes, or all of a shorter content.
        size: bytes of the whole content.
    """
    if not head:
        return EMPTY
    for rows in (_AT_START.get(head[0], ()), _LATER):
        for offset, magic, content, family in rows:
            if head.startswith(magic, offset):
                found = content if family is None else family(head, size)
                if found is not None:
                    return found
    return families.tar(head, size) or _text(head) or UNKNOWN


def _text(head: bytes) -> Content | None:
    """Text of some kind, where no byte is one that texts do not have."""
    sample = head[:_TEXT_SAMPLE]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        # UTF-16: nearly no text has NUL as a character, and other content has it often.
        units = memoryview(sample[: len(sample) & ~1]).cast("H")
        return _TEXT if 0 not in units else None
    if len(sample.translate(None, _NOT_TEXT)) != len(sample):
        return None
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()[:_MARKUP_SAMPLE]
    if start.startswith(b"#!"):
        return Content("text/x-script", MediaKind.OTHER)
    if not start.startswith(b"<"):
        return _TEXT
    if found := _MARKUP.search(start):
        svg = found[1].lower() == b"svg"
        return Content("image/svg+xml" if svg else "text/html", MediaKind.OTHER)
    return _XML if start.startswith(b"<?xml") else _TEXT
