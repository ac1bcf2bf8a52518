"""Open country: hills, woods, a lake or a river, a hut; mostly far away."""

from __future__ import annotations

import math

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Scene, Stage, Surface, View
from consilience.exercise.scenes import light, parts
from consilience.exercise.scenes.parts import Chance, colour, near, seed_of


def make(chance: Chance, views: int) -> Scene:
    """A landscape seen from a rise."""
    stage = Stage()
    sky, ambient = light.outdoors(chance, float(chance.uniform(0.12, 0.4)))
    season = str(chance.choice(["summer", "summer", "autumn", "winter", "dry"]))
    hue = {"summer": 0.27, "autumn": 0.12, "winter": 0.58, "dry": 0.12}[season] + chance.normal(0, 0.015)
    saturation = {"summer": 0.6, "autumn": 0.5, "winter": 0.06, "dry": 0.45}[season]
    value = {"summer": 0.45, "autumn": 0.5, "winter": 0.85, "dry": 0.6}[season]

    def meadow(scale: float) -> Surface:
        base = colour(hue + chance.normal(0, 0.02), saturation, value * chance.uniform(0.85, 1.1))
        return Surface(
            a=base,
            b=near(chance, base, 0.3),
            c=near(chance, base, 0.4),
            pattern=kernels.GRASS,
            scale=scale,
            seed=seed_of(chance),
        )

    stage.box((0, -2.0, 0), (800, 0.5, 800), meadow(1.2))
    water = chance.random() < 0.6
    if water:
        deep = colour(chance.uniform(0.5, 0.6), 0.5, 0.3)
        surface = Surface(
            a=deep,
            b=near(chance, deep, 0.3),
            pattern=kernels.WATER,
            scale=0.5,
            gloss=1.0,
            bump=float(chance.uniform(0.01, 0.08)),
            seed=seed_of(chance),
        )
        stage.tube(
            (chance.uniform(-30, 30), -1.49, -chance.uniform(60, 110)),
            (float(chance.uniform(50, 110)), 0.01, float(chance.uniform(25, 45))),
            surface,
        )
    for _ in range(int(chance.integers(8, 16))):
        far = chance.uniform(60, 420)
        angle = -math.pi / 2 + chance.normal(0, 0.6)
        size = far * chance.uniform(0.15, 0.4)
        stage.ball(
            (far * math.cos(angle), -2.0, far * math.sin(angle)),
            (size, size * chance.uniform(0.12, 0.4), size * 0.8),
            meadow(0.6),
        )
    for _ in range(int(chance.integers(30, 70))):
        far = chance.uniform(14, 170) if chance.random() < 0.9 else chance.uniform(7, 14)
        angle = -math.pi / 2 + chance.normal(0, 0.55)
        where = (far * math.cos(angle), -1.5, far * math.sin(angle))
        if water and far > 45 and abs(where[0]) < 40:
            continue
        if season == "winter" or chance.random() < 0.5:
            parts.conifer(stage, chance, where, float(chance.uniform(4, 11)))
        else:
            parts.bush(stage, chance, where, float(chance.uniform(1.2, 3.0)))
    for _ in range(int(chance.integers(1, 4))):
        where = (chance.uniform(-9, 9), -1.5, -chance.uniform(7, 18))
        parts.tree(stage, chance, where, float(chance.uniform(4, 8)))
    if chance.random() < 0.6:
        parts.house(
            stage,
            chance,
            (chance.uniform(-14, 14), -1.5, -chance.uniform(16, 40)),
            (3.2, 1.4, 2.4),
            float(chance.uniform(-50, 50)),
        )
    rock = Surface(
        a=(0.3, 0.29, 0.28), b=(0.14, 0.13, 0.12), pattern=kernels.MOTTLE, scale=2.0, seed=seed_of(chance)
    )
    for _ in range(int(chance.integers(3, 14))):
        size = chance.uniform(0.2, 1.0)
        stage.ball(
            (chance.normal(0, 5), -1.45, -chance.uniform(2, 16)),
            (size, size * 0.6, size * 0.8),
            rock,
            float(chance.uniform(0, 180)),
        )
    if chance.random() < 0.5:
        parts.fence(stage, chance, (-10, -5 - chance.uniform(0, 4)), (10, -5 - chance.uniform(0, 4)), 0.2)
    eyes = []
    for _ in range(views):
        eye = (chance.normal(0, 2.5), chance.uniform(0.2, 3.0), chance.uniform(2, 8))
        target = (chance.normal(0, 8), chance.uniform(-1, 3.0), -40.0)
        eyes.append(
            View(
                eye,
                target,
                float(chance.uniform(45, 75)),
                float(chance.normal(0, 1)),
                exposure=float(chance.normal(0.0, 0.25)),
                contrast=float(chance.uniform(0.95, 1.1)),
            )
        )
    return stage.finish(sky, ambient, tuple(eyes))
