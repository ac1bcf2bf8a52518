"""The frames of a stream, at the pace that a pass asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import Enum
from fractions import Fraction
from typing import Final, Literal

import av
import av.error
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from consilience.media.footage.clock import Clock
from consilience.media.footage.luma import picture
from consilience.media.pictures.contract import Pixels, in_words
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

_MOST_ERRORS: Final = 10_000
"""Packets of one stream that may be damaged before no further one is tried."""
_ALIVE_SECONDS: Final = 1.0
_PACKETS_A_LOOK: Final = 32
"""Packets from one look at the processor's clock to the next."""


class Pace(Enum):
    """Which frames are decoded."""

    KEY = "key"
    """Key frames only; where they follow each other closely, one in `KEY_STEP` seconds."""
    REFERENCE = "reference"
    """Frames that others refer to: those remain exactly what they are when the others are left out."""
    EVERY = "every"


KEY_STEP: Final = 2.0
"""Seconds from one key frame to the next, at least."""
_INTRA_STEP: Final = 0.25
"""The same for codecs that have key frames alone, when more than key frames is asked for."""


class Frame:
    """One decoded frame. It is held by the decoder's memory: take its picture, then let it go.

    Args:
        frame: PyAV's.
        time: microseconds from the beginning of the stream.
        number: of the frame among those that the decoder gave, from 0.
    """

    __slots__ = ("_frame", "number", "time")

    def __init__(self, frame: VideoFrame, time: int, number: int) -> None:
        self._frame = frame
        self.time = time
        self.number = number

    @property
    def is_key(self) -> bool:
        """Whether it can be decoded by itself."""
        return bool(self._frame.key_frame)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as displayed."""
        width, height = self._frame.width, self._frame.height
        return (height, width) if round(self._frame.rotation / 90) % 2 else (width, height)

    def picture(self, *, turned: bool = True) -> Pixels:
        """Its luma, or red, green and blue where it has none: as displayed, or as stored. See `luma`."""
        found = picture(self._frame)
        quarter_turns = round(self._frame.rotation / 90) % 4 if turned else 0
        return np.rot90(found, quarter_turns) if quarter_turns else found


class Watching:
    """One way through a stream. Iterate once, then ask what went wrong.

    Args:
        container: open, at its beginning.
        stream: one of its video streams.
        pace: which frames.
        limits: ``frames``, ``pixels`` and ``footage_seconds`` bound the stream.
        alive: called as the work goes on.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: VideoStream,
        pace: Pace,
        limits: Limits,
        alive: Callable[[], None],
    ) -> None:
        self._container = container
        self._stream = stream
        self._pace = pace
        self._limits = limits
        self._alive = alive
        self._errors = 0
        self._begun = time.process_time()
        self._next_key: float | None = None
        self._is_intra_only = stream.codec_context.codec.intra_only
        self._clock = Clock(stream.time_base or _MILLISECOND, stream.start_time, stream.average_rate)
        self.problem: Problem | None = None
        self.packets = 0
        self.frames = 0
        self.last = 0
        """The greatest time of a frame, microseconds."""

    @property
    def rate(self) -> float:
        """Stated frames a second; 25 where none is stated that can be."""
        stated = self._stream.average_rate or self._stream.base_rate
        return float(stated) if stated and stated > 0 else 25.0

    @property
    def frame_seconds(self) -> float:
        """Seconds of one frame at the stated rate."""
        return self._clock.frame / 1e6

    @property
    def broken_times(self) -> int:
        """Frames whose stated time was not believed."""
        return self._clock.broken

    def __iter__(self) -> Iterator[Frame]:
        context = self._stream.codec_context
        context.thread_count = 1
        context.skip_frame = _SKIPPED[self._pace]
        # Trap: a demuxer that is told to discard all but key frames would save reading, but FFmpeg's for MP4
        # then gives these the times of other frames.
        shown = time.monotonic()
        packets = self._container.demux(self._stream)
        while (packet := self._read(packets)) is not None:
            if time.monotonic() - shown > _ALIVE_SECONDS:
                self._alive()
                shown = time.monotonic()
            ends = packet.size == 0 and packet.dts is None
            if not ends:
                self.packets += 1
                if self._is_passed_over(packet):
                    # The limits are on what is read, too: an endless stream may have one key frame.
                    if self._is_over():
                        return
                    continue
            for frame in self._decoded(packet):
                if frame.width * frame.height > self._limits.pixels:
                    self.problem = Problem(ProblemCode.LIMIT_PIXELS, f"{frame.width} x {frame.height} pixels")
                    return
                at = self._clock.time(frame.pts, self.packets)
                self.last = max(self.last, at)
                yield Frame(frame, at, self.frames)
                self.frames += 1
            if ends or self._is_over():
                return

    def _read(self, packets: Iterator[Packet[VideoStream]]) -> Packet[VideoStream] | None:
        try:
            return next(packets, None)
        except (av.error.FFmpegError, ValueError, OverflowError) as error:
            self._fail(f"cut off at {self.last / 1e6:.1f} s: {in_words(error)}")
            return None

    def _decoded(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """The frames that come with a packet; damage costs these, not those that follow."""
        try:
            return packet.decode()
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError, OverflowError) as error:
            self._errors += 1
            if not isinstance(error, EOFError):
                self._fail(f"at {self.last / 1e6:.1f} s: {in_words(error)}")
            return []

    def _is_passed_over(self, packet: Packet[VideoStream]) -> bool:
        """Whether a packet need not be decoded. Of key frames that follow each other closely not all are."""
        if self._pace is Pace.EVERY:
            return False
        if self._pace is Pace.KEY and not packet.is_keyframe:  # not every decoder skips them itself
            return True
        if self._pace is Pace.REFERENCE and not self._is_intra_only:
            return False
        if packet.pts is None or packet.time_base is None:
            return False
        step = KEY_STEP if self._pace is Pace.KEY else _INTRA_STEP
        at = float(packet.pts * packet.time_base)
        if self._next_key is not None and self._next_key - 2 * step < at < self._next_key:
            return True
        self._next_key = at + step
        return False

    def _worked(self) -> float:
        return time.process_time() - self._begun

    def _is_over(self) -> bool:
        if self._errors > _MOST_ERRORS:
            return True
        # Trap: to ask for the processor's time may cost a tenth of what decoding a frame does.
        if self.packets % _PACKETS_A_LOOK == 1 and self._worked() > self._limits.footage_seconds:
            words = f"{self.last / 1e6:.0f} s of it in {self._limits.footage_seconds:g} s"
            self.problem = Problem(ProblemCode.LIMIT_TIME, words)
            return True
        if self.packets > self._limits.frames:
            self.problem = Problem(ProblemCode.LIMIT_FRAMES, f"more than {self._limits.frames} frames")
            return True
        return False

    def _fail(self, words: str) -> None:
        if self.problem is None:
            self.problem = Problem(ProblemCode.DAMAGED, words)


_MILLISECOND = Fraction(1, 1000)
_SKIPPED: dict[Pace, Literal["NONKEY", "NONREF", "DEFAULT"]] = {
    Pace.KEY: "NONKEY",
    Pace.REFERENCE: "NONREF",
    Pace.EVERY: "DEFAULT",
}
