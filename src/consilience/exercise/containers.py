"""The containers that a picture is put into: each writes a whole file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops

from consilience.exercise.heic import heic
from consilience.media.scheduling import as_others

Chance = np.random.Generator


class Container(NamedTuple):
    """A way of writing a picture, and the ending its name should have."""

    ending: str
    write: Callable[[Image.Image, Chance], bytes]


def at_most(image: Image.Image, longest: int) -> Image.Image:
    """The picture, made smaller where a side is longer than so many pixels."""
    small = image.copy()
    small.thumbnail((longest, longest), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return small


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """The file that Pillow writes."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def _plain(format: str, longest: int = 1 << 16, **options: object) -> Callable[[Image.Image, Chance], bytes]:
    """A writer that leaves nothing to chance."""
    return lambda image, _: saved(
        at_most(image, longest) if max(image.size) > longest else image, format, **options
    )


def _in_mode(mode: str, quality: int) -> Callable[[Image.Image, Chance], bytes]:
    return lambda image, _: saved(image.convert(mode), "JPEG", quality=quality)


def _webp(image: Image.Image, random: Chance) -> bytes:
    return saved(image, "WEBP", quality=int(random.integers(60, 90)), method=2)


def _avif(image: Image.Image, random: Chance) -> bytes:
    # One thread: how many there are must not show in the bytes.
    data = saved(image, "AVIF", quality=int(random.integers(50, 80)), speed=9, max_threads=1)
    as_others()
    return data


def _gif(image: Image.Image, _: Chance) -> bytes:
    return saved(at_most(image, 800).quantize(256, Image.Quantize.FASTOCTREE), "GIF")


def _animated_gif(image: Image.Image, _: Chance) -> bytes:
    small = at_most(image, 480)
    moved = [ImageChops.offset(small, 3 * k, 0).quantize(128, Image.Quantize.FASTOCTREE) for k in range(4)]
    return saved(moved[0], "GIF", save_all=True, append_images=moved[1:], duration=120, loop=0)


def _tiff(image: Image.Image, random: Chance) -> bytes:
    return saved(image, "TIFF", compression=str(random.choice(["raw", "tiff_lzw", "tiff_adobe_deflate"])))


def _sixteen_bits(image: Image.Image, _: Chance) -> bytes:
    # Pillow writes 16 bits of grey only. The low byte repeats the high one, as a scanner's would nearly do.
    grey = np.asarray(at_most(image, 1000).convert("L"), np.uint16) * 257
    return saved(Image.fromarray(grey), "PNG", compress_level=2)


def _with_alpha(image: Image.Image, _: Chance) -> bytes:
    veil = Image.new("L", image.size, 255)
    veil.paste(200, (0, 0, image.width // 9, image.height // 9))
    veiled = image.copy()
    veiled.putalpha(veil)
    return saved(veiled, "PNG", compress_level=2)


CONTAINERS: dict[str, Container] = {
    "PNG": Container(".png", _plain("PNG", compress_level=2)),
    "WebP": Container(".webp", _webp),
    "WebP lossless": Container(".webp", _plain("WEBP", 900, lossless=True, quality=20, method=0)),
    "AVIF": Container(".avif", _avif),
    "HEIC": Container(".heic", lambda image, _: heic(at_most(image, 800))),
    "GIF": Container(".gif", _gif),
    "TIFF": Container(".tif", _tiff),
    "BMP": Container(".bmp", _plain("BMP")),
    "JPEG 2000": Container(".jp2", _plain("JPEG2000", 1000, quality_mode="rates", quality_layers=[12])),
    "CMYK JPEG": Container(".jpg", _in_mode("CMYK", 90)),
    "grey JPEG": Container(".jpg", _in_mode("L", 88)),
    "progressive JPEG": Container(".jpg", _plain("JPEG", quality=88, progressive=True)),
    "16-bit PNG": Container(".png", _sixteen_bits),
    "PNG with alpha": Container(".png", _with_alpha),
    "animated GIF": Container(".gif", _animated_gif),
}
"""All of them, by the name that tables show."""
