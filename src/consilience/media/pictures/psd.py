"""Photoshop files: the composite; where Pillow cannot read it, the thumbnail that the file carries."""

from __future__ import annotations

from PIL import PsdImagePlugin

from consilience.media.pictures.assembly import Decoded, Embedded, assemble, exif_metadata
from consilience.media.pictures.by_libjpeg import decode_jpeg
from consilience.media.pictures.by_pillow import VERSION, load, pixels_of
from consilience.media.pictures.contract import Picture, Undecodable, check_size
from consilience.media.structure.photoshop import psd_resources, resources, thumbnail
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

_HEADER = 26
_ICC, _EXIF, _XMP = 1039, 1058, 1060


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The composite picture, or its thumbnail with the decode path ``psd-thumbnail``.

    Layers are not looked at. An orientation in the Exif block is not applied: Photoshop writes pixels as
    displayed.

    Raises:
        Undecodable: not one pixel can be had.
    """
    if len(data) < _HEADER:
        raise Undecodable(Problem(ProblemCode.DAMAGED, "the header is cut short"))
    width, height = int.from_bytes(data[18:22], "big"), int.from_bytes(data[14:18], "big")
    check_size(width, height, limits)
    block = psd_resources(data)
    parts = dict(reversed(list(resources(block))))
    small = thumbnail(block)
    metadata = exif_metadata(parts.get(_EXIF, b""), parts.get(_XMP, b""), parts.get(_ICC, b""))
    version, depth, mode = (int.from_bytes(data[at : at + 2], "big") for at in (4, 22, 24))
    try:
        if version != 1 or (mode, depth) not in PsdImagePlugin.MODES:
            detail = f"a composite of version {version}, mode {mode}, {depth} bits"
            raise Undecodable(Problem(ProblemCode.UNSUPPORTED, detail))
        image, damage = load(data, media_type, limits)
        pixels, path, damage = pixels_of(image, damage)
    except Undecodable as error:
        if not small or error.problem.code not in (ProblemCode.UNSUPPORTED, ProblemCode.DAMAGED):
            raise
        pixels, decoder, damage = decode_jpeg(small, limits)
        damage = damage or (error.problem if error.problem.code is ProblemCode.DAMAGED else None)
        path = "psd-thumbnail"
        decoded = Decoded(pixels, decoder, 1, damage, path, turned=True, full_size=(width, height))
        return assemble(decoded, metadata, limits)
    embedded = (Embedded("photoshop:thumbnail", small),) if small else ()
    decoded = Decoded(pixels, VERSION, 1, damage, path, turned=True)
    return assemble(decoded, metadata._replace(embedded=metadata.embedded + embedded), limits)
