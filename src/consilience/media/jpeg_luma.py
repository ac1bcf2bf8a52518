"""The luma of a JPEG without its colour: a cheaper decode, for a first look at a file.

Hostile bytes: call only in a sandboxed worker.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import simplejpeg

from consilience.media.pictures.by_libjpeg import VERSION
from consilience.media.pictures.contract import Undecodable, check_size
from consilience.media.structure.exif import read_exif
from consilience.media.structure.jpeg import APP1, frame_of, segments
from consilience.settings import Limits

DECODER: Final = f"{VERSION} luma"

_BYTES_PER_PIXEL: Final = 8
"""Memory that decoding may take: a progressive picture's coefficients of all components are kept."""


def decode_luma(data: bytes, limits: Limits) -> npt.NDArray[np.uint8] | None:
    """The luma of a JPEG: uint8 (height, width), as stored.

    Args:
        data: the whole file.
        limits: sizes are checked before any pixel is decoded.

    Returns:
        None where only a full decode can tell: CMYK and other unusual pictures, damage, limits.
    """
    frame = next(filter(None, map(frame_of, segments(data))), None)
    if frame is None or frame.precision != 8 or len(frame.sampling) not in (1, 3):
        return None
    try:
        height, width, colourspace, _ = simplejpeg.decode_jpeg_header(data)
        check_size(width, height, limits, _BYTES_PER_PIXEL)
        if colourspace not in ("YCbCr", "Gray"):
            return None
        pixels: npt.NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "GRAY")
    except (ValueError, KeyError, Undecodable):
        return None
    return pixels[..., 0]


def exif_orientation(data: bytes) -> int:
    """How a JPEG is to be turned, 1-8, by its first Exif block; 1 where none says."""
    for segment in segments(data):
        if segment.marker == APP1 and segment.payload.startswith(b"Exif\0"):
            return read_exif(segment.payload).orientation
    return 1
