"""Moving pictures among the picture formats: animated GIF, WebP, AVIF and PNG, by Pillow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from PIL import Image

from consilience.media.pictures.by_pillow import guarded, open_image, to_pixels
from consilience.media.pictures.contract import Pixels, in_words
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

ANIMATED: Final = frozenset({"image/gif", "image/webp", "image/avif", "image/png"})
"""Types of which a file may hold frames that follow each other in time."""

_MOST_PIXELS: Final = 20_000_000_000
"""Pixels of all frames of one file that are decoded: some minutes of work."""
_ALIVE_SECONDS: Final = 1.0
_USUAL: Final = 100
"""Thousandths of a second for which a frame is shown that states no time, as viewers do."""


class Moment(NamedTuple):
    """One frame: microseconds at which it is shown, and its pixels as displayed."""

    time: int
    pixels: Pixels


class Animation:
    """One way through an animated picture. Iterate once, then ask how long it was and what went wrong.

    Args:
        data: the whole file.
        media_type: one of `ANIMATED`.
        limits: ``frames`` and ``pixels`` bound it.
        alive: called as the work goes on.
    """

    def __init__(self, data: bytes, media_type: str, limits: Limits, alive: Callable[[], None]) -> None:
        self._data = data
        self._media_type = media_type
        self._limits = limits
        self._alive = alive
        self.duration = 0
        """Microseconds that the frames play that were given so far."""
        self.problem: Problem | None = None

    def __iter__(self) -> Iterator[Moment]:
        """The frames.

        Raises:
            Undecodable: the file cannot be opened.
        """
        image = open_image(self._data, self._media_type, self._limits)
        count = int(getattr(image, "n_frames", 1))
        most = min(self._limits.frames, _MOST_PIXELS // max(1, image.width * image.height))
        shown = time.monotonic()
        for number in range(min(count, most)):
            if time.monotonic() - shown > _ALIVE_SECONDS:
                self._alive()
                shown = time.monotonic()
            moment = self._moment(image, number)
            if moment is None:
                return
            yield moment
        if count > most:
            self.problem = Problem(ProblemCode.LIMIT_FRAMES, f"{most} of {count} frames")

    def _moment(self, image: Image.Image, number: int) -> Moment | None:
        at = self.duration
        try:
            with guarded(self._limits):
                image.seek(number)
                image.load()
                pixels, _ = to_pixels(image)
        except MemoryError:
            raise
        except Exception as error:  # plug-ins raise nearly every type
            self.problem = Problem(ProblemCode.DAMAGED, f"frame {number}: {in_words(error)}")
            return None
        stated = image.info.get("duration")
        milliseconds = stated if isinstance(stated, int | float) and 0 < stated <= 1e9 else _USUAL
        self.duration += round(milliseconds * 1000)
        return Moment(at, pixels)
