"""Delimited text with a header that names its columns, and the exports that are of this kind.

The columns ``md5``, ``sha1``, ``sha256``, ``pdq``, ``size``, ``category``, ``series`` and ``id`` are
understood, in any order and case, with spaces, hyphens and underscores ignored, and by a few other names
that programs give them; a column ``hash`` holds MD5 or SHA-1 by its length. All other columns become
attributes under their own names, where not empty. Delimiters are comma, semicolon and tab. This reads,
among others:

- HashKeeper ``.hsh`` files (column ``hash``), and ``NSRLFile.txt`` of NSRL's RDSv2
  (``"SHA-1","MD5","CRC32",…``);
- ``threatexchange dataset -P --csv`` of Meta's python-threatexchange
  (``signal_type,signal_str,collab,category, tags``), where the type of each row says what its value is;
  types that are no digest of a file and no PDQ code are reported as broken records.

Carried when written: digests, code, size, category, series, id and attribute ``name``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.records import (
    MD5,
    PDQ,
    SHA1,
    SHA256,
    Unusable,
    category,
    derived_id,
    digest,
    names,
    record,
    whole_number,
)
from consilience.interchange.rows import line_of, rows
from consilience.interchange.text import Utf8File, readable
from consilience.model.lists import BrokenRecord, ListRecord
from consilience.model.locator import printable_text

_DELIMITERS = (",", ";", "\t")
_NAMES = {
    "md5": "md5",
    "md5hash": "md5",
    "sha1": "sha1",
    "sha1hash": "sha1",
    "sha256": "sha256",
    "sha256hash": "sha256",
    "pdq": "pdq",
    "pdqhash": "pdq",
    "hash": "hash",
    "size": "size",
    "filesize": "size",
    "mediasize": "size",
    "category": "category",
    "series": "series",
    "id": "id",
    "mediaid": "id",
    "signaltype": "signal_type",
    "signalstr": "signal_str",
}
_LENGTHS = {"md5": MD5, "sha1": SHA1, "sha256": SHA256, "pdq": PDQ}
_BY_LENGTH = {2 * MD5: "md5", 2 * SHA1: "sha1"}
_SIGNALS = {"pdq": "pdq", "video_md5": "md5", "md5": "md5", "sha1": "sha1", "sha256": "sha256"}
_COLUMN_LIMIT = 256
_WRITTEN = ("id", "md5", "sha1", "sha256", "size", "pdq", "category", "series", "name")


class _Header(msgspec.Struct, frozen=True):
    """The columns of a table.

    Attributes:
        delimiter: what parts them.
        names: as found.
        fields: for each column the field it fills, or None.
    """

    delimiter: str
    names: tuple[str, ...]
    fields: tuple[str | None, ...]


class ColumnLists:
    """The format ``columns``."""

    name = "columns"
    describes = "CSV with a header naming its columns (md5, sha1, sha256, pdq, size, category, id …)"
    hints = ("csv", "hsh")

    def fit(self, head: Head) -> Fit:
        """Likely where the first line names a column of digests."""
        return Fit.NO if _header(head.text) is None else Fit.LIKELY

    def read(self, path: Path) -> ListFile:
        """Open a list."""
        header = _header(Head(path).text)
        if header is None:
            raise FormatError(
                f"{printable_text(str(path))} has no header that names a column of digests",
                "Name one md5, sha1, sha256 or pdq",
            )
        source = Utf8File(path)
        about = ListAbout(format=self.name, attributes={"columns": list(header.names)})
        return ListFile(lambda: about, _entries(source, header), source.progress, source.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:  # noqa: ARG002
        """Write comma-separated columns."""
        with path.open("wb") as file:
            file.write(line_of(list(_WRITTEN), ","))
            for one in records:
                file.write(line_of(_cells(one), ","))


def _header(text: bytes) -> _Header | None:
    """The header in the first line, by the delimiter that finds most columns; None where there is none."""
    if b"\0" in text:  # not text at all, whatever its first line says
        return None
    line = readable(text.split(b"\n", 1)[0]).strip("\r")
    best: _Header | None = None
    for delimiter in _DELIMITERS:
        try:
            (cells,) = csv.reader([line], delimiter=delimiter)
        except (csv.Error, ValueError):
            continue
        found = [_NAMES.get(_plain(cell)) for cell in cells]
        known = [field for field in found if field]
        identifies = set(known) & {*_LENGTHS, "hash"} or {"signal_type", "signal_str"} <= set(known)
        if not identifies or len(known) != len(set(known)) or len(cells) > _COLUMN_LIMIT:
            continue
        if best is None or len(cells) > len(best.names):
            best = _Header(delimiter, tuple(cell.strip() for cell in cells), tuple(found))
    return best


def _plain(name: str) -> str:
    return name.strip().lower().translate({ord(mark): None for mark in " -_"})


def _entries(source: Utf8File, header: _Header) -> Iterator[Entry]:
    table = rows(source, header.delimiter)
    next(table)
    for position, row in table:
        try:
            yield _record(position, row, header)
        except Unusable as why:
            yield BrokenRecord(position, str(why))


def _record(position: int, row: list[str] | Unusable, header: _Header) -> ListRecord:
    if isinstance(row, Unusable):
        raise row
    wanted = len(header.names)
    if len(row) < wanted or (len(row) > wanted and any(row[wanted:])):
        raise Unusable(f"{len(row)} cells where the header has {wanted}")
    fields: dict[str, str] = {}
    attributes: dict[str, object] = {}
    for name, field, cell in zip(header.names, header.fields, row, strict=False):
        if field is not None:
            fields[field] = cell
        elif cell:
            attributes[name] = cell
    if "hash" in fields:
        _place(fields, fields["hash"].strip())
    if "signal_type" in fields:
        attributes["signal_type"] = fields["signal_type"]
        _signal(fields)
    return record(
        position,
        provider_id=fields.get("id", "").strip() or None,
        md5=digest(fields.get("md5"), MD5, "md5"),
        sha1=digest(fields.get("sha1"), SHA1, "sha1"),
        sha256=digest(fields.get("sha256"), SHA256, "sha256"),
        pdq=digest(fields.get("pdq"), PDQ, "pdq"),
        size=whole_number(fields.get("size"), "size") or None,
        category=category(fields.get("category")),
        series=names(fields.get("series")),
        attributes=attributes,
    )


def _place(fields: dict[str, str], text: str) -> None:
    """Put a digest of unnamed kind where its length says; 64 characters may be SHA-256 or PDQ."""
    if not text:
        return
    kind = _BY_LENGTH.get(len(text))
    if kind is None:
        raise Unusable(f"hash: {len(text)} characters; name the column md5, sha1, sha256 or pdq")
    if fields.get(kind, "").strip().lower() not in ("", text.lower()):
        raise Unusable(f"hash and {kind} differ")
    fields[kind] = text


def _signal(fields: dict[str, str]) -> None:
    kind = _SIGNALS.get(fields["signal_type"].strip().lower())
    if kind is None:
        raise Unusable(f"signals of type {printable_text(fields['signal_type'][:40])} are not compared")
    fields[kind] = fields.get("signal_str", "")


def _cells(one: ListRecord) -> list[str]:
    derived = derived_id(one.md5, one.sha1, one.sha256, one.pdq)
    if any("," in name for name in one.series):
        raise FormatError(
            f"record {one.provider_id} has a series with a comma", "Columns part series by commas"
        )
    return [
        "" if one.provider_id == derived else one.provider_id,
        *((raw.hex() if raw else "") for raw in (one.md5, one.sha1, one.sha256)),
        "" if one.size is None else str(one.size),
        one.pdq.hex() if one.pdq else "",
        one.category or "",
        ",".join(one.series),
        str(one.attributes.get("name", "")),
    ]
