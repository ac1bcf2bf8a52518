"""Times of day and weathers for scenes under the open sky, and the light of rooms."""

from __future__ import annotations

import math

from consilience.exercise.render.scene import Colour, Sky
from consilience.exercise.scenes.parts import Chance, colour


def outdoors(chance: Chance, ridges: float | None = None) -> tuple[Sky, Colour]:
    """A sky and the ambient light under it: clear, cloudy, grey, low sun, dusk, mist."""
    weather = str(
        chance.choice(
            ["clear", "clear", "clear", "cloudy", "cloudy", "grey", "low", "low", "low", "dusk", "mist"]
        )
    )
    turn = chance.uniform(0, 2 * math.pi)
    height = {"low": 0.2, "dusk": 0.03}.get(weather, chance.uniform(0.45, 1.4))
    sun = (math.cos(turn), float(height), math.sin(turn))
    far = chance.uniform(0.0, 0.22) if ridges is None else ridges
    seed = int(chance.integers(1, 1 << 16))
    green = colour(chance.uniform(0.2, 0.45), chance.uniform(0.2, 0.5), chance.uniform(0.25, 0.45))
    blue = chance.uniform(0.55, 0.63)
    strength = float(chance.uniform(2.0, 3.2))
    if weather == "clear":
        sky = Sky(
            colour(blue, 0.75, 0.75),
            colour(blue, 0.25, 0.95),
            sun,
            (strength, strength * 0.93, strength * 0.8),
            0.15 * chance.random(),
            far,
            green,
            0.12,
            seed=seed,
        )
    elif weather == "cloudy":
        sky = Sky(
            colour(blue, 0.65, 0.75),
            colour(blue, 0.2, 0.95),
            sun,
            (strength, strength * 0.94, strength * 0.84),
            chance.uniform(0.35, 0.75),
            far,
            green,
            0.2,
            seed=seed,
        )
    elif weather == "grey":
        sky = Sky(
            (0.55, 0.58, 0.62), (0.75, 0.76, 0.78), sun, (0.25, 0.25, 0.25), 0.9, far, green, 0.5, seed=seed
        )
    elif weather == "low":
        sky = Sky(
            colour(blue, 0.55, 0.7),
            colour(0.08, 0.35, 0.95),
            sun,
            (strength, strength * 0.62, strength * 0.3),
            chance.uniform(0.1, 0.6),
            far,
            green,
            0.3,
            seed=seed,
        )
    elif weather == "dusk":
        sky = Sky(
            colour(0.66, 0.7, 0.35),
            colour(chance.uniform(0.98, 1.1), 0.45, 0.75),
            sun,
            (0.35, 0.18, 0.1),
            chance.uniform(0.2, 0.6),
            far,
            (0.01, 0.01, 0.02),
            0.3,
            0.3,
            seed,
        )
    else:
        sky = Sky(
            (0.62, 0.66, 0.7),
            (0.72, 0.74, 0.76),
            sun,
            (0.5, 0.47, 0.42),
            0.3,
            far,
            green,
            chance.uniform(1.2, 3.0),
            seed=seed,
        )
    ambient = tuple(
        0.25 * z + 0.2 * h + 0.06 * s for z, h, s in zip(sky.zenith, sky.horizon, sky.sunlight, strict=True)
    )
    return sky, ambient  # type: ignore[return-value]
