"""What a holdings says of an exercise that was taken into it, as the scorecard takes it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from consilience.exercise.scoring.card import ContentSide, EntrySide, FileResult, FoundMatch
from consilience.exercise.truth import Truth
from consilience.model.examination import Orientation
from consilience.model.outcomes import Outcome
from consilience.model.people import EVERYTHING
from consilience.model.problems import ProblemCode
from consilience.services.holdings import Holdings
from consilience.store import outcomes
from consilience.store.lists import provider_id
from consilience.store.schema import (
    case,
    entry,
    entry_match,
    exhibit,
    hash_list,
    media,
    media_file,
    media_match,
)

_ROWS = 10_000
_WHOLE = "picture"  # the part of a fingerprint that is of the picture itself


def results_of(holdings: Holdings, truth: Truth) -> Iterator[FileResult]:
    """Every file of the exercise's cases with its outcome, for someone who may see everything."""
    numbers = [one.number for one in truth.head.cases]
    with holdings.database.read() as connection:
        exhibits = dict(connection.execute(select(exhibit.c.id, exhibit.c.number)).all())
        for case_id in (
            connection.execute(select(case.c.id).where(case.c.number.in_(numbers))).scalars().all()
        ):
            files = _files(connection, case_id)
            for one in outcomes.outcomes(connection, EVERYTHING, case_id):
                locator, problem, sha256 = files[one.file_id]
                code = ProblemCode(problem) if problem else None
                yield FileResult(exhibits[one.exhibit_id], locator, Outcome(one.outcome), code, sha256)


def _files(connection: Connection, case_id: int) -> dict[int, tuple[bytes, str | None, bytes | None]]:
    query = (
        select(media_file.c.id, media_file.c.locator, media_file.c.problem, media.c.problem, media.c.sha256)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .outerjoin(media, media.c.id == media_file.c.media_id)
        .where(exhibit.c.case_id == case_id)
    )
    return {
        one: (locator, own or shared, sha256)
        for one, locator, own, shared, sha256 in connection.execute(query)
    }


def matches_of(holdings: Holdings) -> Iterator[FoundMatch]:
    """Every match that stands, with entries and between contents."""
    other = media.alias("other")
    with holdings.database.read() as connection:
        with_entries = (
            select(
                media.c.sha256,
                hash_list.c.name,
                entry.c.provider_id,
                entry.c.md5,
                entry.c.sha1,
                entry.c.sha256,
                entry_match.c.algorithm,
                entry_match.c.distance,
                entry_match.c.orientation,
            )
            .join(entry_match, entry_match.c.media_id == media.c.id)
            .join(entry, entry.c.id == entry_match.c.entry_id)
            .join(hash_list, hash_list.c.id == entry.c.list_id)
            .where(entry_match.c.recalled_at.is_(None))
        )
        found = connection.execute(with_entries.execution_options(yield_per=_ROWS))
        for content, name, stored, md5, sha1, sha256, algorithm, distance, orientation in found:
            side = EntrySide(name, provider_id(stored, md5, sha1, sha256))
            yield FoundMatch(ContentSide(content), side, algorithm, distance, Orientation(orientation))
        between = (
            select(
                media.c.sha256,
                other.c.sha256,
                media_match.c.algorithm,
                media_match.c.distance,
                media_match.c.orientation,
                media_match.c.part,
                media_match.c.other_part,
            )
            .join(media_match, media_match.c.media_id == media.c.id)
            .join(other, other.c.id == media_match.c.other_media_id)
        )
        pairs = connection.execute(between.execution_options(yield_per=_ROWS))
        for left, right, algorithm, distance, orientation, part, other_part in pairs:
            yield FoundMatch(
                ContentSide(left),
                ContentSide(right),
                algorithm,
                distance,
                Orientation(orientation),
                whole=part == other_part == _WHOLE,
            )
