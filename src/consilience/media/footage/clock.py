"""When a frame is shown: from what the file says, or, where it says nonsense, from its place in the file."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_FORWARD: Final = 6 * 3600 * 1_000_000
"""Microseconds that one frame may lie after another; more is a broken time."""
_BACKWARD: Final = 10 * 1_000_000
"""Microseconds that a frame may lie before one that was given out earlier: times are sorted later."""
_USUAL_RATE: Final = Fraction(25)


class Clock:
    """Turns the times of one stream's frames into microseconds from its beginning.

    A time that is missing, or that jumps hours ahead or back, is not believed: the frame is put one frame's
    length behind the one before it, times how many packets lie between, and the clock goes on from there.

    Args:
        time_base: seconds of the stream's unit.
        start: the stream's stated beginning, in units; the first frame's time where it states none.
        rate: stated frames a second.
    """

    def __init__(self, time_base: Fraction, start: int | None, rate: Fraction | None) -> None:
        self._unit = time_base * 1_000_000
        self._origin = start
        usable = rate if rate is not None and 0 < rate <= 1000 else _USUAL_RATE
        self._frame = Fraction(1_000_000) / usable
        self._last = 0
        self._last_packet = 0
        self._shift = 0
        self._any = False
        self.broken = 0

    @property
    def frame(self) -> float:
        """Microseconds of one frame at the stated rate."""
        return float(self._frame)

    def time(self, pts: int | None, packet: int) -> int:
        """The time of a frame.

        Args:
            pts: as the decoder gives it, in the stream's units.
            packet: how many packets of the stream were read before the one that the frame came with.
        """
        counted = self._last + round(self._frame * max(1, packet - self._last_packet)) if self._any else 0
        told: int | None = None
        if pts is not None:
            if self._origin is None:
                self._origin = pts
            told = round((pts - self._origin) * self._unit) + self._shift
        if told is None:
            self.broken += 1
            told = counted
        elif not self._last - _BACKWARD <= told <= self._last + _FORWARD:
            self.broken += 1
            self._shift += counted - told
            told = counted
        self._last, self._last_packet, self._any = told, packet, True
        return told
