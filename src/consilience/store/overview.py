"""Cases and exhibits with their counts, for screens."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import BigInteger, Connection, cast, func, select

from consilience.model.examination import Examined
from consilience.model.lists import Role
from consilience.model.people import Scope
from consilience.store.schema import (
    case,
    entry,
    entry_match,
    exhibit,
    hash_list,
    judgement,
    media,
    media_file,
    notice,
    reading,
)
from consilience.store.scoping import in_cases, in_lists, told


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


class Changes(msgspec.Struct, frozen=True):
    """What came into a case since a moment."""

    files: int
    matches: int
    judgements: int
    notices: int


def files_by_case(connection: Connection, scope: Scope) -> dict[int, int]:
    """Files of each case."""
    query = (
        select(exhibit.c.case_id, func.count())
        .join(media_file, media_file.c.exhibit_id == exhibit.c.id)
        .where(in_cases(scope, exhibit.c.case_id))
        .group_by(exhibit.c.case_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def alerts_by_case(connection: Connection, scope: Scope) -> dict[int, int]:
    """Files of each case whose content matches an alert list within the scope."""
    matching = (
        select(entry_match.c.media_id)
        .join(entry, entry.c.id == entry_match.c.entry_id)
        .join(hash_list, hash_list.c.id == entry.c.list_id)
        .where(entry_match.c.recalled_at.is_(None), hash_list.c.role == Role.ALERT.value)
        .where(in_lists(scope, hash_list.c.id))
        .distinct()
    )
    query = (
        select(exhibit.c.case_id, func.count())
        .join(media_file, media_file.c.exhibit_id == exhibit.c.id)
        .where(media_file.c.media_id.in_(matching), in_cases(scope, exhibit.c.case_id))
        .group_by(exhibit.c.case_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def came(connection: Connection, after: Newest) -> Came:
    """What came into all cases after some moment: writing transactions come one by one, so ids only grow."""
    files = (
        select(exhibit.c.case_id, func.count(), func.max(media_file.c.id))
        .join(media_file, media_file.c.exhibit_id == exhibit.c.id)
        .where(media_file.c.id > after.file)
        .group_by(exhibit.c.case_id)
    )
    about = (notice.c.case_id, notice.c.about_case_id, notice.c.about_list_id)
    notices = select(*about, func.count(), func.max(notice.c.id)).where(notice.c.id > after.notice)
    new_files = connection.execute(files).all()
    new_notices = connection.execute(notices.group_by(*about)).all()
    return Came(
        {row[0]: row[1] for row in new_files},
        {(row[0], About(row[1], row[2])): row[3] for row in new_notices},
        Newest(
            max((row[2] for row in new_files), default=after.file),
            max((row[4] for row in new_notices), default=after.notice),
        ),
    )


def last_erasure(connection: Connection) -> int:
    """When a case was erased last; 0 if none was."""
    return connection.execute(select(func.max(case.c.erased_at))).scalar_one() or 0


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


def changes(connection: Connection, scope: Scope, case_id: int, since: int) -> Changes:
    """What came into a case since a moment."""
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
    judged = select(func.count()).where(
        judgement.c.case_id == case_id, judgement.c.at > since, in_cases(scope, judgement.c.case_id)
    )
    notices = select(func.count()).where(
        notice.c.case_id == case_id, notice.c.created_at > since, told(scope)
    )
    return Changes(*(int(connection.execute(one).scalar_one()) for one in (files, matches, judged, notices)))
