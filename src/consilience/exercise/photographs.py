"""Photographs that packages ship: things, plants, animals, buildings; no people.

They are read from the installed packages (extra ``exercise``) and never copied into the project. Where a
package is missing, the exercise does without and says so in its truth.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import NamedTuple

import numpy as np
from PIL import Image

from consilience.exercise.render.scene import Picture


class Photograph(NamedTuple):
    """One photograph: its name, package and file within it."""

    name: str
    package: str
    file: str


PHOTOGRAPHS = (
    Photograph("temple", "sklearn.datasets.images", "china.jpg"),
    Photograph("dahlia", "sklearn.datasets.images", "flower.jpg"),
    Photograph("coffee", "skimage.data", "coffee.png"),
    Photograph("rocket", "skimage.data", "rocket.jpg"),
    Photograph("coins", "skimage.data", "coins.png"),
    Photograph("galaxies", "skimage.data", "hubble_deep_field.jpg"),
    Photograph("cat", "skimage.data", "chelsea.png"),
    Photograph("motorcycle-left", "skimage.data", "motorcycle_left.png"),
    Photograph("motorcycle-right", "skimage.data", "motorcycle_right.png"),
    Photograph("moon", "skimage.data", "moon.png"),
    Photograph("brick", "skimage.data", "brick.png"),
    Photograph("grass", "skimage.data", "grass.png"),
    Photograph("gravel", "skimage.data", "gravel.png"),
    Photograph("clock", "skimage.data", "clock_motion.png"),
)


def installed() -> tuple[Photograph, ...]:
    """The photographs that are there."""
    return tuple(one for one in PHOTOGRAPHS if _is_there(one))


def load(photograph: Photograph) -> Picture:
    """The photograph as RGB."""
    with as_file(files(photograph.package).joinpath(photograph.file)) as path, Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def crop(whole: Picture, random: np.random.Generator, upright: bool) -> Picture:
    """A part of a photograph in the proportions 4:3 (or 3:4), mostly a third of its area or more."""
    height, width = whole.shape[:2]
    ratio = 3 / 4 if upright else 4 / 3
    most = min(width, height * ratio)
    across = int(most * random.uniform(0.6, 1.0))
    down = int(across / ratio)
    left = int(random.integers(0, width - across + 1))
    top = int(random.integers(0, height - down + 1))
    return np.ascontiguousarray(whole[top : top + down, left : left + across])


def _is_there(one: Photograph) -> bool:
    try:
        return files(one.package).joinpath(one.file).is_file()
    except ModuleNotFoundError:
        return False
