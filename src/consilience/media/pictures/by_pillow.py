"""Pixels by Pillow: PNG, GIF, WebP, AVIF, TIFF, BMP, icons, JPEG 2000, PSD, rare JPEG.

Alpha is dropped and palettes are looked up as Pillow's ``convert("RGB")`` does, because the programs that
other agencies take PDQ codes with do the same.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator

import numpy as np
import PIL
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    CurImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from consilience.media.pictures.contract import (
    EXACT,
    Pixels,
    Undecodable,
    check_size,
    cut_short,
    damaged,
    in_words,
    require_content,
)
from consilience.media.structure.length import filled_up
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

VERSION = f"Pillow {PIL.__version__}"

# One plug-in a type, called by name: no other plug-in ever sees the bytes.
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "image/png": PngImagePlugin.PngImageFile,
    "image/gif": GifImagePlugin.GifImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
    "image/avif": AvifImagePlugin.AvifImageFile,
    "image/tiff": TiffImagePlugin.TiffImageFile,
    "image/bmp": BmpImagePlugin.BmpImageFile,
    "image/vnd.microsoft.icon": IcoImagePlugin.IcoImageFile,
    "image/x-win-cursor": CurImagePlugin.CurImageFile,
    "image/jp2": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "image/x-jp2-codestream": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "image/vnd.adobe.photoshop": PsdImagePlugin.PsdImageFile,
    "image/jpeg": JpegImagePlugin.JpegImageFile,
}
_UNSUPPORTED = re.compile(r"unknown|unsupported|not supported|not implemented|unrecogni[sz]ed", re.IGNORECASE)

# A worker has one processor; the threads that the plug-in starts otherwise would only take memory.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


@contextlib.contextmanager
def guarded(limits: Limits) -> Iterator[None]:
    """Pillow's own guard set to the limit, for pictures inside pictures, and its warnings kept quiet.

    To be held around all use of Pillow on hostile bytes.
    """
    before = Image.MAX_IMAGE_PIXELS
    # It refuses above twice this number.
    Image.MAX_IMAGE_PIXELS = max(1, limits.pixels // 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def open_image(data: bytes, media_type: str, limits: Limits) -> ImageFile.ImageFile:
    """The picture with its header read and its size checked, not yet decoded.

    Raises:
        Undecodable: the header cannot be read, or states too much.
    """
    try:
        image = _PLUGINS[media_type](io.BytesIO(data))
    except Image.DecompressionBombError as error:
        raise Undecodable(Problem(ProblemCode.LIMIT_PIXELS, in_words(error))) from error
    except MemoryError:
        raise
    except Exception as error:  # plug-ins raise nearly every type
        raise Undecodable(_refusal(error)) from error
    check_size(*image.size, limits)
    return image


def load(data: bytes, media_type: str, limits: Limits) -> tuple[ImageFile.ImageFile, Problem | None]:
    """The decoded first frame as stored, and the damage if only part of it could be read.

    Raises:
        Undecodable: nothing could be read.
    """
    image = open_image(data, media_type, limits)
    try:
        image.load()
    except Image.DecompressionBombError as error:
        raise Undecodable(Problem(ProblemCode.LIMIT_PIXELS, in_words(error))) from error
    except MemoryError:
        raise
    except Exception as error:  # plug-ins raise nearly every type
        return _load_part(data, media_type, limits), damaged(error)
    return image, None


def load_whole_or_filled_up(
    data: bytes, media_type: str, limits: Limits
) -> tuple[ImageFile.ImageFile, Problem | None]:
    """Like `load`, for decoders that refuse a file that was cut short, whatever part of it is there.

    Raises:
        Undecodable: nothing could be read.
    """
    try:
        return load(data, media_type, limits)
    except Undecodable as error:
        filled = filled_up(data, limits.buffer) if error.problem.code is ProblemCode.DAMAGED else None
        if filled is None:
            raise
    image, _ = load(filled, media_type, limits)
    return image, cut_short(data, filled)


def _load_part(data: bytes, media_type: str, limits: Limits) -> ImageFile.ImageFile:
    """What a cut or corrupt file still gives."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image = open_image(data, media_type, limits)
        image.load()
    except MemoryError:
        raise
    except Undecodable:
        raise
    except Exception as error:  # plug-ins raise nearly every type
        raise Undecodable(_refusal(error)) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    return image


def _refusal(error: Exception) -> Problem:
    words = in_words(error)
    missing = isinstance(error, KeyError | NotImplementedError) or _UNSUPPORTED.search(words)
    return Problem(ProblemCode.UNSUPPORTED if missing else ProblemCode.DAMAGED, words)


def pixels_of(image: Image.Image, damage: Problem | None) -> tuple[Pixels, str, Problem | None]:
    """Pixels as stored, the decode path, and the damage with the rows that could be filled.

    Raises:
        Undecodable: the picture is damaged and nothing of it was read.
    """
    pixels, path = to_pixels(image)
    if damage:
        damage = damaged(damage.detail, pixels)
        require_content(pixels, damage)
    return pixels, path, damage


def to_pixels(image: Image.Image) -> tuple[Pixels, str]:
    """A decoded image as grey or RGB bytes, and the decode path.

    Grey stays grey, alpha is dropped, 16 bits keep their upper eight, as all decoders do for 16-bit colour.
    A wider or floating range is guessed from its values: 0-1, 0-255 and 0-65535 are taken as they are,
    anything else is stretched from its least to its greatest, and the path is then ``rescaled``.
    """
    mode = image.mode
    if mode == "L":
        return np.array(image), EXACT
    if mode in ("1", "LA"):
        return np.array(image.convert("L")), EXACT
    if mode.startswith("I;16"):
        return (np.asarray(image) >> 8).astype(np.uint8), EXACT
    if mode in ("I", "F"):
        return _rescaled(np.asarray(image)), "rescaled"
    if mode == "RGBa":
        image = image.convert("RGBA")
    return np.array(image if mode == "RGB" else image.convert("RGB")), EXACT


def _rescaled(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Pixels:
    """Values of an unknown range as bytes."""
    real = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(real.min()), float(real.max())
    if low >= 0 and high <= 1 and values.dtype.kind == "f":
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    elif low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    span = (high - low) or 1.0
    return ((real - low) * (255.0 / span) + 0.5).clip(0, 255).astype(np.uint8)
