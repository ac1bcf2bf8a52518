"""Camera raw files by LibRaw (rawpy)."""

from __future__ import annotations

import io
import os

# LibRaw's threads would not survive the fork that makes a worker, and a worker has one processor. To be
# said before the library is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import rawpy
from msgspec import structs
from rawpy._version import __version__ as _rawpy_version

from consilience.media.pictures import tiff
from consilience.media.pictures.assembly import (
    Decoded,
    Metadata,
    assemble,
    exif_metadata,
)
from consilience.media.pictures.by_libjpeg import decode_jpeg
from consilience.media.pictures.contract import (
    Picture,
    Undecodable,
    check_size,
    in_words,
)
from consilience.media.pictures.turning import orient
from consilience.media.structure.boxes import cr3_box
from consilience.media.structure.exif import NO_EXIF, Exif, read_exif
from consilience.media.structure.jpeg import APP1, segments
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

VERSION = f"rawpy {_rawpy_version} LibRaw {'.'.join(map(str, rawpy.libraw_version))}"
MIN_PREVIEW_SIDE = 512
"""Pixels of the longer side from which a preview stands for the picture."""

# What LibRaw holds for each pixel of the sensor while it develops at half size.
_PIXEL_BYTES = 8
# LibRaw's flip to the Exif orientation that undoes it.
_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The largest embedded preview where it is large enough, else the sensor's data developed at half size.

    The decode path says which: ``raw-preview`` or ``raw-half``. The preview is what the camera itself made
    and what every program shows first, at a hundredth of the cost.

    Raises:
        Undecodable: not one pixel can be had.
    """
    try:
        with rawpy.RawPy() as raw:
            raw.open_buffer(io.BytesIO(data))
            decoded = _decoded(raw, limits)
    except (Undecodable, MemoryError):
        raise
    except Exception as error:  # LibRaw's errors, and whatever its reading of hostile bytes ends in
        return _first_directory(data, limits, _problem(error))
    return assemble(decoded, _metadata(data, media_type), limits)


def _decoded(raw: rawpy.RawPy, limits: Limits) -> Decoded:
    sizes = raw.sizes
    check_size(sizes.raw_width, sizes.raw_height, limits, _PIXEL_BYTES)
    sideways = sizes.flip in (5, 6)
    full_size = (sizes.height, sizes.width) if sideways else (sizes.width, sizes.height)
    preview = _preview(raw, limits)
    if preview is not None and max(preview.pixels.shape[:2]) >= MIN_PREVIEW_SIDE:
        return preview._replace(full_size=full_size)
    try:
        raw.unpack()
        pixels = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
    except rawpy.LibRawError as error:
        if preview is None:
            raise
        return preview._replace(full_size=full_size, damage=_problem(error))
    grey = pixels.ndim == 3 and pixels.shape[2] == 1
    return Decoded(
        np.ascontiguousarray(pixels[..., 0] if grey else pixels),
        VERSION,
        decode_path="raw-half",
        turned=True,
        full_size=full_size,
    )


def _preview(raw: rawpy.RawPy, limits: Limits) -> Decoded | None:
    """The largest preview as displayed; None where there is none that can be read."""
    try:
        thumb = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    orientation = _ORIENTATIONS.get(raw.sizes.flip, 1)
    data = thumb.data
    if not isinstance(data, bytes):
        if data.ndim != 3 or data.shape[2] != 3:
            return None
        return Decoded(orient(data, orientation), VERSION, decode_path="raw-preview", turned=True)
    if thumb.format is not rawpy.ThumbFormat.JPEG:
        return None
    try:
        pixels, decoder, damage = decode_jpeg(data, limits)
    except Undecodable:
        return None
    # A preview that says how it is turned knows better than the raw file around it.
    pixels = orient(pixels, _exif_of_jpeg(data).orientation_stated or orientation)
    return Decoded(pixels, f"{VERSION}, {decoder}", 1, damage, "raw-preview", turned=True)


def _exif_of_jpeg(data: bytes) -> Exif:
    blocks = (seg.payload for seg in segments(data) if seg.marker == APP1)
    return next((read_exif(block) for block in blocks if block.startswith(b"Exif\0")), NO_EXIF)


def _metadata(data: bytes, media_type: str) -> Metadata:
    if data[:2] in (b"II", b"MM"):
        return exif_metadata(data)
    if media_type == "image/x-fuji-raf":
        at = int.from_bytes(data[84:88], "big")
        return Metadata(_exif_of_jpeg(data[at : at + 65_536]))
    if media_type == "image/x-canon-cr3":
        main, camera, gps = (read_exif(cr3_box(data, kind)).main for kind in (b"CMT1", b"CMT2", b"CMT4"))
        return Metadata(Exif(main, camera, gps, {}))
    return Metadata()


def _first_directory(data: bytes, limits: Limits, problem: Problem) -> Picture:
    """The small picture that the first directory of most raw files holds, where LibRaw gave up.

    Raises:
        Undecodable: with the problem given, where there is none.
    """
    try:
        picture = tiff.decode(data, "image/tiff", limits)
    except Exception as error:  # the file is broken, or no TIFF: what LibRaw said stands
        raise Undecodable(problem) from error
    return structs.replace(picture, decode_path="raw-preview", damage=problem)


def _problem(error: Exception) -> Problem:
    code = ProblemCode.DAMAGED
    if isinstance(error, rawpy.LibRawFileUnsupportedError | rawpy.LibRawNotImplementedError):
        code = ProblemCode.UNSUPPORTED
    elif isinstance(error, rawpy.LibRawUnsufficientMemoryError | rawpy.LibRawTooBigError):
        code = ProblemCode.LIMIT_MEMORY
    return Problem(code, in_words(error))
