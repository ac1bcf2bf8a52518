"""A mark of the records: where it has not changed, what was derived from them still holds."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from consilience.store.schema import (
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
)

_NEWEST = (
    media_file.c.id,
    media.c.id,
    entry_match.c.id,
    media_match.c.id,
    edition.c.id,
    judgement.c.id,
    judgement.c.ended_at,
    code_change.c.id,
    reading.c.id,
    reading.c.finished_at,
    exhibit.c.id,
    hash_list.c.id,
    policy.c.id,
    role_grant.c.id,
    role_grant.c.revoked_at,
    case_member.c.id,
    case_member.c.revoked_at,
    released_to.c.id,
    released_to.c.revoked_at,
)


def mark(connection: Connection) -> tuple[int, ...]:
    """Equal only where no file, match, judgement, edition or leave came or ended between."""
    newest = select(*(select(func.max(column)).scalar_subquery() for column in _NEWEST))
    return tuple(one or 0 for one in connection.execute(newest).one())
