"""A scene as data, the way it is put together, and the picture of it from one viewpoint."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.exercise.render import kernels
from consilience.exercise.render.film import blur_by_depth, develop
from consilience.exercise.render.kernels import BALL, BOX, TUBE, Floats
from consilience.exercise.render.tree import build_tree

Colour = tuple[float, float, float]
Point = tuple[float, float, float]
Picture = NDArray[np.uint8]
"""Pixels as (height, width, 3), 8-bit sRGB."""

GRAIN = np.random.Generator(np.random.PCG64(20261117)).random(64**3)
"""The cube of random numbers that all noise is made of. Part of the exercise's definition."""


class Surface(msgspec.Struct, frozen=True):
    """How a solid looks.

    Attributes:
        a, b, c: linear RGB colours; what each is for depends on the pattern.
        pattern: one of the patterns in `kernels`.
        scale: repeats a metre.
        gloss: 0-1, how much of a mirror a polished surface of this kind is.
        metal: 0-1, mirror tinted by its own colour.
        holes: 0-1, share of the surface that lets light through (leaves, nets).
        glow: light that it gives of itself.
        bump: roughness of the mirror.
        extra: a parameter of the pattern.
        seed: different numbers give different instances of one pattern.
    """

    a: Colour
    b: Colour = (0.5, 0.5, 0.5)
    c: Colour = (0.1, 0.1, 0.1)
    pattern: int = kernels.PLAIN
    scale: float = 1.0
    gloss: float = 0.0
    metal: float = 0.0
    holes: float = 0.0
    glow: float = 0.0
    bump: float = 0.0
    extra: float = 0.0
    seed: int = 0

    def row(self) -> list[float]:
        """The surface as the kernels take it."""
        numbers = [
            self.scale,
            self.gloss,
            self.metal,
            self.holes,
            self.glow,
            self.seed,
            self.bump,
            self.extra,
        ]
        return [self.pattern, *self.a, *self.b, *self.c, *numbers]


class Sky(msgspec.Struct, frozen=True):
    """What stands behind everything, and the sun.

    Attributes:
        zenith, horizon: colours of the sky.
        sun: direction to the sun (any length); `sunlight` its colour, black for none.
        clouds: 0-1.
        ridges: height of far hills as a sine of elevation; `ridge_colour` theirs.
        haze: 0-1 and more.
        stars: their brightness.
    """

    zenith: Colour
    horizon: Colour
    sun: Point = (0.4, 0.7, 0.3)
    sunlight: Colour = (0.0, 0.0, 0.0)
    clouds: float = 0.0
    ridges: float = 0.0
    ridge_colour: Colour = (0.08, 0.12, 0.06)
    haze: float = 0.2
    stars: float = 0.0
    seed: int = 0

    def row(self) -> Floats:
        """The sky as the kernels take it."""
        x, y, z = self.sun
        length = math.sqrt(x * x + y * y + z * z)
        return np.array(
            [
                *self.zenith,
                *self.horizon,
                x / length,
                y / length,
                z / length,
                *self.sunlight,
                self.clouds,
                float(self.seed & 63),
                self.ridges,
                *self.ridge_colour,
                self.haze,
                self.stars,
            ]
        )


class Lamp(msgspec.Struct, frozen=True):
    """A light in the scene; `colour` is its strength at one metre."""

    at: Point
    radius: float
    colour: Colour


class View(msgspec.Struct, frozen=True):
    """Where the camera stands and how it is set.

    Attributes:
        eye, target: metres.
        field: angle of the longer side, degrees.
        roll: tilt of the camera, degrees.
        aperture: strength of depth blur, 0 for none.
        exposure: stops above what the camera would choose.
        balance: factors on R, G, B.
        contrast: about 1.
        focus_error: blur of the whole picture, per cent of its width.
    """

    eye: Point
    target: Point
    field: float = 60.0
    roll: float = 0.0
    aperture: float = 0.0
    exposure: float = 0.0
    balance: Colour = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    focus_error: float = 0.0


class Scene(NamedTuple):
    """All that the renderer needs, and the viewpoints worth taking.

    Attributes:
        tree: (m, 9), solids: (n, SOLID_COLUMNS), sky: (SKY_ENTRIES,), lamps: (k, 7): see `kernels`.
        views: viewpoints.
    """

    tree: Floats
    solids: Floats
    sky: Floats
    lamps: Floats
    views: tuple[View, ...]


class Stage:
    """Where a scene is put together, solid by solid."""

    def __init__(self) -> None:
        self._kinds: list[int] = []
        self._tapers: list[float] = []
        self._forward: list[Floats] = []
        self._sizes: list[Point] = []
        self._surfaces: list[list[float]] = []
        self._lamps: list[Lamp] = []

    def box(
        self,
        at: Point,
        half: Point,
        surface: Surface,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
    ) -> None:
        """A box: middle, half-sizes, angles in degrees."""
        self._add(BOX, at, half, surface, yaw, pitch, roll, 1.0)

    def ball(
        self,
        at: Point,
        half: Point,
        surface: Surface,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
    ) -> None:
        """An ellipsoid."""
        self._add(BALL, at, half, surface, yaw, pitch, roll, 1.0)

    def tube(
        self,
        at: Point,
        half: Point,
        surface: Surface,
        taper: float = 1.0,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
    ) -> None:
        """An upright cylinder, or a cone's lower part: `taper` is the upper radius over the lower."""
        self._add(TUBE, at, half, surface, yaw, pitch, roll, taper)

    def rod(self, start: Point, end: Point, radius: float, surface: Surface, taper: float = 1.0) -> None:
        """A tube from one point to another."""
        a, b = np.array(start), np.array(end)
        along = b - a
        length = float(np.linalg.norm(along)) + 1e-9
        up = along / length
        side = np.cross(up, (0.31, 0.17, 0.93))
        side /= np.linalg.norm(side)
        turn = np.column_stack([side, up, np.cross(side, up)])
        self._place(TUBE, tuple((a + b) / 2), (radius, length / 2, radius), surface, turn, taper)

    def lamp(self, at: Point, radius: float, colour: Colour) -> None:
        """A light; the thing that shines is a solid of its own."""
        self._lamps.append(Lamp(at, radius, colour))

    def _add(
        self,
        kind: int,
        at: Point,
        half: Point,
        surface: Surface,
        yaw: float,
        pitch: float,
        roll: float,
        taper: float,
    ) -> None:
        self._place(kind, at, half, surface, _turn(yaw, pitch, roll), taper)

    def _place(self, kind: int, at: Point, half: Point, surface: Surface, turn: Floats, taper: float) -> None:
        forward = np.eye(4)
        forward[:3, :3] = turn * np.array(half)
        forward[:3, 3] = at
        self._kinds.append(kind)
        self._tapers.append(taper)
        self._forward.append(forward)
        self._sizes.append(half)
        self._surfaces.append(surface.row())

    def finish(self, sky: Sky, ambient: Colour, views: tuple[View, ...]) -> Scene:
        """The scene, ready to be seen."""
        forward = np.array(self._forward)
        # The box around a transformed cube: for each world axis the sum of the absolute columns.
        reach = np.abs(forward[:, :3, :3]).sum(axis=2)
        middle = forward[:, :3, 3]
        lamps = [[*lamp.at, lamp.radius, *lamp.colour] for lamp in self._lamps]
        inverses = np.linalg.inv(forward)[:, :3, :].reshape(-1, 12)
        shapes = np.column_stack([self._kinds, self._tapers])
        return Scene(
            tree=build_tree(np.hstack([middle - reach, middle + reach])),
            solids=np.hstack([shapes, inverses, np.array(self._sizes), np.array(self._surfaces, np.float64)]),
            sky=np.concatenate([sky.row(), ambient]),
            lamps=np.array(lamps).reshape(-1, 7),
            views=views,
        )


def _turn(yaw: float, pitch: float, roll: float) -> Floats:
    y, x, z = math.radians(yaw), math.radians(pitch), math.radians(roll)
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(x), -math.sin(x)], [0, math.sin(x), math.cos(x)]])
    about_z = np.array([[math.cos(z), -math.sin(z), 0], [math.sin(z), math.cos(z), 0], [0, 0, 1]])
    turned: Floats = about_y @ about_x @ about_z
    return turned


def photograph(scene: Scene, view: View, width: int, height: int, seed: int) -> Picture:
    """What a perfect camera sees.

    Args:
        scene: what is there.
        view: where the camera stands.
        width, height: pixels.
        seed: of the grain in soft shadows.

    Returns:
        (height, width, 3) uint8, sRGB-like.
    """
    eye = np.array(view.eye, np.float64)
    lens = np.concatenate([eye, _axes(view).ravel(), [math.tan(math.radians(view.field) / 2)]])
    seen = (GRAIN, scene.tree, scene.solids, scene.sky)
    maps = np.zeros((max(8, height * 2 // 5), max(8, width * 2 // 5), 7), np.float32)
    kernels.gather_light(*seen, scene.lamps, lens, seed & 0xFFFFFF, maps)
    for stride in (1, 3):
        for across in (True, False):
            maps = kernels.smooth_light(maps, stride, across)
    picture = np.empty((height, width, 3), np.float32)
    distance = np.empty((height, width), np.float32)
    kernels.paint(*seen, lens, maps, picture, distance)
    if view.aperture > 0:
        focus = float(np.linalg.norm(np.array(view.target) - eye))
        strength = view.aperture * width / 100 * focus
        for across in (True, False):
            picture = blur_by_depth(picture, distance, focus, strength, across)
    if view.focus_error > 0:
        picture = blur_by_depth(
            blur_by_depth(picture, np.full_like(distance, 1.0), 0.5, view.focus_error * width / 100, True),
            np.full_like(distance, 1.0),
            0.5,
            view.focus_error * width / 100,
            False,
        )
    exposure = _exposure(picture) * 2.0**view.exposure
    return develop(picture, exposure, _balance(picture) * np.array(view.balance), view.contrast)


def _axes(view: View) -> Floats:
    forward = np.array(view.target, np.float64) - np.array(view.eye, np.float64)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 1.0, 0.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    tilt = math.radians(view.roll)
    return np.array(
        [math.cos(tilt) * right + math.sin(tilt) * up, math.cos(tilt) * up - math.sin(tilt) * right, forward]
    )


def _exposure(picture: NDArray[np.float32]) -> float:
    """What a camera's meter would choose: mean logarithm at middle grey, few bright parts burnt out."""
    sample = picture[::8, ::8].reshape(-1, 3) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    middle = float(np.exp(np.mean(np.log(sample + 1e-4))))
    bright = float(np.quantile(sample, 0.95))
    return min(0.16 / middle, 1.1 / max(bright, 1e-4) * 1.6)


def _balance(picture: NDArray[np.float32]) -> Floats:
    """What a camera's automatic white balance does: half of the way to a grey mean."""
    means = picture[::8, ::8].reshape(-1, 3).clip(0, 2).mean(axis=0).astype(np.float64) + 1e-5
    factors: Floats = (means.mean() / means) ** 0.5
    return np.asarray(factors.clip(0.45, 2.2))
