"""Matching of videos, both ways: with each other in time, frames with list entries, frames with pictures."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from consilience.fingerprints import vpdq
from consilience.fingerprints.pdq import Pdq
from consilience.index.contract import Hits, Searchable
from consilience.linking.alignment import Alignment
from consilience.linking.footage import Stream, shared, stream, swapped
from consilience.model.examination import ORIENTATIONS, Orientation
from consilience.model.footage import TimedCodes, part_at
from consilience.model.matching import Agreement, Basis
from consilience.services.nearest import among_nearest, nearest
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS
from consilience.store import contents, footage, matches
from consilience.store.footage import FootageMatch, FrameMatch, Held
from consilience.store.matches import EntryMatch

VIDEOS_KEPT: Final = 256
"""Videos of each case with which one video, or one picture, is matched at most: those with most frames in
common."""
PICTURES_KEPT: Final = 256
"""Pictures of each case that are recorded as frames of one video at most: the nearest."""

_ASKED_AT_ONCE, _LEAST_AT_ONCE = 256, 4
_HITS_AT_ONCE: Final = 1_000_000
_MOST_OF_ONE: Final = 4096
"""Codes that one frame may find and still be looked at in each: one that finds more is too common to tell."""
_LEAST_HITS: Final = 2
"""Frames that must agree before two streams are aligned; fewer will do where one has few."""
_STREAMS_KEPT: Final = 256
_VERSION: Final = Pdq.version


class Asked(msgspec.Struct, frozen=True, eq=False):
    """Codes of one stream that ask in one orientation."""

    held: Held
    codes: TimedCodes
    orientation: Orientation
    rows: NDArray[np.int64]  # of the codes good enough to be matched


class Found(msgspec.Struct, frozen=True, eq=False):
    """What the codes of one stream found, as columns."""

    row: NDArray[np.int64]  # of the code that asked
    id: NDArray[np.int64]
    distance: NDArray[np.int64]


class _Streams:
    """Streams on record, ready to be aligned; the latest are kept."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: OrderedDict[int, tuple[Held, Stream]] = OrderedDict()

    def of(self, row_ids: Collection[int]) -> Iterator[tuple[int, Held, Stream]]:
        """The streams of rows, in the order of their ids."""
        missing = [one for one in row_ids if one not in self._kept]
        for row_id, held in footage.timed_by_id(self._connection, missing).items():
            self._kept[row_id] = (held, stream(held.fingerprint.codes(), held.fingerprint.duration))
        for row_id in sorted(row_ids):
            if row_id in self._kept:
                self._kept.move_to_end(row_id)
                yield row_id, *self._kept[row_id]
        while len(self._kept) > _STREAMS_KEPT:
            self._kept.popitem(last=False)


def match(
    connection: Connection,
    media_ids: Collection[int],
    *,
    entries: Searchable,
    held: Searchable,
    frames: Searchable,
) -> None:
    """Match contents that were just recorded: videos among them with everything held, pictures with videos.

    A video asks for those recorded before and after it: it may have got further codes after they came.

    Args:
        connection: the transaction.
        media_ids: contents.
        entries, held, frames: codes of list entries, of held pictures, and of held videos.
    """
    streams = _Streams(connection)
    by_content: defaultdict[int, list[Held]] = defaultdict(list)
    for one in footage.timed_of(connection, media_ids, vpdq.NAME, vpdq.VERSION):
        by_content[one.media_id].append(one)
    for of_one in by_content.values():
        asked = list(asked_of(of_one))
        _with_entries(connection, entries, asked)
        _with_pictures(connection, held, asked)
        _with_videos(connection, frames, asked, streams)
    _pictures_with_frames(connection, frames, media_ids)


def match_entries(connection: Connection, index: Searchable) -> list[EntryMatch]:
    """Match the frames of every held video with entries; gives what is new.

    Args:
        connection: the transaction.
        index: codes of the entries.
    """
    fresh: list[EntryMatch] = []
    for one in footage.timed_everything(connection, vpdq.NAME, vpdq.VERSION):
        fresh += _with_entries(connection, index, list(asked_of([one])))
    return fresh


def asked_of(of_one: Sequence[Held]) -> Iterator[Asked]:
    """What the fingerprints of one content ask with, upright and mirrored."""
    for one in of_one:
        part = one.fingerprint.part
        if part.endswith(vpdq.AS_PACKAGED):
            continue
        codes = one.fingerprint.codes()
        mirrored = part.endswith(vpdq.MIRRORED)
        orientation = Orientation.FLIPPED_HORIZONTALLY if mirrored else Orientation.UPRIGHT
        yield Asked(one, codes, orientation, np.flatnonzero(codes.qualities >= PDQ_MIN_QUALITY))


def _search(index: Searchable, one: Asked) -> Iterator[Found]:
    """What the codes of a stream find, a few codes at a time where they find very much."""
    begin, few = 0, _ASKED_AT_ONCE
    while begin < len(one.rows):
        rows = one.rows[begin : begin + few]
        hits: Hits = index.search(np.ascontiguousarray(one.codes.codes[rows]), PDQ_RADIUS)
        yield Found(rows[hits.query], hits.id, hits.distance.astype(np.int64))
        begin += len(rows)
        few = min(2 * few, _ASKED_AT_ONCE) if len(hits) < _HITS_AT_ONCE else max(few // 4, _LEAST_AT_ONCE)


def _with_entries(connection: Connection, entries: Searchable, asked: Sequence[Asked]) -> list[EntryMatch]:
    """Record the nearest frame to each entry; gives what is new."""
    best: dict[int, tuple[int, int, EntryMatch]] = {}
    for one in asked:
        part = stream_part(one.held)
        for found in _search(entries, one):
            order = np.lexsort((found.row, found.distance, found.id))
            ids = found.id[order]
            first = order[np.append(True, ids[1:] != ids[:-1])[: len(ids)]]
            for row, entry_id, distance in _columns(found, first):
                at = int(one.codes.begins[row])
                if entry_id in best and best[entry_id][:2] <= (distance, at):
                    continue
                agreement = Agreement(Basis.PDQ, _VERSION, distance, one.orientation)
                match = EntryMatch(one.held.media_id, part_at(part, at), entry_id, agreement)
                best[entry_id] = (distance, at, match)
    return matches.add_entry_matches(connection, [one for _, _, one in best.values()])


def _with_pictures(connection: Connection, held: Searchable, asked: Sequence[Asked]) -> None:
    """Record the pictures that are frames of a video."""
    best: dict[int, tuple[int, int, Asked]] = {}
    for one in asked:
        for found in _search(held, one):
            order = np.lexsort((found.row, found.distance, found.id))
            ids = found.id[order]
            first = order[np.append(True, ids[1:] != ids[:-1])[: len(ids)]]
            for row, picture, distance in _columns(found, first):
                key = (distance, int(one.codes.begins[row]))
                if picture not in best or key < best[picture][:2]:
                    best[picture] = (*key, one)
    nearest_first = sorted(best, key=lambda picture: (best[picture][:2], picture))
    owners = contents.owners(connection, nearest_first)
    recorded = []
    for fingerprint_id in nearest_first:
        distance, at, one = best[fingerprint_id]
        picture, part = owners[fingerprint_id]
        if picture != one.held.media_id:
            recorded.append(
                FrameMatch(
                    picture, part, one.held.media_id, stream_part(one.held), at, distance, one.orientation
                )
            )
    kept = among_nearest(connection, (one.picture_id for one in recorded), PICTURES_KEPT)
    footage.add_frame_matches(connection, [one for one in recorded if one.picture_id in kept])


def _pictures_with_frames(connection: Connection, frames: Searchable, media_ids: Collection[int]) -> None:
    """Record the videos of which a picture is a frame."""
    footage.forget_frames_of(connection, media_ids)
    for codes in contents.codes(connection, version=_VERSION, media_ids=media_ids):
        for best in nearest(frames, codes):
            rows, numbers = footage.rows_of(best.id)
            streams = footage.timed_by_id(connection, set(rows.tolist()))
            decoded = {row_id: one.fingerprint.codes() for row_id, one in streams.items()}
            found: defaultdict[int, dict[int, FrameMatch]] = defaultdict(dict)
            for place, (row, _, distance, turn) in enumerate(best.rows()):
                video = streams[int(rows[place])]
                at = int(decoded[video.id].begins[numbers[place]])
                picture, part = int(codes.media_ids[row]), codes.parts[row]
                if video.media_id == picture:
                    continue
                # The nearest comes first.
                found[row].setdefault(
                    video.media_id,
                    FrameMatch(
                        picture, part, video.media_id, stream_part(video), at, distance, ORIENTATIONS[turn]
                    ),
                )
            for of_row in found.values():
                kept = among_nearest(connection, of_row, VIDEOS_KEPT)
                footage.add_frame_matches(
                    connection, [of_row[video_id] for video_id in of_row if video_id in kept]
                )


def _with_videos(
    connection: Connection, frames: Searchable, asked: Sequence[Asked], streams: _Streams
) -> None:
    """Record the videos with which a video shares footage."""
    best: dict[int, tuple[Alignment, Asked, Held]] = {}
    for one in asked:
        found = found_by(frames, one)
        rows, numbers = footage.rows_of(found.id)
        owners = footage.owners(connection, np.unique(rows).tolist())
        owner = np.array([owners[row] for row in rows.tolist()], np.int64)
        other = owner != one.held.media_id
        asking, rows, numbers = found.row[other], rows[other], numbers[other]
        distance, owner = found.distance[other], owner[other]
        here = stream(one.codes, one.held.fingerprint.duration, _commonness(asking, owner, len(one.codes)))
        candidates = _candidates(connection, asking, rows, owners, few=len(one.rows))
        for row_id, held, there in streams.of(candidates):
            these = rows == row_id
            found_there = shared(here, there, asking[these], numbers[these], distance[these])
            if found_there is None:
                continue
            before = best.get(held.media_id)
            if before is None or _rank(found_there) > _rank(before[0]):
                best[held.media_id] = (found_there, one, held)
    ranked = sorted(best.values(), key=lambda one: (*_rank(one[0]), -one[2].media_id), reverse=True)
    kept = among_nearest(connection, (held.media_id for _, _, held in ranked), VIDEOS_KEPT)
    footage.add_footage_matches(connection, [_match(*one) for one in ranked if one[2].media_id in kept])


def found_by(index: Searchable, one: Asked) -> Found:
    """All that the codes of a stream find, without those that find more than can be looked at."""
    empty = np.empty(0, np.int64)
    parts = [Found(empty, empty, empty), *_search(index, one)]
    row, id, distance = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "id", "distance")
    )
    few = np.bincount(row, minlength=1)[row] <= _MOST_OF_ONE if len(row) else np.empty(0, bool)
    return Found(row[few], id[few], distance[few])


def _commonness(asking: NDArray[np.int64], owner: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """In how many other videos each code is found: int64 (count,)."""
    pairs = np.unique(np.stack([asking, owner], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=count).astype(np.int64)


def _candidates(
    connection: Connection,
    asking: NDArray[np.int64],
    rows: NDArray[np.int64],
    owners: Mapping[int, int],
    *,
    few: int,
) -> list[int]:
    """Streams with which enough frames agree, those with most first."""
    pairs = np.unique(np.stack([rows, asking], axis=1), axis=0)
    ids, frames = np.unique(pairs[:, 0], return_counts=True)
    enough = frames >= (_LEAST_HITS if few > _LEAST_HITS else 1)
    ids, frames = ids[enough], frames[enough]
    ranked: list[int] = ids[np.lexsort((ids, -frames))].tolist()
    kept = among_nearest(connection, (owners[one] for one in ranked), 2 * VIDEOS_KEPT)
    return [one for one in ranked if owners[one] in kept]


def _rank(one: Alignment) -> tuple[float, float]:
    return one.seconds, one.score


def _match(found: Alignment, asked: Asked, other: Held) -> FootageMatch:
    """The match as it is recorded: the content that came later is the first."""
    spans: tuple[dict[str, float], ...] = tuple(msgspec.to_builtins(span) for span in found.spans)
    mine, theirs = (
        (asked.held.media_id, asked.held.fingerprint.part),
        (other.media_id, other.fingerprint.part),
    )
    seconds = (found.seconds, found.share), (found.other_seconds, found.other_share)
    if mine[0] < theirs[0]:
        mine, theirs, seconds, spans = theirs, mine, seconds[::-1], swapped(spans)
    return FootageMatch(
        media_id=mine[0],
        other_media_id=theirs[0],
        algorithm=vpdq.NAME,
        version=vpdq.VERSION,
        part=mine[1].removesuffix(vpdq.MIRRORED),
        other_part=theirs[1].removesuffix(vpdq.MIRRORED),
        orientation=asked.orientation.value,
        score=round(found.score, 6),
        seconds=seconds[0][0],
        other_seconds=seconds[1][0],
        share=seconds[0][1],
        other_share=seconds[1][1],
        spans=spans,
    )


def stream_part(held: Held) -> str:
    """The stream of a fingerprint, whatever was done to its frames."""
    return held.fingerprint.part.partition("/")[0]


def _columns(found: Found, places: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    yield from zip(
        found.row[places].tolist(), found.id[places].tolist(), found.distance[places].tolist(), strict=True
    )
