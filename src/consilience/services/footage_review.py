"""Look at the videos of a case: how far each was examined, shared footage, pictures that are frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec
from sqlalchemy import Connection

from consilience.fingerprints import chromaprint, vpdq
from consilience.linking.alignment import Span
from consilience.linking.footage import CLOSE_BITS, swapped
from consilience.linking.stacks import Pair
from consilience.model.examination import Orientation
from consilience.model.footage import MICROSECONDS, Look
from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.store import events, footage, records
from consilience.store.footage import WHOLE, FootageMatch
from consilience.store.records import FileRecord, MediaRecord


class Video(msgspec.Struct, frozen=True):
    """A video or sound, with the files of it that the viewer may see.

    Attributes:
        look: the furthest pass that it has been through.
        seconds: that it plays.
    """

    media: MediaRecord
    files: tuple[FileRecord, ...]
    look: Look
    seconds: float


class SharedFootage(msgspec.Struct, frozen=True):
    """Two contents that share footage or sound, one of them in the case.

    Attributes:
        algorithm, version: what agrees.
        orientation: what was done to the one to reach the other.
        score: 0-1, of the best span.
        share, other_share: of each one's duration that is in the other.
        spans: seconds in the one and in the other, with how many moments agree.
        common: of sound, in how many recordings that the viewer may see these seconds of the one are heard
            too, this one among them; what is common to many weighs less.
    """

    one: Video
    other: Video
    algorithm: str
    version: str
    orientation: Orientation
    score: float
    share: float
    other_share: float
    spans: tuple[Span, ...]
    common: int = 0


class FrameOf(msgspec.Struct, frozen=True):
    """A picture that is a frame of a video.

    Attributes:
        second: at which the nearest frame is shown.
        distance: bits that differ.
        orientation: what was done to the one to reach the other.
    """

    picture: MediaRecord
    picture_files: tuple[FileRecord, ...]
    video: Video
    second: float
    distance: int
    orientation: Orientation


class FootageOfCase(msgspec.Struct, frozen=True):
    """What is on record of the videos of a case.

    Attributes:
        videos: in the order of their first files.
        shared: longest first.
        frames: nearest first.
    """

    videos: tuple[Video, ...]
    shared: tuple[SharedFootage, ...]
    frames: tuple[FrameOf, ...]


@service(Permission.LOOK)
def footage_of_case(holdings: Holdings, actor: Actor, case: str) -> FootageOfCase:
    """The videos of a case, and what they share with each other, with other videos, and with pictures.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        record = case_named(connection, actor, case)
        ids = footage.footage_of_case(connection, scope, record.id)
        place = {one: number for number, one in enumerate(ids)}
        shared = footage.footage_matches(connection, ids)
        pictures = records.pictures_of_case(connection, scope, record.id)
        frames = footage.frame_matches(connection, [*ids, *pictures])
        others = {one.media_id for one in shared} | {one.other_media_id for one in shared}
        others |= {one.picture_id for one in frames} | {one.video_id for one in frames} | place.keys()
        media = records.media_by_id(connection, sorted(others))
        files = records.files_of(connection, scope, sorted(others))
        looks = footage.looks_of(connection, sorted(others))
        seconds = footage.durations(connection, sorted(others))
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="footage", case_id=record.id)

    def video(media_id: int) -> Video:
        return Video(media[media_id], tuple(files[media_id]), looks[media_id], seconds[media_id])

    # What lies in no file that the viewer may see is not there.
    visible = [one for one in shared if files.get(one.media_id) and files.get(one.other_media_id)]
    heard = _heard(visible)
    # Not by id, which tells what came first, perhaps in a case that the viewer may not see.
    ties = [_shared(one, video, place, heard) for one in visible]
    ties.sort(key=lambda one: (-max(_seconds(one)), one.one.media.sha256, one.other.media.sha256))
    frames.sort(key=lambda one: (one.distance, media[one.picture_id].sha256, media[one.video_id].sha256))
    return FootageOfCase(
        videos=tuple(video(one) for one in ids),
        shared=tuple(ties),
        frames=tuple(
            FrameOf(
                picture=media[one.picture_id],
                picture_files=tuple(files[one.picture_id]),
                video=video(one.video_id),
                second=one.at / MICROSECONDS,
                distance=one.distance,
                orientation=Orientation(one.orientation),
            )
            for one in frames
            if files.get(one.picture_id) and files.get(one.video_id)
        ),
    )


def rendition_pairs(connection: Connection, media_ids: Collection[int]) -> Iterator[Pair]:
    """Videos that are each other's footage from beginning to end; the distance is the mean of their frames'.

    Args:
        connection: the transaction.
        media_ids: contents; both of a pair are among them.
    """
    for one in footage.footage_among(connection, media_ids):
        if min(one.share, one.other_share) >= WHOLE and one.algorithm == vpdq.NAME:
            yield Pair(one.media_id, one.other_media_id, _mean_bits(one), Orientation(one.orientation))


Heard = Mapping[int, Collection[tuple[int, float, float]]]
"""Of each content the other recordings that share sound with it, and between which of its seconds."""


def _shared(
    one: FootageMatch, video: Callable[[int], Video], place: Mapping[int, int], heard: Heard
) -> SharedFootage:
    """Seen from the content of the case; of two, from the one whose first file in it is later."""
    first, second = one.media_id, one.other_media_id
    share, other_share, spans = one.share, one.other_share, one.spans
    if place.get(first, -1) < place.get(second, -1):
        first, second, share, other_share = second, first, other_share, share
        spans = swapped(spans)
    in_both = heard.get(first, ()) if one.algorithm == chromaprint.NAME else ()
    return SharedFootage(
        one=video(first),
        other=video(second),
        algorithm=one.algorithm,
        version=one.version,
        orientation=Orientation(one.orientation),
        score=one.score,
        share=share,
        other_share=other_share,
        spans=tuple(msgspec.convert(span, Span, strict=False) for span in spans),
        common=max((_recordings(in_both, span["begin"], span["end"]) for span in spans), default=0),
    )


def _seconds(one: SharedFootage) -> tuple[float, float]:
    mine = sum(span.end - span.begin for span in one.spans)
    return mine, sum(span.other_end - span.other_begin for span in one.spans)


def _heard(shared: Collection[FootageMatch]) -> Heard:
    found: defaultdict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for one in shared:
        if one.algorithm == chromaprint.NAME:
            for span in one.spans:
                found[one.media_id].append((one.other_media_id, span["begin"], span["end"]))
                found[one.other_media_id].append((one.media_id, span["other_begin"], span["other_end"]))
    return found


def _recordings(heard: Collection[tuple[int, float, float]], begin: float, end: float) -> int:
    """Recordings that share at least half of these seconds."""
    half = (end - begin) / 2
    return len({other for other, first, last in heard if min(last, end) - max(first, begin) >= half})


def _mean_bits(one: FootageMatch) -> int:
    weight = sum(span["agreeing"] for span in one.spans)
    closeness = sum(span["closeness"] * span["agreeing"] for span in one.spans) / weight
    return round((1 - closeness) * CLOSE_BITS)
