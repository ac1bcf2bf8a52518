"""The one outcome of each file, computed for a viewer at a moment, in the order of precedence.

Nothing here is stored: an outcome follows from occurrences, matches and lists, and from what the viewer may
see of them. A file that lies in a case outside the scope neither shows nor counts, not even as *seen before*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
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
from consilience.model.outcomes import Outcome
from consilience.model.people import Scope
from consilience.model.problems import NOT_A_FILE
from consilience.store import footage, judgements
from consilience.store.dialects import looking_up
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


class FileOutcome(msgspec.Struct, frozen=True):
    """A file and what it is."""

    file_id: int
    exhibit_id: int
    media_id: int | None
    outcome: Outcome


def outcomes(connection: Connection, scope: Scope, case_id: int) -> Iterator[FileOutcome]:
    """Every file of a case with its outcome, by exhibit and locator.

    The order of walking is the order of locators; *before* means recorded earlier.
    """
    query = _outcomes(connection, scope, case_id).execution_options(yield_per=10_000)
    with looking_up(connection):
        found = connection.execute(query)
    for file_id, exhibit_id, media_id, outcome in found:
        yield FileOutcome(file_id, exhibit_id, media_id, Outcome(outcome))


def count(connection: Connection, scope: Scope, case_id: int) -> dict[Outcome, int]:
    """Files of a case by outcome; every outcome is there."""
    inner = _outcomes(connection, scope, case_id).order_by(None).subquery()
    query = select(inner.c.outcome, func.count()).group_by(inner.c.outcome)
    with looking_up(connection):
        found = {Outcome(outcome): number for outcome, number in connection.execute(query)}
    return {outcome: found.get(outcome, 0) for outcome in Outcome}


def _outcomes(connection: Connection, scope: Scope, case_id: int) -> Select[int, int, int | None, str]:
    # Named one by one: so files are found by their exhibits, whatever a database guesses of their number.
    of_case = select(exhibit.c.id).where(exhibit.c.case_id == case_id, in_cases(scope, exhibit.c.case_id))
    exhibits = connection.execute(of_case).scalars().all()
    contents = _contents(exhibits)
    pairs = _pairs(contents, scope)
    visible = _first_files(contents, pairs, scope)
    listed = _listed(contents, scope)
    near = _near(pairs, visible)
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
    outcome = sql_case(
        (func.coalesce(listed.c.alert_same, 0) == 1, literal(Outcome.ALERT_SAME.value)),
        (func.coalesce(listed.c.alert_near, 0) == 1, literal(Outcome.ALERT_NEAR.value)),
        (problem.in_(sorted(NOT_A_FILE)), literal(Outcome.NOT_MEDIA.value)),
        (
            or_(
                media_file.c.problem.is_not(None),
                and_(media.c.problem.is_not(None), ~fingerprinted),
            ),
            literal(Outcome.UNREADABLE.value),
        ),
        (media.c.kind.in_(("container", "other")), literal(Outcome.NOT_MEDIA.value)),
        (func.coalesce(listed.c.negative, 0) == 1, literal(Outcome.NEGATIVE.value)),
        (func.coalesce(listed.c.known_good, 0) == 1, literal(Outcome.KNOWN_GOOD.value)),
        (visible.c.first < media_file.c.id, literal(Outcome.SEEN_BEFORE.value)),
        (near.c.media_id.is_not(None), literal(Outcome.NEAR_DUPLICATE.value)),
        else_=literal(Outcome.NEW.value),
    )
    return (
        select(media_file.c.id, media_file.c.exhibit_id, media_file.c.media_id, outcome.label("outcome"))
        .outerjoin(media, media.c.id == media_file.c.media_id)
        .outerjoin(visible, visible.c.media_id == media_file.c.media_id)
        .outerjoin(listed, listed.c.media_id == media_file.c.media_id)
        .outerjoin(near, near.c.media_id == media_file.c.media_id)
        .where(media_file.c.exhibit_id.in_(exhibits))
        .order_by(media_file.c.exhibit_id, media_file.c.locator)
    )


def _contents(exhibits: Sequence[int]) -> CTE:
    """The contents of the exhibits: all that follows begins with these, whatever else is held.

    Whatever is joined to them finds its rows by `_each`, so that no plan begins at the other, larger side.
    """
    query = (
        select(media_file.c.media_id)
        .where(media_file.c.exhibit_id.in_(exhibits))
        .where(media_file.c.media_id.is_not(None))
    )
    return query.distinct().cte("contents")


def _each(contents: CTE) -> ColumnElement[int]:
    """The contents' ids, computed, so that they are gone through and never looked up."""
    return contents.c.media_id + 0


def _first_files(contents: CTE, pairs: CTE, scope: Scope) -> CTE:
    """For each content, and each that it is near to, the earliest file that the viewer may see, if any.

    Asked content by content: a join would let PostgreSQL go through the files of all cases, in order.
    """
    wanted = select(contents.c.media_id).union(select(pairs.c.other_media_id)).cte("wanted")
    first = select(func.min(media_file.c.id)).where(media_file.c.media_id == wanted.c.media_id)
    if not scope.everything:
        first = first.join(exhibit, exhibit.c.id == media_file.c.exhibit_id + 0).where(
            in_cases(scope, exhibit.c.case_id)
        )
    of_each = first.correlate(wanted).scalar_subquery().label("first")
    return select(wanted.c.media_id, of_each).cte("visible")


def _listed(contents: CTE, scope: Scope) -> CTE:
    """For each content with a match that counts for the viewer, which roles name it, and how.

    It does not count if its entry is retracted, or if it is near and judged negative. That the same bytes
    agree is a fact, which nobody judges away; the entry itself can be retracted.
    """
    refuted, retracted = judgements.refuted_entry_matches(scope), judgements.retracted_entries(scope)

    def any_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(sql_case((condition, 1), else_=0))

    same = entry_match.c.algorithm.in_(_SAME_BYTES)

    def role(name: Role) -> ColumnElement[bool]:
        return hash_list.c.role == name.value

    query = (
        select(
            entry_match.c.media_id,
            any_of(role(Role.ALERT) & same).label("alert_same"),
            any_of(role(Role.ALERT) & ~same).label("alert_near"),
            any_of(role(Role.NEGATIVE) & same).label("negative"),
            any_of(role(Role.KNOWN_GOOD) & same).label("known_good"),
        )
        .select_from(contents)
        .join(entry_match, entry_match.c.media_id == _each(contents))
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
    )
    return query.cte("listed")


def _pairs(contents: CTE, scope: Scope) -> CTE:
    """Contents of the case, each with those that it is near to where nobody judged that away."""
    refuted = judgements.refuted_matches(scope)

    def paired(
        one: ColumnElement[int], other: ColumnElement[int], counts: ColumnElement[bool]
    ) -> Select[int, int]:
        return (
            select(one.label("media_id"), other.label("other_media_id"))
            .select_from(contents)
            .join(one.table, one == _each(contents))
            .outerjoin(refuted, and_(refuted.c.media_id == one, refuted.c.other_media_id == other))
            .where(refuted.c.media_id.is_(None), counts)
        )

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
    both_ways = paired(picture.media_id, picture.other_media_id, pictures).union(
        paired(picture.other_media_id, picture.media_id, pictures),
        paired(video.media_id, video.other_media_id, contained),
        paired(video.other_media_id, video.media_id, containing),
    )
    return both_ways.cte("pairs")


def _near(pairs: CTE, visible: CTE) -> CTE:
    """Contents that are near to one of an earlier file."""
    here, there = visible.alias("here"), visible.alias("there")
    query = (
        select(pairs.c.media_id)
        .join(here, here.c.media_id == pairs.c.media_id)
        .join(there, there.c.media_id == pairs.c.other_media_id)
        .where(there.c.first < here.c.first)
    )
    return query.distinct().cte("near")
