"""What is on record of given contents and files, asked in portions of ids, for reports and screens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, Table, bindparam, exists, func, select, true, union

from consilience.model.examination import Clue, Examined, MediaKind, Orientation
from consilience.model.judgements import State
from consilience.model.lists import Role
from consilience.model.matching import Agreement
from consilience.model.people import Scope
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.store.dialects import as_given, given_ids, looking_up, plain_rows
from consilience.store.identity import portions
from consilience.store.lists import provider_id
from consilience.store.matches import agreement
from consilience.store.outcomes import PICTURE
from consilience.store.schema import (
    case,
    clue,
    edition,
    entry,
    entry_match,
    exhibit,
    fingerprint,
    hash_list,
    media,
    media_file,
    media_file_time,
    media_match,
    provisional_match,
)
from consilience.store.scoping import SCOPES, in_cases, in_lists, may_hit, occurs

_AT_ONCE = 100_000


class MediaRecord(msgspec.Struct, frozen=True):
    """A content."""

    id: int
    sha256: bytes
    sha1: bytes
    md5: bytes
    size: int
    media_type: str
    kind: MediaKind
    examined: Examined
    width: int
    height: int
    frames: int
    problem: Problem | None
    seconds: float


class FileRecord(msgspec.Struct, frozen=True):
    """A file: where it lies, and what stopped its reading."""

    id: int
    case_id: int
    case: str
    exhibit: str
    locator: bytes
    media_id: int | None
    size: int | None
    problem: Problem | None


class EntryMatchRecord(msgspec.Struct, frozen=True):
    """A content matches an entry of a list.

    What people have said of it stands beside what was measured: `state` of the match, `entry_state` of the
    entry, and whether the entry waits for review because it suddenly matches far more than before.
    """

    media_id: int
    entry_id: int
    part: str
    agreement: Agreement
    list_id: int
    list: str
    role: Role
    scheme: str
    edition: int
    entry: str
    category: str | None
    series: tuple[str, ...]
    recalled: bool
    state: State = State.OPEN
    entry_state: State = State.OPEN
    quarantined: bool = False

    @property
    def counts(self) -> bool:
        """Whether an outcome may follow from it: see `store.outcomes`."""
        judged_away = self.state is State.NEGATIVE and not self.agreement.basis.same_bytes
        return not (self.recalled or judged_away or self.entry_state is State.NEGATIVE)


class NearRecord(msgspec.Struct, frozen=True):
    """Two contents match; the first is the one that came later."""

    media_id: int
    part: str
    other_media_id: int
    other_part: str
    agreement: Agreement


class PictureCode(msgspec.Struct, frozen=True):
    """The PDQ code of a content's picture as displayed."""

    code: bytes
    quality: int
    neighbours: int


_MEDIA = select(*media.c).where(media.c.id.in_(bindparam("ids", expanding=True)))


def media_by_id(connection: Connection, ids: Collection[int]) -> dict[int, MediaRecord]:
    """Contents by internal id."""
    found: dict[int, MediaRecord] = {}
    for portion in portions(ids):
        for row in connection.execute(_MEDIA, {"ids": portion}):
            values = {str(name): value for name, value in row._mapping.items()}
            values["problem"] = _problem(values["problem"], values.pop("problem_detail"))
            found[row.id] = msgspec.convert(values, MediaRecord)
    return found


def media_id_of(connection: Connection, scope: Scope, sha256: bytes) -> int | None:
    """The content of a digest, if the viewer may see a file of it: one statement, there or not."""
    return connection.execute(_of_digest(scope), {"digest": sha256}).scalar_one_or_none()


@lru_cache(SCOPES)
def _of_digest(scope: Scope) -> Select[int]:
    return select(media.c.id).where(media.c.sha256 == bindparam("digest"), occurs(scope, media.c.id))


def is_held(connection: Connection, scope: Scope, sha256: bytes) -> bool:
    """Whether a content lies in a case within the scope, or in one released for hit or no hit."""
    these = exists().where(
        media.c.sha256 == sha256,
        media_file.c.media_id == media.c.id,
        exhibit.c.id == media_file.c.exhibit_id + 0,
        may_hit(scope, exhibit.c.case_id),
    )
    return bool(connection.execute(select(these)).scalar_one())


def _files() -> Select[int, int, str, str, bytes, int | None, int | None, str | None, str | None]:
    columns = (media_file.c.locator, media_file.c.media_id, media_file.c.size)
    return (
        select(
            media_file.c.id,
            case.c.id,
            case.c.number,
            exhibit.c.number,
            *columns,
            media_file.c.problem,
            media_file.c.problem_detail,
        )
        # Computed, so that files are found by their own ids, never by all exhibits that may be seen.
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id + 0)
        .join(case, case.c.id == exhibit.c.case_id)
    )


def files_by_id(connection: Connection, ids: Collection[int]) -> dict[int, FileRecord]:
    """Files by internal id."""
    found: dict[int, FileRecord] = {}
    for portion in portions(ids):
        for row in connection.execute(_files().where(media_file.c.id.in_(portion))):
            found[row[0]] = _file(row)
    return found


def files_of(connection: Connection, scope: Scope, media_ids: Collection[int]) -> dict[int, list[FileRecord]]:
    """The files of each content that the viewer may see, in the order of recording."""
    found: defaultdict[int, list[FileRecord]] = defaultdict(list)
    for portion in portions(media_ids):
        for row in connection.execute(_files_of(scope), {"ids": portion}):
            record = _file(row)
            if record.media_id is not None:
                found[record.media_id].append(record)
    return found


@lru_cache(SCOPES)
def _files_of(
    scope: Scope,
) -> Select[int, int, str, str, bytes, int | None, int | None, str | None, str | None]:
    of_these = media_file.c.media_id.in_(bindparam("ids", expanding=True))
    return _files().where(of_these, in_cases(scope, exhibit.c.case_id)).order_by(media_file.c.id)


def modified_times(connection: Connection, file_ids: Collection[int]) -> dict[int, Timestamp]:
    """When each file was last written, as its file system or archive says; the surest of several."""
    table = media_file_time
    columns = [table.c[field.name] for field in msgspec.structs.fields(Timestamp)]
    # Those with a known zone last, so that they stay.
    surest_last = (table.c.utc.is_not(None), table.c.place.desc())
    return {
        row[0]: Timestamp(*row[1:])
        for portion in portions(file_ids)
        for row in connection.execute(
            select(table.c.media_file_id, *columns)
            .where(table.c.media_file_id.in_(portion))
            .where(table.c.kind == "modified")
            .order_by(*surest_last)
        )
    }


def clues(
    connection: Connection, media_ids: Collection[int], kinds: Collection[str] | None = None
) -> dict[int, list[Clue]]:
    """The clues of each content, of all kinds or of these, in the order found."""
    found: defaultdict[int, list[Clue]] = defaultdict(list)
    for portion in portions(media_ids):
        query = select(*clue.c).where(clue.c.media_id.in_(portion)).order_by(clue.c.id)
        if kinds is not None:
            query = query.where(clue.c.kind.in_(kinds))
        for row in connection.execute(query):
            time = None
            if row.time_kind is not None:
                time = Timestamp(row.time_kind, row.raw, row.zone, row.clock, row.precision, row.utc)
            found[row.media_id].append(Clue(row.kind, row.value, row.source, time))
    return found


def picture_codes(connection: Connection, media_ids: Collection[int]) -> dict[int, PictureCode]:
    """The code of the picture itself, where there is one."""
    columns = (fingerprint.c.code, fingerprint.c.quality, fingerprint.c.neighbours)
    return {
        row[0]: PictureCode(*row[1:])
        for portion in portions(media_ids)
        for row in connection.execute(
            select(fingerprint.c.media_id, *columns)
            .where(fingerprint.c.media_id.in_(portion), fingerprint.c.part == PICTURE)
            .order_by(fingerprint.c.id)
        )
    }


def entry_matches(
    connection: Connection, scope: Scope, media_ids: Collection[int] | None, *, recalled: bool = False
) -> dict[int, list[EntryMatchRecord]]:
    """The matches of each content with entries of lists in scope, same bytes first, then nearest first."""
    query = _with_entries(entry_match, scope, of_all=media_ids is None, recalled=recalled)
    found: defaultdict[int, list[EntryMatchRecord]] = defaultdict(list)
    for portion in [[]] if media_ids is None else portions(media_ids):
        with looking_up(connection):
            rows = connection.execute(query, {} if media_ids is None else {"ids": portion})
        for row in rows:
            found[row.media_id].append(_entry_match(row, recalled=row.recalled_at is not None))
    return found


def provisional_matches(
    connection: Connection, scope: Scope, media_ids: Collection[int]
) -> dict[int, list[EntryMatchRecord]]:
    """The same by first looks alone: they do not count until the full pass has confirmed them."""
    found: defaultdict[int, list[EntryMatchRecord]] = defaultdict(list)
    query = _with_entries(provisional_match, scope)
    for portion in portions(media_ids):
        with looking_up(connection):
            rows = connection.execute(query, {"ids": portion})
        for row in rows:
            found[row.media_id].append(_entry_match(row, recalled=False))
    return found


@lru_cache(SCOPES)
def _with_entries(
    table: Table, scope: Scope, *, of_all: bool = False, recalled: bool = True
) -> Select[*tuple[object, ...]]:
    """Rows of a table of matches with their entries and lists: of contents `ids`, or of all."""
    of_these = true() if of_all else table.c.media_id.in_(bindparam("ids", expanding=True))
    counting = true() if recalled else table.c.recalled_at.is_(None)
    newest = select(func.max(edition.c.ordinal)).where(edition.c.list_id == hash_list.c.id)
    return (
        select(
            table,
            hash_list.c.id.label("list_id"),
            hash_list.c.name,
            hash_list.c.role,
            hash_list.c.scheme,
            newest.scalar_subquery().label("edition"),
            entry.c.provider_id,
            entry.c.md5,
            entry.c.sha1,
            entry.c.sha256,
            entry.c.category,
            entry.c.series,
        )
        .join(entry, entry.c.id == table.c.entry_id)
        # Computed, so that entries are found by what they match, never by their list.
        .join(hash_list, hash_list.c.id == entry.c.list_id + 0)
        .where(of_these, counting, in_lists(scope, hash_list.c.id))
        # Not by id, which tells when the content first came, perhaps in a case that the viewer may not see.
        .order_by(table.c.distance, table.c.algorithm.desc(), hash_list.c.name, entry.c.key)
    )


def _entry_match(row: Row[*tuple[object, ...]], *, recalled: bool) -> EntryMatchRecord:
    return EntryMatchRecord(
        media_id=row.media_id,
        entry_id=row.entry_id,
        part=row.part,
        agreement=agreement(row.algorithm, row.version, row.distance, row.orientation),
        list_id=row.list_id,
        list=row.name,
        role=Role(row.role),
        scheme=row.scheme,
        edition=row.edition,
        entry=provider_id(row.provider_id, row.md5, row.sha1, row.sha256),
        category=row.category,
        series=tuple(row.series or ()),
        recalled=recalled,
    )


_NEAR = (
    media_match.c.media_id,
    media_match.c.part,
    media_match.c.other_media_id,
    media_match.c.other_part,
    media_match.c.algorithm,
    media_match.c.version,
    media_match.c.distance,
    media_match.c.orientation,
)


def near(connection: Connection, scope: Scope, media_ids: Collection[int]) -> Iterator[NearRecord]:
    """Matches of contents that the viewer may see, in which any of these takes part; one may come twice."""
    query = _near(scope, connection.dialect.name)
    for portion in portions(media_ids, _AT_ONCE):
        with looking_up(connection):
            rows = connection.execute(query, as_given(connection, portion))
        for row in rows:
            yield NearRecord(row[1], row[2], row[3], row[4], agreement(*row[5:]))


@lru_cache(SCOPES)
def _near(scope: Scope, dialect: str) -> Select[*tuple[Any, ...]]:
    given = given_ids(dialect)
    ways = (
        select(media_match.c.id, *_NEAR).select_from(given).join(media_match, one == given.c.value)
        for one in (media_match.c.media_id, media_match.c.other_media_id)
    )
    found = union(*ways).subquery()
    query = select(found).where(occurs(scope, found.c.media_id), occurs(scope, found.c.other_media_id))
    return query.order_by(found.c.id)


class NearPicture(NamedTuple):
    """Two pictures match; turned so, the first, which came later, agrees with the other."""

    media_id: int
    other_media_id: int
    distance: int
    orientation: Orientation


def near_among(connection: Connection, media_ids: Sequence[int]) -> Iterator[NearPicture]:
    """Matches of the whole pictures of two of these contents, each once."""
    known = set(media_ids)
    turned = {str(one): one for one in Orientation}
    columns = [media_match.c[name] for name in NearPicture._fields]
    given = given_ids(connection.dialect.name)
    # Asked for by the one that came later; the other is looked for here, where they all are.
    query = select(*columns).select_from(given).join(media_match, media_match.c.media_id == given.c.value)
    query = query.where(media_match.c.part == PICTURE, media_match.c.other_part == PICTURE)
    for portion in portions(media_ids, _AT_ONCE):
        with looking_up(connection):
            rows = plain_rows(connection, query, as_given(connection, portion))
            for media_id, other, distance, orientation in rows:
                if other in known:
                    yield NearPicture(media_id, other, distance, turned[orientation])


def pixels_of(connection: Connection, media_ids: Collection[int]) -> dict[int, int]:
    """Pixels of contents, by internal id."""
    found: dict[int, int] = {}
    given = given_ids(connection.dialect.name)
    query = select(media.c.id, media.c.width * media.c.height).select_from(given)
    query = query.join(media, media.c.id == given.c.value)
    for portion in portions(media_ids, _AT_ONCE):
        with looking_up(connection):
            found.update(plain_rows(connection, query, as_given(connection, portion)))
    return found


def pictures_of_case(connection: Connection, scope: Scope, case_id: int) -> list[int]:
    """Contents of a case whose pictures have a code, in the order of their first file in the case."""
    query = (
        select(media_file.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .join(fingerprint, fingerprint.c.media_id == media_file.c.media_id)
        .where(exhibit.c.case_id == case_id, fingerprint.c.part == PICTURE)
        .group_by(media_file.c.media_id)
        .order_by(func.min(media_file.c.id))
    )
    query = query.where(in_cases(scope, exhibit.c.case_id))
    return [int(one) for one in connection.execute(query).scalars()]


def _file(row: Row[int, int, str, str, bytes, int | None, int | None, str | None, str | None]) -> FileRecord:
    return FileRecord(*row[:7], _problem(row[7], row[8]))


def _problem(code: str | None, detail: str | None) -> Problem | None:
    return Problem(ProblemCode(code), detail or "") if code is not None else None
