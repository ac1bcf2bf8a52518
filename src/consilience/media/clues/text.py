"""Text from hostile bytes, bounded."""

from __future__ import annotations

from consilience.model.examination import Clue

MAX_TEXT = 1_000
"""Characters of one value that are kept."""
MAX_CLUES = 200
"""Clues of one content that are kept."""


def bounded(text: str) -> str:
    """The text without surrounding white space, NULs replaced, cut to `MAX_TEXT` characters and marked so."""
    text = text.strip(" \t\r\n\0").replace("\0", "\ufffd")
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]} … (cut from {len(text)} characters)"


def decoded(raw: bytes) -> str:
    """Bytes of an unstated encoding: UTF-8 where they are valid, else Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def text_clue(kind: str, text: str, source: str) -> list[Clue]:
    """The clue, or none where the text is empty."""
    value = bounded(text)
    return [Clue(kind, value, source)] if value else []
