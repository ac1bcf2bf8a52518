"""What every picture decoder takes and gives."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from consilience.model.examination import Clue
from consilience.model.locator import printable_text
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

Pixels = NDArray[np.uint8]
"""(height, width) grey or (height, width, 3) RGB, C-contiguous, as displayed."""

EXACT = "exact"
"""Decode path of pixels that are the picture's own at full size."""

MAX_PREVIEWS = 8
"""Embedded previews of one file that are decoded."""
MAX_PREVIEW_PIXELS = 16_000_000
"""Pixels of an embedded preview; a larger one is left out."""

_DETAIL_LENGTH = 200


class Undecodable(Exception):  # noqa: N818 - a typed result that ends a decode
    """Not one pixel of the content can be had.

    Args:
        problem: why.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"{problem.code}: {problem.detail}")


class Preview(Struct, frozen=True, eq=False):
    """A smaller picture inside the file.

    Attributes:
        index: from 0, in the order found.
        pixels: as displayed.
        source: where it stands, such as ``exif:ifd1``.
        decoder: library and version that made the pixels.
    """

    index: int
    pixels: Pixels
    source: str
    decoder: str


class Picture(Struct, frozen=True, eq=False):
    """A decoded picture.

    Attributes:
        pixels: of the first frame, as displayed: orientation applied, alpha dropped, no colour management.
        width, height: of the whole picture as displayed; larger than the pixels where the decode path is
            not exact.
        frames: pictures in the file, 1 for a still.
        decoder: library and version that made the pixels.
        decode_path: `EXACT`, or how the pixels differ from the picture's own: ``raw-preview``,
            ``raw-half``, ``psd-thumbnail``, ``rescaled`` (a range of values that had to be guessed).
        previews: smaller pictures inside the file, at most `MAX_PREVIEWS`.
        clues: facts, in the order found.
        damage: set where only part of the picture could be read; the pixels hold that part.
    """

    pixels: Pixels
    width: int
    height: int
    frames: int
    decoder: str
    decode_path: str = EXACT
    previews: tuple[Preview, ...] = ()
    clues: tuple[Clue, ...] = ()
    damage: Problem | None = None


def check_size(width: int, height: int, limits: Limits, bytes_per_pixel: int = 12) -> None:
    """Refuse, from its header, a picture that is too large to decode.

    Args:
        width, height: as the header states them.
        limits: what the worker may use.
        bytes_per_pixel: what the decoder is going to hold at its peak.

    Raises:
        Undecodable: no pixels, or too many, or more than the memory would go into them.
    """
    if width <= 0 or height <= 0:
        raise Undecodable(Problem(ProblemCode.DAMAGED, f"the header states {width} x {height} pixels"))
    if width * height > limits.pixels:
        raise Undecodable(Problem(ProblemCode.LIMIT_PIXELS, f"{width} x {height} pixels"))
    needed = width * height * bytes_per_pixel
    if needed > limits.memory:
        detail = f"{width} x {height} pixels need about {needed >> 20} MiB"
        raise Undecodable(Problem(ProblemCode.LIMIT_MEMORY, detail))


def damaged(error: Exception | str, pixels: Pixels | None = None) -> Problem:
    """The problem of a picture that was read in part, with the decoder's words and the rows it could fill.

    Args:
        error: what the decoder said.
        pixels: as stored; its last rows are taken for missing where they all have one colour, which is
            what decoders leave where they read nothing.
    """
    words = error if isinstance(error, str) else in_words(error)
    if pixels is not None and (missing := _blank_rows(pixels)):
        words = f"{words}; about {len(pixels) - missing} of {len(pixels)} rows"
    return Problem(ProblemCode.DAMAGED, words)


def cut_short(data: bytes, whole: bytes) -> Problem:
    """The problem of a file of which only the beginning is there."""
    return Problem(ProblemCode.DAMAGED, f"cut short: {len(data)} of {len(whole)} bytes")


def require_content(pixels: Pixels, problem: Problem) -> None:
    """Refuse the pixels of a damaged picture of which nothing was read: all of one colour.

    Raises:
        Undecodable: with the problem given.
    """
    if _blank_rows(pixels) == len(pixels):
        raise Undecodable(problem)


def in_words(error: Exception) -> str:
    """An exception's words as one printable line, without addresses of this process."""
    cause = error.args[0] if error.args and isinstance(error.args[0], bytes) else None
    text = cause.decode("latin-1") if cause else str(error)  # LibRaw's words come as bytes
    text = " ".join(text.split())
    if " object at 0x" in text:
        text = "not recognised by the decoder"
    return printable_text(text or type(error).__name__)[:_DETAIL_LENGTH]


def _blank_rows(pixels: Pixels) -> int:
    """Rows at the end that all have the colour of the last pixel."""
    blank = (pixels == pixels[-1, -1]).reshape(len(pixels), -1).all(axis=1)
    return int(np.argmin(blank[::-1])) if not blank.all() else len(pixels)
