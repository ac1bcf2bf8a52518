"""Hash lists of INTERPOL's ICSE database: CSV with ``;`` and a fixed header.

Observed in a reader that others published (sepinf-inc/IPED ``HashDBTool.java``): exactly the columns of
`HEADER`, flags as ``y``, ``yes``, ``t`` or ``true`` and their opposites.

``Image ID`` is the provider's id, ``Series name`` one series, ``Baseline`` the category in the scheme
``INTERPOL-Baseline``, with the codes ``true`` and ``false``. The flags become booleans in the attributes; all
else stays there as text, PhotoDNA uninterpreted; empty cells say nothing. Rows may lack their last cells.

Carried when written: everything that a reader of this module gives back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.records import MD5, SHA1, Unusable, derived_id, digest, record
from consilience.interchange.rows import line_of, rows
from consilience.interchange.text import Utf8File
from consilience.model.lists import BrokenRecord, ListRecord

HEADER = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline"
)
SCHEME = "INTERPOL-Baseline"
_COLUMNS = HEADER.split(";")
_FLAGS = frozenset({"Is distributed", "Victim identified", "Offender identified", "File Available"})
_FIELDS = frozenset({"MD5", "SHA1", "Image ID", "Series name", "Baseline"})
_TRUTH = {
    "y": True,
    "yes": True,
    "t": True,
    "true": True,
    "n": False,
    "no": False,
    "f": False,
    "false": False,
}


class IcseLists:
    """The format ``icse``."""

    name = "icse"
    describes = "INTERPOL ICSE hash list, CSV with semicolons"
    hints = ("icse",)

    def fit(self, head: Head) -> Fit:
        """Certain where the first line is the header."""
        first = head.text.split(b"\n", 1)[0].rstrip(b"\r")
        return Fit.CERTAIN if first == HEADER.encode() else Fit.NO

    def read(self, path: Path) -> ListFile:
        """Open a list."""
        source = Utf8File(path)
        about = ListAbout(format=self.name, scheme=SCHEME)
        return ListFile(lambda: about, _entries(source), source.progress, source.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:  # noqa: ARG002
        """Write a list.

        Raises:
            FormatError: a record has neither MD5 nor SHA-1, or several series.
        """
        with path.open("wb") as file:
            file.write(HEADER.encode() + b"\n")
            for one in records:
                file.write(line_of(_cells(one), ";"))


def _entries(source: Utf8File) -> Iterator[Entry]:
    table = rows(source, ";")
    next(table)  # the header, which `fit` has seen
    for position, row in table:
        try:
            yield _record(position, row)
        except Unusable as why:
            yield BrokenRecord(position, str(why))


def _record(position: int, row: list[str] | Unusable) -> ListRecord:
    if isinstance(row, Unusable):
        raise row
    if len(row) > len(_COLUMNS) and any(row[len(_COLUMNS) :]):
        raise Unusable(f"{len(row)} cells where the header has {len(_COLUMNS)}")
    cells = {column: text for column, cell in zip(_COLUMNS, row, strict=False) if (text := cell.strip())}
    attributes: dict[str, object] = {
        column: _TRUTH.get(text.lower(), text) if column in _FLAGS else text
        for column, text in cells.items()
        if column not in _FIELDS
    }
    baseline = cells.get("Baseline")
    flag = _TRUTH.get(baseline.lower()) if baseline else None
    series = cells.get("Series name")
    return record(
        position,
        provider_id=cells.get("Image ID"),
        md5=digest(cells.get("MD5"), MD5, "MD5"),
        sha1=digest(cells.get("SHA1"), SHA1, "SHA1"),
        category=baseline if flag is None else str(flag).lower(),
        series=(series,) if series else (),
        attributes=attributes,
    )


def _cells(one: ListRecord) -> list[str]:
    if not one.md5 and not one.sha1:
        raise FormatError(
            f"record {one.provider_id} has neither MD5 nor SHA-1", "ICSE lists hold nothing else"
        )
    if len(one.series) > 1:
        raise FormatError(
            f"record {one.provider_id} has several series", "ICSE lists hold one series a record"
        )
    derived = derived_id(one.md5, one.sha1, one.sha256, one.pdq)
    cells: dict[str, object] = {
        **one.attributes,
        "MD5": one.md5.hex().upper() if one.md5 else "",
        "SHA1": one.sha1.hex().upper() if one.sha1 else "",
        "Image ID": "" if one.provider_id == derived else one.provider_id,
        "Series name": "".join(one.series),
        "Baseline": {"true": "yes", "false": "no"}.get(one.category or "", one.category or ""),
    }
    return [_text(cells.get(column, "")) for column in _COLUMNS]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
