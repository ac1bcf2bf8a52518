"""Gardens: lawn, beds, trees, a fence, a house behind, things left on the grass."""

from __future__ import annotations

import math

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Scene, Stage, Surface, View
from consilience.exercise.scenes import light, parts
from consilience.exercise.scenes.parts import Chance, colour, seed_of, some_colour


def make(chance: Chance, views: int) -> Scene:
    """A garden of some size in some weather."""
    stage = Stage()
    sky, ambient = light.outdoors(chance)
    hue = chance.uniform(0.2, 0.33)
    lawn = Surface(
        a=colour(hue, chance.uniform(0.4, 0.62), 0.4),
        b=colour(hue - 0.04, chance.uniform(0.35, 0.55), 0.6),
        c=colour(0.14, 0.5, 0.6) if chance.random() < 0.3 else colour(hue, 0.6, 0.5),
        pattern=kernels.GRASS,
        scale=14.0,
        seed=seed_of(chance),
    )
    stage.box((0, -0.5, 0), (90, 0.5, 90), lawn)
    half = chance.uniform(6, 10)
    if chance.random() < 0.75:
        parts.fence(stage, chance, (-half, -half), (half, -half), float(chance.uniform(0.8, 1.6)))
        parts.fence(stage, chance, (-half, -half), (-half, half), float(chance.uniform(0.8, 1.6)))
    if chance.random() < 0.7:
        where = (chance.uniform(-5, 5), 0.0, -half - chance.uniform(4, 9))
        parts.house(
            stage,
            chance,
            where,
            (float(chance.uniform(3.5, 5.5)), float(chance.choice([1.5, 2.9])), 3.2),
            float(chance.normal(0, 12)),
        )
    _path(stage, chance, half)
    for _ in range(int(chance.integers(2, 6))):
        where = (chance.uniform(-1, 1) * half, 0.0, chance.uniform(-1, 0.1) * half)
        if chance.random() < 0.7:
            parts.tree(stage, chance, where, float(chance.uniform(3, 7)), chance.random() < 0.25)
        else:
            parts.conifer(stage, chance, where, float(chance.uniform(2.5, 7)))
    for _ in range(int(chance.integers(3, 8))):
        parts.bush(
            stage,
            chance,
            (chance.uniform(-1, 1) * half, 0.0, chance.uniform(-1, 0.0) * half),
            float(chance.uniform(0.4, 0.9)),
            float(chance.choice([0.0, 0.3])),
        )
    for _ in range(int(chance.integers(1, 4))):
        parts.flower_bed(
            stage,
            chance,
            (chance.uniform(-0.7, 0.7) * half, 0.0, chance.uniform(-0.6, 0.4) * half),
            (float(chance.uniform(0.8, 2.2)), float(chance.uniform(0.4, 0.8))),
            float(chance.uniform(0, 180)),
        )
    for k in range(14):
        far = chance.uniform(22, 70)
        angle = chance.uniform(0, 2 * math.pi) if k > 6 else -math.pi / 2 + chance.normal(0, 0.7)
        parts.conifer(
            stage, chance, (far * math.cos(angle), 0.0, far * math.sin(angle)), float(chance.uniform(5, 12))
        )
    _left_outside(stage, chance)
    eyes = []
    for _ in range(views):
        eye = (chance.normal(0, 2.5), chance.uniform(1.2, 1.9), chance.uniform(3.5, 7.5))
        target = (chance.normal(0, 1.5), chance.uniform(0.4, 1.6), chance.uniform(-4, -1))
        eyes.append(
            View(
                eye,
                target,
                float(chance.uniform(50, 75)),
                float(chance.normal(0, 1.5)),
                exposure=float(chance.normal(0.1, 0.25)),
            )
        )
    return stage.finish(sky, ambient, tuple(eyes))


def _path(stage: Stage, chance: Chance, half: float) -> None:
    stone = Surface(
        a=colour(chance.uniform(0.05, 0.12), 0.25, 0.6),
        b=colour(chance.uniform(0.05, 0.6), 0.1, 0.5),
        c=colour(0.25, 0.4, 0.25),
        pattern=kernels.COBBLES,
        scale=3.5,
        seed=seed_of(chance),
    )
    x = chance.uniform(-2, 2)
    if chance.random() < 0.5:
        stage.box((x, 0.005, 0), (0.6, 0.012, half), stone, float(chance.normal(0, 12)))
        return
    for k in range(14):
        z = half - 1.1 * k
        stage.tube((x + 0.8 * math.sin(0.5 * k), 0.01, z), (0.38, 0.02, 0.32), stone, 0.95)


def _left_outside(stage: Stage, chance: Chance) -> None:
    for _ in range(int(chance.integers(2, 6))):
        x, z = chance.normal(0, 2.0), chance.uniform(-2.5, 3.0)
        thing = str(chance.choice(["ball", "table", "bench", "pots", "barrow", "bear", "pool"]))
        if thing == "ball":
            size = chance.uniform(0.12, 0.35)
            skin = Surface(
                a=some_colour(chance, (0.6, 1.0)),
                b=(0.8, 0.8, 0.78),
                c=some_colour(chance),
                pattern=kernels.STRIPES,
                scale=5.0,
                gloss=0.7,
                seed=seed_of(chance),
            )
            stage.ball((x, size, z), (size, size, size), skin, 0, float(chance.uniform(0, 90)))
        elif thing == "table":
            top = parts.table(stage, chance, (x, 0, z), (0.7, 0.36, 0.5))
            parts.bowl_of_fruit(stage, chance, (x, top, z))
            parts.mug(stage, chance, (x + 0.4, top, z + 0.2))
            for side in (0.0, 180.0):
                turn = math.radians(side)
                parts.chair(
                    stage,
                    chance,
                    (x - 0.9 * math.sin(turn), 0, z - 0.9 * math.cos(turn)),
                    side,
                    parts.wooden(chance),
                )
        elif thing == "bench":
            parts.bench(stage, chance, (x, 0, z - 2), float(chance.uniform(-40, 40)))
        elif thing == "pots":
            for k in range(int(chance.integers(2, 5))):
                parts.pot_plant(
                    stage,
                    chance,
                    (x + 0.6 * k, 0, z + chance.normal(0, 0.2)),
                    float(chance.uniform(0.25, 0.45)),
                )
        elif thing == "barrow":
            steel = parts.painted(chance, some_colour(chance, (0.6, 1.0)))
            stage.tube((x, 0.55, z), (0.3, 0.17, 0.42), steel, 1.5)
            stage.rod(
                (x - 0.06, 0.22, z - 0.65), (x + 0.06, 0.22, z - 0.65), 0.22, Surface(a=(0.02, 0.02, 0.02))
            )
            for side in (-0.3, 0.3):
                stage.rod((x + side, 0.35, z - 0.5), (x + side, 0.7, z + 1.1), 0.025, parts.metallic(chance))
                stage.rod((x + side, 0.0, z + 0.4), (x + side, 0.5, z + 0.4), 0.02, steel)
        elif thing == "bear":
            parts.teddy(stage, chance, (x, 0, z), 0.25)
        else:
            rim = parts.painted(chance, some_colour(chance, (0.5, 1.0), (0.5, 1.0)))
            stage.tube((x, 0.15, z), (1.0, 0.15, 1.0), rim)
            water = Surface(
                a=colour(0.53, 0.6, 0.6),
                b=colour(0.5, 0.5, 0.7),
                pattern=kernels.WATER,
                scale=4.0,
                gloss=1.0,
                bump=0.06,
            )
            stage.tube((x, 0.3, z), (0.9, 0.004, 0.9), water)
