"""TIFF: one or many pages, any depth."""

from __future__ import annotations

from consilience.media.pictures.assembly import Decoded, Embedded, assemble, exif_metadata
from consilience.media.pictures.by_pillow import VERSION, load, pixels_of
from consilience.media.pictures.contract import Picture
from consilience.media.structure.exif import page_count, read_exif
from consilience.media.structure.photoshop import thumbnail
from consilience.settings import Limits

_XMP, _ICC, _PHOTOSHOP = 0x02BC, 0x8773, 0x8649


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The first page; the others are counted.

    Raises:
        Undecodable: not one pixel can be had.
    """
    image, damage = load(data, media_type, limits)
    pixels, path, damage = pixels_of(image, damage)
    tags = read_exif(data)
    xmp, icc, photoshop = (
        tags.main[tag].raw if tag in tags.main else b"" for tag in (_XMP, _ICC, _PHOTOSHOP)
    )
    small = thumbnail(photoshop)
    embedded = (Embedded("photoshop:thumbnail", small),) if small else ()
    # Pillow turns TIFF pictures itself; the second directory is a page, not a thumbnail.
    decoded = Decoded(pixels, VERSION, max(1, page_count(data)), damage, path, turned=True)
    return assemble(decoded, exif_metadata(data, xmp, icc, embedded), limits)
