"""Pictures for the tests of PDQ: generated from whole numbers alone, so that they are the same everywhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

SIZES = (
    (1, 1), (1, 90), (4, 300), (5, 5), (5, 700), (6, 64), (63, 64), (64, 64), (64, 65), (65, 63),
    (64, 200), (127, 128), (128, 128), (129, 127), (90, 160), (250, 250), (256, 256), (257, 130),
    (300, 225), (31, 900), (1300, 9), (384, 510), (480, 640), (513, 511),
)  # fmt: skip


def _noise(seed: int, *shape: int) -> Picture:
    count = int(np.prod(shape))
    raw = np.random.PCG64(seed).random_raw(-(-count // 8))
    return np.asarray(raw, dtype="<u8").view(np.uint8)[:count].reshape(shape)


def _wave(x: npt.NDArray[np.int64], period: int) -> npt.NDArray[np.int64]:
    """A triangular wave between 0 and 255."""
    return np.abs(x % (2 * period) - period) * 255 // period


# Each of the makers gets rows, columns (arrays that broadcast), height and width, and returns grey levels.
_Maker = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64], int, int], npt.NDArray[np.int64]]
_MAKERS: dict[str, _Maker] = {
    "black": lambda y, x, h, w: 0 * (y + x),
    "white": lambda y, x, h, w: 0 * (y + x) + 255,
    "flat": lambda y, x, h, w: 0 * (y + x) + 93,
    "gradient-down": lambda y, x, h, w: 0 * x + y * 255 // h,
    "gradient-across": lambda y, x, h, w: 0 * y + x * 255 // w,
    "gradient-diagonal": lambda y, x, h, w: (y + x) * 255 // (h + w),
    "ramp": lambda y, x, h, w: (3 * y + 2 * x) % 256,
    "checkers-1": lambda y, x, h, w: (y + x) % 2 * 255,
    "checkers-7": lambda y, x, h, w: (y // 7 + x // 7) % 2 * 200 + 20,
    "checkers-eighth": lambda y, x, h, w: (8 * y // h + 8 * x // w) % 2 * 255,
    "stripes": lambda y, x, h, w: 0 * y + x // 3 % 2 * 255,
    "rings": lambda y, x, h, w: _wave((2 * y - h) ** 2 + (2 * x - w) ** 2, 5000),
    "cross": lambda y, x, h, w: 255 * ((np.abs(2 * y - h) < 8) | (np.abs(2 * x - w) < 8)),
    "dot": lambda y, x, h, w: 255 * ((y == h // 3) & (x == w // 4)),
    "halves": lambda y, x, h, w: 0 * x + 255 * (2 * y >= h),
    "waves": lambda y, x, h, w: (_wave(y + 2 * x, 37) + _wave(3 * y - x, 53) + _wave(y * x // 9, 71)) // 3,
    "noise": lambda y, x, h, w: _noise(h * w, h, w).astype(np.int64),
    "faint-noise": lambda y, x, h, w: _noise(h * w + 1, h, w) // 64 + 100,
    "blocks": lambda y, x, h, w: _noise(h + w, 16, 16)[16 * y // h, 16 * x // w].astype(np.int64),
    "fine-blocks": lambda y, x, h, w: _noise(h, 90, 90)[90 * y // h, 90 * x // w].astype(np.int64),
}


def generated() -> Iterator[tuple[str, Picture]]:
    """Every maker at every size, in grey and in colour: 960 pictures with their names."""
    for height, width in SIZES:
        y, x = np.arange(height)[:, None], np.arange(width)[None, :]
        for name, make in _MAKERS.items():
            grey = np.ascontiguousarray(make(y, x, height, width).astype(np.uint8))
            yield f"{name} {height}x{width} grey", grey
            turned = [grey, 255 - grey // 2, (grey[::-1, ::-1] // 3).astype(np.uint8)]
            yield f"{name} {height}x{width} colour", np.stack(turned, axis=2)


_SHIPPED = {
    "skimage": (
        "data",
        "brick.png cell.png chelsea.png chessboard_GRAY.png clock_motion.png coffee.png coins.png color.png "
        "grass.png gravel.png horse.png hubble_deep_field.jpg ihc.png logo.png moon.png motorcycle_left.png "
        "motorcycle_right.png page.png phantom.png rocket.jpg text.png",
    ),
    "sklearn": ("datasets/images", "china.jpg flower.jpg"),
}


def shipped() -> list[Path]:
    """Photographs and drawings of things that installed packages ship."""
    paths = []
    for package, (folder, names) in _SHIPPED.items():
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            paths += [Path(spec.origin).parent / folder / name for name in names.split()]
    return [path for path in paths if path.exists()]


def crops(picture: Picture, seed: int, count: int) -> Iterator[Picture]:
    """Cuts of random place and size."""
    height, width = picture.shape[:2]
    for top, left, bottom, right in np.random.default_rng(seed).random((count, 4)):
        y, x = int(top * height * 0.7), int(left * width * 0.7)
        yield picture[y : y + 1 + int(bottom * (height - y)), x : x + 1 + int(right * (width - x))]
