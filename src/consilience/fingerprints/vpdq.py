"""vPDQ: the PDQ codes of a video's frames, with their qualities and times.

Source of the idea and of the exchange format: facebook/ThreatExchange, ``vpdq/``. The package hashes every
n-th frame, n being the frames of a second, which means decoding all. Here a pass chooses the frames that cost
least: a first look takes key frames; a full pass takes those again and the frames next to each second among
those that others refer to. Frames that are taken have the bits that PDQ gives them; luma is taken as it lies,
which differs from the package's way over RGB by at most 4 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

import numpy as np
from msgspec import Struct

from consilience.fingerprints import pdq_codes, pdq_operator
from consilience.fingerprints.contract import EXACT, PictureCodes, Pixels, as_fingerprint
from consilience.fingerprints.pdq import SMALLEST, Pdq
from consilience.media.footage.animation import Animation
from consilience.media.footage.bars import Bars
from consilience.media.footage.container import DECODER, Footage, opened
from consilience.media.footage.facts import footage_clues
from consilience.media.footage.frames import KEY_STEP, Frame, Pace, Watching
from consilience.media.pictures.contract import Undecodable
from consilience.model.examination import ORIENTATIONS, Clue, Fingerprint, Orientation
from consilience.model.footage import (
    MOST_CODES,
    VPDQ,
    VPDQ_VERSION,
    Look,
    TimedCodes,
    TimedFingerprint,
    encode_codes,
)
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

NAME: Final = VPDQ
VERSION: Final = VPDQ_VERSION
CODE_BYTES: Final = 32

WITHIN_BARS: Final = "/within-bars"
"""Ends the part of codes taken without the bars around the picture."""
MIRRORED: Final = "/mirrored"
"""Ends the part of codes of the mirrored frames: they are asked for, never found."""
AS_PACKAGED: Final = "/vpdq"
"""Ends the part of codes as the ``vpdq`` package takes them: its frames, its times, pixels as stored."""

STEP: Final = 250_000
"""Microseconds between the moments for which a full pass looks for a frame. At every second one it keeps the
nearest; in between, only where the picture has changed."""
CHANGED: Final = 16
"""Bits that a frame between two seconds must differ by from the one kept last."""

_PACES: Final = {
    Look.FIRST: Pace.KEY,
    Look.FULL: Pace.REFERENCE,
    Look.EXACT: Pace.EVERY,
    Look.EVERY: Pace.EVERY,
}
_SECOND: Final = 1_000_000
_BELIEVABLE: Final = 30 * 86_400
"""Seconds of a stated duration that are believed while the end was not seen."""
_MISSING: Final = 2.0
"""Seconds that may be missing from the stated duration."""
_MIRROR: Final = ORIENTATIONS.index(Orientation.FLIPPED_HORIZONTALLY)
_PDQ: Final = Pdq()
_COSINES: Final = pdq_codes.cosines().astype(np.float64)


class Watched(Struct, frozen=True):
    """What a pass over a file of moving pictures gives.

    Attributes:
        timed: fingerprints of its streams.
        covers: fingerprints of attached pictures, as ``preview:N``.
        clues: facts of the container.
        width, height: of the first stream as displayed.
        frames: of the first stream, as far as they were counted or are stated.
        problem: the first that was met.
    """

    timed: tuple[TimedFingerprint, ...]
    covers: tuple[Fingerprint, ...]
    clues: tuple[Clue, ...]
    width: int
    height: int
    frames: int
    problem: Problem | None


def watch(file: BinaryIO, media_type: str, look: Look, limits: Limits, alive: Callable[[], None]) -> Watched:
    """Fingerprint the moving pictures of a file. Hostile bytes: call only in a sandboxed worker.

    Args:
        file: seekable; read from its beginning.
        media_type: as `consilience.media.sniff.sniff` tells it.
        look: which pass. A first look at a stream without key frames becomes a full pass of it.
        limits: what the worker may use.
        alive: called as the work goes on.

    Raises:
        Undecodable: it cannot be opened, or not one frame can be decoded of a file that states some.
    """
    views: list[_View] = []
    with opened(file, media_type, limits) as footage:
        count = len(footage.streams)
        clues = tuple(footage_clues(footage))
        if count and not footage.covers:
            views.append(_viewed(footage, 0, look, limits, alive))
        covers, cover_problem = _covers(footage)
    for number in range(len(views), count):
        with opened(file, media_type, limits) as footage:
            views.append(_viewed(footage, number, look, limits, alive))
    if look is Look.FIRST:
        for number, view in enumerate(views):
            if not view.times:
                with opened(file, media_type, limits) as footage:
                    views[number] = _viewed(footage, number, Look.FULL, limits, alive)
    seen = [one for one in views if one.times]
    problem = next((one.problem for one in views if one.problem), cover_problem)
    if views and not seen:
        raise Undecodable(problem or Problem(ProblemCode.DAMAGED, "not one frame could be decoded"))
    first = seen[0] if seen else None
    return Watched(
        timed=tuple(record for one in seen for record in one.records()),
        covers=covers,
        clues=clues,
        width=first.width if first else 0,
        height=first.height if first else 0,
        frames=first.frames if first else 0,
        problem=problem,
    )


def watch_animation(
    data: bytes, media_type: str, limits: Limits, alive: Callable[[], None]
) -> tuple[tuple[TimedFingerprint, ...], Problem | None]:
    """Fingerprint the frames of an animated picture. Hostile bytes: call only in a sandboxed worker.

    Frames are decoded one after the other in any case: those are kept that differ from the one kept before,
    and one a second.

    Args:
        data: the whole file.
        media_type: one of `animation.ANIMATED`.
        limits: what the worker may use.
        alive: called as the work goes on.

    Returns:
        The fingerprints, and what ended them early.

    Raises:
        Undecodable: it cannot be opened.
    """
    view = _View(0, Look.FULL)
    animation = Animation(data, media_type, limits, alive)
    next_kept = 0
    for moment in animation:
        view.keep(moment.time, moment.pixels, changed=moment.time < next_kept)
        if view.times and view.times[-1] == moment.time:
            next_kept = moment.time + _SECOND
        if len(view.times) >= MOST_CODES:
            break
    view.duration = min(animation.duration / _SECOND, 1e9)
    return tuple(view.records()), animation.problem


class _Codes:
    """Codes of one kind, as they are collected."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.codes: list[bytes] = []
        self.qualities: list[int] = []

    def add(self, time: int, code: bytes, quality: int) -> None:
        self.times.append(time)
        self.codes.append(code)
        self.qualities.append(quality)

    def encoded(self) -> bytes:
        codes = np.frombuffer(b"".join(self.codes), np.uint8).reshape(-1, CODE_BYTES)
        return encode_codes(
            TimedCodes.of(np.array(self.times, np.int64), codes, np.array(self.qualities, np.uint8))
        )


class _View:
    """What one pass over one stream collects."""

    def __init__(self, number: int, look: Look) -> None:
        self.part = f"video:{number}"
        self.look = look
        self.width = self.height = self.frames = 0
        self.duration = 0.0
        self.problem: Problem | None = None
        self._kept: dict[str, _Codes] = {}
        self._bars = Bars()
        self._last: bytes | None = None

    @property
    def times(self) -> list[int]:
        """Of the frames that were kept."""
        found = self._kept.get(AS_PACKAGED if self.look is Look.EXACT else "")
        return found.times if found else []

    def records(self) -> list[TimedFingerprint]:
        return [
            TimedFingerprint(
                NAME, VERSION, self.part + suffix, self.look, self.duration, DECODER, kept.encoded()
            )
            for suffix, kept in self._kept.items()
        ]

    def see(self, frame: Frame) -> None:
        """Note the size, from the first frame."""
        if not self.width:
            self.width, self.height = frame.size

    def keep(self, time: int, pixels: Pixels, *, changed: bool = False) -> None:
        """Take a frame's codes; with `changed`, only if it differs from the one before."""
        found = _frame_codes(pixels)
        upright = found.codes[0].tobytes()
        if changed and self._last is not None and _distance(upright, self._last) < CHANGED:
            return
        self._last = upright
        self._add("", time, upright, found.quality)
        self._add(MIRRORED, time, found.codes[_MIRROR].tobytes(), found.quality)
        if (box := self._bars.within(pixels)) is not None:
            inner = _frame_codes(box.of(pixels))
            self._add(WITHIN_BARS, time, inner.codes[0].tobytes(), inner.quality)

    def keep_as_packaged(self, frame: Frame, time: int) -> None:
        """Take the upright code of the pixels as stored, at the time that the package would give it."""
        found = _frame_codes(frame.picture(turned=False))
        self._add(AS_PACKAGED, time, found.codes[0].tobytes(), found.quality)

    def _add(self, suffix: str, time: int, code: bytes, quality: int) -> None:
        self._kept.setdefault(suffix, _Codes()).add(time, code, quality)


def _viewed(footage: Footage, number: int, look: Look, limits: Limits, alive: Callable[[], None]) -> _View:
    view = _View(number, look)
    stream = footage.streams[number]
    watching = Watching(footage.container, stream, _PACES[look], limits, alive)
    _CHOICES[look](watching, view)
    view.problem = watching.problem
    stated = 0.0
    if stream.duration is not None and stream.time_base:
        stated = float(stream.duration * stream.time_base)
    elif footage.container.duration is not None:
        stated = footage.container.duration / 1e6
    played = watching.last / 1e6 + watching.frame_seconds
    if look is Look.FIRST:
        view.duration = max(played, stated) if 0 < stated <= _BELIEVABLE else played
        view.frames = max(stream.frames, watching.packets)
    else:
        view.duration = played
        view.frames = watching.packets
        if view.problem is None and stated - played > max(_MISSING, 0.05 * stated):
            words = f"the stream ends after {played:.1f} of {stated:.1f} s"
            view.problem = Problem(ProblemCode.DAMAGED, words)
    view.duration = max(0.0, min(view.duration, 1e9))
    view.frames = min(max(0, view.frames), (1 << 32) - 1)
    if len(view.times) >= MOST_CODES and view.problem is None:
        view.problem = Problem(ProblemCode.LIMIT_FRAMES, f"more than {MOST_CODES} fingerprints")
    return view


def _every(watching: Watching, view: _View) -> None:
    for frame in watching:
        view.see(frame)
        view.keep(frame.time, frame.picture())
        if len(view.times) >= MOST_CODES:
            return


def _nearest_to_each_second(watching: Watching, view: _View) -> None:
    """Key frames as a first look takes them, and the nearest frame to each moment that is asked for."""
    before: Frame | None = None
    kept = -1
    wanted = 0
    next_key = 0
    for frame in watching:
        view.see(frame)
        while wanted <= frame.time:
            nearest = frame
            if before is not None and wanted - before.time < frame.time - wanted:
                nearest = before
            if nearest.number > kept:
                view.keep(nearest.time, nearest.picture(), changed=wanted % _SECOND != 0)
                kept = nearest.number
            # Where no frame comes for a while, one moment stands for all of them.
            wanted = max(wanted + STEP, (frame.time - STEP) // STEP * STEP)
        if frame.is_key and frame.time >= next_key:
            if frame.number > kept:
                view.keep(frame.time, frame.picture())
                kept = frame.number
            next_key = frame.time + round(KEY_STEP * _SECOND)
        before = frame
        if len(view.times) >= MOST_CODES:
            return
    if before is not None and before.number > kept:
        view.keep(before.time, before.picture(), changed=True)


def _as_packaged(watching: Watching, view: _View) -> None:
    """Each frame whose number is a multiple of the whole frames of a second, at its number over the rate."""
    rate = watching.rate
    step = max(1, int(rate))
    for frame in watching:
        view.see(frame)
        if frame.number % step == 0:
            view.keep_as_packaged(frame, round(frame.number / rate * _SECOND))
        if len(view.times) >= MOST_CODES:
            return


_CHOICES: Final = {
    Look.FIRST: _every,
    Look.FULL: _nearest_to_each_second,
    Look.EXACT: _as_packaged,
    Look.EVERY: _every,
}


def _covers(footage: Footage) -> tuple[tuple[Fingerprint, ...], Problem | None]:
    """Pictures that are attached, such as a cover or a thumbnail."""
    found: list[Fingerprint] = []
    wanted = {stream.index for stream in footage.covers}
    if not wanted:
        return (), None
    for packet in footage.container.demux(footage.covers):
        if packet.stream.index not in wanted:
            break
        try:
            frames = packet.decode()
        except Exception as error:  # hostile bytes: a cover that cannot be had costs nothing else
            return tuple(found), Problem(ProblemCode.DAMAGED, f"an attached picture: {type(error).__name__}")
        for frame in frames[:1]:
            wanted.discard(packet.stream.index)
            codes = _PDQ.fingerprint(Frame(frame, 0, 0).picture())
            part = f"preview:{len(found)}"
            found.append(as_fingerprint(_PDQ, codes, part=part, decode_path=EXACT, decoder=DECODER))
        if not wanted:
            break
    return tuple(found), None


def _frame_codes(pixels: Pixels) -> PictureCodes:
    """PDQ of a frame, without repeating the reference's roundings where these could decide a bit.

    Luma differs from the package's way over RGB by more than that, and repeating takes ten times as long.
    """
    if min(pixels.shape[:2]) < SMALLEST:
        return _PDQ.fingerprint(pixels)
    blocks = pdq_operator.blocks(pixels)
    quality, _ = pdq_codes.quality(blocks[0, 0])
    return PictureCodes(pdq_codes.codes(_COSINES @ blocks @ _COSINES.T), quality)


def _distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
