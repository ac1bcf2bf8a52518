"""Decoders of pictures: one contract, one file a family of formats.

Hostile bytes: call only in a sandboxed worker.
"""

from __future__ import annotations

from collections.abc import Callable

from consilience.media.pictures import heif, jpeg, psd, rasters, raw, tiff
from consilience.media.pictures.by_pillow import guarded
from consilience.media.pictures.contract import EXACT, Picture, Pixels, Preview, Undecodable, in_words
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

__all__ = ["EXACT", "Picture", "Pixels", "Preview", "Undecodable", "decode", "is_decodable"]

_DECODERS: dict[str, Callable[[bytes, str, Limits], Picture]] = {
    "image/jpeg": jpeg.decode,
    "image/png": rasters.decode_png,
    "image/gif": rasters.decode_gif,
    "image/tiff": tiff.decode,
    "image/vnd.adobe.photoshop": psd.decode,
    "image/heic": heif.decode,
    "image/heif": heif.decode,
    **dict.fromkeys(
        (
            "image/webp",
            "image/avif",
            "image/bmp",
            "image/vnd.microsoft.icon",
            "image/x-win-cursor",
            "image/jp2",
            "image/x-jp2-codestream",
        ),
        rasters.decode,
    ),
    **dict.fromkeys(
        (
            "image/x-adobe-dng",
            "image/x-canon-cr2",
            "image/x-canon-cr3",
            "image/x-canon-crw",
            "image/x-epson-erf",
            "image/x-fuji-raf",
            "image/x-hasselblad-3fr",
            "image/x-kodak-dcr",
            "image/x-minolta-mrw",
            "image/x-nikon-nef",
            "image/x-olympus-orf",
            "image/x-panasonic-rw2",
            "image/x-pentax-pef",
            "image/x-phaseone-iiq",
            "image/x-raw-mos",
            "image/x-samsung-srw",
            "image/x-sigma-x3f",
            "image/x-sony-arw",
        ),
        raw.decode,
    ),
}


def is_decodable(media_type: str) -> bool:
    """Whether there is a decoder for a media type."""
    return media_type in _DECODERS


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The picture in a content.

    Args:
        data: the whole content.
        media_type: as `consilience.media.sniff.sniff` tells it.
        limits: what the worker may use; sizes are checked before any pixel is decoded.

    Raises:
        Undecodable: not one pixel can be had. Nothing else is raised, whatever the bytes are.
    """
    decoder = _DECODERS.get(media_type)
    if decoder is None:
        raise Undecodable(Problem(ProblemCode.UNSUPPORTED, media_type))
    try:
        with guarded(limits):
            return decoder(data, media_type, limits)
    except Undecodable:
        raise
    except MemoryError as error:
        raise Undecodable(Problem(ProblemCode.LIMIT_MEMORY, "the decoder ran out of memory")) from error
    except Exception as error:  # on hostile bytes decoders raise nearly every type
        raise Undecodable(Problem(ProblemCode.DAMAGED, in_words(error))) from error
