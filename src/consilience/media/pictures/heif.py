"""HEIC and HEIF by libheif (pi-heif); where the pictures in it are AV1, by Pillow."""

from __future__ import annotations

import pi_heif

from consilience.media.pictures import rasters
from consilience.media.pictures.assembly import Decoded, assemble, exif_metadata
from consilience.media.pictures.by_pillow import to_pixels
from consilience.media.pictures.contract import Picture, Undecodable, check_size, in_words
from consilience.media.structure.boxes import with_plain_items
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

VERSION = f"pi-heif {pi_heif.__version__} libheif {pi_heif.libheif_version()}"

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
        file = pi_heif.open_heif(with_plain_items(data), convert_hdr_to_8bit=True)
        image = file[file.primary_index]
        width, height = image.size
        check_size(width, height, limits)
        pixels, path = to_pixels(image.to_pillow())
    except (Undecodable, MemoryError):
        raise
    except Exception as error:  # libheif's errors come as nearly every type
        try:
            return rasters.decode(data, "image/avif", limits)
        except Undecodable:
            raise Undecodable(Problem(ProblemCode.DAMAGED, in_words(error))) from error
    info = image.info
    metadata = exif_metadata(info.get("exif") or b"", info.get("xmp") or b"", info.get("icc_profile") or b"")
    return assemble(Decoded(pixels, VERSION, len(file), None, path, turned=True), metadata, limits)
