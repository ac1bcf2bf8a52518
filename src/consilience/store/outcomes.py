"""The one outcome of each file, found for a viewer at a moment, in the order of precedence.

Nothing here is stored: an outcome follows from occurrences, matches and lists, and from what the viewer may
see of them. A file that lies in a case outside the scope neither shows nor counts, not even as *seen before*.

The database is asked for facts, each found by an index: the files of the case, and for their contents the
lists that name them, the contents that they are near to, and the file that was the first. What follows from
these is decided here, for all files at once (`_decided`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TableValuedAlias,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy import (
    case as sql_case,
)

from consilience.model.examination import FAST, MediaKind
from consilience.model.footage import VPDQ
from consilience.model.lists import Role
from consilience.model.matching import Basis
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.people import Scope
from consilience.model.problems import NOT_A_FILE
from consilience.store import footage, judgements
from consilience.store.dialects import as_given, given_ids, integers, looking_up
from consilience.store.schema import (
    entry,
    entry_match,
    exhibit,
    fingerprint,
    footage_match,
    hash_list,
    media,
    media_file,
    media_match,
    timed_fingerprint,
)
from consilience.store.scoping import in_cases, in_lists

PICTURE = "picture"
_SAME_BYTES = sorted(one.value for one in Basis if one.same_bytes)
_AT_ONCE = 100_000
_NEVER = int(np.iinfo(np.int64).max)
KINDS = tuple(MediaKind)
_PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}

_NO_MEDIA = (MediaKind.CONTAINER.value, MediaKind.OTHER.value)

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FileOutcome(msgspec.Struct, frozen=True):
    """A file and what it is."""

    file_id: int
    exhibit_id: int
    media_id: int | None
    outcome: Outcome


class CaseFiles(msgspec.Struct, frozen=True):
    """Files of a case, by exhibit and locator: columns of one length.

    Attributes:
        file_ids, exhibit_ids: (n,) int64.
        media_ids: (n,) int64; 0 where nothing could be read.
        kinds: (n,) int8, places in `KINDS`; *other* where nothing could be read.
        by_themselves: (n,) int8, place in `OUTCOMES` of what follows from the file itself; -1: nothing does.
    """

    file_ids: Numbers
    exhibit_ids: Numbers
    media_ids: Numbers
    kinds: NDArray[np.int8]
    by_themselves: NDArray[np.int8]

    def at(self, places: Numbers) -> CaseFiles:
        """Some of them."""
        return CaseFiles(*(column[places] for column in msgspec.structs.astuple(self)))


class CaseOutcomes(msgspec.Struct, frozen=True):
    """The files of a case with their outcomes.

    Attributes:
        files: (n,) of them.
        places: (n,) int8, of each outcome in `OUTCOMES`.
    """

    files: CaseFiles
    places: NDArray[np.int8]

    def __iter__(self) -> Iterator[FileOutcome]:
        files = self.files
        columns = (files.file_ids, files.exhibit_ids, files.media_ids, self.places)
        for begin in range(0, len(self.places), _AT_ONCE):
            rows = zip(*(one[begin : begin + _AT_ONCE].tolist() for one in columns), strict=True)
            for file_id, exhibit_id, media_id, place in rows:
                yield FileOutcome(file_id, exhibit_id, media_id or None, OUTCOMES[place])


def outcomes(connection: Connection, scope: Scope, case_id: int) -> CaseOutcomes:
    """Every file of a case with its outcome.

    The order of walking is the order of locators; *before* means recorded earlier.
    """
    files = files_of(connection, scope, case_id)
    return CaseOutcomes(files, decide(connection, scope, files))


def decide(connection: Connection, scope: Scope, files: CaseFiles) -> NDArray[np.int8]:
    """The outcome of each of these files as its place in `OUTCOMES`, (n,): each for itself."""
    with looking_up(connection):
        contents, content_of = np.unique(files.media_ids, return_inverse=True)
        listed = _listed(connection, scope, contents)
        pairs = _pairs(connection, scope, contents)
        first = _first_files(connection, scope, np.union1d(contents, pairs[:, 1]))
    near = pairs[_of(first, pairs[:, 1]) < _of(first, pairs[:, 0]), 0]
    roles = [(_of(listed, contents, column, absent=0) > 0)[content_of] for column in (1, 2, 3, 4)]
    return _decided(files, roles, _of(first, contents)[content_of], np.isin(contents, near)[content_of])


def count(connection: Connection, scope: Scope, case_id: int) -> dict[Outcome, int]:
    """Files of a case by outcome; every outcome is there."""
    return count_of(outcomes(connection, scope, case_id).places)


def count_of(places: NDArray[np.int8]) -> dict[Outcome, int]:
    """How often each outcome is there."""
    counts = np.bincount(places, minlength=len(OUTCOMES)).tolist()
    return dict(zip(OUTCOMES, counts, strict=True))


def _decided(files: CaseFiles, roles: list[Mask], first: Numbers, near: Mask) -> NDArray[np.int8]:
    """For each file the first outcome that holds.

    Args:
        files: of whichever case.
        roles: whether the content is named as in the columns of `_listed`.
        first: the first file of the content.
        near: whether the content is near to one that was there before it.
    """
    alert_same, alert_near, negative, known_good = roles
    by_itself = files.by_themselves
    rules = (
        (Outcome.ALERT_SAME, alert_same),
        (Outcome.ALERT_NEAR, alert_near),
        (Outcome.UNREADABLE, by_itself == _PLACE[Outcome.UNREADABLE]),
        (Outcome.NOT_MEDIA, by_itself == _PLACE[Outcome.NOT_MEDIA]),
        (Outcome.NEGATIVE, negative),
        (Outcome.KNOWN_GOOD, known_good),
        (Outcome.SEEN_BEFORE, first < files.file_ids),
        (Outcome.NEAR_DUPLICATE, near),
    )
    places = [np.int8(_PLACE[outcome]) for outcome, _ in rules]
    return np.select([holds for _, holds in rules], places, np.int8(_PLACE[Outcome.NEW]))


def _of(table: Numbers, ids: Numbers, column: int = 1, *, absent: int = _NEVER) -> Numbers:
    """A column of the rows with these ids, which stand in the first column in rising order."""
    if not len(table):
        return np.full(len(ids), absent, np.int64)
    at = np.minimum(np.searchsorted(table[:, 0], ids), len(table) - 1)
    return np.where(table[at, 0] == ids, table[at, column], absent)


def files_of(connection: Connection, scope: Scope, case_id: int) -> CaseFiles:
    """Every file of a case."""
    # Named one by one: so files are found by their exhibits, whatever a database guesses of their number.
    of_case = select(exhibit.c.id).where(exhibit.c.case_id == case_id, in_cases(scope, exhibit.c.case_id))
    of_exhibits = connection.execute(of_case).scalars().all()
    # Its first row, not EXISTS: that may be answered by reading all fingerprints once.
    pictures = select(fingerprint.c.id).where(
        fingerprint.c.media_id == media.c.id,
        fingerprint.c.part == PICTURE,
        fingerprint.c.decode_path != FAST,
    )
    streams = select(timed_fingerprint.c.id).where(timed_fingerprint.c.media_id == media.c.id)
    fingerprinted = or_(
        pictures.limit(1).scalar_subquery().is_not(None), streams.limit(1).scalar_subquery().is_not(None)
    )
    problem = func.coalesce(media_file.c.problem, media.c.problem)
    by_itself = sql_case(
        (problem.in_(sorted(NOT_A_FILE)), _PLACE[Outcome.NOT_MEDIA]),
        (media_file.c.problem.is_not(None), _PLACE[Outcome.UNREADABLE]),
        (and_(media.c.problem.is_not(None), ~fingerprinted), _PLACE[Outcome.UNREADABLE]),
        (media.c.kind.in_(_NO_MEDIA), _PLACE[Outcome.NOT_MEDIA]),
        else_=-1,
    )
    content = func.coalesce(media_file.c.media_id, 0)
    kinds = {kind.value: place for place, kind in enumerate(KINDS)}
    kind = sql_case(kinds, value=media.c.kind, else_=kinds[MediaKind.OTHER])
    query = (
        select(media_file.c.id, media_file.c.exhibit_id, content, kind, by_itself)
        .outerjoin(media, media.c.id == media_file.c.media_id)
        .where(media_file.c.exhibit_id.in_(of_exhibits))
        .order_by(media_file.c.exhibit_id, media_file.c.locator)
    )
    with looking_up(connection):
        files, exhibits, contents, kinds, by_themselves = integers(connection, query).T.copy()
    return CaseFiles(files, exhibits, contents, kinds.astype(np.int8), by_themselves.astype(np.int8))


def _first_files(connection: Connection, scope: Scope, contents: Numbers) -> Numbers:
    """Each content with the earliest of its files that the viewer may see; without one, it is not there."""

    def asked(given: TableValuedAlias) -> Select[int, int]:
        files = select(media_file.c.media_id, media_file.c.id).select_from(given)
        files = files.join(media_file, media_file.c.media_id == given.c.value)
        if scope.everything:
            return files
        # Computed, so that files are found by their contents, never by all exhibits that may be seen.
        files = files.join(exhibit, exhibit.c.id == media_file.c.exhibit_id + 0)
        return files.where(in_cases(scope, exhibit.c.case_id))

    files = _asked(connection, contents, asked)
    files = files[np.lexsort(files.T[::-1])]
    _, first = np.unique(files[:, 0], return_index=True)
    return files[first]


def _listed(connection: Connection, scope: Scope, contents: Numbers) -> Numbers:
    """Contents with a match that counts for the viewer, and which roles name them, and how.

    It does not count if its entry is retracted, or if it is near and judged negative. That the same bytes
    agree is a fact, which nobody judges away; the entry itself can be retracted.
    """
    refuted, retracted = judgements.refuted_entry_matches(scope), judgements.retracted_entries(scope)

    def any_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(sql_case((condition, 1), else_=0))

    same = entry_match.c.algorithm.in_(_SAME_BYTES)

    def role(name: Role) -> ColumnElement[bool]:
        return hash_list.c.role == name.value

    def asked(given: TableValuedAlias) -> Select[int, int, int, int, int]:
        return (
            select(
                entry_match.c.media_id,
                any_of(role(Role.ALERT) & same),
                any_of(role(Role.ALERT) & ~same),
                any_of(role(Role.NEGATIVE) & same),
                any_of(role(Role.KNOWN_GOOD) & same),
            )
            .select_from(given)
            .join(entry_match, entry_match.c.media_id == given.c.value)
            .join(entry, entry.c.id == entry_match.c.entry_id)
            # Computed, so that entries are found by what they match, never by their list.
            .join(hash_list, hash_list.c.id == entry.c.list_id + 0)
            .outerjoin(retracted, retracted.c.entry_id == entry_match.c.entry_id)
            .outerjoin(
                refuted,
                and_(
                    refuted.c.media_id == entry_match.c.media_id,
                    refuted.c.entry_id == entry_match.c.entry_id,
                    entry_match.c.algorithm.not_in(_SAME_BYTES),
                ),
            )
            .where(entry_match.c.recalled_at.is_(None), in_lists(scope, hash_list.c.id))
            .where(retracted.c.entry_id.is_(None), refuted.c.media_id.is_(None))
            .group_by(entry_match.c.media_id)
            .order_by(entry_match.c.media_id)
        )

    return _asked(connection, contents, asked)


def _pairs(connection: Connection, scope: Scope, contents: Numbers) -> Numbers:
    """Contents, each with those that it is near to where nobody judged that away."""
    picture, video = media_match.c, footage_match.c
    pictures = and_(picture.part == PICTURE, picture.other_part == PICTURE)
    # A video that is footage of the other from beginning to end: nothing in it is new. So with the sound of
    # what is nothing but sound; a video with another one's sound may show anything.

    def is_sound(one: ColumnElement[int]) -> ColumnElement[bool]:
        # Its one row's kind, not EXISTS: that may be answered by reading all contents once.
        return select(media.c.kind).where(media.c.id == one).scalar_subquery() == MediaKind.AUDIO.value

    contained = and_(video.share >= footage.WHOLE, or_(video.algorithm == VPDQ, is_sound(video.media_id)))
    containing = and_(
        video.other_share >= footage.WHOLE, or_(video.algorithm == VPDQ, is_sound(video.other_media_id))
    )
    ways = (
        (picture.media_id, picture.other_media_id, pictures),
        (picture.other_media_id, picture.media_id, pictures),
        (video.media_id, video.other_media_id, contained),
        (video.other_media_id, video.media_id, containing),
    )
    refuted = judgements.refuted_matches(scope)
    found = []
    for one, other, counts in ways:

        def asked(
            given: TableValuedAlias,
            one: ColumnElement[int] = one,
            other: ColumnElement[int] = other,
            counts: ColumnElement[bool] = counts,
        ) -> Select[int, int]:
            return (
                select(one, other)
                .select_from(given)
                .join(one.table, one == given.c.value)
                .outerjoin(refuted, and_(refuted.c.media_id == one, refuted.c.other_media_id == other))
                .where(refuted.c.media_id.is_(None), counts)
            )

        found.append(_asked(connection, contents, asked))
    return np.concatenate(found)


def _asked(
    connection: Connection, contents: Numbers, asked: Callable[[TableValuedAlias], Select[*tuple[Any, ...]]]
) -> Numbers:
    """The rows of a question about contents, each portion's after those of the one before."""
    held = contents[contents > 0]
    parts = [held[begin : begin + _AT_ONCE] for begin in range(0, max(1, len(held)), _AT_ONCE)]
    query = asked(given_ids(connection.dialect.name))
    return np.concatenate([integers(connection, query, as_given(connection, one.tolist())) for one in parts])
