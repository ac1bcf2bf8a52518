"""A report is written whole or not at all, adds up, and says what it is made of."""

from __future__ import annotations

import csv
import hashlib
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import report_samples

from consilience.errors import ConsilienceError, UsageError
from consilience.interchange.report.folder import PAGE, REPORT, ROWS, SUMS, TABLE, write_report
from consilience.interchange.report.records import EntryMatch, FileRow, Findings, Report
from consilience.interchange.report.table import COLUMNS
from consilience.model.lists import Role
from consilience.model.matching import Basis
from consilience.model.outcomes import Outcome


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _read(folder: Path) -> tuple[Report, list[FileRow]]:
    report = msgspec.json.decode((folder / REPORT).read_bytes(), type=Report)
    lines = (folder / ROWS).read_bytes().splitlines()
    return report, [msgspec.json.decode(line, type=FileRow) for line in lines]


def test_everything_comes_back(tmp_path: Path) -> None:
    findings, rows = report_samples.sample(400)
    given = list(rows)
    written = write_report(tmp_path / "out", findings, given)
    report, read = _read(tmp_path / "out")
    assert read == given
    assert report == written.report
    assert report.findings == findings
    assert {path.name for path in (tmp_path / "out").iterdir()} == {PAGE, REPORT, ROWS, SUMS, TABLE}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_parts_are_named_with_their_digests(tmp_path: Path) -> None:
    written = write_report(tmp_path / "out", *report_samples.sample(50))
    files = _tree(tmp_path / "out")
    for part in written.parts:
        assert part.size == len(files[part.name])
        assert part.sha256 == hashlib.sha256(files[part.name]).hexdigest()
    sums = dict(reversed(line.split("  ")) for line in files.pop(SUMS).decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {part.name for part in written.report.parts} == {ROWS, TABLE}


def test_the_table_has_every_file_and_no_formula(tmp_path: Path) -> None:
    findings, rows = report_samples.sample(300)
    formula = FileRow(
        exhibit="TT-01",
        locator='=HYPERLINK("x")',
        locator_bytes=b"",
        outcome=Outcome.NEW,
        media_type="\t@SUM(A1)",
    )
    exhibits = (msgspec.structs.replace(findings.exhibits[0], files=findings.exhibits[0].files + 1),)
    findings = msgspec.structs.replace(findings, exhibits=exhibits + findings.exhibits[1:])
    given = [formula, *rows]
    write_report(tmp_path / "out", findings, given)
    with (tmp_path / "out" / TABLE).open(encoding="utf-8-sig", newline="") as file:
        head, *lines = csv.reader(file)
    assert tuple(head) == COLUMNS
    assert len(lines) == len(given)
    assert all(len(line) == len(COLUMNS) for line in lines)
    locators = [line[COLUMNS.index("locator")] for line in lines]
    assert [cell.removeprefix("'") for cell in locators] == [row.locator for row in given]
    assert [line[COLUMNS.index("sha256")] for line in lines] == [row.sha256 or "" for row in given]
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_later_report_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    write_report(tmp_path / "out", *report_samples.sample(40))
    later = write_report(tmp_path / "out", *report_samples.sample(90, seed=2))
    assert _read(tmp_path / "out")[0] == later.report
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_new_folder_is_its_owners_alone_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    write_report(tmp_path / "new", *report_samples.sample(20))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    (tmp_path / "there").mkdir()
    (tmp_path / "there").chmod(0o750)
    for _ in range(2):
        write_report(tmp_path / "there", *report_samples.sample(20))
        assert stat.S_IMODE((tmp_path / "there").stat().st_mode) == 0o750


def test_an_empty_folder_is_taken_and_parents_are_made(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    write_report(tmp_path / "there", *report_samples.sample(20))
    write_report(tmp_path / "a" / "b" / "c", *report_samples.sample(20))
    assert (tmp_path / "there" / PAGE).exists() and (tmp_path / "a" / "b" / "c" / PAGE).exists()


def _other_file(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def _other_beside_report(folder: Path) -> None:
    write_report(folder, *report_samples.sample(20))
    (folder / "notes.txt").write_text("mine")


def _other_case(folder: Path) -> None:
    findings, rows = report_samples.sample(20)
    head = msgspec.structs.replace(findings.head, case="2026-0118")
    write_report(folder, msgspec.structs.replace(findings, head=head), rows)


def _damaged_report(folder: Path) -> None:
    (folder / REPORT).write_bytes(b"{")


@pytest.mark.parametrize("fill", [_other_file, _other_beside_report, _other_case, _damaged_report])
def test_a_folder_with_something_else_is_refused_and_left_alone(tmp_path: Path, fill: object) -> None:
    assert callable(fill)
    folder = tmp_path / "out"
    folder.mkdir()
    fill(folder)
    before = _tree(tmp_path)
    with pytest.raises(UsageError, match=r"holds something other than an earlier report of case 2026-0117"):
        write_report(folder, *report_samples.sample(20))
    assert _tree(tmp_path) == before


def test_a_file_or_link_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is not a folder"):
            write_report(tmp_path / name, *report_samples.sample(20))
    assert (tmp_path / "file").read_text() == "mine"
    assert not list((tmp_path / "real").iterdir())


def test_an_unwritable_place_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(tmp_path / "file" / "out", *report_samples.sample(20))


@pytest.mark.parametrize("earlier", [False, True])
def test_a_failure_on_the_way_changes_nothing(tmp_path: Path, earlier: bool) -> None:
    if earlier:
        write_report(tmp_path / "out", *report_samples.sample(40))
    before = _tree(tmp_path)
    findings, rows = report_samples.sample(200)

    def broken() -> Iterator[FileRow]:
        for number, row in enumerate(rows):
            if number == 150:
                raise RuntimeError("the store went away")
            yield row

    with pytest.raises(RuntimeError, match="the store went away"):
        write_report(tmp_path / "out", findings, broken())
    assert _tree(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if earlier else [])


@pytest.mark.parametrize("earlier", [False, True])
def test_a_kill_on_the_way_leaves_the_folder_as_it_was(tmp_path: Path, earlier: bool) -> None:
    folder = tmp_path / "out"
    if earlier:
        write_report(folder, *report_samples.sample(40))
    before = _tree(folder)
    program = """
import os, signal, sys
from pathlib import Path
import report_samples
from consilience.interchange.report.folder import write_report
def rows():
    for number, row in enumerate(report_samples.sample(200)[1]):
        if number == 150:
            os.kill(os.getpid(), signal.SIGKILL)
        yield row
write_report(Path(sys.argv[1]), report_samples.sample(200)[0], rows())
"""
    ended = subprocess.run([sys.executable, "-c", program, folder], cwd=Path(__file__).parent, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert _tree(folder) == before
    written = write_report(folder, *report_samples.sample(200))
    assert _read(folder)[0] == written.report


@pytest.mark.long
def test_a_large_case_needs_little_memory(tmp_path: Path) -> None:
    # Not by getrusage: that tells of the memory of whoever started a process, too.
    program = """
import sys
from pathlib import Path
import report_samples
from consilience.interchange.report.folder import write_report
write_report(Path(sys.argv[1]), *report_samples.sample(360_000))
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
    command = [sys.executable, "-c", program, tmp_path / "out"]
    ended = subprocess.run(command, cwd=Path(__file__).parent, check=True, capture_output=True)
    assert int(ended.stdout) * 1024 < 300 << 20


def test_rows_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    findings, rows = report_samples.sample(100)
    with pytest.raises(ConsilienceError, match=r"exhibit TT-01: the holdings count 22 files, but 21 have"):
        write_report(tmp_path / "out", findings, list(rows)[1:])
    assert not list(tmp_path.iterdir())


def _row(outcome: Outcome, **more: object) -> FileRow:
    return FileRow(exhibit="TT-01", locator="a", locator_bytes=b"", outcome=outcome, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (_row(Outcome.UNREADABLE), "no evidence of its outcome unreadable"),
        (_row(Outcome.SEEN_BEFORE), "no evidence of its outcome seen-before"),
        (
            _row(Outcome.ALERT_SAME, matches=(EntryMatch("list-2", "7", Role.ALERT, Basis.PDQ, distance=3),)),
            "no evidence of its outcome alert-same",
        ),
        (
            _row(Outcome.KNOWN_GOOD, matches=(EntryMatch("list-1", "7", Role.ALERT, Basis.SHA256),)),
            "no evidence of its outcome known-good",
        ),
        (_row(Outcome.NEW, matches=(EntryMatch("list-9", "7", Role.ALERT, Basis.SHA256),)), "'list-9'"),
        (msgspec.structs.replace(_row(Outcome.NEW), exhibit="TT-99"), "'TT-99'"),
    ],
)
def test_a_row_without_evidence_or_place_is_refused(tmp_path: Path, row: FileRow, message: str) -> None:
    findings, _ = report_samples.sample(20)
    with pytest.raises(ValueError, match=message):
        write_report(tmp_path / "out", findings, [row])
    assert not list(tmp_path.iterdir())


def test_a_case_without_exhibits_has_a_report(tmp_path: Path) -> None:
    findings: Findings = report_samples.empty()
    written = write_report(tmp_path / "out", findings, ())
    assert written.report.tally.files == 0
    assert (tmp_path / "out" / ROWS).read_bytes() == b""
