"""What one content shares in time with others, seen from that one: footage, sound, pictures as frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection

from consilience.fingerprints import vpdq
from consilience.linking.footage import CLOSE_BITS, swapped
from consilience.linking.stacks import inverse
from consilience.model.examination import Orientation
from consilience.model.footage import MICROSECONDS
from consilience.model.matching import Basis
from consilience.store import footage
from consilience.store.footage import FootageMatch, FrameMatch


class SharedSpan(msgspec.Struct, frozen=True):
    """Seconds of this content and of the other that agree; a picture is one moment, 0 to 0.

    Attributes:
        speed: seconds of the other for a second of this one.
    """

    begin: float
    end: float
    other_begin: float
    other_end: float
    speed: float


class Tie(msgspec.Struct, frozen=True):
    """Another content with which one shares seconds.

    Attributes:
        other: internal id of that content.
        basis: the algorithm that agrees.
        distance: bits in which the frames differ, in the mean; None for sound.
        orientation: what is done to this one to reach the other.
        part, other_part: of which streams.
        share, other_share: of each one's duration, 0-1; None where it is about one frame.
        spans: by their beginning in this one.
    """

    other: int
    basis: str
    distance: int | None
    orientation: Orientation
    part: str
    other_part: str
    share: float | None
    other_share: float | None
    spans: tuple[SharedSpan, ...]


def ties_of(connection: Connection, media_id: int) -> list[Tie]:
    """All ties of a content.

    They are not filtered: whoever shows them leaves out the contents that the viewer may not see.
    """
    found = [_footage(one, media_id) for one in footage.footage_matches(connection, [media_id])]
    return found + [_frame(one, media_id) for one in footage.frame_matches(connection, [media_id])]


def in_order(ties: Iterable[Tie], digest_of: Mapping[int, bytes]) -> list[Tie]:
    """Shared footage and sound, longest first; then frames, nearest first.

    Among equals by digest, not by id: that tells which came first, perhaps where the viewer may not see it.
    """

    def rank(one: Tie) -> tuple[bool, float, bytes]:
        is_frame = one.share is None
        nearness = one.distance or 0 if is_frame else -sum(span.end - span.begin for span in one.spans)
        return is_frame, nearness, digest_of[one.other]

    return sorted(ties, key=rank)


def _footage(one: FootageMatch, media_id: int) -> Tie:
    distance = _mean_bits(one.spans) if one.algorithm == vpdq.NAME else None
    if one.media_id == media_id:
        return Tie(
            one.other_media_id, one.algorithm, distance, Orientation(one.orientation),
            one.part, one.other_part, one.share, one.other_share, _spans(one.spans),
        )  # fmt: skip
    return Tie(
        one.media_id, one.algorithm, distance, inverse(Orientation(one.orientation)),
        one.other_part, one.part, one.other_share, one.share, _spans(swapped(one.spans)),
    )  # fmt: skip


def _frame(one: FrameMatch, media_id: int) -> Tie:
    # The stored turn is the picture's; that of a video that asked is its own inverse.
    second, turn = one.at / MICROSECONDS, Orientation(one.orientation)
    if one.picture_id == media_id:
        span = SharedSpan(0.0, 0.0, second, second, 1.0)
        return Tie(one.video_id, Basis.PDQ, one.distance, turn, one.part, one.video_part, None, None, (span,))
    span = SharedSpan(second, second, 0.0, 0.0, 1.0)
    return Tie(
        one.picture_id, Basis.PDQ, one.distance, inverse(turn), one.video_part, one.part, None, None, (span,)
    )


def _spans(found: tuple[Mapping[str, float], ...]) -> tuple[SharedSpan, ...]:
    spans = (SharedSpan(**{name: one[name] for name in SharedSpan.__struct_fields__}) for one in found)
    return tuple(sorted(spans, key=lambda one: (one.begin, one.other_begin)))


def _mean_bits(spans: tuple[Mapping[str, float], ...]) -> int:
    weight = sum(one["agreeing"] for one in spans)
    closeness = sum(one["closeness"] * one["agreeing"] for one in spans) / weight
    return round((1 - closeness) * CLOSE_BITS)
