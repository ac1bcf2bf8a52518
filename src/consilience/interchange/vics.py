"""Project VIC hash lists and cases: "VICS" JSON, data models 1.2, 1.3 and 2.0.

The specification is under agreement; what is known comes from readers and writers that others published
(sepinf-inc/IPED ``HashDBTool.java``, askclees/X-Ways-Clees4All ``VICS.cpp``, abrignoni/GLEAPP
``projectvic.py``), so reading is tolerant and no conformance is claimed. A file is one object: first the
data model (``odata.metadata`` in 1.x, ``@odata.context`` in 2.0) with what it holds after ``#``, then
``value``: for ``#Media`` an array of Media, for ``#Cases`` an array of cases, each with its ``Media``.

Of a Media, MediaID, MD5, SHA1, SHA256, MediaSize, Category and Series become fields of the record, and so
does an entry of AlternativeHashes whose HashName is PDQ, MD5, SHA1 or SHA256. Flags written as ``"true"`` or
``"False"`` become booleans. Everything else, keys that nobody has heard of too, stays in the attributes as it
is: dates as text, PhotoDNA uninterpreted, MediaFiles, Tags, Exifs. In a case file each record has one more
attribute, ``@case``: the number of its case in `ListAbout.cases`, from 1.

Carried when written: everything that a reader of this module gives back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.json_stream import JsonCursor, Malformed
from consilience.interchange.records import (
    MD5,
    PDQ,
    SHA1,
    SHA256,
    Unusable,
    category,
    check_values,
    derived_id,
    digest,
    names,
    record,
    whole_number,
)
from consilience.interchange.text import Utf8File
from consilience.model.lists import BrokenRecord, ListRecord
from consilience.model.locator import printable_text

_MODEL_KEYS = ("odata.metadata", "@odata.context")
_MODEL = re.compile(
    r"https?://[^\s\"]*/ProjectVic/DataModels/(?P<version>\d+\.\d+)\.xml"
    r"(?:/(?P<region>\w+))?(?:/\$metadata)?#(?P<what>Media|Cases)",
    re.IGNORECASE,
)
_OPENING = re.compile(rb'\s*\{\s*"(?:odata\.metadata|@odata\.context)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_SCHEMES = {"us": "VICS-US", "uk": "VICS-UK"}

_FLAGS = frozenset(
    {
        "victimidentified",
        "offenderidentified",
        "isdistributed",
        "isprecategorized",
        "issuspected",
        "selfgenerated",
    }
)
_TRUTH = {"true": True, "false": False}
_FIELDS = frozenset(
    {"mediaid", "md5", "sha1", "sha256", "mediasize", "category", "series", "alternativehashes"}
)
_HASH_NAMES = {
    "md5": ("md5", MD5),
    "sha1": ("sha1", SHA1),
    "sha256": ("sha256", SHA256),
    "pdq": ("pdq", PDQ),
}

_KEPT_LIMIT = 1 << 23
"""Bytes of what a file says beside its Media."""
_OVERHEAD = 256
"""Bytes that a key or a case takes beside its text."""

CASE = "@case"
"""Attribute of a record from a case file: the number of its case, from 1."""


class VicsLists:
    """The format ``vics``."""

    name = "vics"
    describes = "Project VIC JSON, hash lists and cases, data models 1.2, 1.3 and 2.0"
    hints = ("vics", "projectvic")

    def fit(self, head: Head) -> Fit:
        """Certain where the first key names a Project VIC data model."""
        opening = _OPENING.match(head.text)
        if opening and _MODEL.fullmatch(opening.group(1).decode("utf-8", "replace").replace("\\/", "/")):
            return Fit.CERTAIN
        return Fit.NO

    def read(self, path: Path) -> ListFile:
        """Open a list or a case."""
        source = Utf8File(path)
        reader = _Reader(path, source)
        return ListFile(reader.about, reader.entries(), source.progress, source.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:
        """Write a hash list, or a case file where `about` has cases; as 1.3 unless `about` says 1.2 or 2.0.

        Raises:
            FormatError: a record of a case file has no attribute `CASE`, or they are not in its order.
        """
        _write(path, records, about)


class _Reader:
    """One reading of one file."""

    def __init__(self, path: Path, source: Utf8File) -> None:
        self._shown = printable_text(str(path))
        self._cursor = JsonCursor(source.chunk)
        self._count = 0
        self._version = ""
        self._scheme: str | None = None
        self._others: dict[str, object] = {}
        self._cases: list[dict[str, object]] = []
        self._room = _KEPT_LIMIT

    def about(self) -> ListAbout:
        """What the file said so far; a file, and a case in it, may go on behind its Media."""
        programs = (
            f"{case['SourceApplicationName']} {case.get('SourceApplicationVersion', '')}".strip()
            for case in self._cases
            if case.get("SourceApplicationName")
        )
        return ListAbout(
            format=VicsLists.name,
            version=self._version,
            scheme=self._scheme,
            application=next(programs, None),
            cases=tuple(dict(case) for case in self._cases),
            attributes=dict(self._others),
        )

    def entries(self) -> Iterator[Entry]:
        try:
            yield from self._document()
        except Malformed as why:
            raise FormatError(
                f"{self._shown}: {why}, after {self._count} records",
                "Nothing of it was taken: ask for the file again",
            ) from None

    def _document(self) -> Iterator[Entry]:
        cursor = self._cursor
        what = ""
        seen = False
        for key in cursor.members():
            if not what:
                what = self._model(key, cursor.value())
            elif key == "value" and not seen:
                seen = True
                yield from self._media(None) if what == "media" else self._each_case()
            else:
                self._keep(self._others, key, cursor.value())
        cursor.end()
        if not seen:
            raise Malformed("there is no 'value'")

    def _model(self, key: str, value: object) -> str:
        found = _MODEL.fullmatch(value) if key in _MODEL_KEYS and isinstance(value, str) else None
        if found is None:
            raise Malformed("the first key does not name a Project VIC data model")
        self._version = found["version"]
        self._scheme = _SCHEMES.get((found["region"] or "").lower())
        self._others[key] = value
        return found["what"].lower()

    def _each_case(self) -> Iterator[Entry]:
        cursor = self._cursor
        for number, _ in enumerate(cursor.items(), 1):
            case: dict[str, object] = {}
            self._cases.append(case)
            self._spend(0)
            for key in cursor.members():
                if key.lower() == "media" and cursor.peek() == "[":
                    yield from self._media((number, _case_prefix(case, number)))
                else:
                    self._keep(case, key, cursor.value())

    def _keep(self, place: dict[str, object], key: str, value: object) -> None:
        try:
            self._spend(check_values({key: value}))
        except Unusable as why:
            raise Malformed(f"{ascii(key)[:80]}: {why}") from None
        place[key] = value

    def _spend(self, characters: int) -> None:
        """Count what is kept beside the records, which are not: it has to end."""
        self._room -= characters + _OVERHEAD
        if self._room < 0:
            raise Malformed(f"more than {_KEPT_LIMIT} bytes of it are not Media")

    def _media(self, case: tuple[int, str] | None) -> Iterator[Entry]:
        cursor = self._cursor
        for _ in cursor.items():
            position = self._count + 1
            value = cursor.value()
            self._count = position
            try:
                yield _record(position, value, case)
            except Unusable as why:
                yield BrokenRecord(position, str(why))


def _case_prefix(case: dict[str, object], number: int) -> str:
    """What tells equal MediaIDs of several cases apart: the case's own id, if it stands before its Media."""
    name = case.get("CaseID") or case.get("CaseNumber")
    return f"{name if isinstance(name, str) else number}/"


def _record(position: int, media: object, case: tuple[int, str] | None) -> ListRecord:
    if not isinstance(media, dict):
        raise Unusable("not an object")
    check_values(media)
    fields: dict[str, object] = {}
    attributes: dict[str, object] = {}
    for key, value in media.items():
        lower = key.lower()
        if lower in _FIELDS and fields.get(lower) is None:
            fields[lower] = value
        elif lower in _FLAGS and isinstance(value, str):
            attributes[key] = _TRUTH.get(value.strip().lower(), value)
        else:
            attributes[key] = value
    digests = {
        "md5": digest(fields.get("md5"), MD5, "MD5"),
        "sha1": digest(fields.get("sha1"), SHA1, "SHA1"),
        "sha256": digest(fields.get("sha256"), SHA256, "SHA256"),
        "pdq": None,
    }
    alternatives = fields.get("alternativehashes")
    if alternatives and (left := _take_alternatives(digests, alternatives)):
        attributes["AlternativeHashes"] = left
    size = whole_number(fields.get("mediasize"), "MediaSize")
    if size == 0:  # written for "unknown"; the empty file itself is refused by its digest
        size, attributes["MediaSize"] = None, fields["mediasize"]
    provider_id = _provider_id(fields.get("mediaid"))
    if case is not None:
        number, prefix = case
        attributes[CASE] = number
        provider_id = prefix + provider_id if provider_id else None
    return record(
        position,
        provider_id=provider_id,
        size=size,
        category=category(fields.get("category")),
        series=names(fields.get("series")),
        attributes=attributes,
        **digests,
    )


def _provider_id(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Unusable("MediaID: neither a number nor text")
    text = str(value).strip()
    return text or None


def _take_alternatives(digests: dict[str, bytes | None], alternatives: object) -> list[object]:
    """Move the digests and codes that we compare from AlternativeHashes to where the Media itself has none.

    Returns what is left: hashes of other kinds, and those that say more than a name and a value.
    """
    if not isinstance(alternatives, list):
        raise Unusable("AlternativeHashes: not a list")
    left: list[object] = []
    for entry in alternatives:
        if not isinstance(entry, dict):
            raise Unusable("AlternativeHashes: not a list of objects")
        name = entry.get("HashName")
        known = _HASH_NAMES.get(name.strip().lower().replace("-", "")) if isinstance(name, str) else None
        if known is None:
            left.append(entry)
            continue
        kind, length = known
        raw = digest(entry.get("HashValue"), length, f"AlternativeHashes {kind.upper()}")
        if digests[kind] is None:
            digests[kind] = raw
        if raw != digests[kind] or len(entry) > 2:
            left.append(entry)
    return left


_encode = msgspec.json.Encoder().encode


def _write(path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:
    version = about.version if about.version in ("1.2", "1.3", "2.0") else "1.3"
    what = "Cases" if about.cases else "Media"
    if version == "2.0":
        region = {"VICS-US": "US", "VICS-UK": "UK"}.get(about.scheme or "", "Default")
        key = "@odata.context"
        model = f"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{region}/$metadata#{what}"
    else:
        key = "odata.metadata"
        model = f"http://github.com/ICMEC/ProjectVic/DataModels/{version}.xml#{what}"
    others = {name: value for name, value in about.attributes.items() if name not in _MODEL_KEYS}
    with path.open("wb") as file:
        file.write(_encode({key: model, **others})[:-1] + b',"value":[')
        if about.cases:
            _write_cases(file.write, records, about.cases)
        else:
            _write_media(file.write, records, "")
        file.write(b"]}\n")


def _write_media(write: Callable[[bytes], object], records: Iterable[ListRecord], prefix: str) -> None:
    for index, one in enumerate(records):
        write((b",\n" if index else b"\n") + _encode(_as_media(one, prefix)))


def _write_cases(
    write: Callable[[bytes], object], records: Iterable[ListRecord], cases: Sequence[dict[str, object]]
) -> None:
    groups = groupby(records, lambda one: one.attributes.get(CASE))
    number, group = next(groups, (None, iter(())))
    for index, case in enumerate(cases, 1):
        write(b",\n{" if index > 1 else b"\n{")
        write(b"".join(_encode(key) + b":" + _encode(value) + b"," for key, value in case.items()))
        write(b'"Media":[')
        if number == index:
            _write_media(write, group, _case_prefix(case, index))
            number, group = next(groups, (None, iter(())))
        write(b"]}")
    for one in group:
        raise FormatError(
            f"record {one.provider_id} has {CASE} {number!r}, out of order or without a case",
            "Give the records of a case file case by case, numbered from 1",
        )


def _as_media(one: ListRecord, prefix: str) -> dict[str, object]:
    media: dict[str, object] = {}
    if one.provider_id != derived_id(one.md5, one.sha1, one.sha256, one.pdq):
        media["MediaID"] = _number_or_text(one.provider_id.removeprefix(prefix))
    if one.category is not None:
        media["Category"] = _number_or_text(one.category)
    if one.md5:
        media["MD5"] = one.md5.hex().upper()
    if one.sha1:
        media["SHA1"] = one.sha1.hex().upper()
    if one.sha256:
        media["SHA256"] = one.sha256.hex().upper()
    if one.size is not None:
        media["MediaSize"] = one.size
    if one.series:
        plain = not any("," in name for name in one.series)
        media["Series"] = ",".join(one.series) if plain else list(one.series)
    media.update((key, value) for key, value in one.attributes.items() if key != CASE)
    if one.pdq:
        others = media.get("AlternativeHashes")
        code = {"HashName": "PDQ", "HashValue": one.pdq.hex()}
        media["AlternativeHashes"] = [code, *(others if isinstance(others, list) else ())]
    return media


def _number_or_text(value: str) -> int | str:
    """Digits as the number that reads back as them."""
    return int(value) if len(value) < 19 and value.isdecimal() and str(int(value)) == value else value
