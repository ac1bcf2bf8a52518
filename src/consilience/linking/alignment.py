"""Alignment in time: from moments of two streams that agree to the spans of one in the other.

Whatever the codes are, of frames or of sound, a shared piece of footage is a straight line: the moment `t` of
one is the moment ``speed * t + offset`` of the other. Footage that was cut, put in another order or joined
with other footage gives several. A line is found by votes for offsets at a few speeds, is then fitted to what
agrees near it, and grows as long as more does.

What a span is worth is counted in moments that say something, on each side by itself, and the lesser count
holds: a still picture that agrees with a thousand moments of the other side is one agreement.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

SLOWEST: Final = 0.8
FASTEST: Final = 1.25
"""Speeds, seconds there for a second here, between which a span may run."""

_SPEEDS: Final = (1.0, 1.06, 0.944, 1.12, 0.893, 1.185, 0.844, FASTEST, SLOWEST)
"""Speeds that are voted for; a fit then moves each by up to the half of a step."""
_ENOUGH: Final = 0.7
"""Share of everything that could agree; what reaches it at equal speed is not tried at others."""
_SEGMENT: Final = 40.0
"""Seconds for which the votes at other speeds hold together."""
_MOST_SPANS: Final = 32
_MOST_FITS: Final = 12
_SLACK: Final = 1e-6


class Side(msgspec.Struct, frozen=True, eq=False):
    """One of two streams, as the moments that it has codes of.

    Attributes:
        times: float64 (n,), seconds, never falling.
        worth: float64 (n,), 0-1: how much an agreement at this moment says. 0 for a moment that says nothing
            (black, silent), little for one that is common to many streams or like the moment before.
        duration: seconds that the stream plays.
    """

    times: Floats
    worth: Floats
    duration: float


class Hits(msgspec.Struct, frozen=True, eq=False):
    """Moments that agree, as three arrays of one length, in any order.

    Attributes:
        here: int64 (n,), rows of the one side.
        there: int64 (n,), rows of the other.
        closeness: float64 (n,), above 0 to 1, for codes that are equal.
    """

    here: Rows
    there: Rows
    closeness: Floats


class Rules(msgspec.Struct, frozen=True):
    """What counts as a span.

    Attributes:
        tolerance: seconds that a hit may lie off its line, such as the half of the steps between moments.
        gap: seconds without agreement that end a span, where both sides had moments that could have agreed.
        evidence: worth of moments that a span needs.
        support: share of the moments of a span that must agree, on the side where more of them do.
        whole: share of either stream from which a span that covers it needs `whole_evidence` only: a short
            clip may hold little more than one picture, and be the same clip all the same.
        whole_evidence: see `whole`.
    """

    tolerance: float
    gap: float
    evidence: float
    support: float
    whole: float = 1.0
    whole_evidence: float = math.inf


class Span(msgspec.Struct, frozen=True):
    """A piece of the one stream that is a piece of the other.

    Attributes:
        begin, end: seconds in the one.
        other_begin, other_end: seconds in the other.
        speed: seconds of the other for a second of the one.
        agreeing: moments that agree, on the side where the share of them is greater.
        possible: moments of that side within the span that say something.
        evidence: worth of the agreement: of the moments that agree, on the side where they are worth less.
        closeness: mean closeness of the moments that agree, 0-1.
    """

    begin: float
    end: float
    other_begin: float
    other_end: float
    speed: float
    agreeing: int
    possible: int
    evidence: float
    closeness: float

    @property
    def score(self) -> float:
        """0-1: the share of moments that agree, less where they are few or say little."""
        return self.agreeing / self.possible * self.evidence / (self.evidence + 1)


class Alignment(msgspec.Struct, frozen=True):
    """How two streams agree in time.

    Attributes:
        spans: by their beginning in the one, then in the other; at least one.
        seconds: of the one, in any span.
        other_seconds: of the other.
        share: `seconds` of the one's duration, 0-1.
        other_share: `other_seconds` of the other's duration, 0-1.
    """

    spans: tuple[Span, ...]
    seconds: float
    other_seconds: float
    share: float
    other_share: float

    @property
    def score(self) -> float:
        """0-1: of the best span."""
        return max(span.score for span in self.spans)


def align(here: Side, there: Side, hits: Hits, rules: Rules) -> Alignment | None:
    """The spans that two streams share; None where there is none that counts.

    Args:
        here, there: the streams.
        hits: moments of them that agree; those that say nothing do not count.
        rules: what counts as a span.
    """
    value = hits.closeness * np.minimum(here.worth[hits.here], there.worth[hits.there])
    left = _Points(
        here.times[hits.here], there.times[hits.there], hits.here, hits.there, value, hits.closeness
    ).of(value > 0)
    spans: list[Span] = []
    while len(left.value) and len(spans) < _MOST_SPANS:
        line = _grown(left, _voted(left, rules), rules)
        found = _spans(here, there, left.of(line.near(left, rules.tolerance)), line, rules)
        if not found:
            break
        spans += found
        for span in found:
            left = left.of(~_explained(left, span, rules))
    return aligned(spans, here, there) if spans else None


def aligned(spans: Iterable[Span], here: Side, there: Side) -> Alignment:
    """How two streams agree that have these spans, at least one, in common."""
    ordered = tuple(sorted(spans, key=lambda one: (one.begin, one.other_begin)))
    seconds = _covered([(one.begin, one.end) for one in ordered])
    other_seconds = _covered([(one.other_begin, one.other_end) for one in ordered])
    return Alignment(
        ordered,
        seconds,
        other_seconds,
        _share(seconds, here.duration),
        _share(other_seconds, there.duration),
    )


class _Points(msgspec.Struct, frozen=True, eq=False):
    """Hits in the plane of the two times."""

    here: Floats
    there: Floats
    here_row: Rows
    there_row: Rows
    value: Floats
    closeness: Floats

    def of(self, chosen: npt.NDArray[np.bool_]) -> _Points:
        return _Points(
            self.here[chosen],
            self.there[chosen],
            self.here_row[chosen],
            self.there_row[chosen],
            self.value[chosen],
            self.closeness[chosen],
        )


class _Line(msgspec.Struct, frozen=True):
    speed: float
    offset: float
    begin: float
    end: float

    def there(self, here: float) -> float:
        return self.speed * here + self.offset

    def here(self, there: float) -> float:
        return (there - self.offset) / self.speed

    def near(self, points: _Points, tolerance: float) -> npt.NDArray[np.bool_]:
        off = np.abs(points.there - self.speed * points.here - self.offset)
        return (off <= tolerance) & (points.here >= self.begin) & (points.here <= self.end)


def _voted(points: _Points, rules: Rules) -> _Line:
    """The offset, at one of the speeds, for which most is said."""
    possible = _by_row(points.here_row, points.value)
    best, line = -1.0, _Line(1.0, 0.0, 0.0, 0.0)
    for speed in _SPEEDS:
        votes, found = _best_offset(points, speed, rules.tolerance)
        # A speed of its own has to say clearly more than the plain one.
        if votes > best * (1.0 if best < 0 else 1.1) + (0.0 if best < 0 else 0.5):
            best, line = votes, found
        if best >= _ENOUGH * possible:
            break
    return line


def _best_offset(points: _Points, speed: float, tolerance: float) -> tuple[float, _Line]:
    offsets = points.there - speed * points.here
    segment = np.zeros(len(offsets), np.int64)
    if speed != 1.0:
        segment = np.floor(points.here / _SEGMENT).astype(np.int64)
    best, line = -1.0, _Line(speed, 0.0, 0.0, 0.0)
    for shift in (0.0, tolerance):
        window = np.floor((offsets + shift) / (2 * tolerance)).astype(np.int64)
        order = np.lexsort((points.value, points.here_row, segment, window))
        keys = [key[order] for key in (window, segment, points.here_row)]
        value = points.value[order]
        # Of the hits of one moment in one window, the last is the closest.
        changes = [key[1:] != key[:-1] for key in keys]
        last = np.append(changes[0] | changes[1] | changes[2], True)
        of_window = np.append(True, (changes[0] | changes[1])[last[:-1]]) if len(value) else last
        starts = np.flatnonzero(of_window[: int(last.sum())])
        totals = np.add.reduceat(value[last], starts)
        most = int(np.argmax(totals))
        if totals[most] > best:
            at = np.flatnonzero(last)[starts[most]]
            chosen = (window == keys[0][at]) & (segment == keys[1][at])
            inside = points.of(chosen)
            middle = float(np.average(offsets[chosen], weights=inside.value))
            best = float(totals[most])
            line = _Line(speed, middle, float(inside.here.min()), float(inside.here.max()))
    return best, line


def _grown(points: _Points, line: _Line, rules: Rules) -> _Line:
    """The line fitted to what agrees near it, and made longer at both ends while that changes anything."""
    reach = max(rules.gap, _SEGMENT / 2)
    for _ in range(_MOST_FITS):
        wide = _Line(line.speed, line.offset, line.begin - reach, line.end + reach)
        near = points.of(wide.near(points, rules.tolerance))
        if not len(near.value):
            return line
        fitted = _fitted(near, rules.tolerance)
        if fitted == line:
            break
        line = fitted
    return _Line(line.speed, line.offset, line.begin - reach, line.end + reach)


def _fitted(points: _Points, tolerance: float) -> _Line:
    """A weighted least-squares line; of equal speed where they are too few or too near it to say another."""
    weight = np.square(points.value)
    begin, end = float(points.here.min()), float(points.here.max())
    mean_here, mean_there = (float(np.average(one, weights=weight)) for one in (points.here, points.there))
    away = points.here - mean_here
    spread = float(np.sum(weight * away * away))
    speed = 1.0
    if len(np.unique(points.here_row)) >= 4 and len(np.unique(points.there_row)) >= 4 and spread > 0:
        slope = float(np.sum(weight * away * (points.there - mean_there))) / spread
        if abs(slope - 1.0) * (end - begin) >= tolerance:
            speed = min(max(slope, SLOWEST), FASTEST)
    return _Line(speed, mean_there - speed * mean_here, begin, end)


def _spans(here: Side, there: Side, near: _Points, line: _Line, rules: Rules) -> list[Span]:
    """What agrees along a line, parted where it stops agreeing for too long."""
    agreed_here, agreed_there = np.unique(near.here_row), np.unique(near.there_row)
    mapped = (there.times - line.offset) / line.speed
    agreed = np.sort(np.concatenate([here.times[agreed_here], mapped[agreed_there]]))
    silent = _contradictions(
        _silent(here, agreed_here, here.times, line, there.duration),
        _silent(there, agreed_there, mapped, line, there.duration),
        rules.tolerance,
    )
    wide = np.flatnonzero(np.diff(agreed) > rules.gap).tolist()
    contradicted = [at for at in wide if _any_between(silent, agreed[at], agreed[at + 1])]
    cuts = [0, *(at + 1 for at in contradicted), len(agreed)]
    spans = (
        _span(here, there, near, line, rules, agreed[first:last], silent)
        for first, last in pairwise(cuts)
        if last > first
    )
    return [one for one in spans if one is not None]


def _silent(side: Side, agreed: Rows, times: Floats, line: _Line, other_duration: float) -> Floats:
    """Moments, in the time of the one stream, that say something, lie in both streams, and did not agree."""
    silent = side.worth > 0
    silent[agreed] = False
    there = line.speed * times + line.offset
    return times[silent & (times >= 0) & (there >= 0) & (there <= other_duration)]


def _contradictions(here: Floats, there: Floats, tolerance: float) -> Floats:
    """Silent moments that could have agreed with one of the other side, where that is silent too.

    A moment between the few key frames of the other side contradicts nothing.
    """
    return np.sort(np.concatenate([_beside(here, there, tolerance), _beside(there, here, tolerance)]))


def _beside(times: Floats, others: Floats, tolerance: float) -> Floats:
    others = np.sort(others)
    after = np.searchsorted(others, times - tolerance)
    return times[np.append(others, np.inf)[after] <= times + tolerance]


def _span(
    here: Side, there: Side, near: _Points, line: _Line, rules: Rules, agreed: Floats, silent: Floats
) -> Span | None:
    slack = rules.tolerance + _SLACK
    mine = near.of((near.here >= agreed[0] - slack) & (near.here <= agreed[-1] + slack))
    if not len(mine.value):
        return None
    begin = _edge(float(agreed[0]), silent[silent < agreed[0]][-1:], max(0.0, line.here(0.0)), rules.gap)
    end = _edge(
        float(agreed[-1]),
        silent[silent > agreed[-1]][:1],
        min(here.duration, line.here(there.duration)),
        rules.gap,
    )
    evidence = min(_by_row(mine.here_row, mine.value), _by_row(mine.there_row, mine.value))
    other_begin, other_end = line.there(begin), line.there(end)
    counts = [
        (len(np.unique(rows)), _saying(side, first, last))
        for side, rows, first, last in (
            (here, mine.here_row, begin, end),
            (there, mine.there_row, other_begin, other_end),
        )
    ]
    agreeing, possible = max(counts, key=lambda one: one[0] / max(one))
    possible = max(agreeing, possible)
    covered = max(_share(end - begin, here.duration), _share(other_end - other_begin, there.duration))
    needed = rules.evidence if covered < rules.whole else min(rules.evidence, rules.whole_evidence)
    if evidence < needed or agreeing < rules.support * possible:
        return None
    return Span(
        begin=begin,
        end=end,
        other_begin=max(0.0, other_begin),
        other_end=max(other_begin, min(other_end, max(there.duration, float(mine.there.max())))),
        speed=line.speed,
        agreeing=agreeing,
        possible=possible,
        evidence=evidence,
        closeness=_closest(mine),
    )


def _edge(agreed: float, silent: Floats, limit: float, gap: float) -> float:
    """Where a span ends: half-way to the next moment that did not agree, or at the end of a stream."""
    if len(silent) and abs(silent[0] - agreed) <= abs(limit - agreed):
        limit = (agreed + float(silent[0])) / 2
    outward = max(min(limit - agreed, gap), -gap)
    return agreed + outward


def _explained(points: _Points, span: Span, rules: Rules) -> npt.NDArray[np.bool_]:
    """Hits between the two pieces of a span, on its line or beside it."""
    slack = rules.tolerance
    return (
        (points.here >= span.begin - slack)
        & (points.here <= span.end + slack)
        & (points.there >= span.other_begin - slack)
        & (points.there <= span.other_end + slack)
    )


def _by_row(rows: Rows, value: Floats) -> float:
    """The sum over moments of the greatest value that each has."""
    order = np.lexsort((value, rows))
    last = np.append(rows[order][1:] != rows[order][:-1], True)
    return float(value[order][last].sum())


def _closest(points: _Points) -> float:
    """The mean over moments of the closest hit of each, as `_by_row` counts them."""
    return _by_row(points.here_row, points.closeness) / len(np.unique(points.here_row))


def _any_between(times: Floats, first: float, last: float) -> bool:
    return bool(((times > first) & (times < last)).any())


def _saying(side: Side, first: float, last: float) -> int:
    """Moments between two times that say something."""
    inside = (side.times >= first - _SLACK) & (side.times <= last + _SLACK)
    return int((inside & (side.worth > 0)).sum())


def _covered(pieces: list[tuple[float, float]]) -> float:
    """Seconds in any of the pieces."""
    total, reached = 0.0, -np.inf
    for begin, end in sorted(pieces):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return float(total)


def _share(seconds: float, duration: float) -> float:
    return min(1.0, seconds / duration) if duration > 0 else 1.0
