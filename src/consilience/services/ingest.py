"""Take an exhibit in: every file found, examined once, recorded, matched, in the order of its locators.

Files are committed in that order and in portions, so the records do not depend on how many workers there are
or how often the work was cut off: run the same command again and it goes on behind the last file on record.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from consilience import __version__
from consilience.errors import UsageError
from consilience.evidence.contract import Found, Source
from consilience.model.examination import DECODED, Examination, Examined, FileReport, MediaKind
from consilience.model.people import EVERYTHING, Actor, Permission
from consilience.model.problems import LIMITED, RETRIED, ProblemCode
from consilience.services.access import service
from consilience.services.cases import case_named, exhibit_named
from consilience.services.examination import EXAMINED_KINDS
from consilience.services.execution import Arrival, Executor
from consilience.services.holdings import Holdings
from consilience.services.matching import Matcher
from consilience.services.progress import Progress, unseen
from consilience.store import cases, contents, events, matches, sharing
from consilience.store.cases import CaseRecord, ExhibitRecord, ReadingRecord
from consilience.store.contents import Content, HeldContent, Occurrence
from consilience.store.database import Database
from consilience.store.identity import portions

_PORTION = 1000
_PORTION_SECONDS = 1.0
_SPACE_NEEDED = 256 << 20
_DIFFERING_NAMED = 100
_LOOKED_FIRST = frozenset({MediaKind.VIDEO})
"""Kinds of which this pass takes a first look, whatever is asked for."""


class IngestResult(msgspec.Struct, frozen=True):
    """What a reading of an exhibit did.

    Attributes:
        case, exhibit: numbers.
        listed: files that the Source listed before the reading began.
        files: files and members recorded by this reading.
        already: listed files that earlier readings had recorded.
        tried_again: files that could not be read before and were tried once more.
        differing: files whose size is not the recorded one: the exhibit, or what is attached, has changed.
        differing_named: the first of them.
        bytes: bytes of the files recorded.
        contents: contents that were new to the holdings.
        examined: pictures decoded.
        seconds: wall time.
    """

    case: str
    exhibit: str
    listed: int
    files: int
    already: int
    tried_again: int
    differing: int
    differing_named: tuple[str, ...]
    bytes: int
    contents: int
    examined: int
    seconds: float


@service(Permission.COLLECT)
def ingest(
    holdings: Holdings,
    actor: Actor,
    source: Source,
    executor: Executor,
    *,
    case: str,
    exhibit: str,
    description: str = "",
    again: bool = False,
    first_look: bool = False,
    progress: Progress = unseen,
) -> IngestResult:
    """Take an exhibit in, or go on with one that was cut off.

    A description is recorded with an exhibit that is new. With `again`, what met a limit or brought a worker
    down in an earlier reading is examined once more, with the limits of this one. Videos get a first look
    here, and with `first_look` pictures too: `full_pass` is to follow.

    Raises:
        NotFoundError: there is no such case.
        AccessError: the actor may see the case, but not add to it.
        UsageError: the holdings lie in the exhibit, or the exhibit in the holdings.
        HoldingsError: other evidence or a list is being brought in, or the disk is full.
    """
    check_apart(holdings, source)
    looked = _LOOKED_FIRST | {MediaKind.PICTURE} if first_look else _LOOKED_FIRST
    with holdings.alone(f"exhibit {exhibit} is being taken in"):
        holdings.require_space(_SPACE_NEEDED)
        with holdings.database.write() as connection:
            case_record = case_named(connection, actor, case, Permission.COLLECT)
            exhibit_record = exhibit_named(connection, actor, case_record, exhibit, description)
            reading = cases.begin_reading(
                connection,
                exhibit_record.id,
                source=source.kind,
                root=source.root,
                software=__version__,
                parameters=executor.parameters | {"first_look": sorted(looked)},
            )
            events.append(
                connection,
                actor,
                "collect",
                object_kind="reading",
                object_id=reading.public_id,
                case_id=case_record.id,
                outcome="begun",
            )
        retried = RETRIED | LIMITED if again else RETRIED
        work = _Ingest(holdings, exhibit_record, reading, retried, looked, progress)
        work.run(source, executor)
        return _finish(holdings, actor, case_record, exhibit_record, reading, work)


def check_apart(holdings: Holdings, source: Source) -> None:
    """Refuse an exhibit that what is written would change.

    Raises:
        UsageError: the holdings lie in the exhibit, or the exhibit in the holdings.
    """
    exhibit, own = Path(os.fsdecode(source.root)), holdings.folder.resolve()
    if own.is_relative_to(exhibit) or exhibit.is_relative_to(own):
        raise UsageError(
            f"the holdings {own} and the exhibit {exhibit} lie in each other",
            "What is written while it is read cannot be evidence; move the holdings elsewhere.",
        )


def _finish(
    holdings: Holdings,
    actor: Actor,
    case: CaseRecord,
    exhibit: ExhibitRecord,
    reading: ReadingRecord,
    work: _Ingest,
) -> IngestResult:
    result = IngestResult(
        case=case.number,
        exhibit=exhibit.number,
        listed=work.listed,
        files=work.files,
        already=work.already,
        tried_again=work.tried_again,
        differing=work.differing,
        differing_named=tuple(work.differing_named),
        bytes=work.bytes,
        contents=work.contents,
        examined=work.examined,
        seconds=time.monotonic() - work.begun,
    )
    counts = msgspec.to_builtins(result)
    # Every case that shares something is told; what a notice says is filtered for who reads it.
    with holdings.database.read() as connection:
        shared = sharing.cases_sharing(connection, EVERYTHING, exhibit.id, case.id)
    with holdings.database.write() as connection:
        cases.finish_reading(connection, reading.id, counts)
        for other, number in shared.items():
            subject: dict[str, object] = {"exhibit": exhibit.public_id.hex(), "contents": number}
            key = f"{exhibit.public_id.hex()} {number}"
            matches.add_notice(
                connection, other, "shared-with-another-case", key, subject, about_case_id=case.id
            )
            matches.add_notice(
                connection,
                case.id,
                "shared-with-another-case",
                f"{key} {other}",
                subject,
                about_case_id=other,
            )
        events.append(
            connection,
            actor,
            "collect",
            object_kind="reading",
            object_id=reading.public_id,
            case_id=case.id,
            detail={name: counts[name] for name in ("listed", "files", "already", "bytes", "contents")},
        )
    return result


class _Claims:
    """Which pictures are being decoded now, so that each content is decoded once.

    The first worker that asks for a content gets it. Its examination belongs to the content, whichever of
    its files comes first in the order.
    """

    def __init__(
        self, database: Database, retried: frozenset[ProblemCode], first_look: frozenset[MediaKind]
    ) -> None:
        self._database = database
        self._retried = retried
        self._first_look = first_look
        self._changed = threading.Condition()
        self._claimed: dict[bytes, Examination | None] = {}
        self._failure: Exception | None = None

    def wanted(self, report: FileReport) -> bool:
        digests = report.digests
        assert digests is not None
        with self._changed:
            if digests.sha256 in self._claimed:
                return False
            with self._database.read() as connection:
                held = contents.held(connection, [digests.sha256]).get(digests.sha256)
                if held is not None and not _is_open(held, report.kind, self._retried, self._first_look):
                    return False
                if contents.is_known_good(connection, digests, report.size):
                    return False
            self._claimed[digests.sha256] = None
            return True

    def arrived(self, report: FileReport) -> None:
        if report.examination is None or report.digests is None:
            return
        with self._changed:
            self._claimed[report.digests.sha256] = report.examination
            self._changed.notify_all()

    def failed(self, error: Exception) -> None:
        with self._changed:
            self._failure = error
            self._changed.notify_all()

    def examination(self, sha256: bytes) -> Examination | None:
        """The examination of a content, as soon as it is there; None if nobody claimed the content."""
        with self._changed:
            while sha256 in self._claimed:
                if (found := self._claimed[sha256]) is not None:
                    return found
                if self._failure is not None:
                    raise self._failure
                self._changed.wait()
        return None

    def settle(self, recorded: list[bytes]) -> None:
        """Forget claims that are on record now."""
        with self._changed:
            for sha256 in recorded:
                self._claimed.pop(sha256, None)


class _Ingest:
    """One reading of one exhibit, with its counts."""

    def __init__(
        self,
        holdings: Holdings,
        exhibit: ExhibitRecord,
        reading: ReadingRecord,
        retried: frozenset[ProblemCode],
        first_look: frozenset[MediaKind],
        progress: Progress,
    ) -> None:
        self._holdings = holdings
        self._database = holdings.database
        self._exhibit = exhibit
        self._reading = reading
        self._progress = progress
        self._retried = retried
        self._first_look = first_look
        self._claims = _Claims(holdings.database, retried, first_look)
        self.begun = time.monotonic()
        self.listed = self.files = self.already = self.tried_again = 0
        self.bytes = self.contents = self.examined = 0
        self.differing = 0
        self.differing_named: list[str] = []
        self._unlisted: set[bytes] = set()

    def run(self, source: Source, executor: Executor) -> None:
        for _ in source.files():
            self.listed += 1
            if self.listed % _PORTION == 0:
                self._progress("listing", self.listed, None)
        with Matcher(self._holdings) as matcher:
            portion: list[Arrival] = []
            finished = 0
            since = time.monotonic()
            self._progress("examining", 0, self.listed)  # shown at once: the first file may be a large one
            files = self._unrecorded(source)
            for arrival in executor.examine(files, source.open, self._claims, self._first_look):
                portion.append(arrival)
                finished += arrival.last
                if len(portion) >= _PORTION or time.monotonic() - since >= _PORTION_SECONDS:
                    self._commit(portion, matcher)
                    portion = []
                    since = time.monotonic()
                    self._progress("examining", self.already + finished, self.listed, size=self.bytes)
            self._commit(portion, matcher)
            self._progress("examining", self.already + finished, self.listed, size=self.bytes)
            matcher.settle(self._database)
            matcher.complete(self._database, self._exhibit.case_id)
        with self._database.write() as connection:
            contents.forget_passed(connection, self._exhibit.id, RETRIED, self._unlisted)

    def _unrecorded(self, source: Source) -> Iterator[Found]:
        """Files that are not on record yet, or are on record with a problem that may have passed."""
        for portion in portions(source.files()):
            with self._database.read() as connection:
                encoded = [found.locator.encode() for found in portion]
                on_record = contents.recorded(connection, self._exhibit.id, encoded)
            for found, locator in zip(portion, encoded, strict=True):
                if found.locator.is_folder:
                    self._unlisted.add(locator)
                if locator not in on_record:
                    yield found
                    continue
                problem, size = on_record[locator]
                if problem in self._retried:
                    yield found
                    continue
                self.already += 1
                if size is not None and found.size is not None and size != found.size:
                    self.differing += 1
                    if len(self.differing_named) < _DIFFERING_NAMED:
                        self.differing_named.append(found.locator.display())

    def _commit(self, portion: list[Arrival], matcher: Matcher) -> None:
        if not portion:
            return
        self._holdings.require_space(_SPACE_NEEDED // 4)
        with self._database.write() as connection:
            looked_at, settled = self._record(connection, portion)
            matcher.match(connection, looked_at)
        matcher.follow()
        self._claims.settle(settled)

    def _record(self, connection: Connection, portion: list[Arrival]) -> tuple[list[int], list[bytes]]:
        """Record contents, then files. Gives the contents to be matched, and the digests of all.

        What is found is recorded in the order of the files, whether a content is new or was held: the
        sequence of fingerprints decides which of two asks for the other, and must not depend on portions.
        """
        seen: dict[bytes, FileReport] = {}
        for one in portion:
            if one.report.digests is not None:
                seen.setdefault(one.report.digests.sha256, one.report)
        held = contents.held(connection, seen)
        fresh: list[Content] = []
        examined: list[Content] = []
        for sha256, report in seen.items():
            examination = self._claims.examination(sha256)
            content = content_of(report, examination)
            if sha256 not in held:
                fresh.append(content)
            elif examination is not None and _is_open(
                held[sha256], report.kind, self._retried, self._first_look
            ):
                contents.examine_later(connection, held[sha256].id, content)
            else:
                continue
            examined.append(content)
        ids = {sha256: one.id for sha256, one in held.items()}
        fresh_ids = contents.add_contents(connection, fresh)
        ids.update(zip((content.digests.sha256 for content in fresh), fresh_ids, strict=True))
        in_order = [(ids[content.digests.sha256], content) for content in examined]
        contents.add_findings(connection, in_order)
        self._record_files(connection, portion, ids)
        self.contents += len(fresh)
        self.examined += sum(content.examined in DECODED for content in examined)
        return [media_id for media_id, _ in in_order], list(seen)

    def _record_files(self, connection: Connection, portion: list[Arrival], ids: dict[bytes, int]) -> None:
        occurrences = {}
        for arrival in portion:
            report = arrival.report
            locator = arrival.found.locator.into(*report.steps).encode()
            digests = report.digests
            occurrences[locator] = Occurrence(
                locator=locator,
                media_id=None if digests is None else ids[digests.sha256],
                size=report.size if digests is not None else arrival.found.size,
                problem=report.problem,
                times=report.times if report.steps else arrival.found.times,
            )
        before = contents.recorded(connection, self._exhibit.id, occurrences)
        new = [one for locator, one in occurrences.items() if locator not in before]
        again = [
            one
            for locator, one in occurrences.items()
            if locator in before and before[locator][0] in self._retried
        ]
        contents.add_occurrences(connection, self._exhibit.id, self._reading.id, new)
        contents.replace_occurrences(connection, self._exhibit.id, self._reading.id, again)
        self.files += len(new)
        self.tried_again += len(again)
        self.bytes += sum(one.size or 0 for one in new)


def _is_open(
    held: HeldContent, kind: MediaKind, retried: frozenset[ProblemCode], first_look: frozenset[MediaKind]
) -> bool:
    """Whether a content that is on record may still be examined by this reading."""
    if held.examined is Examined.FIRST_LOOK and kind not in first_look:
        return True
    return held.examined in (Examined.KNOWN_GOOD, Examined.NOT_DECODED) or held.problem in retried


def content_of(report: FileReport, examination: Examination | None) -> Content:
    """What is recorded of a content that was seen, and perhaps examined."""
    assert report.digests is not None
    if examination is not None:
        examined = examination.examined
    elif report.kind in EXAMINED_KINDS:
        examined = Examined.KNOWN_GOOD
    else:
        examined = Examined.NOT_DECODED
    return Content(
        digests=report.digests,
        size=report.size,
        media_type=report.media_type,
        kind=report.kind,
        examined=examined,
        examination=examination or Examination(),
    )
