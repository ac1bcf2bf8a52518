"""What exhibits and cases have in common: contents that occur in both, themselves or nearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import Connection, Select, bindparam, func, select

from consilience.model.people import Scope
from consilience.store.identity import portions
from consilience.store.schema import exhibit, media, media_file
from consilience.store.scoping import SCOPES, in_cases

MEDIA_KINDS = ("picture", "video", "audio")


# Computed, so that files are found by their contents, never by all exhibits that may be seen.
_its_exhibit = exhibit.c.id == media_file.c.exhibit_id + 0


def cases_sharing(connection: Connection, scope: Scope, exhibit_id: int, case_id: int) -> dict[int, int]:
    """Other cases that hold contents of an exhibit, with the number of these contents."""
    # Distinct first: copies of one content here and there would else be paired each with each.
    here = (
        select(media_file.c.media_id)
        .join(media, media.c.id == media_file.c.media_id)
        .where(media_file.c.exhibit_id == exhibit_id, media.c.kind.in_(MEDIA_KINDS), media.c.size > 0)
        .distinct()
        .subquery()
    )
    query = (
        select(exhibit.c.case_id, func.count(here.c.media_id.distinct()))
        .select_from(here)
        .join(media_file, media_file.c.media_id == here.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(exhibit.c.case_id != case_id)
        .group_by(exhibit.c.case_id)
    )
    query = query.where(in_cases(scope, exhibit.c.case_id))
    return {int(case_id): int(number) for case_id, number in connection.execute(query)}


def exhibits_of(connection: Connection, scope: Scope, media_ids: Collection[int]) -> dict[int, set[int]]:
    """The exhibits, in any case that the viewer may see, in which each content occurs."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for portion in portions(media_ids):
        query = select(media_file.c.media_id, media_file.c.exhibit_id).where(
            media_file.c.media_id.in_(portion)
        )
        query = query.join(exhibit, _its_exhibit).where(in_cases(scope, exhibit.c.case_id))
        for media_id, exhibit_id in connection.execute(query.distinct()):
            found[media_id].add(exhibit_id)
    return found


def first_files(connection: Connection, scope: Scope, media_ids: Collection[int]) -> dict[int, int]:
    """The earliest file of each content that the viewer may see."""
    found: dict[int, int] = {}
    for portion in portions(media_ids):
        query = (
            select(media_file.c.media_id, func.min(media_file.c.id))
            .where(media_file.c.media_id.in_(portion))
            .group_by(media_file.c.media_id)
        )
        query = query.join(exhibit, _its_exhibit).where(in_cases(scope, exhibit.c.case_id))
        found.update((media_id, first) for media_id, first in connection.execute(query))
    return found


def media_of_case(connection: Connection, scope: Scope, case_id: int) -> list[int]:
    """Pictures, videos and sounds of a case, in the order of their first file in it."""
    query = (
        select(media_file.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .join(media, media.c.id == media_file.c.media_id)
        .where(exhibit.c.case_id == case_id, media.c.kind.in_(MEDIA_KINDS))
        .group_by(media_file.c.media_id)
        .order_by(func.min(media_file.c.id))
    )
    query = query.where(in_cases(scope, exhibit.c.case_id))
    return [int(one) for one in connection.execute(query).scalars()]


def cases_of(connection: Connection, scope: Scope, media_id: int) -> list[int]:
    """The cases within the scope in which a content occurs."""
    return [int(one) for one in connection.execute(_cases_of(scope), {"content": media_id}).scalars()]


@lru_cache(SCOPES)
def _cases_of(scope: Scope) -> Select[int]:
    return (
        select(exhibit.c.case_id)
        .join(media_file, media_file.c.exhibit_id == exhibit.c.id)
        .where(media_file.c.media_id == bindparam("content"), in_cases(scope, exhibit.c.case_id))
        .distinct()
    )


def cases_of_contents(connection: Connection, media_ids: Collection[int]) -> dict[int, set[int]]:
    """The cases in which each content occurs, whoever may see them: for the system's own work."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for portion in portions(media_ids):
        query = (
            select(media_file.c.media_id, exhibit.c.case_id)
            .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
            .where(media_file.c.media_id.in_(portion))
        )
        for media_id, case_id in connection.execute(query.distinct()):
            found[media_id].add(case_id)
    return found
