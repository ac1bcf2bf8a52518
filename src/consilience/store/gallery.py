"""What a gallery filters, sorts and shows: of all files of a case, or of a few files and contents."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Select, func, select

from consilience.model.people import Scope
from consilience.store.dialects import as_given, given_ids, looking_up, plain_rows
from consilience.store.identity import portions
from consilience.store.schema import (
    clue,
    entry,
    entry_match,
    exhibit,
    hash_list,
    media,
    media_file,
    timed_fingerprint,
)
from consilience.store.scoping import SCOPES, in_lists

CAMERA_MAKE, CAMERA_MODEL, DURATION, TIME = "camera-make", "camera-model", "duration", "time"
_AT_ONCE = 100_000
_problem = func.coalesce(media_file.c.problem, media.c.problem)


class GalleryRow(msgspec.Struct, frozen=True):
    """A file with its content; the content's columns are None where nothing could be read."""

    id: int
    public_id: bytes
    exhibit_id: int
    locator: bytes
    size: int | None
    problem: str | None
    media_id: int | None
    sha256: bytes | None
    media_type: str | None
    kind: str | None
    examined: str | None
    width: int | None
    height: int | None


class Facts(NamedTuple):
    """What files are filtered by that is on record of each: columns of one length, as with rows."""

    ids: tuple[int, ...] = ()
    sizes: tuple[int | None, ...] = ()
    problems: tuple[str | None, ...] = ()
    media_types: tuple[str | None, ...] = ()
    examined: tuple[str | None, ...] = ()


def rows(connection: Connection, file_ids: Collection[int]) -> dict[int, GalleryRow]:
    """Files by their ids."""
    found = _asked(connection, file_ids, _rows(connection.dialect.name))
    return {row[0]: GalleryRow(*row) for row in found}


def facts(connection: Connection, exhibits: Collection[int]) -> Facts:
    """What is on record of the files of some exhibits."""
    query = (
        select(media_file.c.id, media_file.c.size, _problem, media.c.media_type, media.c.examined)
        .outerjoin(media, media.c.id == media_file.c.media_id)
        .where(media_file.c.exhibit_id.in_(exhibits))
    )
    with looking_up(connection):
        return Facts(*zip(*plain_rows(connection, query), strict=True))


def locators(connection: Connection, exhibits: Collection[int]) -> Iterator[tuple[int, bytes]]:
    """Files of some exhibits, and where each lies."""
    query = select(media_file.c.id, media_file.c.locator).where(media_file.c.exhibit_id.in_(exhibits))
    with looking_up(connection):
        yield from plain_rows(connection, query)


def exhibits(connection: Connection, case_id: int) -> dict[int, str]:
    """The numbers of a case's exhibits."""
    query = select(exhibit.c.id, exhibit.c.number).where(exhibit.c.case_id == case_id).order_by(exhibit.c.id)
    return {row[0]: row[1] for row in connection.execute(query)}


def clue_values(connection: Connection, media_ids: Collection[int], *kinds: str) -> dict[str, dict[int, str]]:
    """Of each kind of clue, the first that each content has."""
    found: dict[str, dict[int, str]] = {kind: {} for kind in kinds}
    query = _clue_values(kinds, connection.dialect.name)
    for _, kind, media_id, value in sorted(_asked(connection, media_ids, query)):
        found[kind].setdefault(media_id, value)
    return found


def times_taken(connection: Connection, media_ids: Collection[int]) -> dict[int, tuple[str, int | None]]:
    """When contents were taken, as their devices wrote it, and in UTC if that is known."""
    found: dict[int, tuple[str, int | None]] = {}
    rows = _asked(connection, media_ids, _times_taken(connection.dialect.name))
    for *_, media_id, raw, utc in sorted(rows, key=lambda row: row[:2]):
        found.setdefault(media_id, (raw, utc))
    return found


def durations(connection: Connection, media_ids: Collection[int]) -> dict[int, float]:
    """Seconds that contents play, as their fingerprints say."""
    found: dict[int, float] = {}
    for media_id, seconds in _asked(connection, media_ids, _durations(connection.dialect.name)):
        found[media_id] = max(seconds, found.get(media_id, 0.0))
    return found


def listed(connection: Connection, scope: Scope, media_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """For each content that matches one, the lists within the scope, with the least distance."""
    found: dict[int, dict[str, int]] = {}
    for media_id, name, distance in _asked(connection, media_ids, _listed(scope, connection.dialect.name)):
        names = found.setdefault(media_id, {})
        names[name] = min(distance, names.get(name, distance))
    return found


# Computed, so that clues are found by their contents, never all of a kind.
_kind = clue.c.kind.concat("")


@cache
def _rows(dialect: str) -> Select[*tuple[Any, ...]]:
    given = given_ids(dialect)
    of_file = [media_file.c[name] for name in ("id", "public_id", "exhibit_id", "locator", "size")]
    of_content = [media.c[name] for name in GalleryRow.__struct_fields__[7:]]
    return (
        select(*of_file, _problem, media_file.c.media_id, *of_content)
        .select_from(given)
        .join(media_file, media_file.c.id == given.c.value)
        .outerjoin(media, media.c.id == media_file.c.media_id)
    )


@cache
def _clue_values(kinds: tuple[str, ...], dialect: str) -> Select[*tuple[Any, ...]]:
    given = given_ids(dialect)
    query = select(clue.c.id, clue.c.kind, clue.c.media_id, clue.c.value).select_from(given)
    return query.join(clue, clue.c.media_id == given.c.value).where(_kind.in_(kinds))


@cache
def _times_taken(dialect: str) -> Select[*tuple[Any, ...]]:
    given = given_ids(dialect)
    # The surest first.
    columns = (clue.c.utc.is_(None), clue.c.id, clue.c.media_id, clue.c.raw, clue.c.utc)
    query = select(*columns).select_from(given).join(clue, clue.c.media_id == given.c.value)
    return query.where(_kind == TIME, clue.c.time_kind == "taken", clue.c.raw.is_not(None))


@cache
def _durations(dialect: str) -> Select[*tuple[Any, ...]]:
    given = given_ids(dialect)
    columns = (timed_fingerprint.c.media_id, timed_fingerprint.c.duration)
    query = select(*columns).select_from(given)
    return query.join(timed_fingerprint, timed_fingerprint.c.media_id == given.c.value)


@lru_cache(SCOPES)
def _listed(scope: Scope, dialect: str) -> Select[*tuple[Any, ...]]:
    given = given_ids(dialect)
    return (
        select(entry_match.c.media_id, hash_list.c.name, entry_match.c.distance)
        .select_from(given)
        .join(entry_match, entry_match.c.media_id == given.c.value)
        .join(entry, entry.c.id == entry_match.c.entry_id)
        # Computed, so that entries are found by what they match, never by their list.
        .join(hash_list, hash_list.c.id == entry.c.list_id + 0)
        .where(entry_match.c.recalled_at.is_(None), in_lists(scope, hash_list.c.id))
    )


def _asked(
    connection: Connection, ids: Collection[int], query: Select[*tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    for portion in portions(ids, _AT_ONCE):
        with looking_up(connection):
            yield from plain_rows(connection, query, as_given(connection, portion))
