"""What exhibits and cases have in common: contents that occur in both, themselves or nearly."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from consilience.model.people import Scope
from consilience.store.schema import exhibit, media, media_file

MEDIA_KINDS = ("picture", "video", "audio")


def cases_sharing(connection: Connection, scope: Scope, exhibit_id: int, case_id: int) -> dict[int, int]:
    """Other cases that hold contents of an exhibit, with the number of these contents."""
    here, there = media_file.alias("here"), media_file.alias("there")
    query = (
        select(exhibit.c.case_id, func.count(here.c.media_id.distinct()))
        .select_from(here)
        .join(media, media.c.id == here.c.media_id)
        .join(there, there.c.media_id == here.c.media_id)
        .join(exhibit, exhibit.c.id == there.c.exhibit_id)
        .where(here.c.exhibit_id == exhibit_id, exhibit.c.case_id != case_id, media.c.kind.in_(MEDIA_KINDS))
        .where(media.c.size > 0)
        .group_by(exhibit.c.case_id)
    )
    if scope.cases is not None:
        query = query.where(exhibit.c.case_id.in_(scope.cases))
    return {int(case_id): int(number) for case_id, number in connection.execute(query)}
