"""Writes a report's folder: whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from consilience.errors import ConsilienceError, UsageError
from consilience.interchange.report import page, table
from consilience.interchange.report.records import (
    FORMAT,
    VERSION,
    FileRow,
    Findings,
    Part,
    Report,
    Tally,
    Written,
)
from consilience.interchange.report.tally import Count

REPORT = "report.json"
PAGE = "report.html"
ROWS = "files.jsonl"
TABLE = "files.csv"
SUMS = "SHA256SUMS"
_NAMES = frozenset({REPORT, PAGE, ROWS, TABLE, SUMS})


def write_report(folder: Path, findings: Findings, files: Iterable[FileRow]) -> Written:
    """Writes the report of a case into a folder.

    The rows are taken once, in a stream: memory does not grow with them beyond what `Count` says. All is
    written beside the folder, flushed to the disk and then renamed; a failure or a kill leaves the folder
    as it was. An earlier report of the same case is replaced.

    Args:
        folder: made with its parents; otherwise empty, or holding an earlier report of the same case.
        findings: what the holdings know of the case.
        files: every file of the case, in order.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
        ConsilienceError: the rows do not add up to the files that the findings say there are.
        ValueError: a row names what the findings lack, or has an outcome without evidence.
    """
    folder = folder.absolute()
    _check_free(folder, findings)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.draft-", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        written = _write_parts(draft, findings, files)
        _flush(draft)
        _put_in_place(draft, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return written


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{folder}: cannot be written ({error.strerror or error})", "Nothing was changed; name another folder"
    )


def _write_parts(draft: Path, findings: Findings, files: Iterable[FileRow]) -> Written:
    count = Count(findings)
    encode = msgspec.json.Encoder().encode
    with _part(draft / ROWS) as rows, _part(draft / TABLE) as cells:
        names = {used.key: used.name for used in findings.lists}
        lines = csv.writer(_Utf8(cells))  # RFC 4180
        cells.write(b"\xef\xbb\xbf")  # spreadsheets take the bytes for another encoding without it
        lines.writerow(table.COLUMNS)
        for row in files:
            count.add(row)
            rows.write(encode(row) + b"\n")
            lines.writerow(table.cells(row, names))
    tally = count.tally()
    _check_sums(findings, tally)
    report = Report(findings=findings, tally=tally, parts=(rows.part, cells.part))
    with _part(draft / REPORT) as document:
        document.write(msgspec.json.format(encode(report), indent=1) + b"\n")
    with _part(draft / PAGE) as html:
        for chunk in page.render(report, count, document.part):
            html.write(chunk.encode())
    parts = (*report.parts, document.part, html.part)
    with _part(draft / SUMS) as sums:
        sums.write("".join(f"{part.sha256}  {part.name}\n" for part in parts).encode())
    return Written(report, parts)


def _check_sums(findings: Findings, tally: Tally) -> None:
    """Counts in equal counts out, exhibit by exhibit."""
    for exhibit, counted in zip(findings.exhibits, tally.exhibits, strict=True):
        if exhibit.files != counted.files:
            raise ConsilienceError(
                f"exhibit {exhibit.number}: the holdings count {exhibit.files:,} files, "
                f"but {counted.files:,} have an outcome; no report was written",
                "Make it again when no reading of the case is under way",
            )


def _check_free(folder: Path, findings: Findings) -> None:
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise UsageError(f"{folder}: is not a folder", "Name a new or empty folder for the report")
    names = {entry.name for entry in folder.iterdir()}
    if not names:
        return
    if names <= _NAMES and _is_of_case(folder / REPORT, findings):
        return
    raise UsageError(
        f"{folder}: holds something other than an earlier report of case {findings.head.case}",
        "Name a new or empty folder for the report",
    )


class _Identity(msgspec.Struct):
    """The least that says which case a report is of; a report of any version has it."""

    class _Findings(msgspec.Struct):
        class _Head(msgspec.Struct):
            holdings_id: str
            case: str

        head: _Head

    format: str
    version: int
    findings: _Findings


def _is_of_case(path: Path, findings: Findings) -> bool:
    try:
        earlier = msgspec.json.decode(path.read_bytes(), type=_Identity)
    except (OSError, msgspec.DecodeError):
        return False
    head = earlier.findings.head
    return (earlier.format, head.holdings_id, head.case) == (
        FORMAT,
        findings.head.holdings_id,
        findings.head.case,
    ) and earlier.version <= VERSION


def _put_in_place(draft: Path, folder: Path) -> None:
    """Renames the draft to the folder's name. An earlier report steps aside first, and back on failure.

    A new folder is its owner's alone; one that was there keeps its mode.
    """
    if folder.exists():
        shutil.copymode(folder, draft)
    if not folder.exists() or not any(folder.iterdir()):
        draft.rename(folder)  # over an empty folder, rename is atomic too
    else:
        earlier = Path(tempfile.mkdtemp(prefix=f".{folder.name}.earlier-", dir=folder.parent))
        folder.rename(earlier)
        try:
            draft.rename(folder)
        except OSError:
            earlier.rename(folder)
            raise
        shutil.rmtree(earlier)
    _flush(folder.parent)


def _flush(folder: Path) -> None:
    """Makes the names in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _PartWriter:
    """A file of the folder that is digested as it is written."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name = name
        self._file = file
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self._size += len(data)
        self._file.write(data)

    @property
    def part(self) -> Part:
        return Part(self._name, self._size, self._digest.hexdigest())


class _Utf8:
    """Takes text for a `_PartWriter`."""

    def __init__(self, part: _PartWriter) -> None:
        self._part = part

    def write(self, text: str) -> None:
        self._part.write(text.encode())


@contextlib.contextmanager
def _part(path: Path) -> Iterator[_PartWriter]:
    with path.open("xb") as file:
        yield _PartWriter(path.name, file)
        file.flush()
        os.fsync(file.fileno())
