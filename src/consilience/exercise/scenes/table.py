"""Table-tops: things of the household close up, with a shallow depth of field."""

from __future__ import annotations

import math
from collections.abc import Callable

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Point, Scene, Sky, Stage, Surface, View
from consilience.exercise.scenes import parts
from consilience.exercise.scenes.parts import Chance, colour, near, seed_of, some_colour


def make(chance: Chance, views: int) -> Scene:
    """A table with things on it, before a wall, by a window or under a lamp."""
    stage = Stage()
    _top(stage, chance)
    wall = Surface(
        a=some_colour(chance, (0.05, 0.5), (0.4, 0.9)),
        b=some_colour(chance, (0.05, 0.5), (0.4, 0.9)),
        c=(0.4, 0.4, 0.4),
        pattern=int(
            chance.choice([kernels.PLAIN, kernels.BRICK, kernels.STRIPES, kernels.TILES, kernels.MOTTLE])
        ),
        scale=8.0,
        extra=float(chance.random()),
        seed=seed_of(chance),
    )
    stage.box((0, 0, -1.4), (3.0, 2.5, 0.05), wall)
    for _ in range(int(chance.integers(0, 3))):
        size = chance.uniform(0.12, 0.3)
        stage.box(
            (chance.uniform(-1.0, 1.0), chance.uniform(0.25, 0.8), -1.33),
            (size, size * 1.2, 0.012),
            parts.printed(chance, 0.02),
        )
    if chance.random() < 0.4:
        parts.shelf(stage, chance, (chance.uniform(-0.8, 0.8), -0.75, -1.2), 1.2, 1.8)
    _things(stage, chance)
    turn = chance.uniform(0, math.pi)
    warm = chance.uniform(0.85, 1.15)
    strength = chance.uniform(0.6, 1.4)
    stage.lamp(
        (1.3 * math.cos(turn), 1.3, 0.2 + 1.0 * math.sin(turn)),
        float(chance.uniform(0.08, 0.4)),
        (1.9 * strength * warm, 1.8 * strength, 1.7 * strength * (2 - warm)),
    )
    sky = Sky((0.35, 0.36, 0.4), (0.5, 0.5, 0.5), haze=0.0)
    eyes = []
    for _ in range(views):
        angle = math.pi / 2 + chance.normal(0, 0.55)
        distance, rise = chance.uniform(0.5, 0.85), chance.uniform(0.15, 0.55)
        eye = (distance * math.cos(angle), rise, distance * math.sin(angle))
        target = (chance.normal(0, 0.06), chance.uniform(0.02, 0.12), chance.normal(-0.05, 0.06))
        eyes.append(
            View(
                eye,
                target,
                float(chance.uniform(42, 62)),
                float(chance.normal(0, 3)),
                float(chance.choice([0.0, 0.6, 1.2])),
                float(chance.normal(0.0, 0.3)),
                contrast=float(chance.uniform(0.92, 1.1)),
            )
        )
    return stage.finish(sky, (0.25, 0.24, 0.23), tuple(eyes))


def _top(stage: Stage, chance: Chance) -> None:
    pattern = int(
        chance.choice(
            [
                kernels.PLANKS,
                kernels.WOOD,
                kernels.MARBLE,
                kernels.CHECKS,
                kernels.WEAVE,
                kernels.DOTS,
                kernels.STRIPES,
            ]
        )
    )
    a = colour(chance.uniform(0.04, 0.11), chance.uniform(0.3, 0.6), chance.uniform(0.3, 0.85))
    b = near(chance, a, 0.35)
    if pattern not in (kernels.PLANKS, kernels.WOOD):
        a, b = some_colour(chance, (0.05, 0.7), (0.4, 0.95)), some_colour(chance, (0.0, 0.4), (0.6, 0.97))
    scale = {
        kernels.PLANKS: 9.0,
        kernels.WOOD: 9.0,
        kernels.MARBLE: 4.0,
        kernels.WEAVE: 220.0,
        kernels.DOTS: 16.0,
    }
    top = Surface(
        a=a,
        b=b,
        c=near(chance, b, 0.2),
        pattern=pattern,
        scale=float(scale.get(pattern, chance.uniform(10, 22))),
        gloss=0.5 if pattern in (kernels.PLANKS, kernels.WOOD, kernels.MARBLE) else 0.0,
        bump=0.02,
        extra=float(chance.integers(0, 2)),
        seed=seed_of(chance),
    )
    stage.box((0, -0.02, -0.2), (float(chance.uniform(0.9, 1.6)), 0.02, 0.9), top, float(chance.normal(0, 4)))
    stage.box(
        (0, -0.8, 0),
        (4, 0.02, 4),
        Surface(a=(0.2, 0.15, 0.1), b=(0.1, 0.08, 0.05), pattern=kernels.PLANKS, scale=7.0),
    )


def _things(stage: Stage, chance: Chance) -> None:
    """Nine things or more, none in another's place."""
    taken: list[tuple[float, float, float]] = []
    names = list(_THINGS)
    for _ in range(int(chance.integers(9, 18))):
        size, put = _THINGS[names[int(chance.integers(len(names)))]]
        for _ in range(20):
            x, z = chance.normal(0, 0.25), chance.normal(-0.1, 0.2)
            if abs(z) < 0.6 and all(math.hypot(x - a, z - b) > size + c for a, b, c in taken):
                taken.append((x, z, size))
                put(stage, chance, (x, 0.0, z))
                break


def _flowers(stage: Stage, chance: Chance, at: Point) -> None:
    parts.vase(stage, chance, at, 0.06, bool(chance.random() < 0.7))


def _one_fruit(stage: Stage, chance: Chance, at: Point) -> None:
    parts.fruit(stage, chance, (at[0], 0.037, at[2]), 0.038)


def _books(stage: Stage, chance: Chance, at: Point) -> None:
    for level in range(int(chance.integers(1, 4))):
        turn = float(chance.uniform(0, 180))
        parts.book(stage, chance, (at[0], 0.03 * level, at[2]), (0.1, 0.015, 0.14), turn)


def _toy_blocks(stage: Stage, chance: Chance, at: Point) -> None:
    parts.blocks(stage, chance, at, 0.035)


def _bear(stage: Stage, chance: Chance, at: Point) -> None:
    parts.teddy(stage, chance, at, 0.09)


def _train(stage: Stage, chance: Chance, at: Point) -> None:
    parts.toy_train(stage, chance, at, float(chance.uniform(-70, 70)), 0.035)


def _plate(stage: Stage, chance: Chance, at: Point) -> None:
    stage.tube((at[0], 0.008, at[2]), (0.07, 0.008, 0.07), parts.ceramic(chance), 1.6)
    parts.fruit(stage, chance, (at[0], 0.045, at[2]), 0.03)


def _pencils(stage: Stage, chance: Chance, at: Point) -> None:
    for _ in range(int(chance.integers(3, 7))):
        x, z = at[0] + chance.normal(0, 0.03), at[2] + chance.normal(0, 0.03)
        turn = chance.uniform(0, 2 * math.pi)
        end = (x + 0.15 * math.cos(turn), 0.006, z + 0.15 * math.sin(turn))
        paint = parts.painted(chance, some_colour(chance, (0.6, 1.0), (0.5, 1.0)))
        stage.rod((x, 0.006, z), end, 0.004, paint)


def _candle(stage: Stage, chance: Chance, at: Point) -> None:
    x, _, z = at
    wax = Surface(a=some_colour(chance, (0.0, 0.5), (0.7, 1.0)), glow=0.15)
    stage.tube((x, 0.05, z), (0.022, 0.05, 0.022), wax)
    stage.ball((x, 0.125, z), (0.008, 0.02, 0.008), Surface(a=(1.0, 0.7, 0.25), glow=6.0))
    stage.lamp((x, 0.13, z), 0.01, (0.05, 0.03, 0.012))


_THINGS: dict[str, tuple[float, Callable[[Stage, Chance, Point], None]]] = {
    "mug": (0.07, parts.mug),
    "bottle": (0.07, parts.bottle),
    "vase": (0.07, _flowers),
    "fruit": (0.07, _one_fruit),
    "bowl": (0.2, parts.bowl_of_fruit),
    "books": (0.16, _books),
    "blocks": (0.14, _toy_blocks),
    "bear": (0.1, _bear),
    "train": (0.22, _train),
    "plate": (0.13, _plate),
    "pencils": (0.07, _pencils),
    "candle": (0.07, _candle),
}
"""Things by name: the room that each takes, metres, and what puts it on the table."""
