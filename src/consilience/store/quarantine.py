"""Entries that suddenly match far more than before. Derived: an entry keeps matching, and is marked.

An entry of a hash list names one content; a handful of copies and near-duplicates of it in one exhibit is
what one expects. Hundreds of files in one exhibit, after few or none in all others, say more of the entry (a
digest of an empty or a placeholder file, a code of a plain picture) than of the exhibit: a person looks.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, and_, func, select

from consilience.model.judgements import State, Subject
from consilience.model.people import Scope
from consilience.settings import SUDDEN_FACTOR, SUDDEN_FILES
from consilience.store import judgements
from consilience.store.identity import portions
from consilience.store.lists import provider_id
from consilience.store.schema import case, entry, entry_match, exhibit, hash_list, media_file
from consilience.store.scoping import in_cases, in_lists


class SuddenEntry(msgspec.Struct, frozen=True):
    """An entry, and the first exhibit in which it matched suddenly more.

    Attributes:
        entry_id, list, entry: which.
        case, exhibit: where.
        files: files of that exhibit that match it.
        before: the most files that matched it in any exhibit taken in earlier.
    """

    entry_id: int
    list: str
    entry: str
    case: str
    exhibit: str
    files: int
    before: int


def quarantined(
    connection: Connection, scope: Scope, entry_ids: Collection[int] | None = None
) -> list[SuddenEntry]:
    """Entries that wait for review: of these, or of all; as far as the viewer sees files and lists.

    That is: in some exhibit at least `SUDDEN_FILES` files match the entry, and more than `SUDDEN_FACTOR`
    times as many as in any exhibit before it; and nobody has confirmed the entry.
    """
    found: dict[int, SuddenEntry] = {}
    for portion in [None] if entry_ids is None else portions(entry_ids):
        for one in _sudden(connection, scope, portion):
            found.setdefault(one.entry_id, one)
    said = judgements.verdicts(connection, scope, Subject.ENTRY, entry_ids=found)
    confirmed = {judged.entry_id for judged, one in said.items() if one.state is State.POSITIVE}
    return [one for one in found.values() if one.entry_id not in confirmed]


def _sudden(connection: Connection, scope: Scope, entry_ids: list[int] | None) -> list[SuddenEntry]:
    counted = (
        select(
            entry_match.c.entry_id,
            media_file.c.exhibit_id,
            func.count(media_file.c.id.distinct()).label("files"),
        )
        .join(media_file, media_file.c.media_id == entry_match.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .join(entry, entry.c.id == entry_match.c.entry_id)
        .where(entry_match.c.recalled_at.is_(None))
        .where(in_cases(scope, exhibit.c.case_id), in_lists(scope, entry.c.list_id))
        .group_by(entry_match.c.entry_id, media_file.c.exhibit_id)
    )
    if entry_ids is not None:
        counted = counted.where(entry_match.c.entry_id.in_(entry_ids))
    here = counted.subquery()
    before = func.coalesce(
        func.max(here.c.files).over(
            partition_by=here.c.entry_id, order_by=here.c.exhibit_id, rows=(None, -1)
        ),
        0,
    )
    past = select(here.c.entry_id, here.c.exhibit_id, here.c.files, before.label("before")).subquery()
    columns = (entry.c.provider_id, entry.c.md5, entry.c.sha1, entry.c.sha256)
    query = (
        select(past.c.entry_id, hash_list.c.name, *columns, case.c.number, exhibit.c.number.label("exhibit"))
        .add_columns(past.c.files, past.c.before)
        .join(entry, entry.c.id == past.c.entry_id)
        .join(hash_list, hash_list.c.id == entry.c.list_id)
        .join(exhibit, exhibit.c.id == past.c.exhibit_id)
        .join(case, case.c.id == exhibit.c.case_id)
        .where(and_(past.c.files >= SUDDEN_FILES, past.c.files > SUDDEN_FACTOR * past.c.before))
        .order_by(hash_list.c.name, entry.c.key, past.c.exhibit_id)
    )
    return [
        SuddenEntry(row[0], row[1], provider_id(*row[2:6]), row[6], row[7], row[8], row[9])
        for row in connection.execute(query)
    ]
