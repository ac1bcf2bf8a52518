"""HEIC and HEIF by libheif (pi-heif); where the pictures in it are AV1, by Pillow."""

from __future__ import annotations

import numpy as np
import pi_heif
from PIL import Image

from consilience.media.pictures import rasters
from consilience.media.pictures.assembly import Decoded, assemble, exif_metadata
from consilience.media.pictures.by_pillow import to_pixels
from consilience.media.pictures.contract import (
    EXACT,
    Picture,
    Pixels,
    Undecodable,
    check_size,
    cut_short,
    in_words,
    require_content,
)
from consilience.media.structure.boxes import largest_extents, with_plain_items
from consilience.media.structure.length import filled_up
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

VERSION = f"pi-heif {pi_heif.__version__} libheif {pi_heif.libheif_version()}"

_AV1, _HEAD = b"av01", 65_536

# A worker has one processor.
pi_heif.options.DECODE_THREADS = 1
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The primary picture, turned and mirrored as its ``irot`` and ``imir`` properties say.

    The Exif orientation is a note only: ISO/IEC 23008-12 has it ignored.

    Raises:
        Undecodable: not one pixel can be had.
    """
    del media_type
    try:
        return _decode(data, limits, None)
    except (Undecodable, MemoryError):
        raise
    except Exception as error:  # libheif's errors come as nearly every type
        problem = Problem(ProblemCode.DAMAGED, in_words(error))
        try:
            if _AV1 in data[:_HEAD]:
                return rasters.decode(data, "image/avif", limits)
            if filled := filled_up(data, limits.buffer):
                return _decode(filled, limits, cut_short(data, filled))
        except Exception as failure:  # what was said of the file itself stands
            raise Undecodable(problem) from failure
        raise Undecodable(problem) from error


def _decode(data: bytes, limits: Limits, damage: Problem | None) -> Picture:
    width, height = largest_extents(data)
    if width * height:
        check_size(width, height, limits)
    # The two options keep pi-heif from reworking its buffer in place by what the header states: a header
    # that lies about the depth of a grey picture would have it write past the end.
    file = pi_heif.open_heif(with_plain_items(data), remove_stride=False, hdr_to_16bit=False)
    image = file[file.primary_index]
    width, height = image.size
    check_size(width, height, limits)
    pixels, path = _pixels(image)
    if damage:
        require_content(pixels, damage)
    info = image.info
    metadata = exif_metadata(info.get("exif") or b"", info.get("xmp") or b"", info.get("icc_profile") or b"")
    return assemble(Decoded(pixels, VERSION, len(file), damage, path, turned=True), metadata, limits)


def _pixels(image: pi_heif.HeifImage) -> tuple[Pixels, str]:
    image.load()
    width, height = image.size
    wide = image.mode.startswith("I;")  # a grey picture of more than eight bits
    row = width * (2 if wide else len(image.mode))
    if image.stride < row:
        raise Undecodable(Problem(ProblemCode.DAMAGED, "the header states a depth that is not there"))
    if not wide:
        rows = Image.frombuffer(image.mode, (width, height), image.data, "raw", image.mode, image.stride, 1)
        return to_pixels(rows)
    lines = np.frombuffer(image.data, np.uint8).reshape(height, image.stride)[:, :row]
    shift = min(max(image.info["bit_depth"] - 8, 0), 8)
    return (np.ascontiguousarray(lines).view("<u2") >> shift).astype(np.uint8), EXACT
