"""JPEG by libjpeg-turbo (simplejpeg); CMYK and whatever else it does not take by Pillow.

With simplejpeg's accurate transform and smooth chroma upsampling (its defaults) the pixels are those of
Pillow, bit for bit; a test holds this.
"""

from __future__ import annotations

import numpy as np
import simplejpeg

from consilience.media.jpeg_structure import EOI, Frame, frame_of, segments
from consilience.media.pictures.contract import (
    Pixels,
    Undecodable,
    check_size,
    damaged,
    in_words,
    require_content,
)
from consilience.media.pictures.pillow import VERSION as PILLOW
from consilience.media.pictures.pillow import load, to_pixels
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

VERSION = f"simplejpeg {simplejpeg.__version__} libjpeg-turbo"

# A progressive or arithmetic-coded picture keeps all its coefficients, two bytes each, beside the pixels.
_PIXEL_BYTES, _PIXEL_BYTES_PROGRESSIVE = 6, 12
_HARMLESS = "extraneous bytes before marker"
_DIRECT = {"Gray": "GRAY", "YCbCr": "RGB", "RGB": "RGB"}


def frame_header(data: bytes) -> Frame:
    """What the frame header states.

    Raises:
        Undecodable: there is none before the first scan.
    """
    for segment in segments(data):
        if frame := frame_of(segment):
            return frame
    raise Undecodable(Problem(ProblemCode.DAMAGED, "no frame header"))


def decode_jpeg(data: bytes, limits: Limits) -> tuple[Pixels, str, Problem | None]:
    """Pixels as stored (orientation not applied), the decoder that made them, and the damage if any.

    Raises:
        Undecodable: not one pixel can be had.
    """
    frame = frame_header(data)
    per_pixel = _PIXEL_BYTES if frame.marker in (0xC0, 0xC1) else _PIXEL_BYTES_PROGRESSIVE
    check_size(frame.width, frame.height, limits, per_pixel)
    colorspace = ""
    if frame.precision == 8 and len(frame.sampling) in (1, 3):
        try:
            # The decoder's own reading of the header: what it is going to decode must be what was checked.
            height, width, stated, _ = simplejpeg.decode_jpeg_header(data, strict=False)
            check_size(width, height, limits, per_pixel)
            colorspace = _DIRECT.get(stated, "")
        except ValueError:
            colorspace = ""
    if not colorspace:
        image, problem = load(data, "image/jpeg", limits)
        pixels, _ = to_pixels(image)
        decoder = PILLOW
    else:
        pixels, problem = _turbo(data, colorspace)
        decoder = VERSION
    if problem:
        problem = damaged(problem.detail, pixels)
        require_content(pixels, problem)
    return pixels, decoder, problem


def _turbo(data: bytes, colorspace: str) -> tuple[Pixels, Problem | None]:
    problem = None
    try:
        pixels = simplejpeg.decode_jpeg(data, colorspace)
    except ValueError as error:
        words = in_words(error)
        # Padding that some writers leave between segments: every block was decoded.
        if _HARMLESS not in words or bytes((0xFF, EOI)) not in data[-4096:]:
            problem = Problem(ProblemCode.DAMAGED, words)
        try:
            pixels = simplejpeg.decode_jpeg(data, colorspace, strict=False)
        except ValueError as failure:
            raise Undecodable(Problem(ProblemCode.DAMAGED, in_words(failure))) from failure
    return np.ascontiguousarray(pixels[..., 0] if colorspace == "GRAY" else pixels), problem
