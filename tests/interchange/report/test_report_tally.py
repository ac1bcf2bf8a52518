"""The one pass counts what a slow count of all rows counts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest
import report_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.interchange.report.records import (
    ROWS_SHOWN,
    Camera,
    EntryMatch,
    FileRow,
    Findings,
    HeldMatch,
    MonthTally,
    Tally,
)
from consilience.interchange.report.tally import CAMERAS_KEPT, REASON_SHOWN, Count
from consilience.model.examination import MediaKind
from consilience.model.lists import Role
from consilience.model.matching import Basis
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp


def _count(findings: Findings, rows: list[FileRow]) -> Count:
    count = Count(findings)
    for row in rows:
        count.add(row)
    return count


def _slow_outcomes(rows: list[FileRow]) -> dict[Outcome, int]:
    return {outcome: sum(row.outcome is outcome for row in rows) for outcome in OUTCOMES}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), files=st.integers(0, 400))
def test_agrees_with_a_slow_count(seed: int, files: int) -> None:
    findings, stream = report_samples.sample(files, seed=seed)
    rows = list(stream)
    tally = _count(findings, rows).tally()
    assert tally.files == files == sum(tally.outcomes.values())
    assert tally.outcomes == _slow_outcomes(rows)
    for exhibit in tally.exhibits:
        of_it = [row for row in rows if row.exhibit == exhibit.exhibit]
        assert exhibit.outcomes == _slow_outcomes(of_it)
        assert exhibit.files == len(of_it)
        assert exhibit.bytes == sum(row.size or 0 for row in of_it)
    assert tally.contents == len({row.sha256 for row in rows} - {None})
    new = [row for row in rows if row.outcome is Outcome.NEW]
    assert tally.new_contents == len({row.sha256 for row in new})
    for problem in tally.problems:
        with_it = [row for row in rows if row.problem and row.problem.code is problem.code]
        assert problem.unreadable == sum(row.outcome is Outcome.UNREADABLE for row in with_it)
        assert problem.unreadable + problem.beside_another_outcome == len(with_it) > 0
    assert sum(counted.files for counted in tally.types) == files
    assert sum(counted.new for counted in tally.types) == len(new)
    assert sum(one.files for one in tally.sizes) == sum(row.size is not None for row in rows)
    media = [row for row in rows if row.kind and row.kind.is_media]
    dated = sum(month.zone_known + month.zone_unknown for month in tally.months)
    assert dated + tally.without_time == len(media)
    assert sum(one.files for one in tally.qualities) == sum(row.pdq is not None for row in rows)
    assert sum(seen.files for seen in tally.cameras) == sum(row.camera is not None for row in rows)
    _check_lists(tally, rows)


def _check_lists(tally: Tally, rows: list[FileRow]) -> None:
    for counted in tally.lists:
        same, near, contents = 0, 0, set()
        for row in rows:
            of_it = [match for match in row.matches if match.list == counted.list]
            if of_it:
                is_same = any(match.basis.same_bytes for match in of_it)
                same, near = same + is_same, near + (not is_same)
                contents.add(row.sha256)
        assert (counted.files_same, counted.files_near) == (same, near)
        assert counted.contents == len(contents - {None})
    matched = {match.list for row in rows for match in row.matches}
    assert [counted.list for counted in tally.lists] == [
        used.key for used in report_samples.LISTS if used.key in matched
    ]


def _row(**changes: object) -> FileRow:
    row = FileRow(exhibit="TT-01", locator="a.jpg", locator_bytes=b"", outcome=Outcome.NEW)
    return msgspec.structs.replace(row, **changes)


def _tally(*rows: FileRow) -> Tally:
    findings, _ = report_samples.sample(0)
    return _count(findings, list(rows)).tally()


def _taken(raw: str, zone: str = "unknown", utc: datetime | None = None) -> FileRow:
    nanoseconds = None if utc is None else int(utc.timestamp()) * 10**9
    time = Timestamp("taken", raw, zone, "camera", 1.0, nanoseconds)
    return _row(kind=MediaKind.PICTURE, taken=time)


def test_months_are_in_utc_where_the_zone_is_known() -> None:
    tally = _tally(
        _taken("2024:06:01 00:30:00", "+02:00", datetime(2024, 5, 31, 22, 30, tzinfo=UTC)),
        _taken("2024:06:01 00:30:00"),
        _taken("2024-06-30T23:59:59"),
        _taken("1969-12-31", "UTC", datetime(1969, 12, 31, tzinfo=UTC)),
    )
    assert tally.months == (
        MonthTally("1969-12", 1, 0),
        MonthTally("2024-05", 1, 0),
        MonthTally("2024-06", 0, 2),
    )


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "0000:00:00 00:00:00",
        "2024:13:01",
        "soon",
        "99999-01",
        "\u0662\u0660\u0662\u0664:\u0660\u0665",
        "2024:5:1",
    ],
)
def test_a_time_that_cannot_be_read_is_counted_as_none(raw: str) -> None:
    tally = _tally(_taken(raw))
    assert (tally.months, tally.without_time) == ((), 1)


def test_a_time_beyond_the_calendar_is_counted_as_none() -> None:
    time = Timestamp("taken", "x", "UTC", "camera", 1.0, 2**63 - 1)
    beyond = msgspec.structs.replace(time, utc=10**30)
    tally = _tally(_row(kind=MediaKind.PICTURE, taken=time), _row(kind=MediaKind.PICTURE, taken=beyond))
    assert (len(tally.months), tally.without_time) == (1, 1)


def test_a_file_counts_once_for_a_list_and_once_for_a_category() -> None:
    near = EntryMatch("list-1", "1", Role.ALERT, Basis.PDQ, "2", "pdq 1", 9)
    same = EntryMatch("list-1", "2", Role.ALERT, Basis.SHA256, "2")
    other = EntryMatch("list-1", "3", Role.ALERT, Basis.PDQ, None, "pdq 1", 4)
    row = _row(outcome=Outcome.ALERT_SAME, matches=(same, near, other), sha256="ab" * 32)
    (counted,) = _tally(row, msgspec.structs.replace(row, locator="copy.jpg")).lists
    assert (counted.files_same, counted.files_near, counted.contents) == (2, 0, 1)
    assert [(c.category, c.files_same, c.files_near, c.contents) for c in counted.categories] == [
        ("2", 2, 0, 1),
        (None, 0, 2, 1),
    ]


def test_distances_count_each_file_once_at_its_nearest() -> None:
    far, nearer = (EntryMatch("list-1", "1", Role.ALERT, Basis.PDQ, None, "pdq 1", bits) for bits in (20, 6))
    same = EntryMatch("list-1", "2", Role.ALERT, Basis.SHA1)
    held = HeldMatch("cd" * 32, Basis.PDQ, "pdq 1", 31)
    tally = _tally(
        _row(outcome=Outcome.ALERT_NEAR, matches=(far, nearer)),
        _row(outcome=Outcome.ALERT_SAME, matches=(same, far)),
        _row(outcome=Outcome.NEAR_DUPLICATE, held=held),
    )
    assert len(tally.distances) == 32
    assert {step.distance: step.alert for step in tally.distances if step.alert} == {6: 1}
    assert {step.distance: step.held for step in tally.distances if step.held} == {31: 1}


def test_sizes_are_by_powers_of_ten() -> None:
    tally = _tally(*(_row(size=size) for size in (0, 1, 9, 10, 99, 12_345)))
    assert [(one.low, one.high, one.files) for one in tally.sizes] == [
        (0, 1, 1),
        (1, 10, 2),
        (10, 100, 2),
        (100, 1_000, 0),
        (1_000, 10_000, 0),
        (10_000, 100_000, 1),
    ]


def test_devices_beyond_the_limit_are_counted_not_kept() -> None:
    rows = [_row(camera=Camera(serial=str(number))) for number in range(CAMERAS_KEPT + 5)]
    tally = _tally(*rows, *rows)
    assert len(tally.cameras) == CAMERAS_KEPT
    assert tally.cameras_left_out == 10


def test_what_the_page_shows_is_bounded_and_comes_first() -> None:
    findings, _ = report_samples.sample(0)
    problem = Problem(ProblemCode.DAMAGED)
    near = EntryMatch("list-1", "n", Role.ALERT, Basis.PDQ, None, "pdq 1", 31)
    same = EntryMatch("list-1", "s", Role.ALERT, Basis.SHA256)
    negative = EntryMatch("list-4", "x", Role.NEGATIVE, Basis.SHA256)
    rows = []
    for number in range(3 * ROWS_SHOWN):
        where = f"{number:05d}"
        rows.append(_row(locator=where, outcome=Outcome.NEGATIVE, matches=(negative,)))
        rows.append(_row(locator=where, outcome=Outcome.ALERT_NEAR, matches=(near,)))
        rows.append(_row(locator=where, outcome=Outcome.UNREADABLE, problem=problem))
        rows.append(_row(locator=where))
    rows.append(_row(locator="last", outcome=Outcome.ALERT_SAME, matches=(same,)))
    count = _count(findings, rows)
    shown = count.matches()
    assert count.match_rows == 6 * ROWS_SHOWN + 1
    assert len(shown) == ROWS_SHOWN
    assert [row.locator for row, _ in shown[:3]] == ["last", "00000", "00001"]
    assert [row.locator for row in count.new] == [f"{number:05d}" for number in range(ROWS_SHOWN)]
    assert len(count.unreadable[ProblemCode.DAMAGED]) == REASON_SHOWN


def test_known_good_matches_are_counted_not_shown() -> None:
    findings, _ = report_samples.sample(0)
    good = EntryMatch("list-3", "k", Role.KNOWN_GOOD, Basis.SHA1)
    count = _count(findings, [_row(outcome=Outcome.KNOWN_GOOD, matches=(good,))])
    assert (count.matches(), count.match_rows) == ([], 0)
    assert Counter(one.list for one in count.tally().lists) == {"list-3": 1}
