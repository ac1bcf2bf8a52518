"""Content and its occurrences: media, fingerprints and clues; the files in which they occur."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from consilience.model.examination import (
    FAST,
    ORIENTATIONS,
    Clue,
    Digests,
    Examination,
    Examined,
    Fingerprint,
    MediaKind,
)
from consilience.model.locator import Locator
from consilience.model.matching import Basis
from consilience.model.problems import Problem
from consilience.model.times import Timestamp
from consilience.settings import PDQ_FIRST_LOOK_QUALITY, PDQ_MIN_QUALITY
from consilience.store import footage, journal, passes
from consilience.store.identity import new_public_id, portions
from consilience.store.journal import Followed
from consilience.store.schema import (
    clue,
    entry,
    entry_match,
    exhibit,
    fingerprint,
    hash_list,
    media,
    media_file,
    media_file_time,
    media_match,
)

PDQ_CODE_BYTES = 32


class Content(msgspec.Struct, frozen=True):
    """One content to be recorded: its digests, its type, and what its examination said."""

    digests: Digests
    size: int
    media_type: str
    kind: MediaKind
    examined: Examined
    examination: Examination


class Occurrence(msgspec.Struct, frozen=True):
    """One file to be recorded."""

    locator: bytes
    media_id: int | None
    size: int | None
    problem: Problem | None
    times: tuple[Timestamp, ...]


class HeldContent(msgspec.Struct, frozen=True):
    """What is on record of a content, as far as ingest needs it."""

    id: int
    examined: Examined
    problem: str | None


def held(connection: Connection, digests: Collection[bytes]) -> dict[bytes, HeldContent]:
    """Those of the SHA-256 digests that are on record."""
    found: dict[bytes, HeldContent] = {}
    for portion in portions(digests):
        query = select(media.c.sha256, media.c.id, media.c.examined, media.c.problem).where(
            media.c.sha256.in_(portion)
        )
        for sha256, media_id, examined, problem in connection.execute(query):
            found[sha256] = HeldContent(media_id, Examined(examined), problem)
    return found


def is_known_good(connection: Connection, digests: Digests, size: int) -> bool:
    """Whether a standing entry of a known-good list names these bytes, by a rule strict enough for that."""
    by_strength = (
        (entry.c.sha256 == digests.sha256),
        (entry.c.sha1 == digests.sha1) & entry.c.sha256.is_(None),
        (entry.c.md5 == digests.md5)
        & (entry.c.size == size)
        & entry.c.sha1.is_(None)
        & entry.c.sha256.is_(None),
    )
    return any(
        connection.execute(
            select(
                exists()
                .where(condition)
                .where(entry.c.withdrawn_edition_id.is_(None))
                .where(hash_list.c.id == entry.c.list_id)
                .where(hash_list.c.role == "known-good")
            )
        ).scalar_one()
        for condition in by_strength
    )


def add_contents(connection: Connection, contents: Sequence[Content]) -> list[int]:
    """Record contents that are new, in this order. Gives their ids."""
    if not contents:
        return []
    connection.execute(insert(media), [_media_row(content) for content in contents])
    ids = held(connection, [content.digests.sha256 for content in contents])
    return [ids[content.digests.sha256].id for content in contents]


def examine_later(connection: Connection, media_id: int, content: Content) -> list[int]:
    """Record that a content was examined that was held without, or with a first look, or with a limit met.

    Gives the fingerprints that its earlier examination had left; they and their matches are off the record.
    Where this examination found nothing, what the earlier one found stays, and none are given.
    """
    row = _media_row(content)
    seen = content.examination
    failed = seen.problem is not None and not (seen.fingerprints or seen.timed)
    kept = {"sha256", "sha1", "md5", "size"} | ({"width", "height", "frames"} if failed else set())
    connection.execute(
        update(media)
        .where(media.c.id == media_id)
        .values({key: value for key, value in row.items() if key not in kept})
    )
    if failed:
        return []
    asked = select(media_match.c.media_id).where(media_match.c.other_media_id == media_id)
    passes.leave_unsettled(connection, [media_id, *connection.execute(asked).scalars()])
    of_it = fingerprint.c.media_id == media_id
    gone = list(connection.execute(select(fingerprint.c.id).where(of_it)).scalars())
    passes.drop_provisional(connection, media_id)
    either = (media_match.c.media_id == media_id) | (media_match.c.other_media_id == media_id)
    looks = (entry_match.c.media_id == media_id) & (entry_match.c.algorithm == Basis.PDQ.value)
    for table, rows in (
        (fingerprint, of_it),
        (clue, clue.c.media_id == media_id),
        (media_match, either),
        (entry_match, looks),
    ):
        connection.execute(table.delete().where(rows))
    journal.changed(connection, Followed.HELD, gone)
    return gone


def add_findings(connection: Connection, contents: Sequence[tuple[int, Content]]) -> None:
    """Record the fingerprints and clues of contents, in this order."""
    fingerprints = [
        {"media_id": media_id, **msgspec.structs.asdict(one)}
        for media_id, content in contents
        for one in content.examination.fingerprints
    ]
    clues = [_clue_row(media_id, one) for media_id, content in contents for one in content.examination.clues]
    if fingerprints:
        connection.execute(insert(fingerprint), fingerprints)
        for portion in portions({media_id for media_id, _ in contents}):
            of_these = select(fingerprint.c.id).where(fingerprint.c.media_id.in_(portion))
            journal.changed(connection, Followed.HELD, connection.execute(of_these).scalars().all())
    footage.add_timed(
        connection, [(media_id, one) for media_id, content in contents for one in content.examination.timed]
    )
    if clues:
        connection.execute(insert(clue), clues)


def _media_row(content: Content) -> dict[str, object]:
    seen = content.examination
    return {
        "sha256": content.digests.sha256,
        "sha1": content.digests.sha1,
        "md5": content.digests.md5,
        "size": content.size,
        "media_type": content.media_type,
        "kind": content.kind.value,
        "examined": content.examined.value,
        "width": seen.width,
        "height": seen.height,
        "frames": seen.frames,
        "problem": seen.problem.code.value if seen.problem else None,
        "problem_detail": seen.problem.detail if seen.problem else None,
        "seconds": seen.seconds,
    }


def _clue_row(media_id: int, one: Clue) -> dict[str, object]:
    time = one.time
    return {
        "media_id": media_id,
        "kind": one.kind,
        "value": one.value,
        "source": one.source,
        "time_kind": time.kind if time else None,
        "raw": time.raw if time else None,
        "zone": time.zone if time else None,
        "clock": time.clock if time else None,
        "precision": time.precision if time else None,
        "utc": time.utc if time else None,
    }


def recorded(
    connection: Connection, exhibit_id: int, locators: Collection[bytes]
) -> dict[bytes, tuple[str | None, int | None]]:
    """Those of the locators that are on record for an exhibit: problem code and size of each."""
    found: dict[bytes, tuple[str | None, int | None]] = {}
    problem = func.coalesce(media_file.c.problem, media.c.problem)
    for portion in portions(locators):
        query = (
            select(media_file.c.locator, problem, media_file.c.size)
            .outerjoin(media, media.c.id == media_file.c.media_id)
            .where(media_file.c.exhibit_id == exhibit_id, media_file.c.locator.in_(portion))
        )
        found.update({locator: (code, size) for locator, code, size in connection.execute(query)})
    return found


def add_occurrences(
    connection: Connection, exhibit_id: int, reading_id: int, occurrences: Sequence[Occurrence]
) -> None:
    """Record files, in this order."""
    if not occurrences:
        return
    connection.execute(
        insert(media_file),
        [
            {
                "public_id": new_public_id(),
                "exhibit_id": exhibit_id,
                "reading_id": reading_id,
                "locator": one.locator,
                **_changing(one),
            }
            for one in occurrences
        ],
    )
    _add_times(connection, exhibit_id, occurrences)


def replace_occurrences(
    connection: Connection, exhibit_id: int, reading_id: int, occurrences: Sequence[Occurrence]
) -> None:
    """Record a further try at files that could not be read before."""
    if not occurrences:
        return
    names = ("media_id", "size", "problem", "problem_detail")
    connection.execute(
        update(media_file)
        .where(media_file.c.exhibit_id == exhibit_id, media_file.c.locator == bindparam("at"))
        .values({name: bindparam(name) for name in names} | {"reading_id": reading_id}),
        [{"at": one.locator, **_changing(one)} for one in occurrences],
    )
    ids = _file_ids(connection, exhibit_id, [one.locator for one in occurrences])
    for portion in portions(ids.values()):
        connection.execute(media_file_time.delete().where(media_file_time.c.media_file_id.in_(portion)))
    _add_times(connection, exhibit_id, occurrences)


def forget_passed(
    connection: Connection, exhibit_id: int, problems: Collection[str], standing: Collection[bytes]
) -> int:
    """Drop files on record with one of these problems that are folders which could be listed since.

    Args:
        standing: locators of the folders that could still not be listed.
    """
    query = select(media_file.c.id, media_file.c.locator).where(
        media_file.c.exhibit_id == exhibit_id, media_file.c.problem.in_(sorted(problems))
    )
    passed = [
        file_id
        for file_id, locator in connection.execute(query)
        if locator not in standing and Locator.decode(locator).is_folder
    ]
    for portion in portions(passed):
        connection.execute(media_file_time.delete().where(media_file_time.c.media_file_id.in_(portion)))
        connection.execute(media_file.delete().where(media_file.c.id.in_(portion)))
    return len(passed)


def _add_times(connection: Connection, exhibit_id: int, occurrences: Sequence[Occurrence]) -> None:
    with_times = {one.locator: one.times for one in occurrences if one.times}
    ids = _file_ids(connection, exhibit_id, with_times)
    rows = [
        {"media_file_id": ids[locator], "place": place, **msgspec.structs.asdict(time)}
        for locator, times in with_times.items()
        for place, time in enumerate(times)
    ]
    if rows:
        connection.execute(insert(media_file_time), rows)


def _file_ids(connection: Connection, exhibit_id: int, locators: Collection[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for portion in portions(locators):
        query = select(media_file.c.locator, media_file.c.id).where(
            media_file.c.exhibit_id == exhibit_id, media_file.c.locator.in_(portion)
        )
        found.update((locator, file_id) for locator, file_id in connection.execute(query))
    return found


def _changing(one: Occurrence) -> dict[str, object]:
    return {
        "media_id": one.media_id,
        "size": one.size,
        "problem": one.problem.code.value if one.problem else None,
        "problem_detail": one.problem.detail if one.problem else None,
    }


class Codes(msgspec.Struct, frozen=True):
    """PDQ codes of held contents.

    Attributes:
        ids: int64 (n,), fingerprint ids.
        media_ids: int64 (n,).
        parts: the part of each.
        codes: uint8 (n, 8, 32), in the order of `Orientation`.
    """

    ids: NDArray[np.int64]
    media_ids: NDArray[np.int64]
    parts: list[str]
    codes: NDArray[np.uint8]


def codes(
    connection: Connection,
    *,
    version: str,
    media_ids: Collection[int] | None = None,
    after: int = 0,
    fast: bool = False,
    size: int = 50_000,
) -> Iterator[Codes]:
    """PDQ codes good enough to be matched, by id, in portions.

    Args:
        version: of the algorithm.
        media_ids: the contents; all by default ...
        after: ... with a higher id than this one.
        fast: the codes of first looks, instead of those that count.
        size: codes in a portion.
    """
    columns = (fingerprint.c.id, fingerprint.c.media_id, fingerprint.c.part)
    query = (
        select(*columns, fingerprint.c.code, fingerprint.c.turned)
        .where(_matchable(version, fast=fast))
        .order_by(fingerprint.c.id)
    )
    if after:
        query = query.where(fingerprint.c.media_id > after)
    if media_ids is None:
        result = connection.execute(query.execution_options(yield_per=size))
        for rows in result.partitions(size):
            yield _codes([tuple(row) for row in rows])
        return
    rows_of = [
        tuple(row)
        for portion in portions(media_ids)
        for row in connection.execute(query.where(fingerprint.c.media_id.in_(portion)))
    ]
    yield _codes(sorted(rows_of))


def upright_codes(
    connection: Connection,
    *,
    version: str,
    within: Sequence[tuple[int, int]] | None = None,
    fast: bool = False,
    size: int = 100_000,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Ids and upright PDQ codes (n, 32) of what can be matched, by id, in portions.

    Args:
        connection: the transaction.
        version: of the algorithm.
        within: first and last fingerprint id of ranges; everything if None.
        fast: the codes of first looks, instead of those that count.
        size: of a portion.
    """
    query = (
        select(fingerprint.c.id, fingerprint.c.code)
        .where(_matchable(version, fast=fast))
        .order_by(fingerprint.c.id)
    )
    if within is not None:
        query = query.where(or_(false(), *(fingerprint.c.id.between(first, last) for first, last in within)))
    for rows in connection.execute(query.execution_options(yield_per=size)).partitions(size):
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        yield ids, np.frombuffer(b"".join(row[1] for row in rows), np.uint8).reshape(-1, PDQ_CODE_BYTES)


def _matchable(version: str, *, fast: bool) -> ColumnElement[bool]:
    path = fingerprint.c.decode_path
    return and_(
        fingerprint.c.algorithm == Basis.PDQ.value,
        fingerprint.c.version == version,
        fingerprint.c.quality >= (PDQ_FIRST_LOOK_QUALITY if fast else PDQ_MIN_QUALITY),
        path == FAST if fast else path != FAST,
    )


def owners(connection: Connection, fingerprint_ids: Collection[int]) -> Mapping[int, tuple[int, str]]:
    """The content and part of each fingerprint."""
    found: dict[int, tuple[int, str]] = {}
    for portion in portions(fingerprint_ids):
        query = select(fingerprint.c.id, fingerprint.c.media_id, fingerprint.c.part)
        for one, media_id, part in connection.execute(query.where(fingerprint.c.id.in_(portion))):
            found[one] = (media_id, part)
    return found


def count_neighbours(connection: Connection, totals: Mapping[int, int]) -> None:
    """Record how many fingerprints held earlier lie within the radius of each of these."""
    if totals:
        connection.execute(
            update(fingerprint)
            .where(fingerprint.c.id == bindparam("of"))
            .values(neighbours=bindparam("total")),
            [{"of": one, "total": total} for one, total in totals.items()],
        )


def crowded_of_case(connection: Connection, case_id: int, more_than: int) -> list[int]:
    """Contents of a case with a fingerprint that has more earlier neighbours than so many."""
    query = (
        select(fingerprint.c.media_id)
        .join(media_file, media_file.c.media_id == fingerprint.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(exhibit.c.case_id == case_id, fingerprint.c.neighbours > more_than)
        .distinct()
        .order_by(fingerprint.c.media_id)
    )
    return [int(one) for one in connection.execute(query).scalars()]


def fingerprints_of(connection: Connection, media_id: int) -> list[tuple[Fingerprint, int]]:
    """The fingerprints of a content, each with its number of earlier neighbours."""
    names = msgspec.structs.fields(Fingerprint)
    columns = [fingerprint.c[field.name] for field in names]
    query = select(*columns, fingerprint.c.neighbours).where(fingerprint.c.media_id == media_id)
    return [(Fingerprint(*row[:-1]), row[-1]) for row in connection.execute(query.order_by(fingerprint.c.id))]


def _codes(rows: list[tuple[int, int, str, bytes, bytes]]) -> Codes:
    joined = b"".join(code + turned for _, _, _, code, turned in rows)
    return Codes(
        np.fromiter((row[0] for row in rows), np.int64, len(rows)),
        np.fromiter((row[1] for row in rows), np.int64, len(rows)),
        [row[2] for row in rows],
        np.frombuffer(joined, np.uint8).reshape(len(rows), len(ORIENTATIONS), PDQ_CODE_BYTES),
    )
