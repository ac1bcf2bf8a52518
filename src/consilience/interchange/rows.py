"""Rows of delimited text, with the line that each begins on.

Quoting is that of RFC 4180: a field in double quotes may hold delimiters, line feeds and doubled quotes. A
quote that is never closed costs its own line, not the rest of the file: at most `ROW_LINES` lines are joined
to close it, and else reading goes on with the next line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice

from consilience.interchange.records import Unusable
from consilience.interchange.text import LINE_LIMIT, Utf8File, readable

ROW_LINES = 64
"""Lines of one row, because of line feeds in quoted fields."""

Row = list[str] | Unusable
"""The cells of a row, or why there are none."""


def rows(source: Utf8File, delimiter: str) -> Iterator[tuple[int, Row]]:
    """The rows that are not empty, each with the number of its first line from 1."""
    pending: list[tuple[int, bytes]] = []
    lines = _numbered(source)
    while True:
        number, line = pending.pop(0) if pending else next(lines, (0, b""))
        if not number:
            return
        if b'"' not in line:
            if len(line) > LINE_LIMIT:
                yield number, Unusable(f"line longer than {LINE_LIMIT} bytes")
            elif text := readable(line).rstrip("\r"):
                yield number, text.split(delimiter)
            continue
        joined = line
        used = 0
        while joined.count(b'"') % 2 and used < ROW_LINES and len(joined) <= LINE_LIMIT:
            if used == len(pending):
                pending.extend(islice(lines, 1))
            if used == len(pending):
                break
            joined += b"\n" + pending[used][1]
            used += 1
        if len(joined) > LINE_LIMIT:
            yield number, Unusable(f"row longer than {LINE_LIMIT} bytes")
        elif joined.count(b'"') % 2:
            yield number, Unusable("a quote that is not closed")
        else:
            row = _cells(joined, delimiter)
            if not isinstance(row, Unusable):
                del pending[
                    :used
                ]  # else only this line is given up, and the next ones are read for themselves
            yield number, row


def _numbered(source: Utf8File) -> Iterator[tuple[int, bytes]]:
    for first, lines in source.batches():
        yield from enumerate(lines, first)


def _cells(line: bytes, delimiter: str) -> Row:
    text = readable(line).rstrip("\r")
    try:
        (cells,) = csv.reader([text], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError) as why:
        return Unusable(f"quotes that do not belong together ({why})")
    return cells


def line_of(cells: list[str], delimiter: str) -> bytes:
    """A row as bytes, quoted where it must be, ended by a line feed."""
    quoted = [
        '"' + cell.replace('"', '""') + '"'
        if any(mark in cell for mark in (delimiter, '"', "\n", "\r")) or cell != cell.strip()
        else cell
        for cell in cells
    ]
    return delimiter.join(quoted).encode() + b"\n"
