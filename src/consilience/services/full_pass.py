"""The full pass: contents that had a first look are examined in full, where a person waits for it first.

The originals are read again through their Source, and a content counts as read only if its digest is the one
on record. What is recorded is what an ingest without a first look would have recorded, whatever the order.
Cut off at any moment, the same command goes on.
"""

from __future__ import annotations

import itertools
import threading
import time

import msgspec
from sqlalchemy import Connection

from consilience import __version__
from consilience.errors import NotFoundError
from consilience.evidence.contract import Found, Source
from consilience.model.examination import Examined, FileReport
from consilience.model.locator import Locator, StepKind
from consilience.model.people import Actor, Permission
from consilience.model.problems import Problem
from consilience.services.access import service
from consilience.services.cases import case_named
from consilience.services.execution import FULL_PASS, Executor
from consilience.services.holdings import Holdings
from consilience.services.ingest import check_apart, content_of
from consilience.services.matching import Matcher
from consilience.services.progress import Progress, unseen
from consilience.store import cases, contents, events, passes
from consilience.store.cases import CaseRecord, ExhibitRecord, ReadingRecord
from consilience.store.database import Database
from consilience.store.passes import Waiting

_AT_ONCE = 100_000
"""Contents that are put into their order at once."""
_PORTION = 200
_PORTION_SECONDS = 1.0
_SPACE_NEEDED = 64 << 20
_LEFT_NAMED = 100


class FullPassResult(msgspec.Struct, frozen=True):
    """What a full pass over an exhibit did.

    Attributes:
        case, exhibit: numbers.
        waiting: contents that waited for it when it began.
        examined: contents examined in full.
        confirmed: of these, contents that match a list entry as their first look had said.
        refuted: of these, contents that match no entry of those that their first look had said.
        offline: contents that still wait, since no file of theirs could be opened: attach the exhibit.
        changed: contents that still wait, since their files have other bytes than recorded.
        left_named: the first files of contents that still wait, with the reason.
        seconds: wall time.
    """

    case: str
    exhibit: str
    waiting: int = 0
    examined: int = 0
    confirmed: int = 0
    refuted: int = 0
    offline: int = 0
    changed: int = 0
    left_named: tuple[str, ...] = ()
    seconds: float = 0.0


@service(Permission.COLLECT)
def full_pass(
    holdings: Holdings,
    actor: Actor,
    source: Source,
    executor: Executor,
    *,
    case: str,
    exhibit: str,
    progress: Progress = unseen,
) -> FullPassResult:
    """Examine in full what of an exhibit had a first look only, or go on with it.

    Where nothing waits, nothing is read or recorded.

    Raises:
        NotFoundError: there is no such case or exhibit.
        UsageError: the holdings lie in the exhibit, or the exhibit in the holdings.
        HoldingsError: evidence or a list is being brought in, or the disk is full.
    """
    check_apart(holdings, source)
    with holdings.alone(f"the full pass over exhibit {exhibit}"):
        with holdings.database.write() as connection:
            case_record = case_named(connection, actor, case, Permission.COLLECT)
            exhibit_record = cases.exhibit_of(connection, case_record.id, exhibit)
            if exhibit_record is None:
                raise NotFoundError(f"no exhibit {exhibit} in case {case}", "Take it in first.")
            if not passes.count_waiting(connection, exhibit_record.id) and not passes.all_unsettled(
                connection
            ):
                return FullPassResult(case, exhibit)
            reading = cases.begin_reading(
                connection,
                exhibit_record.id,
                source=source.kind,
                root=source.root,
                software=__version__,
                parameters=executor.parameters | {"pass": "full-pass"},
            )
            _note(connection, actor, reading, case_record, outcome="begun")
        work = _FullPass(holdings, exhibit_record, progress)
        work.run(source, executor)
        result = work.result(case, exhibit)
        counts: dict[str, object] = {
            name: getattr(result, name) for name in ("waiting", "examined", "confirmed", "refuted")
        }
        with holdings.database.write() as connection:
            cases.finish_reading(connection, reading.id, counts)
            _note(connection, actor, reading, case_record, detail=counts)
        return result


def _note(
    connection: Connection,
    actor: Actor,
    reading: ReadingRecord,
    case: CaseRecord,
    *,
    outcome: str = "done",
    detail: dict[str, object] | None = None,
) -> None:
    events.append(
        connection,
        actor,
        "examine",
        object_kind="reading",
        object_id=reading.public_id,
        case_id=case.id,
        outcome=outcome,
        detail=detail,
    )


class _Waited:
    """Wants what has had a first look only, each content once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._taken: set[bytes] = set()

    def wanted(self, report: FileReport) -> bool:
        assert report.digests is not None
        sha256 = report.digests.sha256
        with self._database.read() as connection:
            held = contents.held(connection, [sha256]).get(sha256)
        if held is None or held.examined is not Examined.FIRST_LOOK:
            return False
        with self._lock:
            if sha256 in self._taken:
                return False
            self._taken.add(sha256)
            return True

    def arrived(self, report: FileReport) -> None:
        """The report itself carries the examination."""

    def failed(self, error: Exception) -> None:
        """Whoever consumes the reports is told."""


class _FullPass:
    """One full pass over one exhibit, with its counts."""

    def __init__(self, holdings: Holdings, exhibit: ExhibitRecord, progress: Progress) -> None:
        self._holdings = holdings
        self._database = holdings.database
        self._exhibit = exhibit
        self._progress = progress
        self._wants = _Waited(holdings.database)
        self._begun = time.monotonic()
        self._waiting = self._examined = 0
        self._confirmed = self._refuted = 0
        self._unopened: dict[Locator, Problem] = {}
        self._left: dict[Waiting, Problem | None] = {}

    def run(self, source: Source, executor: Executor) -> None:
        with self._database.read() as connection:
            self._waiting = passes.count_waiting(connection, self._exhibit.id)
        self._progress("examining in full", 0, self._waiting)
        with Matcher(self._holdings) as matcher:
            while chosen := self._next():
                self._round(chosen, source, executor, matcher)
            matcher.settle(self._database)

    def result(self, case: str, exhibit: str) -> FullPassResult:
        offline = sum(problem is not None for problem in self._left.values())
        named = (
            f"{Locator.decode(one.locator).display()}: {'other bytes' if problem is None else problem.code}"
            for one, problem in self._left.items()
        )
        return FullPassResult(
            case=case,
            exhibit=exhibit,
            waiting=self._waiting,
            examined=self._examined,
            confirmed=self._confirmed,
            refuted=self._refuted,
            offline=offline,
            changed=len(self._left) - offline,
            left_named=tuple(itertools.islice(named, _LEFT_NAMED)),
            seconds=time.monotonic() - self._begun,
        )

    def _next(self) -> list[Waiting]:
        passed = {one.media_id for one in self._left}
        with self._database.read() as connection:
            return passes.waiting(connection, self._exhibit.id, passed, _AT_ONCE)

    def _round(self, chosen: list[Waiting], source: Source, executor: Executor, matcher: Matcher) -> None:
        """Read a file of each content; a further file of those that could not be had from it."""
        while chosen:
            self._read(chosen, source, executor, matcher)
            with self._database.read() as connection:
                still = passes.still_waiting(connection, [one.media_id for one in chosen])
                left = [one for one in chosen if one.media_id in still]
                further = {one: passes.further_file(connection, self._exhibit.id, one) for one in left}
            for one, other in further.items():
                if other is None:
                    self._left[one] = self._unopened.get(_outermost(one))
            chosen = [other for other in further.values() if other is not None]

    def _read(self, chosen: list[Waiting], source: Source, executor: Executor, matcher: Matcher) -> None:
        # An archive is walked once for all that waits in it, with the most useful of it.
        files = (Found(outer, None, ()) for outer in dict.fromkeys(map(_outermost, chosen)))
        portion: list[FileReport] = []
        since = time.monotonic()
        for arrival in executor.examine(files, source.open, self._wants, FULL_PASS):
            if arrival.last and arrival.report.digests is None and arrival.report.problem is not None:
                self._unopened[arrival.found.locator] = arrival.report.problem
            if arrival.report.examination is not None:
                portion.append(arrival.report)
            if len(portion) >= _PORTION or time.monotonic() - since >= _PORTION_SECONDS:
                self._commit(portion, matcher)
                portion = []
                since = time.monotonic()
        self._commit(portion, matcher)

    def _commit(self, portion: list[FileReport], matcher: Matcher) -> None:
        if not portion:
            return
        self._holdings.require_space(_SPACE_NEEDED)
        with self._database.write() as connection:
            held = contents.held(connection, [_sha256(report) for report in portion])
            examined = sorted(
                (held[_sha256(report)].id, content_of(report, report.examination)) for report in portion
            )
            ids = [media_id for media_id, _ in examined]
            said = passes.said_of_entries(connection, ids)
            for media_id, content in examined:
                contents.examine_later(connection, media_id, content)
            contents.add_findings(connection, examined)
            matcher.match(connection, ids)
            still_said = passes.said_of_entries(connection, ids)
            stand = passes.matched_by_code(connection, ids)
        matcher.follow()
        answered = {media_id for media_id, _ in said - still_said}
        confirmed = {media_id for media_id, _ in said & stand}
        self._confirmed += len(confirmed)
        self._refuted += len(answered - confirmed)
        self._examined += len(portion)
        self._progress("examining in full", self._examined, self._waiting)


def _sha256(report: FileReport) -> bytes:
    assert report.digests is not None
    return report.digests.sha256


def _outermost(one: Waiting) -> Locator:
    """The file of the exhibit itself in which a file lies."""
    steps = Locator.decode(one.locator).steps
    return Locator(tuple(itertools.takewhile(lambda step: step.kind is not StepKind.MEMBER, steps)))
