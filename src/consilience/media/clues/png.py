"""Clues from the texts and the time in a PNG file."""

from __future__ import annotations

import struct

from consilience.media.clues.text import decoded, text_clue
from consilience.media.clues.times import time_clue
from consilience.media.clues.xmp import xmp_clues
from consilience.media.structure.png import TEXTS, chunks, text_of
from consilience.model.examination import Clue

_MAX_TEXTS = 50
_KINDS = {
    b"Software": "software",
    b"Author": "artist",
    b"Copyright": "copyright",
    b"Comment": "comment",
    b"Description": "comment",
    b"Title": "comment",
    b"Source": "device",
}
_XMP_KEYWORD = b"XML:com.adobe.xmp"


def png_clues(data: bytes) -> list[Clue]:
    """Texts by their keyword, and the time of the last change."""
    clues: list[Clue] = []
    texts = 0
    for chunk in chunks(data):
        if chunk.kind == b"tIME" and chunk.length == 7:
            year, *rest = struct.unpack_from(">H5B", data, chunk.start)
            raw = f"{year:04}-{rest[0]:02}-{rest[1]:02} {rest[2]:02}:{rest[3]:02}:{rest[4]:02}Z"
            clues += time_clue("changed", raw, "png:tIME", "software")
        if chunk.kind not in TEXTS or texts == _MAX_TEXTS:
            continue
        texts += 1
        text = text_of(data, chunk)
        if text is None:
            clues.append(Clue("unreadable-metadata", "a broken text", f"png:{chunk.kind.decode()}"))
        elif text.keyword == _XMP_KEYWORD:
            clues += xmp_clues(text.raw, "png:xmp")
        else:
            value = text.raw.decode("latin-1") if text.encoding == "latin-1" else decoded(text.raw)
            source = f"png:{chunk.kind.decode()}"
            if text.keyword == b"Creation Time":
                clues += time_clue("created", value, source, "software")
            elif text.keyword in _KINDS:
                clues += text_clue(_KINDS[text.keyword], value, source)
            else:
                clues += text_clue("text", f"{text.keyword.decode('latin-1')[:79]}: {value}", source)
    return clues
