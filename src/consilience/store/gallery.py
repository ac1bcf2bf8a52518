"""A whole case at once, as few wide queries: what a gallery filters and sorts by."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, Select, func, select

from consilience.model.people import Scope
from consilience.store.dialects import looking_up
from consilience.store.schema import (
    clue,
    entry,
    entry_match,
    exhibit,
    hash_list,
    media,
    media_file,
    media_file_time,
    timed_fingerprint,
)
from consilience.store.scoping import in_cases, in_lists

CAMERA_MAKE, CAMERA_MODEL, DURATION, TIME = "camera-make", "camera-model", "duration", "time"
_AT_ONCE = 10_000


class GalleryRow(msgspec.Struct, frozen=True):
    """A file of a case with its content; the content's columns are None where nothing could be read."""

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
    frames: int | None


def rows(connection: Connection, scope: Scope, case_id: int) -> Iterator[GalleryRow]:
    """The files of a case, by exhibit and locator."""
    query = (
        select(
            media_file.c.id,
            media_file.c.public_id,
            media_file.c.exhibit_id,
            media_file.c.locator,
            media_file.c.size,
            func.coalesce(media_file.c.problem, media.c.problem).label("problem"),
            media_file.c.media_id,
            media.c.sha256,
            media.c.media_type,
            media.c.kind,
            media.c.examined,
            media.c.width,
            media.c.height,
            media.c.frames,
        )
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .outerjoin(media, media.c.id == media_file.c.media_id)
        .where(exhibit.c.case_id == case_id, in_cases(scope, exhibit.c.case_id))
        .order_by(media_file.c.exhibit_id, media_file.c.locator)
    )
    with looking_up(connection):
        found = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    for row in found:
        yield GalleryRow(*row)  # type: ignore[call-arg] # the columns are its fields, in their order


def exhibits(connection: Connection, case_id: int) -> dict[int, tuple[bytes, str]]:
    """Public id and number of a case's exhibits."""
    query = select(exhibit.c.id, exhibit.c.public_id, exhibit.c.number).where(exhibit.c.case_id == case_id)
    return {row[0]: (row[1], row[2]) for row in connection.execute(query.order_by(exhibit.c.id))}


def clue_values(connection: Connection, case_id: int, kind: str) -> dict[int, str]:
    """The first clue of a kind of each content of a case."""
    query = (
        select(clue.c.media_id, clue.c.value)
        .where(clue.c.kind == kind, clue.c.media_id.in_(_contents(case_id)))
        .order_by(clue.c.id.desc())
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def durations(connection: Connection, case_id: int) -> dict[int, float]:
    """Seconds that the videos and sounds of a case play, as their fingerprints say."""
    query = (
        select(timed_fingerprint.c.media_id, func.max(timed_fingerprint.c.duration))
        .where(timed_fingerprint.c.media_id.in_(_contents(case_id)))
        .group_by(timed_fingerprint.c.media_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def times_taken(connection: Connection, case_id: int) -> dict[int, tuple[str, int | None]]:
    """When the content of a case was taken, as its device wrote it, and in UTC if that is known."""
    query = (
        select(clue.c.media_id, clue.c.raw, clue.c.utc)
        .where(clue.c.kind == TIME, clue.c.time_kind == "taken", clue.c.raw.is_not(None))
        .where(clue.c.media_id.in_(_contents(case_id)))
        # The surest last, so that it stays.
        .order_by(clue.c.utc.is_not(None), clue.c.id.desc())
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def times_modified(connection: Connection, case_id: int) -> dict[int, int]:
    """When the files of a case were last written, in UTC where that is known."""
    query = (
        select(media_file_time.c.media_file_id, media_file_time.c.utc)
        .join(media_file, media_file.c.id == media_file_time.c.media_file_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(exhibit.c.case_id == case_id, media_file_time.c.kind == "modified")
        .where(media_file_time.c.utc.is_not(None))
        .order_by(media_file_time.c.place.desc())
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def listed(connection: Connection, scope: Scope, case_id: int) -> dict[int, dict[str, int]]:
    """For each content of a case, the lists within the scope that it matches, with the least distance."""
    query = (
        select(entry_match.c.media_id, hash_list.c.name, func.min(entry_match.c.distance))
        .join(entry, entry.c.id == entry_match.c.entry_id)
        # Computed, so that entries are found by what they match, never by their list.
        .join(hash_list, hash_list.c.id == entry.c.list_id + 0)
        .where(entry_match.c.recalled_at.is_(None), in_lists(scope, hash_list.c.id))
        .where(entry_match.c.media_id.in_(_contents(case_id)))
        .group_by(entry_match.c.media_id, hash_list.c.name)
    )
    found: dict[int, dict[str, int]] = {}
    for media_id, name, distance in connection.execute(query):
        found.setdefault(media_id, {})[name] = distance
    return found


def _contents(case_id: int) -> Select[int | None]:
    return (
        select(media_file.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(exhibit.c.case_id == case_id, media_file.c.media_id.is_not(None))
    )
