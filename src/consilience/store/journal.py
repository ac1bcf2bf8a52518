"""Which codes changed, in the order of the transactions that changed them: what indexes outside follow.

A row names a range of ids whose codes were added, changed or taken out; what they are now, the records
themselves say. A range may be wider than what changed: whoever follows reads it anew. Rows are written in the
transaction of the change and never deleted, and each has a random token. So an index that was taken from the
records up to a row knows later whether these are still the same records: after a backup was brought back,
that row is not there, or has another token.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from consilience.store.schema import code_change

_GAP = 64
"""Ids between two that changed for which no further row is worth its while."""


class Followed(StrEnum):
    """Codes that an index follows: of which record the ids are."""

    HELD = "fingerprint"
    ENTRIES = "entry"
    TIMED = "timed"
    """Ids of codes within timed fingerprints."""
    TIMED_ENTRIES = "timed-entry"
    """The same of list entries that name videos."""


class Mark(NamedTuple):
    """A moment of the journal."""

    id: int
    token: int


def changed(connection: Connection, what: Followed, ids: Collection[int]) -> None:
    """Journal that codes were added, changed or taken out; to be called in the transaction that does so."""
    rows: list[dict[str, object]] = []
    for first, last in _ranges(sorted(ids)):
        rows.append({"token": secrets.randbits(63), "what": what.value, "first_id": first, "last_id": last})
    if rows:
        connection.execute(insert(code_change), rows)


def latest(connection: Connection) -> Mark:
    """The present moment."""
    query = select(code_change.c.id, code_change.c.token).order_by(code_change.c.id.desc()).limit(1)
    return Mark(*connection.execute(query).one())


def since(connection: Connection, what: Followed, mark: Mark) -> list[tuple[int, int]] | None:
    """First and last id of each range that changed after a moment; None if these records never had it."""
    rows = select(code_change.c.id, code_change.c.token, code_change.c.what)
    query = rows.add_columns(code_change.c.first_id, code_change.c.last_id).where(code_change.c.id >= mark.id)
    found = connection.execute(query.order_by(code_change.c.id)).all()
    if not found or Mark(found[0][0], found[0][1]) != mark:
        return None
    return merged([(first, last) for _, _, kind, first, last in found[1:] if kind == what.value])


def merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same ids in ranges that rise and do not touch each other."""
    apart: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if apart and first <= apart[-1][1] + 1:
            apart[-1] = (apart[-1][0], max(last, apart[-1][1]))
        else:
            apart.append((first, last))
    return apart


def _ranges(ids: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for one in ids:
        if ranges and one - ranges[-1][1] <= _GAP:
            ranges[-1] = (ranges[-1][0], one)
        else:
            ranges.append((one, one))
    return ranges
