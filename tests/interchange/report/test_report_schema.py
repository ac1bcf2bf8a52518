"""The form of a report: kept in docs, held by golden reports, and valid for what is written."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
import report_samples

from consilience.interchange.report.folder import PAGE, REPORT, ROWS, SUMS, write_report
from consilience.interchange.report.records import FORMAT, VERSION, FileRow, Report
from consilience.interchange.report.schema import schema

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "docs" / "report.schema.json"
GOLDEN = sorted((ROOT / "tests" / "golden" / "report").iterdir())


def _validate(folder: Path) -> int:
    document = json.loads(KEPT.read_bytes())
    jsonschema.Draft202012Validator.check_schema(document)
    jsonschema.Draft202012Validator(document).validate(json.loads((folder / REPORT).read_bytes()))
    line = jsonschema.Draft202012Validator({"$ref": "#/$defs/FileRow", "$defs": document["$defs"]})
    lines = (folder / ROWS).read_bytes().splitlines()
    for one in lines:
        line.validate(json.loads(one))
    return len(lines)


def test_the_schema_in_docs_is_current() -> None:
    assert KEPT.read_bytes() == schema(), (
        "python -m consilience.interchange.report.schema > docs/report.schema.json"
    )


def test_there_is_a_golden_report_of_this_version() -> None:
    assert str(VERSION) in [folder.name for folder in GOLDEN]


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: f"version-{folder.name}")
def test_reports_of_every_version_are_valid_and_can_be_read(folder: Path) -> None:
    assert _validate(folder) == 60
    report = msgspec.json.decode((folder / REPORT).read_bytes(), type=Report)
    rows = [msgspec.json.decode(line, type=FileRow) for line in (folder / ROWS).read_bytes().splitlines()]
    assert report.format == FORMAT
    assert report.tally.files == len(rows) == sum(report.tally.outcomes.values())


def test_the_golden_report_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    golden = ROOT / "tests" / "golden" / "report" / str(VERSION)
    report = msgspec.json.decode((golden / REPORT).read_bytes(), type=Report)
    rows = [msgspec.json.decode(line, type=FileRow) for line in (golden / ROWS).read_bytes().splitlines()]
    write_report(tmp_path / "out", report.findings, rows)
    for path in (tmp_path / "out").iterdir():
        if path.name not in (PAGE, SUMS):  # the page's form is free to change; the sums contain its digest
            assert path.read_bytes() == (golden / path.name).read_bytes(), path.name


def test_a_written_report_is_valid(tmp_path: Path) -> None:
    write_report(tmp_path / "out", *report_samples.sample(500, seed=3))
    assert _validate(tmp_path / "out") == 500


def test_a_case_without_anything_is_valid(tmp_path: Path) -> None:
    write_report(tmp_path / "out", report_samples.empty(), ())
    assert _validate(tmp_path / "out") == 0


def test_the_schema_refuses_another_version_and_outcome() -> None:
    golden = ROOT / "tests" / "golden" / "report" / str(VERSION)
    validator = jsonschema.Draft202012Validator(json.loads(KEPT.read_bytes()))
    for change in ({"version": 2}, {"format": "other"}, {"tally": {}}):
        document = json.loads((golden / REPORT).read_bytes()) | change
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(document)
