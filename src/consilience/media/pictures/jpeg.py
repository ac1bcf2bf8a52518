"""JPEG files: JFIF, Exif, and several pictures in one (Multi-Picture Format)."""

from __future__ import annotations

from collections.abc import Iterator

from consilience.media.clues.jpeg import jpeg_clues
from consilience.media.pictures.assembly import Decoded, Embedded, assemble, exif_metadata
from consilience.media.pictures.by_libjpeg import decode_jpeg
from consilience.media.pictures.contract import MAX_PREVIEWS, Picture
from consilience.media.structure.jpeg import (
    APP0,
    APP1,
    APP13,
    Segment,
    further_pictures,
    joined_profile,
    segments,
)
from consilience.media.structure.photoshop import thumbnail
from consilience.settings import Limits

_EXIF, _XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP, _JFXX = b"Photoshop 3.0\0", b"JFXX\0\x10"


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The picture in a JPEG file; pictures that an index names after it are previews.

    Raises:
        Undecodable: not one pixel can be had.
    """
    del media_type
    found = list(segments(data))
    pixels, decoder, damage = decode_jpeg(data, limits, found)
    further = further_pictures(data, found, MAX_PREVIEWS)
    embedded = [*_thumbnails(found), *(Embedded("jpeg:mpf", picture) for picture in further)]
    metadata = exif_metadata(
        _payload(found, APP1, _EXIF),
        xmp=_payload(found, APP1, _XMP)[len(_XMP) :],
        icc=joined_profile(found),
        embedded=tuple(embedded),
        further=lambda: jpeg_clues(found),
    )
    return assemble(Decoded(pixels, decoder, 1 + len(further), damage), metadata, limits)


def _payload(found: list[Segment], marker: int, prefix: bytes) -> bytes:
    """The first segment of a kind; readers agree that the first counts."""
    return next(
        (seg.payload for seg in found if seg.marker == marker and seg.payload.startswith(prefix)), b""
    )


def _thumbnails(found: list[Segment]) -> Iterator[Embedded]:
    if jfxx := _payload(found, APP0, _JFXX):
        yield Embedded("jpeg:jfxx", jfxx[len(_JFXX) :])
    photoshop = _payload(found, APP13, _PHOTOSHOP)
    if small := thumbnail(photoshop[len(_PHOTOSHOP) :]):
        yield Embedded("photoshop:thumbnail", small)
