"""What a case report says. Version 1 of its form.

A caller gives `Findings` (what the holdings know of the case) and a stream of `FileRow`, one a file. The
writer counts the stream once into a `Tally`, holds the counts against what the findings say went in, and
puts both together as the `Report`, which is ``report.json``. Nothing in report.json grows with the number of
files alone; each file of the case is one line of ``files.jsonl``.

Times are aware and in UTC. Digests and codes are lower-case hex. Text that comes from an exhibit or a list
(camera makers, titles, entry ids) is given *as found*; pages, tables and terminals make it harmless when
they show it. Only a `locator` is display text already: `Locator.display()`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from consilience.model.examination import MediaKind, Orientation
from consilience.model.lists import Role
from consilience.model.matching import Basis
from consilience.model.outcomes import Outcome
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.settings import Limits

FORMAT = "consilience-report"
VERSION = 1

ROWS_SHOWN = 500
"""Rows of one list on the page; the page says of how many, and files.jsonl holds them all."""
STACKS_SHOWN = 100
"""Stacks in `Stacks.largest`; more are counted, not listed."""
MEMBERS_SHOWN = 50
"""Members of one `Stack`; more are counted, not listed."""
SLOWEST_SHOWN = 100
"""Files in `Reading.slowest`."""


# --- one file -----------------------------------------------------------------------------------------


class EntryMatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file matches one entry of one list. Never "is".

    Attributes:
        list: key of the `ListUsed`.
        entry: the provider's own id of the entry.
        role: the list's role.
        basis: what agrees.
        category: code in the list's scheme; None where uncategorised.
        algorithm: name and version, ``pdq 1``; empty for the same bytes.
        distance: Hamming distance in bits; None for the same bytes.
        orientation: what was done to the file's pixels to agree; None for the same bytes.
        part: ``picture`` or ``preview:N``, which part of the file agrees; empty for the same bytes.
    """

    list: str
    entry: str
    role: Role
    basis: Basis
    category: str | None = None
    algorithm: str = ""
    distance: int | None = None
    orientation: Orientation | None = None
    part: str = ""


class HeldMatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file agrees with content that the holdings held before it.

    Attributes:
        sha256: the content held.
        basis: ``sha256`` for the same bytes, ``pdq`` for a near-duplicate.
        algorithm, distance, orientation, part: as in `EntryMatch`.
        case: where it is held; empty for this case, or where the reader may not learn it.
        exhibit: number of the exhibit; empty where the reader may not learn it.
    """

    sha256: str
    basis: Basis
    algorithm: str = ""
    distance: int | None = None
    orientation: Orientation | None = None
    part: str = ""
    case: str = ""
    exhibit: str = ""


class Camera(msgspec.Struct, frozen=True, omit_defaults=True):
    """The device that a content says it was made with, as found; empty where it does not say."""

    make: str = ""
    model: str = ""
    serial: str = ""


class FileRow(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One file of the case: one line of files.jsonl. A field that is not written has its default.

    Give them in the order of exhibits, then of encoded locators: the order of the files and of the rows.

    Attributes:
        exhibit: number of the exhibit.
        locator: `Locator.display()`.
        locator_bytes: `Locator.encode()`, base64 in JSON: exact where display cannot be.
        outcome: the one outcome.
        size: bytes; None where unknown.
        sha256, sha1, md5: None where the bytes could not be read.
        media_type: by content; empty where unknown.
        kind: what kind of thing; None where the bytes could not be read.
        width, height: pixels as displayed, 0 where unknown.
        frames: pictures in the file, 0 where unknown.
        taken: the best time clue of when the content was made.
        modified: when the file system or archive says that the file was last written.
        camera: what the content says of the device.
        position: decimal degrees, ``latitude,longitude``.
        pdq: code of the picture as displayed.
        pdq_quality: 0-100.
        problem: what stopped or damaged the reading; stands beside any outcome.
        matches: all entries that the file matches, of every role; the one that decides the outcome first.
        first_look: the content had a first look only: its code may be some bits off.
        provisional: entries that it matches by its first look alone; none of them counts anywhere.
        held: for ``seen-before`` and ``near-duplicate``, what was held; may stand beside other outcomes.
        stack: sha256 of the representative of the stack that the content belongs to.
        seconds: processor time of its examination.
    """

    exhibit: str
    locator: str
    locator_bytes: bytes
    outcome: Outcome
    size: int | None = None
    sha256: str | None = None
    sha1: str | None = None
    md5: str | None = None
    media_type: str = ""
    kind: MediaKind | None = None
    width: int = 0
    height: int = 0
    frames: int = 0
    taken: Timestamp | None = None
    modified: Timestamp | None = None
    camera: Camera | None = None
    position: str = ""
    pdq: str | None = None
    pdq_quality: int | None = None
    problem: Problem | None = None
    matches: tuple[EntryMatch, ...] = ()
    held: HeldMatch | None = None
    stack: str | None = None
    seconds: float = 0.0
    first_look: bool = False
    provisional: tuple[EntryMatch, ...] = ()


# --- what the holdings know of the case ---------------------------------------------------------------


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Whose report it is, who made it, when, why and with what.

    Attributes:
        holdings: name of the holdings.
        holdings_id: their public id.
        agency: who owns the case.
        case: the case's number.
        title: the case's title.
        legal_basis: what the examination of the case rests on, or empty.
        release_level: who may learn of the case, or empty.
        operation: the operation that the case belongs to, or empty.
        made_at: the moment that the outcomes are true of.
        made_by: the actor.
        justification: why, in the actor's words.
        software: names and versions of what made it: ``consilience`` first, decoders, algorithms, database.
        radius: greatest PDQ distance that counts as near.
        min_quality: least PDQ quality that is matched.
        not_covered: what the report does not cover, in sentences; see `coverage.NOT_COVERED`.
    """

    holdings: str
    holdings_id: str
    agency: str
    case: str
    title: str
    made_at: datetime
    made_by: str
    justification: str
    software: dict[str, str]
    radius: int
    min_quality: int
    not_covered: tuple[str, ...]
    legal_basis: str = ""
    release_level: str = ""
    operation: str = ""


class SlowFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that took long.

    Attributes:
        locator: display text.
        media_type: by content.
        size: bytes.
        seconds: processor time.
        width, height: pixels, 0 where unknown.
        problem: if it ended in one.
    """

    locator: str
    media_type: str
    size: int
    seconds: float
    width: int = 0
    height: int = 0
    problem: ProblemCode | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of an exhibit, from its start to its end or interruption.

    Attributes:
        started, finished: when; finished is None while a reading is under way or was cut off.
        by, justification: the actor and the reason.
        software: version of consilience.
        limits: what a worker was allowed.
        workers: processes that examined.
        files: files and members that this reading accounted for.
        bytes: bytes that it read.
        examined: contents that it decoded; the others had been examined already or are not pictures.
        seconds: wall time; 0 where it is not known.
        processor_seconds: processor time of all processes.
        slowest: slowest first, at most SLOWEST_SHOWN.
    """

    started: datetime
    finished: datetime | None
    by: str
    justification: str
    software: str
    limits: Limits
    workers: int
    files: int
    bytes: int
    examined: int
    seconds: float
    processor_seconds: float
    slowest: tuple[SlowFile, ...] = ()


class Exhibit(msgspec.Struct, frozen=True, kw_only=True):
    """One exhibit of the case.

    Attributes:
        number: the exhibit number.
        source: what kind of thing was read: ``folder``.
        files: files and members that the holdings say it has, counted apart from the stream of rows;
            the writer refuses a report whose rows do not add up to it.
        title: what it is, in the words of whoever registered it; empty where they said nothing.
        parent: number of the exhibit that it was found in, or empty.
        readings: in order of time.
    """

    number: str
    source: str
    files: int
    title: str = ""
    parent: str = ""
    readings: tuple[Reading, ...] = ()


class ListUsed(msgspec.Struct, frozen=True, kw_only=True):
    """An edition of a list that the files were compared with, whether anything matched or not.

    Attributes:
        key: what `EntryMatch.list` refers to; unique in the report.
        name: the list's name.
        origin: who made the list.
        role: what a match means.
        edition: the edition's label.
        dated: the edition's own date, as text, or empty.
        imported_at: when it was taken in.
        scheme: classification scheme and version of its categories; empty where it has none.
        format: format of its file, such as ``vics-2.0``.
        source_sha256: digest of the file that was imported.
        entries: current entries.
        withdrawn: entries of earlier editions that this one withdrew.
        broken: records of its file that could not be taken.
    """

    key: str
    name: str
    origin: str
    role: Role
    edition: str
    imported_at: datetime
    format: str
    source_sha256: str
    entries: int
    dated: str = ""
    scheme: str = ""
    withdrawn: int = 0
    broken: int = 0


class StackMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """A content in a stack, by its distance from the representative.

    Attributes:
        sha256: the content.
        exhibit, locator: its first file in the case.
        files: files of the case with this content.
        distance: bits from the representative; 0 may be other bytes that look the same.
        orientation: what was done to its pixels to agree.
        media_type, size, width, height: as in `FileRow`.
    """

    sha256: str
    exhibit: str
    locator: str
    files: int
    distance: int = 0
    orientation: Orientation = Orientation.UPRIGHT
    media_type: str = ""
    size: int = 0
    width: int = 0
    height: int = 0


class Stack(msgspec.Struct, frozen=True):
    """Near-identical contents around one representative; derived, never chained.

    Attributes:
        representative: the content that all members are within the radius of.
        members: the others, nearest first, at most MEMBERS_SHOWN.
        contents: contents in the stack, the representative included.
        files: files of the case with any of them.
    """

    representative: StackMember
    members: tuple[StackMember, ...]
    contents: int
    files: int


class Stacks(msgspec.Struct, frozen=True):
    """The stacks of two contents or more.

    Attributes:
        total: how many there are.
        contents: contents in all of them.
        largest: by contents, then files, largest first; at most STACKS_SHOWN.
    """

    total: int = 0
    contents: int = 0
    largest: tuple[Stack, ...] = ()


class ExhibitPair(msgspec.Struct, frozen=True):
    """What two exhibits of the case have in common. Each unordered pair once.

    Attributes:
        first, second: exhibit numbers.
        same: contents that both hold.
        near: contents of either that are near-duplicates, not the same bytes, of a content of the other.
    """

    first: str
    second: str
    same: int
    near: int


class CasePair(msgspec.Struct, frozen=True):
    """What this case has in common with another that the reader may know of.

    Attributes:
        case: number of the other case.
        agency: who owns it.
        same, near: contents of this case, as in `ExhibitPair`.
    """

    case: str
    agency: str
    same: int
    near: int


class Sighting(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place where a shared content, or a near-duplicate of it, lies.

    Attributes:
        exhibit, locator: where; the locator may be empty for another case.
        case: number of another case; empty for this one.
        distance: None for the same bytes.
        orientation: None for the same bytes.
    """

    exhibit: str
    locator: str
    case: str = ""
    distance: int | None = None
    orientation: Orientation | None = None


class SharedContent(msgspec.Struct, frozen=True):
    """A content of the case that lies in more than one exhibit or in another case, itself or nearly.

    Attributes:
        sha256: the content.
        media_type: by content.
        sightings: the first is its first file in this case; then by case, exhibit and locator.
        places: how many there are, where `sightings` leaves some out; 0 where it has them all.
    """

    sha256: str
    media_type: str
    sightings: tuple[Sighting, ...]
    places: int = 0


class Sharing(msgspec.Struct, frozen=True):
    """What ties exhibits to each other and to other cases.

    Attributes:
        exhibits: pairs with something in common.
        cases: other cases with something in common.
        total: media contents that are shared.
        contents: those in most exhibits and cases first; at most ROWS_SHOWN.
    """

    exhibits: tuple[ExhibitPair, ...] = ()
    cases: tuple[CasePair, ...] = ()
    total: int = 0
    contents: tuple[SharedContent, ...] = ()


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What the holdings know of the case beside its files.

    Attributes:
        head: whose, by whom, why, with what.
        exhibits: in the order of their numbers; every one that a row names.
        lists: every list edition that the files were compared with.
        stacks: derived stacks.
        sharing: between exhibits and cases.
    """

    head: Head
    exhibits: tuple[Exhibit, ...]
    lists: tuple[ListUsed, ...] = ()
    stacks: Stacks = Stacks()
    sharing: Sharing = Sharing()


# --- what is counted from the rows --------------------------------------------------------------------


class ExhibitTally(msgspec.Struct, frozen=True):
    """Files of one exhibit by outcome; every outcome is there, 0 too. They add up to `files`."""

    exhibit: str
    files: int
    bytes: int
    outcomes: dict[Outcome, int]


class CategoryTally(msgspec.Struct, frozen=True):
    """Files that match entries of one category of one list; a file counts once, as same if any entry is."""

    category: str | None
    files_same: int
    files_near: int
    contents: int


class ListTally(msgspec.Struct, frozen=True):
    """Files that match entries of one list. A file may match several lists and several categories.

    So these counts need not add up to each other, nor to the outcomes.
    """

    list: str
    files_same: int
    files_near: int
    contents: int
    categories: tuple[CategoryTally, ...]


class ProblemTally(msgspec.Struct, frozen=True):
    """Files with one problem: those that have the outcome ``unreadable``, and those with another outcome."""

    code: ProblemCode
    unreadable: int
    beside_another_outcome: int


class TypeTally(msgspec.Struct, frozen=True):
    """Files of one media type."""

    media_type: str
    kind: MediaKind | None
    files: int
    new: int
    bytes: int


class Bin(msgspec.Struct, frozen=True):
    """Files with a value from `low` up to and not including `high` (None: no upper bound)."""

    low: int
    high: int | None
    files: int


class MonthTally(msgspec.Struct, frozen=True):
    """Media files made in one month (``YYYY-MM``): in UTC if the zone is known, else by its clock."""

    month: str
    zone_known: int
    zone_unknown: int


class DistanceTally(msgspec.Struct, frozen=True):
    """Files whose *nearest* entry of an alert list, or nearest held content, is at one distance in bits."""

    distance: int
    alert: int
    held: int


class CameraTally(msgspec.Struct, frozen=True):
    """Files of one device by exhibit number."""

    camera: Camera
    files: int
    exhibits: dict[str, int]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass over the rows counted.

    Attributes:
        files, bytes, contents: files, their bytes, and distinct contents by SHA-256.
        outcomes: files by outcome, every outcome, in order of precedence.
        exhibits: the same by exhibit, in the order of the findings.
        new_contents: distinct contents among the files with outcome ``new``.
        lists: lists with a match, in the order of the findings.
        problems: in the order of the codes.
        types: most files first.
        sizes: by powers of ten.
        months: in order of time, months without a file left out.
        without_time: media files that state no time of making that can be read.
        distances: every distance from 0 to the radius.
        qualities: PDQ quality in tens; the last includes 100.
        below_min_quality: files with a PDQ code that is too poor to be matched.
        without_pdq: pictures that have no PDQ code.
        cameras: most files first.
        cameras_left_out: files whose device is beyond the number of devices that are told apart.
    """

    files: int
    bytes: int
    contents: int
    outcomes: dict[Outcome, int]
    exhibits: tuple[ExhibitTally, ...]
    new_contents: int
    lists: tuple[ListTally, ...]
    problems: tuple[ProblemTally, ...]
    types: tuple[TypeTally, ...]
    sizes: tuple[Bin, ...]
    months: tuple[MonthTally, ...]
    without_time: int
    distances: tuple[DistanceTally, ...]
    qualities: tuple[Bin, ...]
    below_min_quality: int
    without_pdq: int
    cameras: tuple[CameraTally, ...]
    cameras_left_out: int


class Part(msgspec.Struct, frozen=True):
    """A file of the report's folder: name, size in bytes, SHA-256."""

    name: str
    size: int
    sha256: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """report.json.

    Attributes:
        format, version: what this is; a reader refuses another version.
        findings: what the holdings know.
        tally: what the rows add up to.
        parts: the complete lists that lie beside it.
    """

    format: Literal["consilience-report"] = "consilience-report"
    version: Literal[1] = 1
    findings: Findings
    tally: Tally
    parts: tuple[Part, ...]


class Written(msgspec.Struct, frozen=True):
    """What `write_report` wrote: the report, and every file of the folder for the audit event."""

    report: Report
    parts: tuple[Part, ...]
