"""Table-tops: things of the household close up, with a shallow depth of field."""

from __future__ import annotations

import math

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Scene, Sky, Stage, Surface, View
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
    stage.lamp((1.3 * math.cos(turn), 1.3, 0.2 + 1.0 * math.sin(turn)), float(chance.uniform(0.08, 0.4)),
               (1.9 * strength * warm, 1.8 * strength, 1.7 * strength * (2 - warm)))  # fmt: skip
    sky = Sky((0.35, 0.36, 0.4), (0.5, 0.5, 0.5), haze=0.0)
    eyes = []
    for _ in range(views):
        angle = math.pi / 2 + chance.normal(0, 0.55)
        distance, rise = chance.uniform(0.5, 0.85), chance.uniform(0.15, 0.55)
        eye = (distance * math.cos(angle), rise, distance * math.sin(angle))
        target = (chance.normal(0, 0.06), chance.uniform(0.02, 0.12), chance.normal(-0.05, 0.06))
        eyes.append(
            View(eye, target, float(chance.uniform(42, 62)), float(chance.normal(0, 3)), float(chance.choice([0.0, 0.6, 1.2])),
                 float(chance.normal(0.0, 0.3)), contrast=float(chance.uniform(0.92, 1.1)))
        )  # fmt: skip
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
    taken: list[tuple[float, float, float]] = []

    def place(size: float) -> tuple[float, float, float] | None:
        for _ in range(20):
            x, z = chance.normal(0, 0.25), chance.normal(-0.1, 0.2)
            if abs(z) < 0.6 and all(math.hypot(x - a, z - b) > size + c for a, b, c in taken):
                taken.append((x, z, size))
                return x, 0.0, z
        return None

    for _ in range(int(chance.integers(9, 18))):
        thing = str(
            chance.choice(
                [
                    "mug",
                    "bottle",
                    "vase",
                    "fruit",
                    "bowl",
                    "book",
                    "blocks",
                    "teddy",
                    "train",
                    "plate",
                    "pencils",
                    "candle",
                ]
            )
        )
        at = place(
            {"bowl": 0.2, "train": 0.22, "book": 0.16, "plate": 0.13, "teddy": 0.1, "blocks": 0.14}.get(
                thing, 0.07
            )
        )
        if at is None:
            continue
        x, _, z = at
        if thing == "mug":
            parts.mug(stage, chance, at)
        elif thing == "bottle":
            parts.bottle(stage, chance, at)
        elif thing == "vase":
            parts.vase(stage, chance, at, 0.06, chance.random() < 0.7)
        elif thing == "fruit":
            parts.fruit(stage, chance, (x, 0.037, z), 0.038)
        elif thing == "bowl":
            parts.bowl_of_fruit(stage, chance, at)
        elif thing == "book":
            for level in range(int(chance.integers(1, 4))):
                parts.book(
                    stage, chance, (x, 0.03 * level, z), (0.1, 0.015, 0.14), float(chance.uniform(0, 180))
                )
        elif thing == "blocks":
            parts.blocks(stage, chance, at, 0.035)
        elif thing == "teddy":
            parts.teddy(stage, chance, at, 0.09)
        elif thing == "train":
            parts.toy_train(stage, chance, at, float(chance.uniform(-70, 70)), 0.035)
        elif thing == "plate":
            glaze = parts.ceramic(chance)
            stage.tube((x, 0.008, z), (0.07, 0.008, 0.07), glaze, 1.6)
            parts.fruit(stage, chance, (x, 0.045, z), 0.03)
        elif thing == "pencils":
            for _ in range(int(chance.integers(3, 7))):
                px, pz, turn = (
                    x + chance.normal(0, 0.03),
                    z + chance.normal(0, 0.03),
                    chance.uniform(0, 2 * math.pi),
                )
                end = (px + 0.15 * math.cos(turn), 0.006, pz + 0.15 * math.sin(turn))
                stage.rod(
                    (px, 0.006, pz),
                    end,
                    0.004,
                    parts.painted(chance, some_colour(chance, (0.6, 1.0), (0.5, 1.0))),
                )
        else:
            wax = Surface(a=some_colour(chance, (0.0, 0.5), (0.7, 1.0)), glow=0.15)
            stage.tube((x, 0.05, z), (0.022, 0.05, 0.022), wax)
            stage.ball((x, 0.125, z), (0.008, 0.02, 0.008), Surface(a=(1.0, 0.7, 0.25), glow=6.0))
            stage.lamp((x, 0.13, z), 0.01, (0.05, 0.03, 0.012))
