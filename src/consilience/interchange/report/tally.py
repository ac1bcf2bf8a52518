"""Counts the files of a case in one pass, and keeps the few rows that the page shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from consilience.interchange.report.records import (
    ROWS_SHOWN,
    Bin,
    Camera,
    CameraTally,
    CategoryTally,
    DistanceTally,
    EntryMatch,
    ExhibitTally,
    FileRow,
    Findings,
    ListTally,
    MonthTally,
    ProblemTally,
    Tally,
    TypeTally,
)
from consilience.model.examination import MediaKind
from consilience.model.lists import Role
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.problems import ProblemCode
from consilience.model.times import Timestamp

REASON_SHOWN = 100
"""Unreadable files that the page shows for each reason."""
CAMERAS_KEPT = 2_000
"""Devices told apart: a case has tens, but a file may claim any name."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_MONTH = re.compile(r"\s*(\d{4})[-:/.](\d{2})(?!\d)", re.ASCII)


class Count:
    """The running count of a case's files.

    Memory is bounded by the number of distinct contents (about 150 bytes each) and of devices, not by
    the rows.

    Args:
        findings: what the rows belong to: their exhibits and lists.

    Attributes:
        new: the first rows with outcome ``new``, at most ROWS_SHOWN.
        unreadable: the first unreadable rows of each reason, at most REASON_SHOWN each.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._outcomes = {exhibit.number: Counter[Outcome]() for exhibit in findings.exhibits}
        self._bytes = dict.fromkeys(self._outcomes, 0)
        self._contents: dict[bytes, int] = {}
        self._new: set[int] = set()
        self._lists = {used.key: _ListCount() for used in findings.lists}
        self._problems: Counter[tuple[ProblemCode, bool]] = Counter()
        self._types: dict[tuple[str, MediaKind | None], list[int]] = {}
        self._sizes: Counter[int] = Counter()
        self._months: dict[str, list[int]] = {}
        self._without_time = 0
        self._near: Counter[tuple[Role | None, int]] = Counter()
        self._qualities: Counter[int] = Counter()
        self._below = 0
        self._without_pdq = 0
        self._cameras: dict[Camera, Counter[str]] = {}
        self._cameras_left_out = 0
        self._matches: list[tuple[tuple[object, ...], FileRow, EntryMatch]] = []
        self.match_rows = 0
        self.new: list[FileRow] = []
        self.unreadable: dict[ProblemCode, list[FileRow]] = {}

    def add(self, row: FileRow) -> None:
        """Counts one file.

        Raises:
            ValueError: the row names an exhibit or list that the findings lack, or has no evidence.
        """
        _check_evidence(row)
        try:
            self._outcomes[row.exhibit][row.outcome] += 1
        except KeyError:
            raise ValueError(f"a row names the exhibit {row.exhibit!r}, which the findings lack") from None
        size = row.size or 0
        self._bytes[row.exhibit] += size
        content = self._content(row)
        kind = self._types.setdefault((row.media_type, row.kind), [0, 0, 0])
        kind[0] += 1
        kind[1] += row.outcome is Outcome.NEW
        kind[2] += size
        if row.size is not None:
            self._sizes[len(str(size)) if size else 0] += 1
        if row.outcome is Outcome.NEW:
            self._new.update(() if content is None else (content,))
            if len(self.new) < ROWS_SHOWN:
                self.new.append(row)
        if row.problem is not None:
            self._count_problem(row, row.problem.code)
        if row.matches:
            self._count_matches(row, content)
        self._count_distances(row)
        if row.kind is not None and row.kind.is_media:
            self._count_time(row.taken)
        if row.pdq_quality is not None:
            self._qualities[min(row.pdq_quality, 99) // 10] += 1
            self._below += row.pdq_quality < self._findings.head.min_quality
        elif row.kind is MediaKind.PICTURE:
            self._without_pdq += 1
        if row.camera is not None:
            self._count_camera(row.camera, row.exhibit)

    def matches(self) -> list[tuple[FileRow, EntryMatch]]:
        """The matches with alert and negative lists that the page shows, at most ROWS_SHOWN.

        Alert before negative, the same bytes before near, nearest first, then in the order of the rows.
        """
        self._cut_matches()
        return [(row, match) for _, row, match in self._matches]

    def tally(self) -> Tally:
        """What was counted so far."""
        exhibits = tuple(
            ExhibitTally(
                exhibit=number,
                files=counts.total(),
                bytes=self._bytes[number],
                outcomes={outcome: counts[outcome] for outcome in OUTCOMES},
            )
            for number, counts in self._outcomes.items()
        )
        cameras = sorted(
            (CameraTally(camera, counts.total(), dict(counts)) for camera, counts in self._cameras.items()),
            key=lambda seen: (-seen.files, seen.camera.make, seen.camera.model, seen.camera.serial),
        )
        return Tally(
            files=sum(exhibit.files for exhibit in exhibits),
            bytes=sum(exhibit.bytes for exhibit in exhibits),
            contents=len(self._contents),
            outcomes={outcome: sum(e.outcomes[outcome] for e in exhibits) for outcome in OUTCOMES},
            exhibits=exhibits,
            new_contents=len(self._new),
            lists=tuple(count.tally(key) for key, count in self._lists.items() if count.all.used),
            problems=tuple(
                ProblemTally(code, self._problems[code, True], self._problems[code, False])
                for code in ProblemCode
                if self._problems[code, True] or self._problems[code, False]
            ),
            types=tuple(
                TypeTally(media_type, kind, files, new, size)
                for (media_type, kind), (files, new, size) in sorted(
                    self._types.items(), key=lambda item: (-item[1][0], item[0])
                )
            ),
            sizes=_bins_of_ten(self._sizes),
            months=tuple(MonthTally(month, *counts) for month, counts in sorted(self._months.items())),
            without_time=self._without_time,
            distances=tuple(
                DistanceTally(bits, self._near[Role.ALERT, bits], self._near[None, bits])
                for bits in range(self._findings.head.radius + 1)
            ),
            qualities=tuple(
                Bin(tens * 10, tens * 10 + 10 if tens < 9 else None, self._qualities[tens])
                for tens in range(10)
            ),
            below_min_quality=self._below,
            without_pdq=self._without_pdq,
            cameras=tuple(cameras),
            cameras_left_out=self._cameras_left_out,
        )

    def _content(self, row: FileRow) -> int | None:
        if row.sha256 is None:
            return None
        return self._contents.setdefault(bytes.fromhex(row.sha256), len(self._contents))

    def _count_problem(self, row: FileRow, code: ProblemCode) -> None:
        unreadable = row.outcome is Outcome.UNREADABLE
        self._problems[code, unreadable] += 1
        if unreadable:
            shown = self.unreadable.setdefault(code, [])
            if len(shown) < REASON_SHOWN:
                shown.append(row)

    def _count_matches(self, row: FileRow, content: int | None) -> None:
        by_list: dict[str, list[EntryMatch]] = {}
        for match in row.matches:
            by_list.setdefault(match.list, []).append(match)
        for key, matches in by_list.items():
            if key not in self._lists:
                raise ValueError(f"a row names the list {key!r}, which the findings lack")
            self._lists[key].add(matches, content)
        for match in row.matches:
            if match.role is not Role.KNOWN_GOOD:
                self.match_rows += 1
                rank = (
                    match.role is not Role.ALERT,
                    not match.basis.same_bytes,
                    match.distance or 0,
                    self.match_rows,
                )
                self._matches.append((rank, row, match))
        if len(self._matches) > 4 * ROWS_SHOWN:
            self._cut_matches()

    def _cut_matches(self) -> None:
        self._matches.sort(key=lambda ranked: ranked[0])
        del self._matches[ROWS_SHOWN:]

    def _count_distances(self, row: FileRow) -> None:
        alert = [match for match in row.matches if match.role is Role.ALERT]
        if alert and not any(match.basis.same_bytes for match in alert):
            self._near[Role.ALERT, min(match.distance or 0 for match in alert)] += 1
        if row.held is not None and not row.held.basis.same_bytes:
            self._near[None, row.held.distance or 0] += 1

    def _count_time(self, taken: Timestamp | None) -> None:
        month = taken and _month(taken)
        if not taken or not month:
            self._without_time += 1
            return
        self._months.setdefault(month, [0, 0])[taken.utc is None] += 1

    def _count_camera(self, camera: Camera, exhibit: str) -> None:
        counts = self._cameras.get(camera)
        if counts is None:
            if len(self._cameras) >= CAMERAS_KEPT:
                self._cameras_left_out += 1
                return
            counts = self._cameras[camera] = Counter()
        counts[exhibit] += 1


class _CategoryCount:
    """Files and contents that match entries of one list, or of one category of it."""

    def __init__(self) -> None:
        self.same = 0
        self.near = 0
        self.contents: set[int] = set()

    @property
    def used(self) -> bool:
        return bool(self.same or self.near)

    def add(self, near: bool, content: int | None) -> None:
        if near:
            self.near += 1
        else:
            self.same += 1
        if content is not None:
            self.contents.add(content)


class _ListCount:
    def __init__(self) -> None:
        self.all = _CategoryCount()
        self._categories: dict[str | None, _CategoryCount] = {}

    def add(self, matches: Iterable[EntryMatch], content: int | None) -> None:
        """Counts one file, once for the list and once for each category."""
        near: dict[str | None, bool] = {}
        for match in matches:
            near[match.category] = near.get(match.category, True) and not match.basis.same_bytes
        self.all.add(all(near.values()), content)
        for category, is_near in near.items():
            self._categories.setdefault(category, _CategoryCount()).add(is_near, content)

    def tally(self, key: str) -> ListTally:
        return ListTally(
            key,
            self.all.same,
            self.all.near,
            len(self.all.contents),
            tuple(
                CategoryTally(category, count.same, count.near, len(count.contents))
                for category, count in sorted(
                    self._categories.items(), key=lambda item: (item[0] is None, item[0] or "")
                )
            ),
        )


def _check_evidence(row: FileRow) -> None:
    """No outcome without what it rests on."""
    outcome = row.outcome
    if outcome is Outcome.UNREADABLE:
        evidence = row.problem is not None
    elif outcome is Outcome.ALERT_NEAR:
        evidence = any(match.role is Role.ALERT for match in row.matches)
    elif outcome in _SAME_BYTES:
        role = _SAME_BYTES[outcome]
        evidence = any(match.role is role and match.basis.same_bytes for match in row.matches)
    elif outcome is Outcome.SEEN_BEFORE:
        evidence = row.held is not None and row.held.basis.same_bytes
    elif outcome is Outcome.NEAR_DUPLICATE:
        evidence = row.held is not None
    else:
        evidence = True
    if not evidence:
        raise ValueError(
            f"{row.exhibit}: {row.locator}: the row has no evidence of its outcome {outcome.value}"
        )


_SAME_BYTES = {
    Outcome.ALERT_SAME: Role.ALERT,
    Outcome.NEGATIVE: Role.NEGATIVE,
    Outcome.KNOWN_GOOD: Role.KNOWN_GOOD,
}


def _month(taken: Timestamp) -> str | None:
    """``YYYY-MM`` of a time, or None where it cannot be read."""
    if taken.utc is not None:
        try:
            return (_EPOCH + timedelta(microseconds=taken.utc // 1000)).isoformat()[:7]
        except OverflowError:
            return None
    local = _LOCAL_MONTH.match(taken.raw)
    if local is None or local[1] == "0000" or not 1 <= int(local[2]) <= 12:
        return None
    return f"{local[1]}-{local[2]}"


def _bins_of_ten(digits: Counter[int]) -> tuple[Bin, ...]:
    """Bins by the number of decimal digits; 0 stands for empty files."""
    if not digits:
        return ()
    return tuple(
        Bin(10 ** (count - 1) if count else 0, 10**count if count else 1, digits[count])
        for count in range(min(digits), max(digits) + 1)
    )
