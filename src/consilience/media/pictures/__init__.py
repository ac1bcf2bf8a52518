"""Decoders of pictures: one contract, one file a family of decoders.

Hostile bytes: call only in a sandboxed worker.
"""

from __future__ import annotations

import warnings

from consilience.media import exif
from consilience.media.jpeg_structure import APP1, segments
from consilience.media.pictures import jpeg, pillow
from consilience.media.pictures.contract import (
    EXACT,
    Picture,
    Pixels,
    Preview,
    Undecodable,
    damaged,
    in_words,
    orient,
    require_content,
)
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

__all__ = ["EXACT", "Picture", "Pixels", "Preview", "Undecodable", "decode", "is_decodable"]


def is_decodable(media_type: str) -> bool:
    """Whether there is a decoder for a media type."""
    return media_type in pillow.FORMATS


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The picture in a content.

    Args:
        data: the whole content.
        media_type: as `consilience.media.sniff.sniff` tells it.
        limits: what the worker may use; sizes are checked before any pixel is decoded.

    Raises:
        Undecodable: not one pixel can be had. Nothing else is raised, whatever the bytes are.
    """
    if not is_decodable(media_type):
        raise Undecodable(Problem(ProblemCode.UNSUPPORTED, media_type))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(data, media_type, limits)
    except Undecodable:
        raise
    except MemoryError as error:
        raise Undecodable(Problem(ProblemCode.LIMIT_MEMORY, "the decoder ran out of memory")) from error
    except Exception as error:  # on hostile bytes decoders raise nearly every type
        raise Undecodable(Problem(ProblemCode.DAMAGED, in_words(error))) from error


def _decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    if media_type == "image/jpeg":
        pixels, decoder, damage = jpeg.decode_jpeg(data, limits)
        block = next(
            (s.payload for s in segments(data) if s.marker == APP1 and s.payload[:4] == b"Exif"), b""
        )
        pixels = orient(pixels, exif.read_exif(block).orientation)
        return Picture(pixels, pixels.shape[1], pixels.shape[0], 1, decoder, damage=damage)
    image, damage = pillow.load(data, media_type, limits)
    pixels, path = pillow.to_pixels(image)
    if damage:
        damage = damaged(damage.detail, pixels)
        require_content(pixels, damage)
    frames = getattr(image, "n_frames", 1)
    if media_type != "image/tiff":
        pixels = orient(pixels, exif.read_exif(image.info.get("exif", b"")).orientation)
    return Picture(pixels, pixels.shape[1], pixels.shape[0], frames, pillow.VERSION, path, damage=damage)
