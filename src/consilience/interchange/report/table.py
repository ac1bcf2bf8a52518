"""files.csv: the complete list of files for a spreadsheet. One row a file; files.jsonl says more of each."""

from __future__ import annotations

from collections.abc import Mapping

from consilience.interchange.report import text
from consilience.interchange.report.records import EntryMatch, FileRow

COLUMNS = (
    "exhibit",
    "locator",
    "outcome",
    "type",
    "bytes",
    "width",
    "height",
    "sha256",
    "md5",
    "taken",
    "device",
    "serial",
    "position",
    "matches",
    "held",
    "stack",
    "problem",
    "problem_detail",
)
_FORMULA = ("=", "+", "-", "@")


def cells(row: FileRow, lists: Mapping[str, str]) -> tuple[str | int, ...]:
    """The cells of one file, harmless to a spreadsheet.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.

    Args:
        row: the file.
        lists: names of lists by their keys.
    """
    camera, held, problem = row.camera, row.held, row.problem
    return (
        _cell(row.exhibit),
        _cell(row.locator),
        row.outcome.value,
        _cell(row.media_type),
        "" if row.size is None else row.size,
        row.width or "",
        row.height or "",
        row.sha256 or "",
        row.md5 or "",
        _cell(text.clock_time(row.taken)) if row.taken else "",
        _cell(text.device(camera)) if camera else "",
        _cell(camera.serial) if camera else "",
        _cell(row.position),
        _cell("; ".join(_match(match, lists[match.list]) for match in row.matches)),
        f"{held.sha256} ({text.agreement(held)})" if held else "",
        row.stack or "",
        problem.code.value if problem else "",
        _cell(problem.detail) if problem else "",
    )


def _match(match: EntryMatch, name: str) -> str:
    return f"entry {match.entry} of list {name}: {text.agreement(match)}"


def _cell(value: str) -> str:
    value = text.harmless(value)
    return f"'{value}" if value.startswith(_FORMULA) else value
