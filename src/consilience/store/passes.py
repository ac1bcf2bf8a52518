"""What first looks leave to be done: contents that wait for the full pass, matches that wait for it.

What only the code of a first look matches is kept apart from what counts, so that nothing that reads matches
could take the one for the other. Such a match stands as long as one of its sides has no better code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, case, delete, exists, func, insert, or_, select

from consilience.model.examination import DECODED, FAST, Examined
from consilience.model.matching import Basis
from consilience.model.people import Scope
from consilience.store.identity import now, portions
from consilience.store.schema import (
    entry,
    entry_match,
    exhibit,
    fingerprint,
    footage_match,
    media,
    media_file,
    provisional_match,
    unsettled,
)
from consilience.store.scoping import in_cases


class Provisional(msgspec.Struct, frozen=True):
    """A content's part agrees with a list entry, or with a part of another content, by a first look's code.

    Attributes:
        media_id, part: of the content.
        entry_id: the entry; None where it is another content ...
        other_media_id, other_part: ... namely this one.
        distance: bits that differ; up to the radius and the doubt of a first look.
        orientation: what was done to the picture to reach it.
    """

    media_id: int
    part: str
    entry_id: int | None
    other_media_id: int | None
    other_part: str
    distance: int
    orientation: str


class Waiting(msgspec.Struct, frozen=True):
    """A content that waits for the full pass, and a file in which it lies.

    Attributes:
        media_id: the content.
        file_id, locator: the file.
    """

    media_id: int
    file_id: int
    locator: bytes


def add_provisional(connection: Connection, found: Sequence[Provisional], version: str) -> None:
    """Record provisional matches that are not on record."""
    if not found:
        return
    known: set[tuple[object, ...]] = set()
    table = provisional_match
    identity = (table.c.media_id, table.c.part, table.c.entry_id, table.c.other_media_id, table.c.other_part)
    for portion in portions({one.media_id for one in found}):
        query = select(*identity).where(table.c.media_id.in_(portion), table.c.version == version)
        known.update(tuple(row) for row in connection.execute(query))
    rows = [
        {
            "algorithm": Basis.PDQ.value,
            "version": version,
            "found_at": now(),
            **msgspec.structs.asdict(one),
        }
        for one in found
        if (one.media_id, one.part, one.entry_id, one.other_media_id, one.other_part) not in known
    ]
    if rows:
        connection.execute(insert(table), rows)


def drop_provisional(connection: Connection, media_id: int) -> None:
    """A content has a code that counts: what stands by its first look alone is dropped."""
    table = provisional_match
    sides = ((table.c.media_id, table.c.other_media_id), (table.c.other_media_id, table.c.media_id))
    for side, opposite in sides:
        looked = select(fingerprint.c.id).where(
            fingerprint.c.media_id == opposite, fingerprint.c.decode_path == FAST
        )
        connection.execute(
            delete(table).where(side == media_id, or_(opposite.is_(None), ~looked.correlate(table).exists()))
        )


def drop_provisional_of_entries(connection: Connection, entries: ColumnElement[bool]) -> None:
    """Entries were withdrawn or changed: what was found by them is to be found again, or is gone."""
    named = select(entry.c.id).where(entries)
    connection.execute(delete(provisional_match).where(provisional_match.c.entry_id.in_(named)))


def provisional_of_case(connection: Connection, scope: Scope, case_id: int) -> list[int]:
    """Contents of a case with a provisional match, in the order in which they were recorded."""
    table = provisional_match
    query = (
        select(media_file.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(exhibit.c.case_id == case_id, in_cases(scope, exhibit.c.case_id))
        .where(exists().where(table.c.media_id == media_file.c.media_id))
        .group_by(media_file.c.media_id)
        .order_by(media_file.c.media_id)
    )
    return list(connection.execute(query).scalars())


def said_of_entries(connection: Connection, media_ids: Collection[int]) -> set[tuple[int, int]]:
    """Content and entry of each provisional match of these contents with an entry."""
    table = provisional_match
    found: set[tuple[int, int]] = set()
    for portion in portions(media_ids):
        query = select(table.c.media_id, table.c.entry_id).where(
            table.c.media_id.in_(portion), table.c.entry_id.is_not(None)
        )
        found.update((media_id, entry_id) for media_id, entry_id in connection.execute(query))
    return found


def matched_by_code(connection: Connection, media_ids: Collection[int]) -> set[tuple[int, int]]:
    """Content and entry of each standing match of these contents with an entry by what it looks like."""
    table = entry_match
    found: set[tuple[int, int]] = set()
    for portion in portions(media_ids):
        query = select(table.c.media_id, table.c.entry_id).where(
            table.c.media_id.in_(portion),
            table.c.algorithm == Basis.PDQ.value,
            table.c.recalled_at.is_(None),
        )
        found.update((media_id, entry_id) for media_id, entry_id in connection.execute(query))
    return found


# --- The order of the full pass ---------------------------------------------------------------------


def waiting(connection: Connection, exhibit_id: int, passed: Collection[int], most: int) -> list[Waiting]:
    """Contents of an exhibit that wait for the full pass, most useful first, each with its first file.

    First those that only their first look ties to an entry or to another content: a person waits for the
    answer. Then those of which nothing is known. Then those that an entry names already, and videos that
    share footage with others. Within each, in the order in which they were recorded.

    Args:
        exhibit_id: the exhibit.
        passed: contents to be left out.
        most: how many at most.
    """
    named = (entry_match.c.media_id == media.c.id) & entry_match.c.recalled_at.is_(None)
    tied = or_(
        exists().where(provisional_match.c.media_id == media.c.id),
        exists().where(provisional_match.c.other_media_id == media.c.id),
    )
    shares = or_(
        exists().where(footage_match.c.media_id == media.c.id),
        exists().where(footage_match.c.other_media_id == media.c.id),
    )
    order = case((exists().where(named), 2), (tied, 0), (shares, 2), else_=1)
    query = (
        select(media.c.id, func.min(media_file.c.id).label("file"))
        .join(media_file, media_file.c.media_id == media.c.id)
        .where(media_file.c.exhibit_id == exhibit_id, _waits())
        .group_by(media.c.id)
        .order_by(order, media.c.id)
        .limit(most + len(passed))
    )
    chosen = [row for row in connection.execute(query) if row[0] not in passed][:most]
    locators = _locators(connection, [file for _, file in chosen])
    return [Waiting(media_id, file, locators[file]) for media_id, file in chosen]


def further_file(connection: Connection, exhibit_id: int, after: Waiting) -> Waiting | None:
    """The next file of a content in an exhibit."""
    query = (
        select(media_file.c.id, media_file.c.locator)
        .where(
            media_file.c.exhibit_id == exhibit_id,
            media_file.c.media_id == after.media_id,
            media_file.c.id > after.file_id,
        )
        .order_by(media_file.c.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else Waiting(after.media_id, row[0], row[1])


def still_waiting(connection: Connection, media_ids: Collection[int]) -> set[int]:
    """Those of the contents that wait for the full pass."""
    found: set[int] = set()
    for portion in portions(media_ids):
        found.update(
            connection.execute(select(media.c.id).where(media.c.id.in_(portion), _waits())).scalars()
        )
    return found


def count_waiting(connection: Connection, exhibit_id: int) -> int:
    """Contents of an exhibit that wait for the full pass."""
    query = select(func.count(media.c.id.distinct())).join(media_file, media_file.c.media_id == media.c.id)
    return connection.execute(query.where(media_file.c.exhibit_id == exhibit_id, _waits())).scalar_one()


def count_passes(connection: Connection, scope: Scope, case_id: int) -> dict[Examined, int]:
    """Contents of a case by the pass that they have reached."""
    query = (
        select(media.c.examined, func.count(media.c.id.distinct()))
        .join(media_file, media_file.c.media_id == media.c.id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(exhibit.c.case_id == case_id, media.c.examined.in_(DECODED))
        .group_by(media.c.examined)
    )
    query = query.where(in_cases(scope, exhibit.c.case_id))
    found = {Examined(examined): number for examined, number in connection.execute(query)}
    return {one: found.get(one, 0) for one in sorted(DECODED)}


def _waits() -> ColumnElement[bool]:
    return media.c.examined == Examined.FIRST_LOOK.value


def _locators(connection: Connection, file_ids: Collection[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for portion in portions(file_ids):
        query: Select[int, bytes] = select(media_file.c.id, media_file.c.locator)
        for file_id, locator in connection.execute(query.where(media_file.c.id.in_(portion))):
            found[file_id] = locator
    return found


# --- Contents whose code changed after others had asked for it ---------------------------------------


def leave_unsettled(connection: Connection, media_ids: Collection[int]) -> None:
    """Note contents that got other codes than others have found, or may have missed."""
    known: set[int] = set()
    for portion in portions(media_ids):
        known.update(
            connection.execute(
                select(unsettled.c.media_id).where(unsettled.c.media_id.in_(portion))
            ).scalars()
        )
    rows = [{"media_id": one} for one in sorted(set(media_ids) - known)]
    if rows:
        connection.execute(insert(unsettled), rows)


def all_unsettled(connection: Connection) -> list[int]:
    """The contents noted, by id."""
    return list(connection.execute(select(unsettled.c.media_id).order_by(unsettled.c.media_id)).scalars())


def settled(connection: Connection, media_ids: Collection[int]) -> None:
    """Their matches are as if they had had these codes from the first."""
    for portion in portions(media_ids):
        connection.execute(delete(unsettled).where(unsettled.c.media_id.in_(portion)))
