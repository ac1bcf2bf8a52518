"""Black or plain bars around moving pictures, found because they never change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from consilience.media.pictures.contract import Pixels

_PLAIN = 40
"""Levels between the darkest and the brightest that a line of a bar has ever shown: noise of the codec."""
_SAMPLED = 256
"""Pixels of a line that are looked at."""
_LEAST_BAR = 0.02
"""Share of a side that bars must take; less is an edge that some cameras leave."""
_LEAST_PICTURE = 0.2
"""Share of a side that must be left, for it to be a picture between bars."""


class Box(Struct, frozen=True):
    """Rows ``top:bottom`` and columns ``left:right``: the picture between the bars."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, pixels: Pixels) -> Pixels:
        """A view of the pixels within."""
        return pixels[self.top : self.bottom, self.left : self.right]


class Bars:
    """Looks at one frame after another; what has been plain and the same in all of them is a bar."""

    def __init__(self) -> None:
        self._shape: tuple[int, ...] = ()
        self._rows = _Lines()
        self._columns = _Lines()
        self._edges = _Edges()

    def within(self, pixels: Pixels) -> Box | None:
        """Take a frame into account; gives the picture between the bars, None where there are none.

        Args:
            pixels: (height, width) or (height, width, 3).
        """
        grey = pixels if pixels.ndim == 2 else pixels[:, :, 1]
        if grey.shape != self._shape:
            self._shape = grey.shape
            self._rows, self._columns, self._edges = _Lines(), _Lines(), _Edges()
        if not self._edges.may_be_bars(grey):
            return None
        height, width = grey.shape
        across = grey[:, :: max(1, width // _SAMPLED)]
        down = grey[:: max(1, height // _SAMPLED)]
        top, bottom = self._rows.inner(across.min(axis=1), across.max(axis=1))
        left, right = self._columns.inner(down.min(axis=0), down.max(axis=0))
        if bottom - top < _LEAST_PICTURE * height or right - left < _LEAST_PICTURE * width:
            return None
        if height - (bottom - top) < _LEAST_BAR * height and width - (right - left) < _LEAST_BAR * width:
            return None
        return Box(top, bottom, left, right)


class _Edges:
    """The four outermost lines: where each has changed there are no bars, and no other need be looked at."""

    def __init__(self) -> None:
        self._least = np.full(4, 255)
        self._greatest = np.zeros(4, np.int64)

    def may_be_bars(self, grey: Pixels) -> bool:
        """Take a frame into account; whether any of the lines has always been plain and the same."""
        if (self._greatest - self._least > _PLAIN).all():
            return False
        lines = (grey[0], grey[-1], grey[:, 0], grey[:, -1])
        self._least = np.minimum(self._least, [int(line.min()) for line in lines])
        self._greatest = np.maximum(self._greatest, [int(line.max()) for line in lines])
        return bool((self._greatest - self._least <= _PLAIN).any())


class _Lines:
    """The extremes that each line along one axis has shown."""

    def __init__(self) -> None:
        self._least: npt.NDArray[np.uint8] | None = None
        self._greatest: npt.NDArray[np.uint8] | None = None

    def inner(self, least: npt.NDArray[np.uint8], greatest: npt.NDArray[np.uint8]) -> tuple[int, int]:
        """The first line that has changed, and the one behind the last."""
        if self._least is None or self._greatest is None:
            self._least, self._greatest = least, greatest
        else:
            self._least = np.minimum(self._least, least)
            self._greatest = np.maximum(self._greatest, greatest)
        lively = np.flatnonzero(self._greatest - self._least > _PLAIN)
        return (int(lively[0]), int(lively[-1]) + 1) if len(lively) else (0, 0)
