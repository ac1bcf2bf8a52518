"""The report of a case: gathered at one moment of the records, as one person may see them."""

from __future__ import annotations

import platform
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from sqlalchemy import Connection

from consilience import __version__
from consilience.fingerprints.pdq import Pdq
from consilience.interchange.report import records as form
from consilience.interchange.report.coverage import NOT_COVERED, first_looks
from consilience.interchange.report.folder import write_report
from consilience.linking.stacks import Stack
from consilience.media.confine import Confinement
from consilience.model.examination import Clue, Examined
from consilience.model.locator import Locator
from consilience.model.matching import Basis
from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, Permission, Scope
from consilience.model.times import Timestamp
from consilience.services.access import require_approval, scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.services.review import marked_matches, stacks_among
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS, Limits
from consilience.store import cases, events, judgements, lists, outcomes, passes, records, sharing
from consilience.store.cases import CaseRecord, ExhibitPlace, ExhibitRecord, ReadingRecord
from consilience.store.identity import portions
from consilience.store.outcomes import PICTURE, FileOutcome
from consilience.store.records import EntryMatchRecord, FileRecord, MediaRecord, NearRecord

_PORTION = 2000
_CLUES = ("camera-make", "camera-model", "camera-serial", "position", "time")
_TIMES_OF_MAKING = ("taken", "digitised")


@service(Permission.DISCLOSE)
def write_case_report(holdings: Holdings, actor: Actor, case: str, folder: Path) -> form.Written:
    """Write the report of a case into a folder, and record that it was made.

    Raises:
        NotFoundError: there is no such case.
        AccessError: the actor may not let it out, or a second person has to approve first.
        UsageError: the folder holds something else, or cannot be written.
    """
    with holdings.database.read() as connection:
        record = case_named(connection, actor, case, Permission.DISCLOSE)
    require_approval(holdings, actor, record.id, "report")
    with holdings.database.read() as connection:
        gathering = _Gathering(connection, actor, record)
        written = write_report(folder, gathering.findings(), gathering.rows())
    with holdings.database.write() as connection:
        events.append(
            connection,
            actor,
            "disclose",
            object_kind="report",
            case_id=record.id,
            detail={part.name: part.sha256 for part in written.parts},
        )
    return written


class _Near(msgspec.Struct, frozen=True):
    """A near-duplicate of a content, as seen from that content."""

    media_id: int
    distance: int
    match: NearRecord


class _Gathering:
    """Everything of one case at one moment; rows are made in portions."""

    def __init__(self, connection: Connection, actor: Actor, case: CaseRecord) -> None:
        self._connection = connection
        self._actor = actor
        self._scope: Scope = scope_of(connection, actor)
        self._case = case
        self._exhibits = sorted(cases.exhibits(connection, case.id), key=lambda one: one.id)
        self._lists = lists.lists(connection, self._scope)
        # Not by id, which tells how many lists there are that the reader may not see.
        self._list_keys = {listed.id: f"list-{number}" for number, listed in enumerate(self._lists, 1)}
        self._media_ids = sharing.media_of_case(connection, self._scope, case.id)
        self._stacks = stacks_among(connection, self._scope, self._media_ids)
        self._near = self._near_duplicates()
        self._exhibits_of = sharing.exhibits_of(connection, self._scope, {*self._media_ids, *self._others()})
        self._first_files = sharing.first_files(connection, self._scope, self._exhibits_of)
        held_in = {one for exhibits in self._exhibits_of.values() for one in exhibits}
        self._places = cases.exhibit_places(connection, held_in)

    def findings(self) -> form.Findings:
        return form.Findings(
            head=self._head(),
            exhibits=tuple(self._exhibit(one) for one in self._exhibits),
            lists=tuple(self._lists_used()),
            stacks=self._stacks_found(),
            sharing=self._sharing(),
        )

    def rows(self) -> Iterator[form.FileRow]:
        stack_of = self._representatives()
        found = outcomes.outcomes(self._connection, self._scope, self._case.id)
        for portion in portions(found, _PORTION):
            yield from self._rows(portion, stack_of)

    # --- one file a row -----------------------------------------------------------------------------

    def _rows(self, portion: list[FileOutcome], stack_of: dict[int, str]) -> Iterator[form.FileRow]:
        connection = self._connection
        file_ids = [one.file_id for one in portion]
        media_ids = list(dict.fromkeys(one.media_id for one in portion if one.media_id is not None))
        files = records.files_by_id(connection, file_ids)
        media = records.media_by_id(connection, media_ids)
        modified = records.modified_times(connection, file_ids)
        clues = records.clues(connection, media_ids, _CLUES)
        codes = records.picture_codes(connection, media_ids)
        listed = marked_matches(connection, self._scope, media_ids)
        early = records.provisional_matches(connection, self._scope, media_ids)
        held = self._held(portion)
        for one in portion:
            file = files[one.file_id]
            content = media.get(one.media_id or 0)
            row = form.FileRow(
                exhibit=file.exhibit,
                locator=Locator.decode(file.locator).display(),
                locator_bytes=file.locator,
                outcome=one.outcome,
                size=file.size,
                modified=modified.get(one.file_id),
                problem=file.problem,
            )
            if content is None:
                yield row
                continue
            code = codes.get(content.id)
            facts = clues.get(content.id, [])
            yield msgspec.structs.replace(
                row,
                sha256=content.sha256.hex(),
                sha1=content.sha1.hex(),
                md5=content.md5.hex(),
                media_type=content.media_type,
                kind=content.kind,
                width=content.width,
                height=content.height,
                frames=content.frames,
                taken=_taken(facts),
                camera=_camera(facts),
                position=next((fact.value for fact in facts if fact.kind == "position"), ""),
                pdq=code.code.hex() if code else None,
                pdq_quality=code.quality if code else None,
                problem=file.problem or content.problem,
                matches=tuple(
                    self._entry_match(match)
                    for match in _deciding_first(listed.get(content.id, []))
                    if match.counts
                ),
                held=held.get(one.file_id),
                stack=stack_of.get(content.id),
                seconds=content.seconds,
                first_look=content.examined is Examined.FIRST_LOOK,
                provisional=tuple(map(self._entry_match, early.get(content.id, []))),
            )

    def _entry_match(self, match: EntryMatchRecord) -> form.EntryMatch:
        agreement = match.agreement
        same = agreement.basis.same_bytes
        return form.EntryMatch(
            list=self._list_keys[match.list_id],
            entry=match.entry,
            role=match.role,
            basis=agreement.basis,
            category=match.category,
            algorithm="" if same else f"{agreement.basis.value} {agreement.version}",
            distance=None if same else agreement.distance,
            orientation=None if same else agreement.orientation,
            part="" if same else match.part,
        )

    def _held(self, portion: list[FileOutcome]) -> dict[int, form.HeldMatch]:
        """For files that are not new, what was there before them."""
        asked: dict[int, tuple[int, _Near | None]] = {}
        for one in portion:
            if one.media_id is None:
                continue
            if one.outcome is Outcome.SEEN_BEFORE:
                asked[one.file_id] = (one.media_id, None)
            elif one.outcome is Outcome.NEAR_DUPLICATE:
                near = self._nearest_before(one.media_id)
                asked[one.file_id] = (near.media_id, near)
        contents = {media_id for media_id, _ in asked.values()}
        files = records.files_of(self._connection, self._scope, contents)
        media = records.media_by_id(self._connection, contents)
        return {
            file_id: self._held_match(media[media_id], files[media_id][0], near)
            for file_id, (media_id, near) in asked.items()
        }

    def _nearest_before(self, media_id: int) -> _Near:
        """Of a picture that is a near-duplicate, the nearest of those that were there before it."""
        first = self._first_files
        return next(
            near
            for near in self._near[media_id]
            if near.media_id in first and first[near.media_id] < first[media_id]
        )

    def _held_match(self, content: MediaRecord, file: FileRecord, near: _Near | None) -> form.HeldMatch:
        where = "" if file.case_id == self._case.id else file.case
        if near is None:
            return form.HeldMatch(content.sha256.hex(), Basis.SHA256, case=where, exhibit=file.exhibit)
        agreement = near.match.agreement
        return form.HeldMatch(
            content.sha256.hex(),
            agreement.basis,
            algorithm=f"{agreement.basis.value} {agreement.version}",
            distance=agreement.distance,
            orientation=agreement.orientation,
            part=near.match.part,
            case=where,
            exhibit=file.exhibit,
        )

    # --- the case as a whole ------------------------------------------------------------------------

    def _head(self) -> form.Head:
        name, public_id = cases.holdings_named(self._connection)
        return form.Head(
            holdings=name,
            holdings_id=public_id.hex(),
            agency=self._case.agency,
            case=self._case.number,
            title=self._case.title,
            legal_basis=self._case.legal_basis,
            release_level=self._case.release_level,
            made_at=datetime.now(UTC),
            made_by=self._actor.name,
            justification=self._actor.justification,
            software={
                "consilience": __version__,
                Pdq.name: Pdq.version,
                "Python": platform.python_version(),
                "NumPy": np.__version__,
                "SQLite": sqlite3.sqlite_version,
                "sandbox": self._sandbox(),
            },
            radius=PDQ_RADIUS,
            min_quality=PDQ_MIN_QUALITY,
            not_covered=(*self._first_looks(), *NOT_COVERED),
        )

    def _first_looks(self) -> tuple[str, ...]:
        reached = passes.count_passes(self._connection, self._scope, self._case.id)
        ids = passes.provisional_of_case(self._connection, self._scope, self._case.id)
        provisional = records.provisional_matches(self._connection, self._scope, ids)
        return first_looks(reached[Examined.FIRST_LOOK], len(provisional))

    def _sandbox(self) -> str:
        """What confined the workers of the newest reading, as it recorded it."""
        for exhibit in reversed(self._exhibits):
            for reading in reversed(cases.readings(self._connection, exhibit.id)):
                force = msgspec.convert(reading.parameters.get("sandbox"), Confinement)
                landlock = f"Landlock {force.landlock}" if force.landlock else "no Landlock"
                return f"{landlock}, {'seccomp' if force.seccomp else 'no seccomp'}"
        return "nothing was read yet"

    def _exhibit(self, exhibit: ExhibitRecord) -> form.Exhibit:
        readings = cases.readings(self._connection, exhibit.id)
        return form.Exhibit(
            number=exhibit.number,
            source=readings[-1].source if readings else "",
            files=cases.count_files(self._connection, exhibit.id),
            title=exhibit.description,
            readings=tuple(self._reading(one) for one in readings),
        )

    def _reading(self, reading: ReadingRecord) -> form.Reading:
        who = events.first_of(self._connection, reading.public_id)
        totals = cases.totals_of_reading(self._connection, self._scope, reading.id)
        slowest = cases.slowest_files(self._connection, reading.id, form.SLOWEST_SHOWN)
        media = records.media_by_id(self._connection, [media_id for _, media_id in slowest])
        finished = reading.finished_at
        return form.Reading(
            started=_moment(reading.started_at),
            finished=_moment(finished) if finished is not None else None,
            by=who.name,
            justification=who.justification,
            software=f"consilience {reading.software}",
            limits=msgspec.convert(reading.parameters.get("limits", {}), Limits),
            workers=msgspec.convert(reading.parameters.get("workers", 0), int),
            files=totals.files,
            bytes=totals.bytes,
            examined=totals.examined,
            seconds=0.0 if finished is None else (finished - reading.started_at) / 1e9,
            processor_seconds=totals.seconds,
            slowest=tuple(_slow_file(locator, media[media_id]) for locator, media_id in slowest),
        )

    def _lists_used(self) -> Iterator[form.ListUsed]:
        for listed in self._lists:
            newest = lists.editions(self._connection, listed.id)[-1]
            yield form.ListUsed(
                key=self._list_keys[listed.id],
                name=listed.name,
                origin=listed.origin,
                role=listed.role,
                edition=str(newest.ordinal),
                imported_at=_moment(newest.imported_at),
                format=newest.format,
                source_sha256=newest.file_sha256.hex(),
                entries=listed.entries,
                scheme=f"{listed.scheme} {listed.scheme_version}".strip(),
                withdrawn=newest.withdrawn,
                broken=newest.broken,
            )

    # --- stacks -------------------------------------------------------------------------------------

    def _representatives(self) -> dict[int, str]:
        media = records.media_by_id(self._connection, [one.representative for one in self._stacks])
        return {
            content: media[stack.representative].sha256.hex()
            for stack in self._stacks
            for content in _contents(stack)
        }

    def _stacks_found(self) -> form.Stacks:
        shown = sorted(self._stacks, key=lambda one: -len(one.members))[: form.STACKS_SHOWN]
        contents = [content for stack in shown for content in _contents(stack)]
        media = records.media_by_id(self._connection, contents)
        files = self._files_of_case(contents)
        return form.Stacks(
            total=len(self._stacks),
            contents=sum(len(stack.members) + 1 for stack in self._stacks),
            largest=tuple(_stack(stack, media, files) for stack in shown),
        )

    def _files_of_case(self, contents: list[int]) -> dict[int, list[FileRecord]]:
        files = records.files_of(self._connection, self._scope, contents)
        return {
            media_id: [file for file in found if file.case_id == self._case.id]
            for media_id, found in files.items()
        }

    # --- sharing ------------------------------------------------------------------------------------

    def _near_duplicates(self) -> dict[int, list[_Near]]:
        """For each picture of the case, its near-duplicates, nearest first."""
        of_case = set(self._media_ids)
        found: defaultdict[int, dict[int, _Near]] = defaultdict(dict)
        refuted = judgements.refuted_pairs(self._connection, self._scope, self._media_ids)
        for match in records.near(self._connection, self._scope, self._media_ids):
            if frozenset((match.media_id, match.other_media_id)) in refuted:
                continue
            if match.part != PICTURE or match.other_part != PICTURE:
                continue
            for one, other in (
                (match.media_id, match.other_media_id),
                (match.other_media_id, match.media_id),
            ):
                if one in of_case:
                    found[one][other] = _Near(other, match.agreement.distance, match)
        return {
            one: sorted(others.values(), key=lambda near: (near.distance, near.media_id))
            for one, others in found.items()
        }

    def _others(self) -> set[int]:
        return {near.media_id for found in self._near.values() for near in found}

    def _sharing(self) -> form.Sharing:
        """What this case's contents, or their near-duplicates, tie it to: its exhibits, other cases."""
        same_exhibits: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        near_exhibits: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        same_cases: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        near_cases: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        shared: dict[int, int] = {}
        for media_id in self._media_ids:
            here = [self._places[one] for one in sorted(self._exhibits_of[media_id])]
            mine = [place.number for place in here if place.case_id == self._case.id]
            others = {
                place
                for near in self._near.get(media_id, ())
                for place in self._placed(near.media_id)
            }  # fmt: skip
            for number in mine:
                for pair in _pairs(number, here, self._case.id):
                    same_exhibits[pair].add(media_id)
                for pair in _pairs(number, others, self._case.id):
                    near_exhibits[pair].add(media_id)
            for place in here:
                if place.case_id != self._case.id:
                    same_cases[place.case, place.agency].add(media_id)
            for place in others:
                if place.case_id != self._case.id:
                    near_cases[place.case, place.agency].add(media_id)
            beside = {(place.case, place.number) for place in (*here, *others)}
            if len(beside) > 1:
                shared[media_id] = len(beside)
        most = sorted(shared, key=lambda one: -shared[one])[: form.ROWS_SHOWN]
        return form.Sharing(
            exhibits=tuple(
                form.ExhibitPair(
                    *pair, len(same_exhibits[pair]), len(near_exhibits[pair] - same_exhibits[pair])
                )
                for pair in sorted({*same_exhibits, *near_exhibits})
            ),
            cases=tuple(
                form.CasePair(*pair, len(same_cases[pair]), len(near_cases[pair] - same_cases[pair]))
                for pair in sorted({*same_cases, *near_cases})
            ),
            total=len(shared),
            contents=tuple(self._shared_contents(most)),
        )

    def _placed(self, media_id: int) -> list[ExhibitPlace]:
        return [self._places[one] for one in self._exhibits_of.get(media_id, ())]

    def _shared_contents(self, media_ids: list[int]) -> Iterator[form.SharedContent]:
        near = {one: self._near.get(one, [])[: form.MEMBERS_SHOWN] for one in media_ids}
        contents = [*media_ids, *(other.media_id for found in near.values() for other in found)]
        files = records.files_of(self._connection, self._scope, contents)
        media = records.media_by_id(self._connection, media_ids)
        for media_id in media_ids:
            own = [self._sighting(file, None) for file in files[media_id]]
            like = [
                self._sighting(file, other)
                for other in near[media_id]
                for file in files.get(other.media_id, [])[:1]
            ]
            places = len(own) + len(self._near.get(media_id, ()))
            # The first is a file of this case with the very bytes; the others follow in order.
            first = min(own, key=lambda one: (one.case, one.exhibit, one.locator))
            own.remove(first)
            others = sorted([*own, *like], key=lambda one: (one.case, one.exhibit, one.locator))
            shown = (first, *others[: form.MEMBERS_SHOWN - 1])
            content = media[media_id]
            yield form.SharedContent(
                content.sha256.hex(), content.media_type, shown, places if places > len(shown) else 0
            )

    def _sighting(self, file: FileRecord, near: _Near | None) -> form.Sighting:
        return form.Sighting(
            exhibit=file.exhibit,
            locator=Locator.decode(file.locator).display(),
            case="" if file.case_id == self._case.id else file.case,
            distance=near.distance if near else None,
            orientation=near.match.agreement.orientation if near else None,
        )


def _pairs(
    number: str, places: list[ExhibitPlace] | set[ExhibitPlace], case_id: int
) -> Iterator[tuple[str, str]]:
    for place in places:
        if place.case_id == case_id and place.number != number:
            yield (min(number, place.number), max(number, place.number))


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def _contents(stack: Stack) -> list[int]:
    return [stack.representative, *(one.content for one in stack.members)]


def _stack(stack: Stack, media: dict[int, MediaRecord], files: dict[int, list[FileRecord]]) -> form.Stack:
    def member(content: int) -> form.StackMember:
        record, found = media[content], files[content]
        return form.StackMember(
            sha256=record.sha256.hex(),
            exhibit=found[0].exhibit,
            locator=Locator.decode(found[0].locator).display(),
            files=len(found),
            media_type=record.media_type,
            size=record.size,
            width=record.width,
            height=record.height,
        )

    members = tuple(
        msgspec.structs.replace(member(one.content), distance=one.distance, orientation=one.orientation)
        for one in stack.members[: form.MEMBERS_SHOWN]
    )
    contents = _contents(stack)
    return form.Stack(
        member(stack.representative), members, len(contents), sum(len(files[one]) for one in contents)
    )


def _slow_file(locator: bytes, content: MediaRecord) -> form.SlowFile:
    return form.SlowFile(
        locator=Locator.decode(locator).display(),
        media_type=content.media_type,
        size=content.size,
        seconds=content.seconds,
        width=content.width,
        height=content.height,
        problem=content.problem.code if content.problem else None,
    )


def _deciding_first(found: list[EntryMatchRecord]) -> list[EntryMatchRecord]:
    """Matches by their say in the outcome: alert, then negative, then known-good; bytes before looks."""
    order = {"alert": 0, "negative": 1, "known-good": 2}
    return sorted(
        found,
        key=lambda one: (order[one.role.value], not one.agreement.basis.same_bytes, one.agreement.distance),
    )


def _camera(facts: list[Clue]) -> form.Camera | None:
    values = {fact.kind: fact.value for fact in reversed(facts)}
    camera = form.Camera(
        values.get("camera-make", ""), values.get("camera-model", ""), values.get("camera-serial", "")
    )
    return None if camera == form.Camera() else camera


def _taken(facts: list[Clue]) -> Timestamp | None:
    """The best time of making: as taken before as digitised; the order found within that."""
    times = [fact.time for fact in facts if fact.time is not None and fact.time.kind in _TIMES_OF_MAKING]
    return min(times, key=lambda time: _TIMES_OF_MAKING.index(time.kind), default=None)
