"""Cases and exhibits with their counts, for screens."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

import msgspec
from sqlalchemy import BigInteger, Connection, Select, cast, func, select
from sqlalchemy import case as sql_case

from consilience.model.examination import Examined
from consilience.model.lists import Role
from consilience.model.people import Scope
from consilience.store.dialects import as_given, given_ids, plain_rows
from consilience.store.identity import portions
from consilience.store.schema import (
    edition,
    entry,
    entry_match,
    exhibit,
    hash_list,
    holdings,
    judgement,
    media,
    media_file,
    notice,
    reading,
)
from consilience.store.scoping import in_cases, in_lists, told

_AT_ONCE = 100_000


class ExhibitCounts(msgspec.Struct, frozen=True):
    """An exhibit and what is on record of it."""

    id: int
    public_id: bytes
    number: str
    description: str
    files: int
    bytes: int
    first_looks: int


class About(NamedTuple):
    """What a notice tells of beside its own case: only who may see that too is told."""

    case_id: int | None
    list_id: int | None


class Newest(NamedTuple):
    """The last file and the last notice that are known of."""

    file: int
    notice: int


NOTHING = Newest(0, 0)


class Came(NamedTuple):
    """Files and notices that came, by case, and the newest of them."""

    files: dict[int, int]
    notices: dict[tuple[int, About], int]
    newest: Newest


def alerts(connection: Connection) -> dict[int, Counter[frozenset[int]]]:
    """Of each case, files whose content matches alert lists, by which lists these are."""
    matching = (
        select(entry_match.c.media_id, hash_list.c.id)
        .join(entry, entry.c.id == entry_match.c.entry_id)
        .join(hash_list, hash_list.c.id == entry.c.list_id + 0)
        .where(entry_match.c.recalled_at.is_(None), hash_list.c.role == Role.ALERT.value)
    )
    lists: defaultdict[int, set[int]] = defaultdict(set)
    for media_id, list_id in plain_rows(connection, matching):
        lists[media_id].add(list_id)
    by_lists = {media_id: frozenset(found) for media_id, found in lists.items()}
    counts: dict[int, Counter[frozenset[int]]] = {}
    given = given_ids(connection.dialect.name)
    files = (
        select(exhibit.c.case_id, media_file.c.media_id)
        .select_from(given)
        .join(media_file, media_file.c.media_id == given.c.value)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id + 0)
    )
    for portion in portions(by_lists, _AT_ONCE):
        for case_id, media_id in plain_rows(connection, files, as_given(connection, portion)):
            counts.setdefault(case_id, Counter())[by_lists[media_id]] += 1
    return counts


def new_notices(connection: Connection, scope: Scope, since: dict[int, int]) -> dict[int, int]:
    """Of each of these cases, the notices that the viewer is told, after a moment of its own."""
    if not since:
        return {}
    query = select(notice.c.case_id, func.count()).where(
        notice.c.case_id.in_(since),
        notice.c.created_at > sql_case(since, value=notice.c.case_id),
        told(scope),
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(notice.c.case_id))}


def came(connection: Connection, after: Newest) -> Came:
    """What came into all cases after some moment: writing transactions come one by one, so ids only grow."""
    # At first the smallest index tells of all files. What came since is found by its ids:
    # computed, so that it is not found by that index again.
    of_reading = media_file.c.reading_id if after == NOTHING else media_file.c.reading_id + 0
    counted = select(of_reading.label("reading_id"), func.count().label("files")).group_by(of_reading)
    of_readings = (counted if after == NOTHING else counted.where(media_file.c.id > after.file)).subquery()
    files = (
        select(exhibit.c.case_id, cast(func.sum(of_readings.c.files), BigInteger))
        .select_from(of_readings)
        .join(reading, reading.c.id == of_readings.c.reading_id)
        .join(exhibit, exhibit.c.id == reading.c.exhibit_id)
        .group_by(exhibit.c.case_id)
    )
    newest_file = connection.execute(select(func.max(media_file.c.id))).scalar_one()
    about = (notice.c.case_id, notice.c.about_case_id, notice.c.about_list_id)
    notices = select(*about, func.count(), func.max(notice.c.id)).where(notice.c.id > after.notice)
    new_files = connection.execute(files).all()
    new_notices = connection.execute(notices.group_by(*about)).all()
    return Came(
        {row[0]: row[1] for row in new_files},
        {(row[0], About(row[1], row[2])): row[3] for row in new_notices},
        Newest(
            newest_file or after.file,
            max((row[4] for row in new_notices), default=after.notice),
        ),
    )


def erasures(connection: Connection) -> int:
    """How often something was erased."""
    return int(connection.execute(select(holdings.c.erasures)).scalar_one())


def last_listed(connection: Connection) -> tuple[int, int]:
    """The newest match with an entry, and the newest edition: with one, matches may be recalled."""
    newest = (select(func.max(one)).scalar_subquery() for one in (entry_match.c.id, edition.c.id))
    matched, imported = connection.execute(select(*newest)).one()
    return matched or 0, imported or 0


def lists_visible(connection: Connection, scope: Scope) -> frozenset[int]:
    """The lists within a scope."""
    query = select(hash_list.c.id).where(in_lists(scope, hash_list.c.id))
    return frozenset(connection.execute(query).scalars())


def exhibits(connection: Connection, scope: Scope, case_id: int) -> list[ExhibitCounts]:
    """The exhibits of a case, in the order in which they were added."""
    size = cast(func.coalesce(func.sum(media_file.c.size), 0), BigInteger)
    looked = func.count().filter(media.c.examined == Examined.FIRST_LOOK.value)
    query = (
        select(
            exhibit.c.id,
            exhibit.c.public_id,
            exhibit.c.number,
            exhibit.c.description,
            func.count(media_file.c.id),
            size,
            looked,
        )
        .outerjoin(media_file, media_file.c.exhibit_id == exhibit.c.id)
        .outerjoin(media, media.c.id == media_file.c.media_id)
        .where(exhibit.c.case_id == case_id, in_cases(scope, exhibit.c.case_id))
        .group_by(exhibit.c.id, exhibit.c.public_id, exhibit.c.number, exhibit.c.description)
        .order_by(exhibit.c.id)
    )
    return [ExhibitCounts(*row) for row in connection.execute(query)]


def came_since(connection: Connection, scope: Scope, case_id: int, since: int) -> tuple[int, int]:
    """Files that came into a case since a moment, and matches of its contents with lists."""
    of_case = (exhibit.c.case_id == case_id) & in_cases(scope, exhibit.c.case_id)
    files = (
        select(func.count())
        .select_from(media_file)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .join(reading, reading.c.id == media_file.c.reading_id)
        .where(of_case, reading.c.started_at > since)
    )
    contents = (
        select(media_file.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(of_case, media_file.c.media_id.is_not(None))
    )
    matches = (
        select(func.count())
        .select_from(entry_match)
        .join(entry, entry.c.id == entry_match.c.entry_id)
        .where(entry_match.c.found_at > since, in_lists(scope, entry.c.list_id))
        .where(entry_match.c.media_id.in_(contents))
    )
    return _numbers(connection, files, matches)


def said_since(connection: Connection, scope: Scope, case_id: int, since: int) -> tuple[int, int]:
    """Judgements in a case since a moment, and notices."""
    judged = select(func.count()).where(
        judgement.c.case_id == case_id, judgement.c.at > since, in_cases(scope, judgement.c.case_id)
    )
    notices = select(func.count()).where(
        notice.c.case_id == case_id, notice.c.created_at > since, told(scope)
    )
    return _numbers(connection, judged, notices)


def _numbers(connection: Connection, one: Select[int], other: Select[int]) -> tuple[int, int]:
    return connection.execute(one).scalar_one(), connection.execute(other).scalar_one()
