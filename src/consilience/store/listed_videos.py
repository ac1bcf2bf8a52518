"""Videos that list entries name by what is seen in them: timed codes without a content.

An index holds the codes of entries as it holds those of contents: under the id of the row, and the number of
the code in it (`footage.code_ids`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, false, or_, select

from consilience.model.footage import VPDQ, TimedCodes, decode_codes
from consilience.model.lists import Role
from consilience.model.matching import Basis
from consilience.model.people import Scope
from consilience.store import journal
from consilience.store.footage import code_ids, rows_of_ranges
from consilience.store.identity import portions
from consilience.store.journal import Followed
from consilience.store.judgements import retracted_entries
from consilience.store.matches import Brought, EntryMatch, add_entry_matches
from consilience.store.schema import entry, entry_fingerprint, entry_match, hash_list
from consilience.store.scoping import in_lists

_AT_ONCE: Final = 64
"""Rows that are read together: each may be megabytes."""


class ListedVideo(msgspec.Struct, frozen=True, eq=False):
    """The codes of an entry.

    Attributes:
        id: of the row.
        entry_id: the entry.
        codes: what is seen in it.
    """

    id: int
    entry_id: int
    codes: TimedCodes


class ListedHash(msgspec.Struct, frozen=True):
    """An entry that names a video by another hash, which is compared when somebody asks.

    Attributes:
        list: name of the list.
        role: of the list.
        entry: the provider's id.
        category: as the list's scheme has it.
        data: the hash.
    """

    list: str
    role: Role
    entry: str
    category: str | None
    data: bytes


def videos(
    connection: Connection,
    version: str,
    *,
    brought: Brought | None = None,
    within: Sequence[tuple[int, int]] | None = None,
    ids: Collection[int] | None = None,
) -> Iterator[ListedVideo]:
    """The videos of standing entries, by the id of their rows.

    Args:
        connection: the transaction.
        version: of the algorithm.
        brought: the edition whose entries are wanted; those of all lists if None.
        within: first and last id of codes of ranges; everything if None. Rows come whole.
        ids: of rows; every row if None.
    """
    table = entry_fingerprint
    query = (
        select(table.c.id, table.c.entry_id, table.c.code)
        .join(entry, entry.c.id == table.c.entry_id)
        .where(table.c.algorithm == VPDQ, table.c.version == version, entry.c.withdrawn_edition_id.is_(None))
        .order_by(table.c.id)
    )
    if brought is not None:
        query = query.where(brought.condition)
    if within is not None:
        query = query.where(or_(false(), *(table.c.id.between(*one) for one in rows_of_ranges(within))))
    for portion in [None] if ids is None else portions(sorted(ids), _AT_ONCE):
        these = query if portion is None else query.where(table.c.id.in_(portion))
        for row_id, entry_id, data in connection.execute(these.execution_options(yield_per=_AT_ONCE)):
            yield ListedVideo(row_id, entry_id, decode_codes(data))


def hashes(connection: Connection, scope: Scope, algorithm: str, version: str) -> Iterator[ListedHash]:
    """The hashes by an algorithm that entries of lists in scope state, which stand and nobody retracted."""
    retracted = retracted_entries(scope)
    query = (
        select(
            hash_list.c.name,
            hash_list.c.role,
            entry.c.provider_id,
            entry.c.category,
            entry_fingerprint.c.code,
        )
        .join(entry, entry.c.id == entry_fingerprint.c.entry_id)
        .join(hash_list, hash_list.c.id == entry.c.list_id)
        .outerjoin(retracted, retracted.c.entry_id == entry.c.id)
        .where(entry_fingerprint.c.algorithm == algorithm, entry_fingerprint.c.version == version)
        .where(entry.c.withdrawn_edition_id.is_(None), retracted.c.entry_id.is_(None))
        .where(in_lists(scope, hash_list.c.id))
        .order_by(hash_list.c.name, entry.c.key)
    )
    for name, role, provider, category, data in connection.execute(
        query.execution_options(yield_per=_AT_ONCE)
    ):
        yield ListedHash(name, Role(role), provider, category, data)


def journal_changed(connection: Connection, entry_ids: Collection[int]) -> None:
    """Journal that the codes of videos of entries came, or are to go."""
    table = entry_fingerprint
    for portion in portions(entry_ids):
        query = select(table.c.id, table.c.code).where(
            table.c.entry_id.in_(portion), table.c.algorithm == VPDQ
        )
        for row_id, data in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            ids = code_ids(row_id, len(decode_codes(data)))
            journal.changed(connection, Followed.TIMED_ENTRIES, ids.tolist())


def add_spans(connection: Connection, spans: Sequence[EntryMatch]) -> list[EntryMatch]:
    """Record the spans that contents share with entries, in place of those that stood; gives what is new.

    What is on record of a content and an entry of which no span is among these stays as it is.
    """
    table = entry_match
    for media_id, entry_id in sorted({(one.media_id, one.entry_id) for one in spans}):
        parts = [one.part for one in spans if (one.media_id, one.entry_id) == (media_id, entry_id)]
        connection.execute(
            delete(table).where(
                table.c.media_id == media_id,
                table.c.entry_id == entry_id,
                table.c.algorithm == Basis.VPDQ.value,
                table.c.part.not_in(parts),
                table.c.recalled_at.is_(None),
            )
        )
    return add_entry_matches(connection, spans)
