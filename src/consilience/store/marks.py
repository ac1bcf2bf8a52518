"""Marks of the records: where one has not changed, what was derived from them still holds."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select

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
    case.c.erased_at,
    policy.c.id,
    role_grant.c.id,
    role_grant.c.revoked_at,
    case_member.c.id,
    case_member.c.revoked_at,
    released_to.c.id,
    released_to.c.revoked_at,
)
_IS_CLASSIFICATION = judgement.c.subject == Subject.CLASSIFICATION.value

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
    judged = [
        select(func.max(column)).where(which)
        for which in (~_IS_CLASSIFICATION, _IS_CLASSIFICATION)
        for column in (judgement.c.id, judgement.c.ended_at)
    ]
    newest = [select(func.max(column)) for column in (*_CONTENT, *_LEAVE)]
    row = connection.execute(select(*(one.scalar_subquery() for one in (*newest, *judged)))).one()
    found = tuple(one or 0 for one in row)
    content, word = len(_CONTENT), len(found) - 2
    return Marks(found[:content], found[content:word], found[word:])


def leave(connection: Connection) -> Mark:
    """Changes where leave is given or taken, a case or list comes or is released, or a session ends."""
    newest = (*_LEAVE, case.c.id, hash_list.c.id, session.c.ended_at, user.c.ended_at)
    released = [
        select(func.count()).where(table.c.release_level == level.value)
        for table in (case, hash_list)
        for level in ReleaseLevel
    ]
    asked = [*(select(func.max(column)) for column in newest), *released]
    row = connection.execute(select(*(one.scalar_subquery() for one in asked))).one()
    return tuple(one or 0 for one in row)
