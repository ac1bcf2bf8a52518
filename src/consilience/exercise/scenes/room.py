"""Rooms: walls, a window, furniture, things on shelves and on the floor; by day or by lamplight."""

from __future__ import annotations

import math

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Colour, Scene, Sky, Stage, Surface, View
from consilience.exercise.scenes import parts
from consilience.exercise.scenes.parts import Chance, colour, near, seed_of, some_colour


def make(chance: Chance, views: int) -> Scene:
    """A living room, bedroom, study or playroom. Axes: window in the -x wall, shelves on the -z wall."""
    stage = Stage()
    width, depth, height = chance.uniform(1.8, 3.0), chance.uniform(1.8, 2.8), chance.uniform(2.4, 3.0)
    night = chance.random() < 0.3
    _shell(stage, chance, width, depth, height)
    kind = str(chance.choice(["living", "bedroom", "study", "playroom"]))
    _furnish(stage, chance, kind, width, depth)
    _decorate(stage, chance, width, depth, height)
    if night:
        sky = Sky((0.002, 0.003, 0.008), (0.01, 0.01, 0.02), stars=0.3, seed=seed_of(chance))
        ambient: Colour = (0.16, 0.12, 0.08)
    else:
        turn = chance.uniform(-0.5, 0.5)
        sun = (-math.cos(turn), chance.uniform(0.35, 0.9), math.sin(turn))
        strength = float(chance.choice([0.0, 6.0, 9.0]))
        sky = Sky(
            (1.6, 2.0, 2.6),
            (2.6, 2.7, 2.8),
            sun,
            (strength, strength * 0.85, strength * 0.65),
            0.4,
            0.1,
            haze=0.0,
            seed=seed_of(chance),
        )
        ambient = (0.42, 0.41, 0.4)
        stage.lamp((-width + 0.15, 1.5, 0.0), 0.5, (0.9, 1.0, 1.15))
    if night or chance.random() < 0.35:
        for _ in range(int(chance.integers(1, 3))):
            side = float(chance.choice([-1, 1]))
            where = (side * (width - 0.3), 0.0, chance.uniform(-0.8, 0.5) * depth)
            parts.standing_lamp(stage, chance, where, float(chance.uniform(1.3, 1.7)), 1.3 if night else 0.5)
    if night:
        stage.lamp((0.2, height - 0.25, 0.1), 0.25, (1.8, 1.5, 1.05))
    tone = chance.uniform(0.9, 1.1)
    eyes = []
    for _ in range(views):
        eye = (
            chance.uniform(-0.2, 0.85) * width,
            chance.uniform(1.1, 1.8),
            chance.uniform(0.35, 0.92) * depth,
        )
        target = (
            chance.uniform(-0.6, 0.3) * width,
            chance.uniform(0.5, 1.3),
            chance.uniform(-1.0, -0.5) * depth,
        )
        eyes.append(
            View(
                eye,
                target,
                float(chance.uniform(58, 85)),
                float(chance.normal(0, 2)),
                exposure=float(chance.normal(0.1, 0.25)),
                balance=(tone, 1.0, 2.0 - tone),
            )
        )
    return stage.finish(sky, ambient, tuple(eyes))


def _shell(stage: Stage, chance: Chance, width: float, depth: float, height: float) -> None:
    floor_kind = int(
        chance.choice([kernels.PLANKS, kernels.PLANKS, kernels.TILES, kernels.WEAVE, kernels.CHECKS])
    )
    base = colour(chance.uniform(0.05, 0.1), chance.uniform(0.25, 0.6), chance.uniform(0.35, 0.8))
    floor = Surface(
        a=base,
        b=near(chance, base, 0.35),
        c=(0.35, 0.34, 0.32),
        pattern=floor_kind,
        scale={kernels.PLANKS: 8.0, kernels.TILES: 3.0, kernels.CHECKS: 3.5}.get(floor_kind, 120.0),
        gloss=0.6 if floor_kind != kernels.WEAVE else 0.0,
        bump=0.02,
        extra=float(chance.random()),
        seed=seed_of(chance),
    )
    stage.box((0, -0.05, 0), (width, 0.05, depth), floor)
    paper = int(
        chance.choice(
            [kernels.PLAIN, kernels.PLAIN, kernels.STRIPES, kernels.DOTS, kernels.MOTTLE, kernels.BRICK]
        )
    )
    tone = some_colour(chance, (0.05, 0.4), (0.55, 0.92))
    wall = Surface(
        a=tone,
        b=near(chance, tone, 0.15),
        c=near(chance, tone, 0.1),
        pattern=paper,
        scale={kernels.STRIPES: 9.0, kernels.DOTS: 7.0, kernels.BRICK: 13.0, kernels.MOTTLE: 3.0}.get(
            paper, 2.0
        ),
        seed=seed_of(chance),
    )
    plain = Surface(a=near(chance, tone, 0.1), scale=1.0)
    stage.box((0, height / 2, -depth - 0.05), (width + 0.1, height / 2, 0.05), wall)
    stage.box((0, height / 2, depth + 0.05), (width + 0.1, height / 2, 0.05), plain)
    stage.box((width + 0.05, height / 2, 0), (0.05, height / 2, depth), plain)
    stage.box((0, height + 0.05, 0), (width + 0.1, 0.05, depth + 0.1), Surface(a=(0.8, 0.8, 0.78)))
    # The wall with the window: four pieces around a hole, then frame and bars.
    sill, lintel, half = 0.9, 2.1, min(0.9, depth * 0.4)
    middle = -0.25 * depth
    stage.box((-width - 0.05, sill / 2, 0), (0.05, sill / 2, depth), plain)
    stage.box((-width - 0.05, (height + lintel) / 2, 0), (0.05, (height - lintel) / 2, depth), plain)
    back, front = -depth, depth
    for low, high in ((back, middle - half), (middle + half, front)):
        stage.box(
            (-width - 0.05, (sill + lintel) / 2, (low + high) / 2),
            (0.05, (lintel - sill) / 2, (high - low) / 2),
            plain,
        )
    frame = parts.painted(chance, (0.75, 0.74, 0.7))
    for z in (middle - half, middle, middle + half):
        stage.box((-width, (sill + lintel) / 2, z), (0.03, (lintel - sill) / 2, 0.03), frame)
    for y in (sill, (sill + lintel) / 2 + 0.2, lintel):
        stage.box((-width, y, middle), (0.03, 0.025, half), frame)
    stage.box((-width + 0.08, sill, middle), (0.14, 0.02, half + 0.08), frame)
    if chance.random() < 0.7:
        fabric = parts.cloth(chance)
        for side in (-1, 1):
            for fold in range(5):
                where = (-width + 0.1, 1.25, middle + side * (half + 0.02 + 0.07 * fold))
                stage.tube(where, (0.05, 1.0, 0.045), fabric)
        stage.rod(
            (-width + 0.1, 2.28, middle - half - 0.5),
            (-width + 0.1, 2.28, middle + half + 0.5),
            0.018,
            parts.metallic(chance),
        )
    if chance.random() < 0.5:
        parts.pot_plant(
            stage, chance, (-width + 0.1, sill + 0.02, middle + chance.uniform(-0.5, 0.5) * half), 0.13
        )
    skirting = parts.painted(chance, (0.7, 0.7, 0.68))
    stage.box((0, 0.05, -depth + 0.01), (width, 0.05, 0.012), skirting)
    stage.box((width - 0.01, 0.05, 0), (0.012, 0.05, depth), skirting)


def _furnish(stage: Stage, chance: Chance, kind: str, width: float, depth: float) -> None:
    rug = Surface(
        a=some_colour(chance),
        b=some_colour(chance),
        c=some_colour(chance),
        pattern=kernels.RUG,
        scale=float(chance.uniform(8, 14)),
        seed=seed_of(chance),
    )
    if chance.random() < 0.75:
        stage.box((0.1, 0.006, -0.1 * depth), (width * 0.5, 0.006, depth * 0.4), rug)
    if kind == "living":
        parts.sofa(stage, chance, (chance.uniform(-0.3, 0.2) * width, 0, -depth + 0.55), 0.0)
        top = parts.table(stage, chance, (0.0, 0, -depth + 1.6), (0.55, 0.21, 0.3))
        parts.mug(stage, chance, (chance.uniform(-0.4, 0.0), top, -depth + 1.6))
        parts.book(
            stage, chance, (0.25, top, -depth + 1.65), (0.11, 0.015, 0.15), float(chance.uniform(-40, 40))
        )
        parts.bowl_of_fruit(stage, chance, (0.0, top, -depth + 1.5))
    elif kind == "bedroom":
        parts.bed(stage, chance, (-width + 0.9, 0, -depth + 1.15), 0.0)
        top = parts.table(stage, chance, (-width + 1.95, 0, -depth + 0.3), (0.22, 0.26, 0.2))
        parts.standing_lamp(stage, chance, (-width + 1.95, top, -depth + 0.28), 0.4, 0.25)
        parts.teddy(stage, chance, (-width + 0.9, 0.5, -depth + 0.9), 0.13)
    elif kind == "study":
        top = parts.table(stage, chance, (-0.2 * width, 0, -depth + 0.45), (0.75, 0.37, 0.36))
        parts.chair(
            stage,
            chance,
            (-0.2 * width, 0, -depth + 1.1),
            180 + float(chance.uniform(-30, 30)),
            parts.wooden(chance),
        )
        screen = Surface(
            a=some_colour(chance, (0.2, 0.7), (0.4, 0.9)),
            b=some_colour(chance),
            c=some_colour(chance),
            pattern=kernels.SCREEN,
            glow=1.2,
            seed=seed_of(chance),
        )
        stage.box(
            (-0.2 * width, top + 0.32, -depth + 0.3),
            (0.3, 0.19, 0.012),
            Surface(a=(0.02, 0.02, 0.02), gloss=0.6),
        )
        stage.box((-0.2 * width, top + 0.32, -depth + 0.306), (0.285, 0.175, 0.009), screen)
        stage.box((-0.2 * width, top + 0.07, -depth + 0.28), (0.03, 0.07, 0.02), parts.metallic(chance))
        stage.box(
            (-0.2 * width, top + 0.008, -depth + 0.62),
            (0.21, 0.008, 0.07),
            Surface(a=(0.05, 0.05, 0.05), b=(0.2, 0.2, 0.2), pattern=kernels.CHECKS, scale=50.0),
        )
        parts.mug(stage, chance, (-0.2 * width + 0.5, top, -depth + 0.5))
        parts.standing_lamp(stage, chance, (-0.2 * width - 0.6, top, -depth + 0.3), 0.45, 0.3)
    else:
        parts.teddy(stage, chance, (chance.uniform(-0.5, 0.4) * width, 0, -0.45 * depth), 0.2)
        parts.toy_train(
            stage,
            chance,
            (chance.uniform(0.0, 0.5) * width, 0, -0.25 * depth),
            float(chance.uniform(-60, 60)),
        )
        parts.blocks(stage, chance, (chance.uniform(-0.4, 0.4) * width, 0, -0.1 * depth), 0.06)
        size = chance.uniform(0.1, 0.16)
        ball = Surface(
            a=some_colour(chance, (0.6, 1.0)),
            b=(0.85, 0.83, 0.8),
            pattern=kernels.STRIPES,
            scale=8.0,
            gloss=0.6,
            seed=seed_of(chance),
        )
        stage.ball((chance.uniform(-0.4, 0.4) * width, size, -0.6 * depth), (size, size, size), ball)
        parts.bed(stage, chance, (-width + 0.9, 0, -depth + 1.15), 0.0)


def _decorate(stage: Stage, chance: Chance, width: float, depth: float, height: float) -> None:
    parts.shelf(stage, chance, (width - 0.65, 0, -depth + 0.16), 1.1, float(chance.choice([1.1, 1.8, 2.1])))
    for _ in range(int(chance.integers(1, 5))):
        size = chance.uniform(0.16, 0.42)
        where = (chance.uniform(-0.75, 0.2) * width, chance.uniform(1.35, height - 0.55), -depth + 0.012)
        stage.box(where, (size, size * chance.uniform(0.6, 1.3), 0.012), parts.printed(chance, 0.02))
    if chance.random() < 0.6:
        parts.pot_plant(
            stage,
            chance,
            (width - 0.35, 0, chance.uniform(-0.3, 0.1) * depth),
            float(chance.uniform(0.25, 0.4)),
        )
    if chance.random() < 0.5:
        parts.chair(
            stage,
            chance,
            (chance.uniform(0.2, 0.7) * width, 0, chance.uniform(-0.3, 0.2) * depth),
            float(chance.uniform(0, 360)),
            parts.wooden(chance),
        )
    shade = Surface(a=(0.8, 0.75, 0.65), glow=0.3, gloss=0.4)
    stage.rod((0.2, height, 0.1), (0.2, height - 0.5, 0.1), 0.006, Surface(a=(0.02, 0.02, 0.02)))
    stage.tube((0.2, height - 0.6, 0.1), (0.2, 0.11, 0.2), shade, 0.4)
