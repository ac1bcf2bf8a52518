"""Marks of the records: where one has not changed, what was derived from them still holds."""

from __future__ import annotations

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Select, cast, func, select
from sqlalchemy import case as level_of

from consilience.model.judgements import Subject
from consilience.model.people import ReleaseLevel
from consilience.store.schema import (
    case,
    case_member,
    code_change,
    edition,
    entry_match,
    exhibit,
    hash_list,
    holdings,
    judgement,
    media,
    media_file,
    media_match,
    policy,
    reading,
    released_to,
    role_grant,
    session,
    user,
)

_CONTENT = (
    media_file.c.id,
    media.c.id,
    entry_match.c.id,
    media_match.c.id,
    edition.c.id,
    code_change.c.id,
    reading.c.id,
    reading.c.finished_at,
    exhibit.c.id,
    hash_list.c.id,
)
_LEAVE = (
    holdings.c.erasures,
    policy.c.id,
    role_grant.c.id,
    role_grant.c.revoked_at,
    case_member.c.id,
    case_member.c.revoked_at,
    released_to.c.id,
    released_to.c.revoked_at,
)
_CLASSIFIED = (Subject.CLASSIFICATION,)
_OTHERWISE = tuple(one for one in Subject if one not in _CLASSIFIED)
_LEVELS = {level.value: place for place, level in enumerate(ReleaseLevel)}

Mark = tuple[int, ...]


class Marks(msgspec.Struct, frozen=True):
    """What changes, by how it changes.

    Attributes:
        content: files, matches and lists: it changes all the time while evidence is taken in.
        word: leave that was given or taken, and judgements that outcomes and stacks follow from.
        classified: judgements on classifications.
    """

    content: Mark
    word: Mark
    classified: Mark


def marks(connection: Connection) -> Marks:
    """The marks of the records as a transaction sees them."""
    found = _read(connection, _MARKS)
    return Marks(found[: len(_CONTENT)], found[len(_CONTENT) : -_OF_CLASSIFIED], found[-_OF_CLASSIFIED:])


def leave(connection: Connection) -> Mark:
    """Changes where leave is given or taken, a case or list comes or is released, or a session ends."""
    return _read(connection, _MARKS_OF_LEAVE)


def _newest(*columns: Column[int]) -> list[Select[int]]:
    return [select(func.max(column)) for column in columns]


def _judged(*subjects: Subject) -> list[Select[int]]:
    # One subject at a time, as the indexes have them.
    return [
        select(func.max(column)).where(judgement.c.subject == one.value)
        for one in subjects
        for column in (judgement.c.id, judgement.c.ended_at)
    ]


def _released() -> list[Select[int]]:
    """Of cases and of lists, a number that is another when the level of one is."""
    return [
        select(cast(func.sum(table.c.id * level_of(_LEVELS, value=table.c.release_level)), BigInteger))
        for table in (case, hash_list)
    ]


def _asked(*numbers: Select[int]) -> Select[*tuple[int | None, ...]]:
    return select(*(one.scalar_subquery() for one in numbers))


_MARKS = _asked(
    *_newest(*_CONTENT),
    *_newest(*_LEAVE),
    *_released(),
    *_judged(*_OTHERWISE),
    *_judged(*_CLASSIFIED),
)
_OF_CLASSIFIED = len(_judged(*_CLASSIFIED))
_MARKS_OF_LEAVE = _asked(
    *_newest(*_LEAVE, case.c.id, hash_list.c.id, session.c.ended_at, user.c.ended_at), *_released()
)


def _read(connection: Connection, asked: Select[*tuple[int | None, ...]]) -> Mark:
    return tuple(one or 0 for one in connection.execute(asked).one())
