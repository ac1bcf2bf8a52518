"""Matches and notices go by content: ids of lists change and repeat, near-duplicates come in any order."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image
from world import ACTOR, encoded, picture, take_in

from consilience.model.lists import Role
from consilience.runs.local import LocalExecutor
from consilience.services import lists, review
from consilience.services.holdings import Holdings
from consilience.services.notices import notices_of_case
from consilience.services.report import write_case_report


@pytest.fixture
def held(holdings: Holdings, executor: LocalExecutor, tmp_path: Path) -> str:
    """One picture taken in; its SHA-256."""
    content = encoded(picture(1), "PNG")
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "a.png").write_bytes(content)
    take_in(holdings, executor, tmp_path / "held")
    return hashlib.sha256(content).hexdigest()


def edition(holdings: Holdings, path: Path, *records: str) -> lists.ImportResult:
    path.write_text("".join(f"{line}\n" for line in ("id,sha256,category,source", *records)))
    return lists.import_list(holdings, ACTOR, path, name="known", role=Role.ALERT)


def entries_matched(holdings: Holdings) -> set[tuple[str, str | None]]:
    found = review.matches_of_case(holdings, ACTOR, "C1")
    return {(match.entry, match.category) for one in found for match in one.matches}


def test_an_entry_under_another_id_is_neither_new_nor_recalled(
    holdings: Holdings, held: str, tmp_path: Path
) -> None:
    edition(holdings, tmp_path / "1.csv", f"e1,{held},1,")
    renamed = edition(holdings, tmp_path / "2.csv", f"e9,{held},1,")
    assert (renamed.matched, renamed.recalled, renamed.cases_told) == (0, 0, 0)
    assert entries_matched(holdings) == {("e9", "1")}
    assert [notice.kind for notice in notices_of_case(holdings, ACTOR, "C1")] == ["list-matches-held"]


@pytest.mark.parametrize("portion", [1, 2, 5000])
def test_a_second_record_of_an_id_matches_too(
    holdings: Holdings, held: str, tmp_path: Path, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "_PORTION", portion)
    records = [
        f"e1,{'ab' * 32},1,",
        f"e1,{held},1,",
        f"e1,{held},2,",
        f"e1,{held},1,another place",  # names and classes the same
        f"e1,{'ab' * 32},1,",
    ]
    first = edition(holdings, tmp_path / "1.csv", *records)
    assert (first.edition.added, first.edition.repeated, first.edition.broken) == (3, 2, 0)
    assert first.matched == 1
    assert entries_matched(holdings) == {("e1", "1"), ("e1", "2")}
    again = edition(holdings, tmp_path / "2.csv", *records, f"e2,{'cd' * 32},1,").edition
    assert (again.added, again.changed, again.withdrawn, again.unchanged) == (1, 0, 0, 3)
    fewer = edition(holdings, tmp_path / "3.csv", records[0])
    assert (fewer.edition.withdrawn, fewer.recalled) == (3, 1)


def test_what_a_near_duplicate_was_held_as_came_before_it(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    """Three pictures near each other; the third is the nearest to the second."""
    exhibit = tmp_path / "exhibit"
    exhibit.mkdir()
    for name, share in (("a", 0.0), ("b", 0.12), ("c", 0.125)):
        image = Image.blend(picture(5, 400), picture(105, 400), share)
        (exhibit / f"{name}.png").write_bytes(encoded(image, "PNG"))
    take_in(holdings, executor, exhibit)
    write_case_report(holdings, ACTOR, "C1", tmp_path / "report")
    rows = [json.loads(line) for line in (tmp_path / "report" / "files.jsonl").read_text().splitlines()]
    named = {row["sha256"]: row["locator"] for row in rows}
    held_as = {row["locator"]: named[row["held"]["sha256"]] for row in rows if row.get("held")}
    assert held_as == {"b.png": "a.png", "c.png": "b.png"}
