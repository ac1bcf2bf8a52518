"""Streets: houses in rows, cars, trees and lamps, by day and by night."""

from __future__ import annotations

import math

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Colour, Scene, Sky, Stage, Surface, View
from consilience.exercise.scenes import light, parts
from consilience.exercise.scenes.parts import Chance, colour, near, seed_of, some_colour


def make(chance: Chance, views: int) -> Scene:
    """A street along z, houses on both sides."""
    stage = Stage()
    night = chance.random() < 0.2
    sky, ambient = light.outdoors(chance)
    if night:
        sky = Sky(colour(0.65, 0.7, 0.12), colour(0.08, 0.5, 0.2), stars=0.2, haze=0.1, seed=seed_of(chance))
        dim: Colour = (0.02, 0.018, 0.02)
        ambient = dim
    half = chance.uniform(2.6, 4.2)
    cobbled = chance.random() < 0.35
    grey = colour(chance.uniform(0.05, 0.6), 0.08, chance.uniform(0.35, 0.55))
    road = Surface(
        a=grey,
        b=near(chance, grey, 0.3),
        c=colour(0.1, 0.2, 0.25),
        pattern=kernels.COBBLES if cobbled else kernels.ASPHALT,
        scale=6.0 if cobbled else 2.5,
        gloss=0.6 if chance.random() < 0.25 else 0.0,
        bump=0.05,
        seed=seed_of(chance),
    )
    stage.box((0, -0.5, 0), (half, 0.5, 90), road)
    slab = Surface(
        a=near(chance, (0.35, 0.34, 0.32), 0.2),
        b=(0.25, 0.25, 0.24),
        c=(0.12, 0.12, 0.11),
        pattern=kernels.TILES,
        scale=1.6,
        extra=0.8,
        seed=seed_of(chance),
    )
    walk = chance.uniform(1.6, 2.6)
    grass = Surface(
        a=colour(0.28, 0.6, 0.4),
        b=colour(0.24, 0.6, 0.5),
        c=colour(0.2, 0.5, 0.5),
        pattern=kernels.GRASS,
        scale=12.0,
    )
    for side in (-1, 1):
        stage.box((side * (half + walk / 2), -0.4, 0), (walk / 2, 0.52, 90), slab)
        stage.box((side * (half + walk + 45), -0.5, 0), (45, 0.5, 90), grass)
    if not cobbled:
        for k in range(-16, 12):
            stage.box((0, 0.001, 4.0 * k), (0.06, 0.002, 1.2), Surface(a=(0.7, 0.7, 0.66), scale=9.0))
    _houses(stage, chance, half + walk)
    for side in (-1, 1):
        _roadside(stage, chance, side, half, walk, night)
    if night:
        for k in range(3):
            side = -1 if k % 2 else 1
            parts.street_lamp(stage, chance, (side * (half + 0.4), 0.1, 2.0 - 9.0 * k), 4.0, 1.3)
    eyes = []
    for _ in range(views):
        eye = (
            chance.uniform(-0.9, 0.9) * (half + walk * 0.5),
            chance.uniform(1.4, 2.0),
            chance.uniform(6, 13),
        )
        target = (chance.normal(0, 2.5), chance.uniform(1.0, 2.6), chance.uniform(-12, -3))
        eyes.append(
            View(
                eye,
                target,
                float(chance.uniform(52, 76)),
                float(chance.normal(0, 1.2)),
                exposure=float(chance.normal(0.05, 0.25)) - 0.5 * night,
            )
        )
    return stage.finish(sky, ambient, tuple(eyes))


def _roadside(stage: Stage, chance: Chance, side: int, half: float, walk: float, night: bool) -> None:
    """Cars, trees, lamps, benches along one side of the road."""
    z = 12.0 - chance.uniform(0, 8)
    while z > -45:
        spot = str(chance.choice(["car", "car", "tree", "lamp", "nothing", "bench", "pots"]))
        if spot == "car":
            turn = 90.0 * side + float(chance.normal(0, 2))
            parts.car(stage, chance, (side * (half - 1.1), 0, z), turn)
        elif spot == "tree":
            parts.tree(stage, chance, (side * (half + 0.6), 0.1, z), float(chance.uniform(4, 7)))
        elif spot == "lamp":
            lit = 1.0 if night and z > -25 else 0.0
            parts.street_lamp(
                stage, chance, (side * (half + 0.4), 0.1, z), float(chance.uniform(3.2, 4.5)), lit
            )
        elif spot == "bench":
            parts.bench(stage, chance, (side * (half + walk * 0.6), 0.12, z), -90.0 * side)
        elif spot == "pots":
            parts.pot_plant(stage, chance, (side * (half + walk * 0.7), 0.12, z), 0.5)
        z -= chance.uniform(4.5, 8)


def _houses(stage: Stage, chance: Chance, line: float) -> None:
    for side in (-1, 1):
        z = 14.0
        while z > -50:
            half = float(chance.uniform(3.0, 5.5))
            tall = float(chance.choice([1.5, 2.9, 2.9, 4.3, 5.8]))
            back = float(chance.uniform(0.1, 2.0))
            parts.house(
                stage, chance, (side * (line + 3.6 + back), 0.0, z - half), (half, tall, 3.5), -90.0 * side
            )
            if chance.random() < 0.3:
                where = (side * (line + 0.05), 2.6, z - half)
                awning = Surface(
                    a=some_colour(chance, (0.5, 1.0)),
                    b=(0.8, 0.8, 0.78),
                    pattern=kernels.STRIPES,
                    scale=4.0,
                    extra=0.0,
                    seed=seed_of(chance),
                )
                stage.box(where, (0.7, 0.04, 1.4), awning, roll=side * -18.0)
            z -= 2 * half + float(chance.choice([0.0, 0.0, 0.6, 3.0]))
            if z < -30:
                z -= math.fabs(float(chance.normal(0, 2)))
