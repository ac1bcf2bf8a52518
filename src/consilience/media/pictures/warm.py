"""Loading everything that a decode needs, before the sandbox closes."""

from __future__ import annotations

import codecs
import contextlib
import io
import warnings

import numpy as np
from PIL import Image

from consilience.media.pictures import decode
from consilience.media.pictures.contract import Undecodable
from consilience.media.pictures.turning import orient
from consilience.media.scheduling import as_others
from consilience.media.sniff import sniff
from consilience.settings import Limits

_CODECS = ("ascii", "latin-1", "utf-8", "utf-16-le", "utf-16-be", "iso2022_jp")
_SAMPLES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("RGB", "JPEG", {"progressive": True}),
    ("CMYK", "JPEG", {}),
    ("RGBA", "PNG", {}),
    ("P", "GIF", {}),
    ("RGB", "WEBP", {}),
    ("RGB", "AVIF", {}),
    ("RGB", "BMP", {}),
    ("RGBA", "ICO", {}),
    ("RGB", "JPEG2000", {}),
    ("LAB", "TIFF", {"compression": "tiff_lzw"}),
    ("1", "TIFF", {"compression": "group4"}),
    ("RGB", "TIFF", {"compression": "jpeg"}),
)


def warm_up() -> None:
    """Import and initialise every decoder, so that a decode opens no file any more.

    A picture of each kind is made and decoded; what libraries load at first use is loaded then.
    """
    for name in _CODECS:
        codecs.lookup(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for mode, form, options in _SAMPLES:
            buffer = io.BytesIO()
            Image.new(mode, (32, 32)).save(buffer, form, **options)
            data = buffer.getvalue()
            decode(data, sniff(data, len(data)).media_type, Limits())
            _try(data[: len(data) * 3 // 4], sniff(data, len(data)).media_type)
    as_others()
    orient(np.zeros((2, 2, 3), np.uint8), 6)
    for media_type in ("image/heic", "image/x-adobe-dng", "image/vnd.adobe.photoshop"):
        _try(b"", media_type)


def _try(data: bytes, media_type: str) -> None:
    """What only fails loads what failing needs."""
    with contextlib.suppress(Undecodable):
        decode(data, media_type, Limits())
