"""Text of unknown origin as UTF-8: byte order marks, UTF-16, lines in batches with a bounded length.

A list exported by one Windows program is UTF-8 with a byte order mark, by another UTF-16; the readers
see UTF-8 without one.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

CHUNK = 1 << 18
LINE_LIMIT = 1 << 16
"""Bytes of one line; no real digest line, and hardly a row of a table, is longer."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def _encoding(start: bytes) -> tuple[str | None, int]:
    """The UTF-16 encoding that a byte order mark states, if any, and the mark's length."""
    if start.startswith(codecs.BOM_UTF8):
        return None, len(codecs.BOM_UTF8)
    encoding = _UTF16.get(start[:2])
    return encoding, 2 if encoding else 0


def as_utf8(start: bytes) -> bytes:
    """The first bytes of a file as UTF-8 without a byte order mark."""
    encoding, mark = _encoding(start)
    if encoding is None:
        return start[mark:]
    return start[mark:].decode(encoding, "replace").encode()


def readable(raw: bytes) -> str:
    """Bytes as text: UTF-8, or else Latin-1, a character a byte, so that the bytes can be told from it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class Utf8File:
    """A file read as UTF-8 without a byte order mark; UTF-16 with a mark is transcoded.

    What is not valid UTF-16 becomes U+FFFD. UTF-8 is passed on as it is: its validity is the reader's
    business, for a name in a digest list may be any bytes.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._size = os.fstat(self._file.fileno()).st_size
        encoding, mark = _encoding(self._file.read(4))
        self._done = self._file.seek(mark)
        self._decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None

    def chunk(self) -> bytes:
        """The next bytes, empty at the end of the file."""
        while True:
            raw = self._file.read(CHUNK)
            self._done += len(raw)
            if self._decoder is None:
                return raw
            text = self._decoder.decode(raw, final=not raw)
            if text or not raw:  # half of a two-byte unit says nothing yet
                return text.encode()

    def progress(self) -> float:
        """The share of the file that was read, 0 to 1."""
        return self._done / self._size if self._size else 1.0

    def batches(self) -> Iterator[tuple[int, list[bytes]]]:
        """The lines without their line feeds, in batches: the number of the first one, and the lines.

        Of a line longer than `LINE_LIMIT` the rest may be missing; its length still exceeds the limit. The
        last line may lack its line feed; an empty piece after the last one is no line.
        """
        number = 1
        rest = b""
        while chunk := self.chunk():
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()[: LINE_LIMIT + 1]
            if lines:
                yield number, lines
                number += len(lines)
        if rest:
            yield number, [rest]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
