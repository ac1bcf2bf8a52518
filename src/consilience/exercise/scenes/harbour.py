"""Harbours: water, quays, boats, cranes, containers, sheds. The family that nothing is tuned on."""

from __future__ import annotations

import math

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Point, Scene, Stage, Surface, View
from consilience.exercise.scenes import light, parts
from consilience.exercise.scenes.parts import Chance, colour, near, seed_of, some_colour


def make(chance: Chance, views: int) -> Scene:
    """A basin with a quay on the right and boats at moorings."""
    stage = Stage()
    sky, ambient = light.outdoors(chance, float(chance.uniform(0.0, 0.2)))
    sea = colour(chance.uniform(0.48, 0.6), chance.uniform(0.4, 0.7), chance.uniform(0.2, 0.4))
    water = Surface(
        a=sea,
        b=near(chance, sea, 0.3),
        pattern=kernels.WATER,
        scale=float(chance.uniform(0.6, 1.6)),
        gloss=1.0,
        bump=float(chance.uniform(0.02, 0.12)),
        seed=seed_of(chance),
    )
    stage.box((0, -0.5, 0), (600, 0.5, 600), water)
    stone = Surface(
        a=(0.33, 0.31, 0.28),
        b=(0.2, 0.19, 0.18),
        c=(0.1, 0.1, 0.09),
        pattern=kernels.BRICK,
        scale=2.2,
        seed=seed_of(chance),
    )
    paving = Surface(
        a=(0.4, 0.38, 0.35),
        b=(0.28, 0.27, 0.26),
        c=(0.12, 0.12, 0.11),
        pattern=kernels.COBBLES,
        scale=3.0,
        seed=seed_of(chance),
    )
    stage.box((34, 0.5, -20), (30, 0.9, 60), stone)
    stage.box((34, 1.41, -20), (29.8, 0.02, 60), paving)
    stage.box((-10, 0.5, -75), (80, 0.9, 10), stone)
    for k in range(9):
        stage.tube((4.7, 1.7, 6 - 7.0 * k), (0.18, 0.3, 0.18), Surface(a=(0.03, 0.03, 0.035), gloss=0.5), 0.8)
    for _ in range(int(chance.integers(3, 8))):
        _boat(
            stage,
            chance,
            (chance.uniform(-16, 2.2), 0.0, chance.uniform(-40, 0)),
            float(chance.normal(90, 25)),
            chance.random() < 0.6,
        )
    for k in range(int(chance.integers(2, 6))):
        _stack(stage, chance, (chance.uniform(8, 14), 1.42, -4 - 9.0 * k))
    for k in range(int(chance.integers(2, 5))):
        parts.house(stage, chance, (chance.uniform(18, 26), 1.42, 2 - 14.0 * k), (5.0, 3.0, 3.5), -90)
    for k in range(int(chance.integers(3, 7))):
        parts.house(stage, chance, (-50 + 16.0 * k, 1.4, -74), (6.0, float(chance.uniform(2, 5)), 4.0), 0.0)
    if chance.random() < 0.7:
        _crane(stage, chance, (chance.uniform(6, 8), 1.42, chance.uniform(-34, -14)))
    if chance.random() < 0.5:
        _lighthouse(stage, chance, (-28 + chance.uniform(-8, 8), 0.0, -60))
    parts.bench(stage, chance, (7, 1.42, -1.0), -90)
    for k in range(3):
        parts.street_lamp(stage, chance, (6.0, 1.42, 2 - 12.0 * k), 4.0)
    eyes = []
    for _ in range(views):
        eye = (chance.uniform(-2, 9), chance.uniform(2.6, 4.5), chance.uniform(6, 12))
        target = (chance.uniform(-6, 6), chance.uniform(0.8, 2.5), -18.0)
        eyes.append(
            View(
                eye,
                target,
                float(chance.uniform(50, 78)),
                float(chance.normal(0, 1.5)),
                exposure=float(chance.normal(0.0, 0.25)),
            )
        )
    return stage.finish(sky, ambient, tuple(eyes))


def _boat(stage: Stage, chance: Chance, at: Point, yaw: float, sail: bool) -> None:
    x, y, z = at
    turn = math.radians(yaw)
    size = chance.uniform(0.8, 1.6)

    def placed(dx: float, dy: float, dz: float) -> Point:
        dx, dy, dz = dx * size, dy * size, dz * size
        return (
            x + dx * math.cos(turn) + dz * math.sin(turn),
            y + dy,
            z - dx * math.sin(turn) + dz * math.cos(turn),
        )

    hull = Surface(a=some_colour(chance, (0.3, 0.9), (0.3, 0.95)), gloss=0.8)
    trim = Surface(a=near(chance, (0.7, 0.68, 0.62), 0.2), gloss=0.4)
    stage.ball(placed(0, 0.35, 0), (3.2 * size, 0.6 * size, 1.0 * size), hull, yaw)
    stage.ball(placed(0, 0.72, 0), (3.1 * size, 0.25 * size, 0.92 * size), trim, yaw)
    stage.box(
        placed(-0.6, 1.15, 0),
        (0.9 * size, 0.38 * size, 0.55 * size),
        Surface(
            a=(0.7, 0.7, 0.68),
            b=(0.02, 0.03, 0.04),
            pattern=kernels.STRIPES,
            scale=2.2,
            gloss=0.5,
            seed=seed_of(chance),
        ),
        yaw,
    )
    stage.box(placed(-0.6, 1.56, 0), (1.0 * size, 0.05 * size, 0.62 * size), hull, yaw)
    if sail:
        mast = placed(0.6, 6.5, 0)
        stage.rod(placed(0.6, 0.8, 0), mast, 0.06, Surface(a=(0.6, 0.6, 0.58), gloss=0.8))
        stage.rod(placed(0.6, 1.9, 0), placed(-2.2, 1.9, 0), 0.05, Surface(a=(0.3, 0.2, 0.1)))
        stage.rod(mast, placed(3.1, 0.8, 0), 0.012, Surface(a=(0.1, 0.1, 0.1)))
        canvas = Surface(
            a=some_colour(chance, (0.0, 0.5), (0.8, 1.0)),
            b=some_colour(chance, (0.5, 0.9)),
            pattern=kernels.STRIPES,
            scale=1.2,
            extra=1.0,
            seed=seed_of(chance),
        )
        for k in range(7):  # a triangle of strips
            part = k / 7
            long = 2.6 * (1 - part)
            stage.box(
                placed(0.5 - long / 2, 2.1 + 4.2 * part + 0.3, 0),
                (long / 2 * size, 0.31 * size, 0.02),
                canvas,
                yaw,
            )
    for side in (-0.95, 0.95):
        stage.ball(
            placed(-1.5, 0.5, side),
            (0.14 * size, 0.22 * size, 0.14 * size),
            Surface(a=some_colour(chance, (0.6, 1.0)), gloss=0.5),
        )


def _stack(stage: Stage, chance: Chance, at: Point) -> None:
    x, y, z = at
    for column in range(int(chance.integers(1, 3))):
        for level in range(int(chance.integers(1, 4))):
            paint = some_colour(chance, (0.5, 0.95), (0.3, 0.8))
            steel = Surface(
                a=paint, b=near(chance, paint, 0.4), pattern=kernels.RIDGES, scale=3.5, seed=seed_of(chance)
            )
            where = (x + chance.normal(0, 0.1), y + 1.25 + 2.5 * level, z + 6.3 * column)
            stage.box(where, (1.2, 1.23, 3.0), steel, float(chance.normal(0, 1.5)))


def _crane(stage: Stage, chance: Chance, at: Point) -> None:
    x, y, z = at
    steel = Surface(a=some_colour(chance, (0.6, 1.0), (0.5, 0.9)), gloss=0.3)
    tall = chance.uniform(9, 15)
    for sx in (-1.3, 1.3):
        for sz in (-1.3, 1.3):
            stage.rod((x + sx, y, z + sz), (x + sx * 0.5, y + tall, z + sz * 0.5), 0.16, steel)
    for k in range(5):
        rise, out = y + tall * (k + 1) / 6, 1.3 - 0.65 * (k + 1) / 6
        for a, b in (
            ((-out, -out), (out, -out)),
            ((out, -out), (out, out)),
            ((out, out), (-out, out)),
            ((-out, out), (-out, -out)),
        ):
            stage.rod((x + a[0], rise, z + a[1]), (x + b[0], rise + tall / 6 * 0.9, z + b[1]), 0.07, steel)
    stage.box((x, y + tall + 0.7, z), (1.2, 0.8, 1.1), steel)
    tip = (x - 11, y + tall + 5, z + chance.normal(0, 3))
    stage.rod((x, y + tall + 1, z), tip, 0.22, steel, 0.6)
    stage.rod((x, y + tall + 3, z), tip, 0.05, steel)
    stage.rod(tip, (tip[0], y + 4, tip[2]), 0.03, Surface(a=(0.05, 0.05, 0.05)))
    stage.box((tip[0], y + 3.6, tip[2]), (0.8, 0.5, 0.8), parts.wooden(chance))


def _lighthouse(stage: Stage, chance: Chance, at: Point) -> None:
    x, y, z = at
    stage.ball(
        (x, y, z),
        (9, 1.6, 7),
        Surface(a=(0.25, 0.24, 0.22), b=(0.12, 0.12, 0.1), pattern=kernels.MOTTLE, scale=0.8),
    )
    paint = Surface(
        a=some_colour(chance, (0.7, 1.0), (0.6, 0.9)),
        b=(0.8, 0.8, 0.78),
        c=(0.8, 0.8, 0.78),
        pattern=kernels.STRIPES,
        scale=0.4,
        extra=1.0,
        seed=seed_of(chance),
    )
    stage.tube((x, y + 8, z), (2.0, 7.5, 2.0), paint, 0.65)
    stage.tube((x, y + 15.7, z), (1.7, 0.2, 1.7), Surface(a=(0.05, 0.05, 0.05)))
    stage.tube((x, y + 16.7, z), (0.9, 0.9, 0.9), Surface(a=(0.9, 0.85, 0.6), gloss=1.0, glow=1.5))
    stage.tube((x, y + 18.1, z), (1.2, 0.5, 1.2), Surface(a=(0.3, 0.03, 0.03)), 0.05)
