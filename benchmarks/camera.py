"""Camera-like pictures and files from photographs that packages ship, seeded.

The photographs are small. What makes a camera's file large and slow is fine texture and the sensor's noise;
both are laid over an enlarged photograph here.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

Picture = npt.NDArray[np.uint8]

SEED = 20261121
PHOTOGRAPHS = {
    "skimage": (
        "data",
        "chelsea.png coffee.png coins.png hubble_deep_field.jpg ihc.png moon.png motorcycle_left.png "
        "motorcycle_right.png rocket.jpg cell.png page.png",
    ),
    "sklearn": ("datasets/images", "china.jpg flower.jpg"),
}
TEXTURES = ("skimage", "data", "brick.png grass.png gravel.png")


def _files(package: str, folder: str, names: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed: pip install 'consilience[exercise]'")
    return [Path(spec.origin).parent / folder / name for name in names.split()]


@cache
def photographs() -> list[Image.Image]:
    """Of things and places, in RGB."""
    paths = [
        path for package, (folder, names) in PHOTOGRAPHS.items() for path in _files(package, folder, names)
    ]
    return [Image.open(path).convert("RGB") for path in paths]


@cache
def _textures() -> list[npt.NDArray[np.int16]]:
    """Each 1024 x 1024 without a seam, around 0."""
    textures = []
    for path in _files(*TEXTURES):
        one = np.asarray(Image.open(path).convert("L"), dtype=np.int16)
        mirrored = np.concatenate([one, one[:, ::-1]], axis=1)
        textures.append(np.concatenate([mirrored, mirrored[::-1]]) - int(one.mean()))
    return textures


def camera_like(rng: np.random.Generator, height: int, width: int) -> Picture:
    """A picture as a camera might take it: light, texture and noise differ from one to the next."""
    sources, textures = photographs(), _textures()
    source = sources[rng.integers(len(sources))]
    share = rng.uniform(0.45, 1.0)
    across, down = (max(2, int(side * share)) for side in source.size)
    left, top = (
        int(rng.integers(0, side - cut + 1)) for side, cut in zip(source.size, (across, down), strict=True)
    )
    cut = source.crop((left, top, left + across, top + down))
    if rng.random() < 0.3:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    light, lift = rng.uniform(0.4, 1.15), rng.integers(-20, 30)
    lit = cut.resize((width, height), Image.Resampling.BICUBIC).point(
        [int(min(max(value * light + lift, 0), 255)) for value in range(256)] * 3
    )
    texture = textures[rng.integers(len(textures))]
    strength = int(rng.integers(0, 9))
    noise = int(rng.integers(1, 12))
    # One tile of texture and grain, laid side by side: as large in the file, and quickly made.
    tile = texture * strength // 16 + rng.integers(-noise, noise + 1, texture.shape, dtype=np.int16)
    picture = np.array(lit)
    for top in range(0, height, len(tile)):
        for left in range(0, width, len(tile)):
            part = picture[top : top + len(tile), left : left + len(tile)]
            rough = tile[: part.shape[0], : part.shape[1], None]
            np.clip(part + rough, 0, 255, out=part, casting="unsafe")
    return picture


def to_jpeg(pixels: Picture, **options: object) -> bytes:
    """A JPEG file of pixels; options are Pillow's."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def camera_files(count: int, height: int = 3000, width: int = 4000) -> list[bytes]:
    """Baseline JPEGs, 4:2:0, of 3 to 5 MB for 12 megapixels, as cameras and telephones write them."""
    least, most = (round(megabytes * 1e6 * height * width / 12e6) for megabytes in (3.0, 5.0))
    files = []
    for number in range(count):
        pixels = camera_like(np.random.default_rng((SEED, number)), height, width)
        low, high = 30, 98
        while low <= high:
            quality = (low + high) // 2
            file = to_jpeg(pixels, quality=quality, subsampling="4:2:0")
            if len(file) > most:
                high = quality - 1
            elif len(file) < least:
                low = quality + 1
            else:
                break
        files.append(file)
    return files


class Specimen(NamedTuple):
    """A file of the corpus and what it is.

    Attributes:
        number: of the file, from 0; with `SEED` it makes the file.
        size: height and width as stored.
        form: ``baseline 4:2:0``, ``progressive``, ``grey``, ``CMYK``, …
        orientation: Exif's, 1 to 8.
        file: the JPEG.
    """

    number: int
    size: tuple[int, int]
    form: str
    orientation: int
    file: bytes


_FORMS: tuple[tuple[float, str, dict[str, object]], ...] = (
    (0.45, "baseline 4:2:0", {"subsampling": "4:2:0"}),
    (0.12, "baseline 4:2:2", {"subsampling": "4:2:2"}),
    (0.13, "baseline 4:4:4", {"subsampling": "4:4:4"}),
    (0.10, "grey", {}),
    (0.15, "progressive", {"progressive": True}),
    (0.05, "CMYK", {}),
)
_MEGAPIXELS = ((0.15, 8.0, 13.0), (0.30, 1.0, 8.0), (0.45, 0.05, 1.0), (0.10, 0.0003, 0.05))


def corpus(numbers: range) -> Iterator[Specimen]:
    """The specimens with these numbers: all forms and sizes that a JPEG decoder meets."""
    for number in numbers:
        rng = np.random.default_rng((SEED, 1, number))
        band = rng.choice(len(_MEGAPIXELS), p=[share for share, *_ in _MEGAPIXELS])
        _, least, most = _MEGAPIXELS[band]
        pixels = 1e6 * least * (most / least) ** rng.random()
        aspect = float(np.exp(rng.normal(0, 0.35)))
        height, width = (max(5, round(side)) for side in ((pixels * aspect) ** 0.5, (pixels / aspect) ** 0.5))
        _, form, options = _FORMS[rng.choice(len(_FORMS), p=[share for share, *_ in _FORMS])]
        orientation = int(rng.integers(2, 9)) if rng.random() < 0.2 else 1
        picture = camera_like(rng, height, width)
        image = Image.fromarray(picture)
        if form in ("grey", "CMYK"):
            image = image.convert({"grey": "L", "CMYK": "CMYK"}[form])
        tags = Image.Exif()
        tags[0x0112] = orientation
        buffer = io.BytesIO()
        quality = int(rng.integers(40, 97))
        image.save(buffer, "JPEG", quality=quality, exif=tags.tobytes(), **options)
        yield Specimen(number, (height, width), form, orientation, buffer.getvalue())
