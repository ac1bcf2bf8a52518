"""Which videos share footage: moments that agree, weighed by how much they say, then aligned in time.

A moment says little where the picture stands still, for then it says the same as the moment before; where it
is common to many videos, as leaders and title cards are; and nothing where PDQ has too little to hold on to,
as in black. So a tie needs several different pictures in the right order, or a clip that agrees as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import replace

from consilience.linking.alignment import Alignment, Hits, Rules, Side, Span, align, aligned
from consilience.model.footage import MICROSECONDS, TimedCodes
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS

RULES: Final = Rules(tolerance=1.0, gap=5.0, evidence=1.5, support=0.25, whole=0.8, whole_evidence=0.45)
"""Seconds and worth of a span of frames."""

SAME_PICTURE: Final = 12
"""Bits up to which a frame shows what an earlier one of its video showed: nothing new."""
_BEFORE: Final = 64
"""Different pictures back to which a frame is compared."""
_FEW: Final = 4
"""Videos that may share a frame without its being called common."""
CLOSE_BITS: Final = 64
"""Bits at which two codes would not be close at all; those that match are at most half as far apart."""
STILL_ALIKE: Final = 2 * PDQ_RADIUS
"""Bits up to which two moments go on with a span: there may be a moment between them that matches both."""
_STEP: Final = 1.0
_MOST_STEPS: Final = 32
"""Seconds from one to the next of the moments for which a run stands, and how many it stands for at most."""


class Stream(Struct, frozen=True, eq=False):
    """A video stream, ready to be aligned.

    Attributes:
        side: its moments, those of a run several times.
        first: int64 (codes,), the first moment of each code.
        count: int64 (codes,), how many moments each code has.
        words: uint64 (moments, 4), the code of each moment.
    """

    side: Side
    first: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    words: npt.NDArray[np.uint64]


def stream(codes: TimedCodes, duration: float, common: npt.NDArray[np.int64] | None = None) -> Stream:
    """A stream from its codes.

    Args:
        codes: its fingerprint.
        duration: seconds.
        common: int64 (codes,), how many other videos each code is found in, where that is known.
    """
    usable = codes.qualities >= PDQ_MIN_QUALITY
    worth = np.where(usable, 1.0, 0.0)
    if common is not None and usable.any():
        # A film that is held forty times has no frame that is rarer: common is what exceeds the film's own.
        usual = max(float(np.median(common[usable])), _FEW)
        worth *= np.minimum(1.0, usual / np.maximum(common, 1))
    begins, ends = codes.begins / MICROSECONDS, codes.ends / MICROSECONDS
    count = np.where(ends > begins, np.minimum(2 + (ends - begins) // _STEP, _MOST_STEPS), 1).astype(np.int64)
    first = np.cumsum(count) - count
    row = np.repeat(np.arange(len(codes)), count)
    place = np.arange(len(row)) - first[row]
    times = begins[row] + (ends - begins)[row] * place / np.maximum(count[row] - 1, 1)
    shown = _pictures(codes.codes, usable)
    moments_of = np.bincount(shown[row], minlength=int(shown.max(initial=0)) + 1)
    worth = worth[row] / moments_of[shown[row]]
    words = np.ascontiguousarray(codes.codes).view(np.uint64).reshape(len(codes), -1)
    return Stream(Side(times, worth, duration), first, count, words[row])


def shared(
    here: Stream,
    there: Stream,
    asked: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
    distance: npt.NDArray[np.int64],
) -> Alignment | None:
    """The spans that two streams share; None where there are none that count.

    Args:
        here, there: the streams.
        asked, found: int64 (n,), codes of the one and the other that match.
        distance: int64 (n,), bits in which they differ.
    """
    rows: list[npt.NDArray[np.int64]] = []
    others: list[npt.NDArray[np.int64]] = []
    closeness: list[npt.NDArray[np.float64]] = []
    single = (here.count[asked] == 1) & (there.count[found] == 1)
    rows.append(here.first[asked[single]])
    others.append(there.first[found[single]])
    closeness.append(1 - distance[single] / CLOSE_BITS)
    for a, b, bits in zip(asked[~single], found[~single], distance[~single], strict=True):
        mine = here.first[a] + np.arange(here.count[a])
        theirs = there.first[b] + np.arange(there.count[b])
        rows.append(np.repeat(mine, len(theirs)))
        others.append(np.tile(theirs, len(mine)))
        closeness.append(np.full(len(mine) * len(theirs), 1 - bits / CLOSE_BITS))
    hits = Hits(np.concatenate(rows), np.concatenate(others), np.concatenate(closeness))
    tie = align(here.side, there.side, hits, RULES)
    if tie is None:
        return None
    return aligned((_reaching(here, there, one, tie.spans) for one in tie.spans), here.side, there.side)


def _reaching(here: Stream, there: Stream, span: Span, spans: tuple[Span, ...]) -> Span:
    """A span as far as the streams stay alike beyond the moments that match.

    Where a camera moves fast, two samplings of the same second differ by more than codes that match may: what
    matches gives the line, and along it less is enough.
    """
    others = [one for one in spans if one is not span]
    begin = _reached(here, there, span, -1, [one.end for one in others if one.end <= span.begin])
    end = _reached(here, there, span, 1, [one.begin for one in others if one.begin >= span.end])
    # What is only alike could have agreed, and did not: it is said.
    times = here.side.times[here.side.worth > 0]
    passed = ((times >= begin) & (times < span.begin)) | ((times > span.end) & (times <= end))
    return replace(
        span,
        begin=begin,
        end=end,
        possible=span.possible + int(passed.sum()),
        other_begin=max(0.0, span.other_begin + span.speed * (begin - span.begin)),
        other_end=min(
            max(there.side.duration, span.other_end), span.other_end + span.speed * (end - span.end)
        ),
    )


def _reached(here: Stream, there: Stream, span: Span, way: int, stops: list[float]) -> float:
    """Where an end of a span gets to, going outward: its beginning (`way` -1) or its end (1)."""
    edge = span.begin if way < 0 else span.end
    offset = span.other_begin - span.speed * span.begin
    ends = (here.side.duration, (there.side.duration - offset) / span.speed)
    limit = max(0.0, -offset / span.speed, *stops) if way < 0 else min(*ends, *stops)
    beyond = (way * here.side.times > way * edge) & (way * here.side.times <= way * limit)
    last, unlike = edge, None
    for row in np.flatnonzero(beyond & (here.side.worth > 0))[::way]:
        time = float(here.side.times[row])
        if _is_alike(here.words[row], there, span.speed * time + offset):
            last, unlike = time, None
        elif unlike is None:
            unlike = time
        if unlike is not None and abs(time - last) > RULES.tolerance:
            break
    if last == edge:
        return edge
    if unlike is not None:
        return (last + unlike) / 2
    return limit if abs(limit - last) <= RULES.tolerance else last


def _is_alike(words: npt.NDArray[np.uint64], there: Stream, time: float) -> bool:
    """Whether a moment is still alike to one of another stream at about a time."""
    first, last = np.searchsorted(there.side.times, [time - RULES.tolerance, time + RULES.tolerance])
    beside = there.words[first:last][there.side.worth[first:last] > 0]
    return bool((np.bitwise_count(beside ^ words).sum(axis=1) <= STILL_ALIKE).any())


def swapped(spans: tuple[Mapping[str, float], ...]) -> tuple[dict[str, float], ...]:
    """Spans in builtin form as the other stream sees them."""
    turned = [
        {
            **span,
            "begin": span["other_begin"],
            "end": span["other_end"],
            "other_begin": span["begin"],
            "other_end": span["end"],
            "speed": 1 / span["speed"],
        }
        for span in spans
    ]
    return tuple(sorted(turned, key=lambda one: (one["begin"], one["other_begin"])))


def _pictures(codes: npt.NDArray[np.uint8], usable: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Which picture each code shows: int64 (codes,); a code near one of the latest shows that one."""
    shown = np.zeros(len(codes), np.int64)
    words = np.ascontiguousarray(codes).view(np.uint64)
    latest = np.empty((_BEFORE, words.shape[1]), np.uint64)
    named = np.empty(_BEFORE, np.int64)
    count = 0
    for row in range(len(words)):
        if usable[row]:
            held = min(count, _BEFORE)
            bits = np.bitwise_count(latest[:held] ^ words[row]).sum(axis=1)
            nearest = int(bits.argmin()) if held else -1
            if held and bits[nearest] <= SAME_PICTURE:
                shown[row] = named[nearest]
                continue
        # What says nothing is a picture of its own: it takes nothing from the worth of another.
        shown[row] = count
        latest[count % _BEFORE] = words[row]
        named[count % _BEFORE] = count
        count += 1
    return shown
