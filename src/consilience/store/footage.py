"""Fingerprints over time, and what they say: footage that two contents share, pictures that are frames.

One row a content, stream and algorithm holds all codes of it. Codes are found in an index under ids of their
own: the row's id, and the number of the code in it (`code_ids`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from consilience.model.footage import MOST_CODES, Look, TimedCodes, TimedFingerprint, encode_codes
from consilience.model.people import Scope
from consilience.store import journal
from consilience.store.dialects import as_given, given_ids, looking_up
from consilience.store.identity import new_public_id, now, portions
from consilience.store.journal import Followed
from consilience.store.schema import exhibit, footage_match, frame_match, media_file, timed_fingerprint
from consilience.store.scoping import in_cases

WHOLE: Final = 0.8
"""Share of a video's seconds from which a match is about the whole of it."""

_CODES_OF_ONE: Final = MOST_CODES.bit_length() - 1
"""Bits of a code's number within its row."""
_CONTENTS_AT_ONCE: Final = 100_000
_AT_ONCE: Final = 64
"""Rows that are read together: each may be megabytes."""
_LOOKS: Final = tuple(Look)


class Held(msgspec.Struct, frozen=True):
    """A timed fingerprint on record."""

    id: int
    media_id: int
    fingerprint: TimedFingerprint


class FootageMatch(msgspec.Struct, frozen=True):
    """Two contents that share footage, or sound. The one that came later is the first.

    Attributes:
        media_id, other_media_id: the contents.
        algorithm, version: what agrees.
        part, other_part: of which streams.
        orientation: what was done to the first to reach it; upright for sound.
        score: 0-1, of the best span.
        seconds, other_seconds: of each, in any span.
        share, other_share: of each one's duration, 0-1.
        spans: in builtin form of `linking.alignment.Span`.
    """

    media_id: int
    other_media_id: int
    algorithm: str
    version: str
    part: str
    other_part: str
    orientation: str
    score: float
    seconds: float
    other_seconds: float
    share: float
    other_share: float
    spans: tuple[Mapping[str, float], ...]


class FrameMatch(msgspec.Struct, frozen=True):
    """A picture that is a frame of a video: the nearest frame of it.

    Attributes:
        picture_id, part: the picture, or a preview in it.
        video_id, video_part: the video and its stream.
        at: microseconds at which the frame is shown.
        distance: bits that differ.
        orientation: what was done to the one that asked.
    """

    picture_id: int
    part: str
    video_id: int
    video_part: str
    at: int
    distance: int
    orientation: str


def code_ids(row_id: int, count: int) -> NDArray[np.int64]:
    """Ids under which an index holds the codes of a row: int64 (count,)."""
    return (np.int64(row_id) << _CODES_OF_ONE) + np.arange(count, dtype=np.int64)


def usable_codes(row_id: int, codes: TimedCodes, quality: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """What an index holds of a row: ids and codes of the moments of at least a quality."""
    usable = codes.qualities >= quality
    return code_ids(row_id, len(codes))[usable], np.ascontiguousarray(codes.codes[usable])


def rows_of(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What ids of codes say: the row's id, and the number within it."""
    return ids >> _CODES_OF_ONE, ids & (MOST_CODES - 1)


def rows_of_ranges(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """First and last row's id of each range of ids of codes."""
    return [(first >> _CODES_OF_ONE, last >> _CODES_OF_ONE) for first, last in ranges]


def add_timed(connection: Connection, found: Sequence[tuple[int, TimedFingerprint]]) -> None:
    """Record fingerprints of contents. What a stream has on record already grows by what is new.

    A later pass takes nothing away: all codes of both are kept, under the further look.
    """
    table = timed_fingerprint
    for media_id, one in found:
        codes = one.codes()
        row = connection.execute(
            select(table.c.id, table.c.look, table.c.duration, table.c.data).where(
                table.c.media_id == media_id,
                table.c.part == one.part,
                table.c.algorithm == one.algorithm,
                table.c.version == one.version,
            )
        ).first()
        before = 0
        values: dict[str, object] = {"look": one.look.value, "duration": one.duration, "decoder": one.decoder}
        if row is None:
            values |= {"media_id": media_id, "part": one.part, "algorithm": one.algorithm}
            values |= {"version": one.version, "count": len(codes), "data": one.data}
            connection.execute(insert(table), [values])
            row_id = connection.execute(
                select(table.c.id).where(
                    table.c.media_id == media_id,
                    table.c.part == one.part,
                    table.c.algorithm == one.algorithm,
                    table.c.version == one.version,
                )
            ).scalar_one()
        else:
            row_id, look, duration, data = row
            earlier = msgspec.structs.replace(one, data=data).codes()
            codes = earlier.merged(codes)
            before = len(earlier)
            if _LOOKS.index(Look(look)) >= _LOOKS.index(one.look):
                values |= {"look": look, "duration": duration}
            values |= {"count": len(codes), "data": encode_codes(codes)}
            connection.execute(update(table).where(table.c.id == row_id).values(values))
        ids = code_ids(row_id, max(before, len(codes)))
        journal.changed(connection, Followed.TIMED, ids.tolist())


def timed_of(
    connection: Connection, media_ids: Collection[int], algorithm: str, version: str
) -> Iterator[Held]:
    """The fingerprints of contents, by content and part."""
    table = timed_fingerprint
    for portion in portions(media_ids, _AT_ONCE):
        query = _held().where(
            table.c.media_id.in_(portion), table.c.algorithm == algorithm, table.c.version == version
        )
        yield from map(_as_held, connection.execute(query.order_by(table.c.media_id, table.c.part)))


def timed_everything(
    connection: Connection, algorithm: str, version: str, rows: Sequence[tuple[int, int]] | None = None
) -> Iterator[Held]:
    """The fingerprints of every content, by id; of these ranges of ids, if they are given."""
    table = timed_fingerprint
    query = _held().where(table.c.algorithm == algorithm, table.c.version == version).order_by(table.c.id)
    if rows is not None:
        query = query.where(or_(false(), *(table.c.id.between(*one) for one in rows)))
    yield from map(_as_held, connection.execute(query.execution_options(yield_per=_AT_ONCE)))


def timed_by_content(connection: Connection, algorithm: str, version: str) -> Iterator[list[Held]]:
    """The fingerprints of every content, those of one together, by content and part."""
    table = timed_fingerprint
    query = _held().where(table.c.algorithm == algorithm, table.c.version == version)
    query = query.order_by(table.c.media_id, table.c.part).execution_options(yield_per=_AT_ONCE)
    for _, rows in groupby(map(_as_held, connection.execute(query)), lambda one: one.media_id):
        yield list(rows)


def owners(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """The content of each row."""
    found: dict[int, int] = {}
    for portion in portions(ids):
        query = select(timed_fingerprint.c.id, timed_fingerprint.c.media_id)
        for row_id, media_id in connection.execute(query.where(timed_fingerprint.c.id.in_(portion))):
            found[row_id] = media_id
    return found


def timed_by_id(connection: Connection, ids: Collection[int]) -> dict[int, Held]:
    """Fingerprints by the id of their rows."""
    found: dict[int, Held] = {}
    for portion in portions(sorted(ids), _AT_ONCE):
        query = _held().where(timed_fingerprint.c.id.in_(portion))
        found.update((one.id, one) for one in map(_as_held, connection.execute(query)))
    return found


def timed_codes(
    connection: Connection,
    algorithm: str,
    version: str,
    within: Sequence[tuple[int, int]] | None = None,
) -> Iterator[tuple[int, str, TimedCodes]]:
    """Row id, part and codes of everything on record, by id: what an index is made from.

    Args:
        connection: the transaction.
        algorithm, version: of the codes.
        within: first and last id of codes of ranges; everything if None. Rows come whole.
    """
    table = timed_fingerprint
    query = (
        select(table.c.id, table.c.part, table.c.data)
        .where(table.c.algorithm == algorithm, table.c.version == version)
        .order_by(table.c.id)
    )
    if within is not None:
        query = query.where(or_(*(table.c.id.between(*one) for one in rows_of_ranges(within))))
    for rows in connection.execute(query.execution_options(yield_per=_AT_ONCE)).partitions(_AT_ONCE):
        for row_id, part, data in rows:
            held = TimedFingerprint(algorithm, version, part, Look.FULL, 0.0, "", data)
            yield row_id, part, held.codes()


def add_footage_matches(connection: Connection, found: Sequence[FootageMatch]) -> None:
    """Record matches; one of the same contents by the same algorithm is replaced by a better one only."""
    table = footage_match
    for match in found:
        of_these = (
            (table.c.media_id == match.media_id)
            & (table.c.other_media_id == match.other_media_id)
            & (table.c.algorithm == match.algorithm)
            & (table.c.version == match.version)
        )
        values = msgspec.to_builtins(match)
        row = connection.execute(select(table.c.id, table.c.score, table.c.seconds).where(of_these)).first()
        if row is None:
            connection.execute(insert(table).values(public_id=new_public_id(), found_at=now(), **values))
        elif (match.seconds, match.score) > (row.seconds, row.score):
            connection.execute(update(table).where(table.c.id == row.id).values(values))


def footage_matches(connection: Connection, media_ids: Collection[int]) -> list[FootageMatch]:
    """Matches in which any of these contents takes part, each once, longest first."""
    return _matches(connection, media_ids, footage_match.c.media_id, footage_match.c.other_media_id)


def footage_among(connection: Connection, media_ids: Collection[int]) -> list[FootageMatch]:
    """Matches of two of these contents, each once, longest first."""
    known = set(media_ids)
    found = _matches(connection, media_ids, footage_match.c.media_id)
    return [one for one in found if one.other_media_id in known]


def _matches(
    connection: Connection, media_ids: Collection[int], *sides: ColumnElement[int]
) -> list[FootageMatch]:
    found: dict[int, FootageMatch] = {}
    for portion in portions(media_ids, _CONTENTS_AT_ONCE):
        for side in sides:
            query = _matches_by(side, connection.dialect.name)
            with looking_up(connection):
                rows = connection.execute(query, as_given(connection, portion))
            for row in rows:
                found[row[0]] = msgspec.convert(row._mapping, FootageMatch, from_attributes=False)
    return sorted(found.values(), key=lambda one: (-one.seconds, one.media_id, one.other_media_id))


@cache
def _matches_by(side: ColumnElement[int], dialect: str) -> Select[*tuple[Any, ...]]:
    given = given_ids(dialect)
    columns = [footage_match.c[field.name] for field in msgspec.structs.fields(FootageMatch)]
    query = select(footage_match.c.id, *columns).select_from(given)
    return query.join(footage_match, side == given.c.value)


def forget_frames_of(connection: Connection, picture_ids: Collection[int]) -> None:
    """Drop the frame matches of pictures that are to be looked for anew."""
    for portion in portions(picture_ids):
        connection.execute(delete(frame_match).where(frame_match.c.picture_id.in_(portion)))


def add_frame_matches(connection: Connection, found: Sequence[FrameMatch]) -> None:
    """Record matches of pictures with frames; of a picture and a video the nearest frame is kept."""
    table = frame_match
    known: dict[tuple[int, str, int], tuple[int, int]] = {}
    for portion in portions({one.picture_id for one in found}):
        query = select(table.c.picture_id, table.c.part, table.c.video_id, table.c.id, table.c.distance)
        for picture, part, video, row_id, distance in connection.execute(
            query.where(table.c.picture_id.in_(portion))
        ):
            known[(picture, part, video)] = (row_id, distance)
    best: dict[tuple[int, str, int], FrameMatch] = {}
    for one in found:
        key = (one.picture_id, one.part, one.video_id)
        if key not in best or (one.distance, one.at) < (best[key].distance, best[key].at):
            best[key] = one
    rows = []
    for key, one in best.items():
        values = msgspec.structs.asdict(one)
        if key not in known:
            rows.append({"public_id": new_public_id(), "found_at": now(), **values})
        elif one.distance < known[key][1]:
            connection.execute(update(table).where(table.c.id == known[key][0]).values(values))
    if rows:
        connection.execute(insert(table), rows)


_IDS = bindparam("ids", type_=BigInteger, expanding=True)
_FRAMES = select(
    frame_match.c.id, *(frame_match.c[field.name] for field in msgspec.structs.fields(FrameMatch))
).where(or_(frame_match.c.picture_id.in_(_IDS), frame_match.c.video_id.in_(_IDS)))


def frame_matches(connection: Connection, media_ids: Collection[int]) -> list[FrameMatch]:
    """Matches of pictures with frames in which any of these contents takes part, nearest first."""
    found: dict[int, FrameMatch] = {}
    for portion in portions(media_ids):
        rows = connection.execute(_FRAMES, {"ids": portion})
        found.update((row[0], FrameMatch(*row[1:])) for row in rows)
    return sorted(found.values(), key=lambda one: (one.distance, one.picture_id, one.video_id))


def looks_of(connection: Connection, media_ids: Collection[int]) -> dict[int, Look]:
    """The furthest pass of each content that has timed fingerprints."""
    table = timed_fingerprint
    found: defaultdict[int, set[Look]] = defaultdict(set)
    for portion in portions(media_ids):
        query = select(table.c.media_id, table.c.look).where(table.c.media_id.in_(portion)).distinct()
        for media_id, look in connection.execute(query):
            found[media_id].add(Look(look))
    return {media_id: max(looks, key=_LOOKS.index) for media_id, looks in found.items()}


def footage_of_case(connection: Connection, scope: Scope, case_id: int) -> list[int]:
    """Contents of a case that have timed fingerprints, in the order of their first file in the case."""
    query = (
        select(media_file.c.media_id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .join(timed_fingerprint, timed_fingerprint.c.media_id == media_file.c.media_id)
        .where(exhibit.c.case_id == case_id, in_cases(scope, exhibit.c.case_id))
        .group_by(media_file.c.media_id)
        .order_by(func.min(media_file.c.id))
    )
    return [int(one) for one in connection.execute(query).scalars()]


def durations(connection: Connection, media_ids: Collection[int]) -> dict[int, float]:
    """Seconds that each content plays, as its fingerprints say."""
    table = timed_fingerprint
    found: dict[int, float] = {}
    for portion in portions(media_ids):
        query = select(table.c.media_id, table.c.duration).where(table.c.media_id.in_(portion))
        for media_id, duration in connection.execute(query):
            found[media_id] = max(duration, found.get(media_id, 0.0))
    return found


def _held() -> Select[*tuple[Any, ...]]:
    table = timed_fingerprint
    names = [field.name for field in msgspec.structs.fields(TimedFingerprint)]
    return select(table.c.id, table.c.media_id, *(table.c[name] for name in names))


def _as_held(row: Row[*tuple[Any, ...]]) -> Held:
    row_id, media_id, algorithm, version, part, look, duration, decoder, data = row
    fingerprint = TimedFingerprint(algorithm, version, part, Look(look), duration, decoder, data)
    return Held(row_id, media_id, fingerprint)
