"""Footage: what a camera sees at any moment of a film. A pure function of plan and time.

Three ways of filming, for they cost very differently: *pan*, a camera that moves over a scene rendered once,
with things moving through it; *walk*, a scene rendered coarsely for every frame, from a camera that walks;
*drawn*, moving patterns without a scene.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import numpy as np
from PIL import Image

from consilience.exercise.chance import chance, number
from consilience.exercise.render.scene import Picture, Scene, View, photograph
from consilience.exercise.scenes import FAMILIES

WIDTH, HEIGHT = 640, 360
"""Pixels of footage as it is filmed."""

_MARGIN = 1.35  # how much wider a scene is rendered than it is seen
_WALK_WIDTH, _WALK_HEIGHT = 160, 90
_THINGS = 4


class Shot(msgspec.Struct, frozen=True):
    """A piece of film without a cut.

    Attributes:
        way: ``pan``, ``walk`` or ``drawn``.
        family: of scenes.
        scene: name; equal names are one scene.
        view: which viewpoint.
        begin, end: seconds in the film.
        name: names the chance of its movements.
    """

    way: str
    family: str
    scene: str
    view: int
    begin: float
    end: float
    name: str


class Film(msgspec.Struct, frozen=True):
    """A film as it was shot.

    Attributes:
        name: in the truth; also the name of its footage.
        seconds: that it plays, its black leader included.
        rate: frames a second.
        leader: seconds of black before the first shot.
        bar: number of the caption bar that stands under the picture all the time, or None.
        shots: from the leader's end to the film's.
        music: recording of music under its own sound, or None.
        voice: kind of its own sound, ``silence`` for none; see `sound`.
    """

    name: str
    seconds: float
    rate: int
    leader: float
    bar: int | None
    shots: tuple[Shot, ...]
    music: str | None
    voice: str

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scenes that it shows."""
        return tuple(sorted({shot.scene for shot in self.shots}))


class Camera:
    """Shoots a film; keeps what was rendered of the shot that it is in."""

    def __init__(self, seed: int, film: Film) -> None:
        self._seed, self._film = seed, film
        self._shot: Shot | None = None
        self._set: _Pan | _Walk | _Drawn | None = None

    def frame(self, time: float) -> Picture:
        """What is seen at a moment of the film: (HEIGHT, WIDTH, 3) uint8."""
        shot = next((one for one in self._film.shots if one.begin <= time < one.end), None)
        if shot is None:
            return np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        if shot is not self._shot:
            self._shot, self._set = shot, _WAYS[shot.way](self._seed, shot)
        assert self._set is not None
        share = (time - shot.begin) / (shot.end - shot.begin)
        picture = self._set.seen(share, time - shot.begin)
        return picture if self._film.bar is None else with_bar(picture, self._film.bar)


def with_bar(picture: Picture, bar: int) -> Picture:
    """The picture over a caption bar: an eighth of its height, one colour, a row of blocks for words."""
    height, width, _ = picture.shape
    random = chance(0, "bar", bar)
    out = picture.copy()
    top = height - height // 8
    out[top:] = random.integers(0, 256, 3, np.uint8)
    ink = np.uint8(255 if out[top, 0].mean() < 128 else 0)
    x = width // 24
    while x < width * 9 // 10:
        word = int(random.integers(width // 40, width // 9))
        out[top + height // 40 : height - height // 40, x : min(x + word, width - 4)] = ink
        x += word + width // 60
    return out


class _Pan:
    def __init__(self, seed: int, shot: Shot) -> None:
        random = chance(seed, "pan", shot.name)
        scene, view = _scene(seed, shot)
        size = round(WIDTH * _MARGIN), round(HEIGHT * _MARGIN)
        self._still = Image.fromarray(photograph(scene, view, *size, number(seed, "light", shot.name)))
        # Middle of what is seen, its width, and the camera's tilt, each at the beginning and at the end.
        self._x, self._y = random.uniform(0.4, 0.6, (2, 2))
        self._zoom = random.uniform(0.62, 0.85, 2)
        self._tilt = np.radians(random.normal(0, 1.5, 2))
        self._shake = random.uniform(0, 0.006), random.uniform(2, 7, 2)
        self._things = _Things(random)

    def seen(self, share: float, time: float) -> Picture:
        width, height = self._still.size
        reach, pace = self._shake
        x = _between(self._x, share) + reach * math.sin(pace[0] * time)
        y = _between(self._y, share) + reach * math.sin(pace[1] * time + 1)
        zoom, tilt = _between(self._zoom, share), _between(self._tilt, share)
        step = zoom * width / WIDTH
        a, b = step * math.cos(tilt), -step * math.sin(tilt)
        x0 = x * width - a * WIDTH / 2 - b * HEIGHT / 2
        y0 = y * height + b * WIDTH / 2 - a * HEIGHT / 2
        seen = self._still.transform(
            (WIDTH, HEIGHT), Image.Transform.AFFINE, (a, b, x0, -b, a, y0), Image.Resampling.BILINEAR
        )
        return self._things.over(np.array(seen), time)


class _Walk:
    def __init__(self, seed: int, shot: Shot) -> None:
        random = chance(seed, "walk", shot.name)
        self._scene, self._view = _scene(seed, shot)
        self._light = number(seed, "light", shot.name)
        eye, target = np.array(self._view.eye), np.array(self._view.target)
        away = target - eye
        aside = np.cross(away, (0.0, 1.0, 0.0))
        self._step = away * random.uniform(0.1, 0.25) + aside * random.uniform(-0.1, 0.1)
        self._turn = aside * random.uniform(-0.15, 0.15)

    def seen(self, share: float, time: float) -> Picture:
        del time
        view = msgspec.structs.replace(
            self._view,
            eye=_point(np.array(self._view.eye) + share * self._step),
            target=_point(np.array(self._view.target) + share * self._turn),
            aperture=0.0,
        )
        small = photograph(self._scene, view, _WALK_WIDTH, _WALK_HEIGHT, self._light)
        return np.array(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


class _Drawn:
    def __init__(self, seed: int, shot: Shot) -> None:
        random = chance(seed, "drawn", shot.name)
        y, x = np.mgrid[0 : HEIGHT // 2, 0 : WIDTH // 2].astype(np.float32) / HEIGHT
        self._waves = [
            (
                np.cos(direction) * x * pitch + np.sin(direction) * y * pitch + phase,
                float(random.uniform(-2, 2)),
                random.uniform(10, 70, 3).astype(np.float32),
            )
            for direction, pitch, phase in zip(
                random.uniform(0, math.pi, 5), random.uniform(2, 22, 5), random.uniform(0, 6, 5), strict=True
            )
        ]
        self._things = _Things(random)

    def seen(self, share: float, time: float) -> Picture:
        del share
        picture = np.full((HEIGHT // 2, WIDTH // 2, 3), 128, np.float32)
        for wave, pace, colour in self._waves:
            picture += np.sin(wave + pace * time)[..., None] * colour
        whole = np.repeat(np.repeat(picture.clip(0, 255).astype(np.uint8), 2, axis=0), 2, axis=1)
        return self._things.over(whole, time)


class _Things:
    """Coloured blocks and discs that move through the picture."""

    def __init__(self, random: np.random.Generator) -> None:
        count = int(random.integers(1, _THINGS + 1))
        self._at = random.uniform(0.1, 0.9, (count, 2))
        self._pace = random.normal(0, 0.15, (count, 2))
        self._half = random.uniform(0.03, 0.12, count)
        self._colour = random.integers(0, 256, (count, 3), np.uint8)
        self._round = random.random(count) < 0.5

    def over(self, picture: Picture, time: float) -> Picture:
        for at, pace, half, colour, is_round in zip(
            self._at, self._pace, self._half, self._colour, self._round, strict=True
        ):
            # Things turn back at the edges of the picture.
            x, y = 1 - np.abs(1 - (at + pace * time) % 2)
            size = round(half * HEIGHT)
            left, top = round(float(x) * WIDTH) - size, round(float(y) * HEIGHT) - size
            rows = np.arange(max(0, top), min(HEIGHT, top + 2 * size))
            columns = np.arange(max(0, left), min(WIDTH, left + 2 * size))
            if not len(rows) or not len(columns):
                continue
            part = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            if is_round:
                away = np.square(rows - top - size)[:, None] + np.square(columns - left - size)[None, :]
                part[away <= size * size] = colour
            else:
                part[:] = colour
        return picture


_WAYS: dict[str, Callable[[int, Shot], _Pan | _Walk | _Drawn]] = {"pan": _Pan, "walk": _Walk, "drawn": _Drawn}


def _scene(seed: int, shot: Shot) -> tuple[Scene, View]:
    scene = FAMILIES[shot.family](chance(seed, "film scene", shot.scene), 3)
    return scene, scene.views[shot.view % len(scene.views)]


def _between(ends: np.ndarray, share: float) -> float:
    # Slow at both ends, as a hand moves.
    eased = share * share * (3 - 2 * share)
    return float(ends[0] + (ends[1] - ends[0]) * eased)


def _point(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
