"""The summary in a terminal fits 80 columns and lets no name speak to the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import report_samples
from rich.console import Console

from consilience.interchange.report.folder import write_report
from consilience.interchange.report.records import Report
from consilience.interchange.report.terminal import summary


def _shown(report: Report, width: int = 80) -> list[str]:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(summary(report))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_outcomes_lists_and_reasons_within_80_columns(tmp_path: Path) -> None:
    lines = _shown(write_report(tmp_path / "out", *report_samples.sample(3_000)).report)
    assert max(map(len, lines)) <= 80
    text = "\n".join(" ".join(line.split()) for line in lines)
    assert "3,000 files" in text
    assert "\nAll files 3,000" in text
    assert "\nNational reference alert" in text
    assert "\nDamaged content " in text
    assert "The last reading of exhibit TT-02 did not finish." in text
    files = [int(line.split("  ")[1].replace(",", "")) for line in _outcome_lines(lines)]
    assert sum(files) == 3_000 and len(files) == 9


def _outcome_lines(lines: list[str]) -> list[str]:
    first = next(number for number, line in enumerate(lines) if line.startswith("Outcome"))
    last = next(number for number, line in enumerate(lines) if line.startswith("All files"))
    return [
        "  ".join(part.strip() for part in line.split("  ") if part.strip())
        for line in lines[first + 1 : last]
    ]


def test_names_are_text(tmp_path: Path) -> None:
    findings, rows = report_samples.sample(200)
    hostile = "[bold]x[/bold]\x1b[31m\u202e" + "long " * 40
    head = msgspec.structs.replace(findings.head, title=hostile)
    lists = tuple(msgspec.structs.replace(used, name=hostile) for used in findings.lists)
    findings = msgspec.structs.replace(findings, head=head, lists=lists)
    lines = _shown(write_report(tmp_path / "out", findings, rows).report)
    text = "\n".join(lines)
    assert "\x1b" not in text and "\u202e" not in text
    assert "[bold]x[/bold]\\u001b[31m" in text
    assert max(map(len, lines)) <= 80


def test_an_empty_case(tmp_path: Path) -> None:
    lines = _shown(write_report(tmp_path / "out", report_samples.empty(), ()).report)
    assert "0 files, 0 B, 0 distinct contents in 0 exhibits" in lines
    assert any("No list was compared." in line for line in lines)
