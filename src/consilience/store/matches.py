"""Matches of contents with list entries and with each other, and the notices of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    exists,
    false,
    func,
    or_,
    select,
    update,
)

from consilience.model.examination import Orientation
from consilience.model.matching import WHOLE, Agreement, Basis
from consilience.model.people import Scope
from consilience.store import passes
from consilience.store.contents import PDQ_CODE_BYTES
from consilience.store.dialects import insert_or_ignore
from consilience.store.identity import new_public_id, now, portions
from consilience.store.schema import (
    case,
    entry,
    entry_change,
    entry_fingerprint,
    entry_match,
    exhibit,
    fingerprint,
    footage_match,
    frame_match,
    hash_list,
    media,
    media_file,
    media_match,
    notice,
)
from consilience.store.scoping import told


class EntryMatch(msgspec.Struct, frozen=True):
    """A content's part agrees with a list entry."""

    media_id: int
    part: str
    entry_id: int
    agreement: Agreement


class MediaMatch(msgspec.Struct, frozen=True):
    """A content's part agrees with a part of a content held earlier."""

    media_id: int
    part: str
    other_media_id: int
    other_part: str
    agreement: Agreement


class Brought(msgspec.Struct, frozen=True):
    """The entries that an edition of a list holds."""

    list_id: int
    edition_id: int

    @property
    def condition(self) -> ColumnElement[bool]:
        """As SQL; the list is named too, because entries are found by it."""
        return (entry.c.list_id == self.list_id) & (entry.c.last_edition_id == self.edition_id)


def same_bytes(
    connection: Connection, *, media_ids: Collection[int] | None = None, brought: Brought | None = None
) -> Iterator[EntryMatch]:
    """Contents whose bytes a standing entry names: of these contents, or of the entries an edition brought.

    The strongest digest that an entry states decides; a weaker one beside it is not asked.
    """
    md5_only = (entry.c.md5 == media.c.md5) & entry.c.sha1.is_(None) & entry.c.sha256.is_(None)
    rules: tuple[tuple[Basis, ColumnElement[bool]], ...] = (
        (Basis.SHA256, entry.c.sha256 == media.c.sha256),
        (Basis.SHA1, (entry.c.sha1 == media.c.sha1) & entry.c.sha256.is_(None)),
        (Basis.MD5_SIZE, md5_only & (entry.c.size == media.c.size)),
        (Basis.MD5, md5_only & entry.c.size.is_(None)),
    )
    for basis, rule in rules:
        query = select(media.c.id, entry.c.id).where(rule, entry.c.withdrawn_edition_id.is_(None))
        if basis is Basis.MD5:
            # Two contents of one MD5 can be made; what is to be left alone needs more.
            query = query.join_from(entry, hash_list).where(hash_list.c.role != "known-good")
        if brought is not None:
            query = query.where(brought.condition)
        if media_ids is None:
            found = connection.execute(query)
            yield from (EntryMatch(one, WHOLE, other, Agreement(basis)) for one, other in found)
            continue
        for portion in portions(media_ids):
            found = connection.execute(query.where(media.c.id.in_(portion)))
            yield from (EntryMatch(one, WHOLE, other, Agreement(basis)) for one, other in found)


def smaller_side(connection: Connection, brought: Brought) -> list[int] | None:
    """Every held content, if they are fewer than the entries that an edition brought; None otherwise.

    The smaller side is looked up in the larger one's index, whatever the database would have guessed.
    """
    held = int(connection.execute(select(func.count()).select_from(media)).scalar_one())
    entries = int(connection.execute(select(func.count()).where(brought.condition)).scalar_one())
    return list(connection.execute(select(media.c.id)).scalars()) if held < entries else None


def entry_codes(
    connection: Connection,
    *,
    version: str,
    brought: Brought | None = None,
    within: Sequence[tuple[int, int]] | None = None,
    size: int = 100_000,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Entry ids and PDQ codes (n, 32) of standing entries, in portions.

    Args:
        connection: the transaction.
        version: of the algorithm.
        brought: the edition whose entries are wanted; those of all lists if None.
        within: first and last entry id of ranges; every entry if None.
        size: of a portion.
    """
    query = (
        select(entry.c.id, entry_fingerprint.c.code)
        .join(entry_fingerprint)
        .where(
            entry_fingerprint.c.algorithm == Basis.PDQ.value,
            entry_fingerprint.c.version == version,
            entry.c.withdrawn_edition_id.is_(None),
        )
        .order_by(entry.c.id)
    )
    if brought is not None:
        query = query.where(brought.condition)
    if within is not None:
        query = query.where(or_(false(), *(entry.c.id.between(first, last) for first, last in within)))
    for rows in connection.execute(query.execution_options(yield_per=size)).partitions(size):
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        yield ids, np.frombuffer(b"".join(row[1] for row in rows), np.uint8).reshape(-1, PDQ_CODE_BYTES)


def add_entry_matches(connection: Connection, matches: Sequence[EntryMatch]) -> list[EntryMatch]:
    """Record matches with entries; gives those that are new, or stand again after a recall."""
    fresh: list[EntryMatch] = []
    for match in matches:
        statement = insert_or_ignore(connection, entry_match).values(
            public_id=new_public_id(),
            media_id=match.media_id,
            part=match.part,
            entry_id=match.entry_id,
            found_at=now(),
            **_measured(match.agreement),
        )
        statement = statement.on_conflict_do_update(
            index_elements=["media_id", "entry_id", "part", "algorithm", "version"],
            set_={"recalled_at": None} | _measured(match.agreement),
            where=entry_match.c.recalled_at.is_not(None),
        )
        if connection.execute(statement.returning(entry_match.c.id)).first() is not None:
            fresh.append(match)
    return fresh


def drop_media_matches(connection: Connection, media_ids: Collection[int]) -> None:
    """Forget what contents have found among those held before them, which is to be looked for anew."""
    connection.execute(media_match.delete().where(media_match.c.media_id.in_(media_ids)))
    of_them = (fingerprint.c.media_id.in_(media_ids), fingerprint.c.neighbours > 0)
    connection.execute(update(fingerprint).where(*of_them).values(neighbours=0))


def add_media_matches(connection: Connection, matches: Sequence[MediaMatch]) -> None:
    """Record matches between contents; those on record already stay as they are."""
    rows = [
        {
            "public_id": new_public_id(),
            "media_id": match.media_id,
            "part": match.part,
            "other_media_id": match.other_media_id,
            "other_part": match.other_part,
            "found_at": now(),
            **_measured(match.agreement),
        }
        for match in matches
    ]
    if rows:
        connection.execute(insert_or_ignore(connection, media_match).on_conflict_do_nothing(), rows)


def recall(connection: Connection, list_id: int, edition_id: int) -> None:
    """Recall matches whose entry was withdrawn, or was changed by this edition.

    What a changed entry still states is found again by the search that follows, and then stands again.
    """
    changed = exists().where(entry_change.c.entry_id == entry.c.id, entry_change.c.edition_id == edition_id)
    stale = (
        select(entry_match.c.id)
        .join(entry, entry.c.id == entry_match.c.entry_id)
        .where(_of_list(list_id), entry_match.c.recalled_at.is_(None))
        .where(or_(entry.c.withdrawn_edition_id.is_not(None), changed))
    )
    no_longer = or_(entry.c.withdrawn_edition_id.is_not(None), changed)
    passes.drop_provisional_of_entries(connection, _of_list(list_id) & no_longer)
    ids = [int(one) for one in connection.execute(stale).scalars()]
    for portion in portions(ids):
        connection.execute(update(entry_match).where(entry_match.c.id.in_(portion)).values(recalled_at=now()))


def contents_of_entry(connection: Connection, entry_id: int) -> list[int]:
    """The contents that a standing match ties to an entry."""
    query = select(entry_match.c.media_id).where(
        entry_match.c.entry_id == entry_id, entry_match.c.recalled_at.is_(None)
    )
    return list(connection.execute(query.distinct()).scalars())


def are_matched(connection: Connection, one: int, other: int) -> bool:
    """Whether anything measured ties two contents: pictures, videos, or a picture and a video."""
    tied = (
        (media_match.c.media_id, media_match.c.other_media_id),
        (footage_match.c.media_id, footage_match.c.other_media_id),
        (frame_match.c.picture_id, frame_match.c.video_id),
    )
    found = [
        exists().where(((left == one) & (right == other)) | ((left == other) & (right == one)))
        for left, right in tied
    ]
    return bool(connection.execute(select(or_(*found))).scalar_one())


def contents_matching(connection: Connection, list_id: int) -> set[int]:
    """The contents that a standing match ties to a list."""
    query = (
        select(entry_match.c.media_id)
        .join(entry, entry.c.id == entry_match.c.entry_id)
        .where(_of_list(list_id), entry_match.c.recalled_at.is_(None))
    )
    return {int(one) for one in connection.execute(query.distinct()).scalars()}


def _of_list(list_id: int) -> ColumnElement[bool]:
    """A match's entry is of the list."""
    # Computed, so that no index serves it: entries are found by the matches, of which there are fewer.
    return entry.c.list_id + 0 == list_id


def cases_holding(connection: Connection, media_ids: Collection[int]) -> dict[int, int]:
    """The cases in which these contents occur, with the number of them in each."""
    found: dict[int, int] = {}
    for portion in portions(media_ids):
        query = (
            select(exhibit.c.case_id, func.count(media_file.c.media_id.distinct()))
            .join(media_file, media_file.c.exhibit_id == exhibit.c.id)
            .where(media_file.c.media_id.in_(portion))
            .group_by(exhibit.c.case_id)
        )
        for case_id, number in connection.execute(query):
            found[case_id] = found.get(case_id, 0) + number
    return found


def add_notice(
    connection: Connection,
    case_id: int,
    kind: str,
    key: str,
    subject: dict[str, object],
    *,
    about_case_id: int | None = None,
    about_list_id: int | None = None,
) -> None:
    """Tell the people of a case something, once for each key.

    What it tells of another case or of a list is said, so that only those hear it who may see that too.
    """
    connection.execute(
        insert_or_ignore(connection, notice)
        .values(
            public_id=new_public_id(),
            case_id=case_id,
            kind=kind,
            key=key,
            subject=subject,
            about_case_id=about_case_id,
            about_list_id=about_list_id,
            created_at=now(),
        )
        .on_conflict_do_nothing()
    )


def add_notice_everywhere(connection: Connection, kind: str, key: str, subject: dict[str, object]) -> None:
    """Tell the people of every case something, once for each key."""
    for case_id in connection.execute(select(case.c.id)).scalars().all():
        add_notice(connection, case_id, kind, key, subject)


def notices(connection: Connection, scope: Scope, case_id: int) -> list[tuple[str, dict[str, object], int]]:
    """Kind, subject and time of the notices of a case, newest first.

    One that tells of another case, or of a list, is for those who may see that too.
    """
    query = (
        select(notice.c.kind, notice.c.subject, notice.c.created_at)
        .where(notice.c.case_id == case_id, told(scope))
        .order_by(notice.c.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _measured(agreement: Agreement) -> dict[str, object]:
    return {
        "algorithm": agreement.basis.value,
        "version": agreement.version,
        "distance": agreement.distance,
        "orientation": agreement.orientation.value,
    }


def agreement(algorithm: str, version: str, distance: int, orientation: str) -> Agreement:
    """The agreement that a row states."""
    return Agreement(Basis(algorithm), version, distance, Orientation(orientation))
