"""A clue from a colour profile: what it calls itself. Source: ICC.1:2022."""

from __future__ import annotations

import struct

from consilience.media.clues.text import decoded, text_clue
from consilience.model.examination import Clue

_MAX_TAGS = 100


def icc_clues(profile: bytes, source: str = "icc") -> list[Clue]:
    """The profile's description."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return []
    (count,) = struct.unpack_from(">I", profile, 128)
    for at in range(132, min(132 + 12 * min(count, _MAX_TAGS), len(profile) - 11), 12):
        tag, offset, length = struct.unpack_from(">4sII", profile, at)
        if tag == b"desc":
            body = profile[offset : offset + min(length, 4096)]
            return text_clue("colour-profile", _description(body), source)
    return []


def _description(body: bytes) -> str:
    if body.startswith(b"desc") and len(body) >= 12:
        (length,) = struct.unpack_from(">I", body, 8)
        return decoded(body[12 : 12 + min(length, 1024)].split(b"\0", 1)[0])
    if body.startswith(b"mluc") and len(body) >= 28:
        length, offset = struct.unpack_from(">II", body, 20)
        return body[offset : offset + min(length, 2048)].decode("utf-16-be", "replace")
    return ""
