"""JPEG pixels by libjpeg-turbo (simplejpeg); CMYK and whatever else it does not take by Pillow.

With simplejpeg's accurate transform and smooth chroma upsampling, its defaults, the pixels are those of
Pillow, bit for bit; a test holds this.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import simplejpeg

from consilience.media.pictures.by_pillow import VERSION as PILLOW
from consilience.media.pictures.by_pillow import load, to_pixels
from consilience.media.pictures.contract import (
    Pixels,
    Undecodable,
    check_size,
    damaged,
    in_words,
    require_content,
)
from consilience.media.structure.jpeg import Frame, Segment, frame_of, segments
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

VERSION = f"simplejpeg {simplejpeg.__version__} libjpeg-turbo"

# A progressive or arithmetic-coded picture keeps all its coefficients, two bytes each, beside the pixels.
_PIXEL_BYTES, _PIXEL_BYTES_PROGRESSIVE = 6, 12
_HARMLESS = "extraneous bytes before marker"
_END_OF_IMAGE = b"\xff\xd9"
_TAIL = 4096
_COLOURSPACES = {"Gray": "GRAY", "YCbCr": "RGB", "RGB": "RGB"}


def decode_jpeg(
    data: bytes, limits: Limits, found: list[Segment] | None = None
) -> tuple[Pixels, str, Problem | None]:
    """Pixels as stored (orientation not applied), the decoder that made them, and the damage if any.

    Args:
        data: the whole file.
        limits: sizes are checked before any pixel is decoded.
        found: its segments, where they are at hand.

    Raises:
        Undecodable: not one pixel can be had.
    """
    frame = _frame(segments(data) if found is None else found)
    per_pixel = _PIXEL_BYTES if frame.marker in (0xC0, 0xC1) else _PIXEL_BYTES_PROGRESSIVE
    check_size(frame.width, frame.height, limits, per_pixel)
    taken = _turbo(data, _colourspace(data, frame, limits, per_pixel))
    if taken is None:
        image, problem = load(data, "image/jpeg", limits)
        pixels, decoder = to_pixels(image)[0], PILLOW
    else:
        (pixels, problem), decoder = taken, VERSION
    if problem:
        problem = damaged(problem.detail, pixels)
        require_content(pixels, problem)
    return pixels, decoder, problem


def _frame(found: Iterable[Segment]) -> Frame:
    for segment in found:
        if frame := frame_of(segment):
            return frame
    raise Undecodable(Problem(ProblemCode.DAMAGED, "no frame header"))


def _colourspace(data: bytes, frame: Frame, limits: Limits, per_pixel: int) -> str:
    """What to ask libjpeg-turbo for; nothing where Pillow has to take the picture."""
    if frame.precision != 8 or len(frame.sampling) not in (1, 3):
        return ""
    try:
        height, width, stated, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except (ValueError, KeyError):
        return ""
    # The decoder's own reading of the header: what it is going to decode must be what was checked.
    check_size(int(width), int(height), limits, per_pixel)
    return _COLOURSPACES.get(stated, "")


def _turbo(data: bytes, colourspace: str) -> tuple[Pixels, Problem | None] | None:
    """Pixels and damage; None where Pillow has to take the picture."""
    if not colourspace:
        return None
    problem = None
    try:
        pixels = simplejpeg.decode_jpeg(data, colourspace)
    except ValueError as error:
        words = in_words(error)
        # Padding that some writers leave between segments: every block was decoded.
        if _HARMLESS not in words or _END_OF_IMAGE not in data[-_TAIL:]:
            problem = Problem(ProblemCode.DAMAGED, words)
        try:
            pixels = simplejpeg.decode_jpeg(data, colourspace, strict=False)
        except ValueError:
            # It takes a warning about the header for an error all the same.
            return None
    return np.ascontiguousarray(pixels[..., 0] if colourspace == "GRAY" else pixels), problem
