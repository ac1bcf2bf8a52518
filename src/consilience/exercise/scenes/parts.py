"""Things that stand in scenes: furniture, plants, houses, vehicles, toys. Each puts its solids on a stage."""

from __future__ import annotations

import colorsys
import itertools
import math

import numpy as np

from consilience.exercise.render import kernels
from consilience.exercise.render.scene import Colour, Point, Stage, Surface

Chance = np.random.Generator


def colour(hue: float, saturation: float, value: float) -> Colour:
    """Linear RGB of a hue (turns), saturation and value as on a screen."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, min(1.0, max(0.0, saturation)), min(1.0, max(0.0, value)))
    return r**2.2, g**2.2, b**2.2


def some_colour(
    chance: Chance, saturation: tuple[float, float] = (0.2, 0.8), value: tuple[float, float] = (0.3, 0.9)
) -> Colour:
    """Any hue, within the given ranges."""
    return colour(chance.random(), chance.uniform(*saturation), chance.uniform(*value))


def near(chance: Chance, like: Colour, spread: float = 0.25) -> Colour:
    """A colour not far from another."""
    r, g, b = (float(c * math.exp(chance.normal(0, spread))) for c in like)
    return min(r, 1.0), min(g, 1.0), min(b, 1.0)


def seed_of(chance: Chance) -> int:
    """A number for a surface's instance."""
    return int(chance.integers(1, 1 << 20))


def wooden(chance: Chance, dark: float | None = None) -> Surface:
    """Wood of some tree, along the solid's first axis."""
    value = chance.uniform(0.25, 0.85) if dark is None else dark
    a = colour(chance.uniform(0.05, 0.11), chance.uniform(0.35, 0.65), value)
    return Surface(
        a=a,
        b=tuple(c * chance.uniform(0.5, 0.75) for c in a),  # type: ignore[arg-type]
        pattern=kernels.WOOD,
        scale=float(chance.uniform(5, 14)),
        gloss=float(chance.uniform(0.0, 0.5)),
        bump=0.02,
        seed=seed_of(chance),
    )


def painted(chance: Chance, base: Colour | None = None) -> Surface:
    """Plain paint or plastic."""
    return Surface(
        a=base or some_colour(chance),
        pattern=kernels.PLAIN,
        scale=float(chance.uniform(0.5, 4)),
        gloss=float(chance.choice([0.0, 0.3, 0.8])),
        seed=seed_of(chance),
    )


def cloth(chance: Chance, base: Colour | None = None) -> Surface:
    """Woven, striped, checked or dotted cloth."""
    a = base or some_colour(chance)
    pattern = int(
        chance.choice([kernels.WEAVE, kernels.WEAVE, kernels.STRIPES, kernels.CHECKS, kernels.DOTS])
    )
    scale = {
        kernels.WEAVE: 160.0,
        kernels.STRIPES: chance.uniform(10, 40),
        kernels.CHECKS: chance.uniform(8, 25),
    }
    return Surface(
        a=a,
        b=near(chance, a, 0.2) if pattern == kernels.WEAVE else some_colour(chance, (0.0, 0.6), (0.5, 1.0)),
        c=some_colour(chance),
        pattern=pattern,
        scale=float(scale.get(pattern, chance.uniform(8, 25))),
        extra=float(chance.integers(0, 2)),
        seed=seed_of(chance),
    )


def printed(chance: Chance, frame: float) -> Surface:
    """A print with a frame of so many metres."""
    return Surface(
        a=some_colour(chance, (0.1, 0.6), (0.5, 1.0)),
        b=some_colour(chance, (0.3, 0.9), (0.2, 0.9)),
        c=some_colour(chance, (0.4, 1.0), (0.3, 1.0)),
        pattern=kernels.PRINT,
        extra=frame,
        seed=seed_of(chance),
    )


METALS: tuple[Colour, ...] = ((0.75, 0.75, 0.76), (0.85, 0.62, 0.25), (0.7, 0.38, 0.22), (0.35, 0.36, 0.38))


def metallic(chance: Chance) -> Surface:
    """Steel, brass, copper or iron."""
    a = METALS[int(chance.integers(len(METALS)))]
    return Surface(
        a=a,
        b=a,
        gloss=1.0,
        metal=float(chance.uniform(0.4, 0.85)),
        bump=0.03,
        scale=3.0,
        seed=seed_of(chance),
    )


def ceramic(chance: Chance) -> Surface:
    """Glazed: plain, dotted, striped or with a motif."""
    pattern = int(
        chance.choice([kernels.PLAIN, kernels.DOTS, kernels.STRIPES, kernels.LABEL, kernels.MARBLE])
    )
    return Surface(
        a=some_colour(chance, (0.0, 0.7), (0.5, 0.97)),
        b=some_colour(chance, (0.3, 0.9), (0.2, 0.9)),
        c=some_colour(chance, (0.3, 0.9), (0.2, 0.9)),
        pattern=pattern,
        scale={kernels.DOTS: 45.0, kernels.STRIPES: 60.0, kernels.MARBLE: 12.0}.get(pattern, 5.0),
        extra=float(chance.integers(0, 2)),
        gloss=1.0,
        seed=seed_of(chance),
    )


def foliage(chance: Chance, hue: float | None = None, scale: float = 6.0, blossom: float = 0.0) -> Surface:
    """Leaves with gaps between them."""
    h = chance.uniform(0.2, 0.36) if hue is None else hue
    return Surface(
        a=colour(h, chance.uniform(0.5, 0.8), chance.uniform(0.25, 0.45)),
        b=colour(h + chance.uniform(-0.06, 0.03), chance.uniform(0.5, 0.8), chance.uniform(0.5, 0.75)),
        c=some_colour(chance, (0.2, 0.7), (0.8, 1.0)),
        pattern=kernels.LEAVES,
        scale=scale,
        holes=float(chance.uniform(0.42, 0.52)),
        extra=blossom,
        seed=seed_of(chance),
    )


# -- Indoors -------------------------------------------------------------------------------------------


def mug(stage: Stage, chance: Chance, at: Point, size: float = 0.045) -> None:
    """A mug with its handle; `at` is the middle of its foot."""
    x, y, z = at
    glaze = ceramic(chance)
    height = size * chance.uniform(1.0, 1.35)
    taper = chance.uniform(0.9, 1.15)
    stage.tube((x, y + height, z), (size, height, size), glaze, taper)
    tea = Surface(a=colour(chance.uniform(0.03, 0.1), 0.8, chance.uniform(0.15, 0.5)), gloss=0.9)
    stage.tube((x, y + 2 * height, z), (size * taper * 0.88, 0.0015, size * taper * 0.88), tea)
    angle = chance.uniform(0, 2 * math.pi)
    corners = []
    for turn in np.linspace(-1.2, 1.2, 6):
        out = size * (0.75 + 0.75 * math.cos(turn))
        corners.append(
            (x + out * math.cos(angle), y + height * (1 + 0.75 * math.sin(turn)), z + out * math.sin(angle))
        )
    for start, end in itertools.pairwise(corners):
        stage.rod(start, end, size * 0.13, glaze)


def bottle(stage: Stage, chance: Chance, at: Point, size: float = 0.035) -> None:
    """A bottle with a label."""
    x, y, z = at
    glass = Surface(a=some_colour(chance, (0.3, 0.9), (0.1, 0.5)), gloss=1.0, seed=seed_of(chance))
    tall = size * chance.uniform(2.2, 3.2)
    stage.tube((x, y + tall, z), (size, tall, size), glass)
    label = Surface(
        a=(0.8, 0.78, 0.7),
        b=some_colour(chance),
        c=some_colour(chance),
        pattern=kernels.LABEL,
        seed=seed_of(chance),
    )
    stage.tube((x, y + tall * 0.9, z), (size * 1.01, tall * 0.4, size * 1.01), label)
    stage.tube((x, y + 2 * tall + size * 0.4, z), (size, size * 0.4, size), glass, 0.35)
    stage.tube((x, y + 2 * tall + size * 1.5, z), (size * 0.35, size * 0.8, size * 0.35), glass)
    stage.tube((x, y + 2 * tall + size * 2.4, z), (size * 0.38, size * 0.25, size * 0.38), painted(chance))


def vase(stage: Stage, chance: Chance, at: Point, size: float = 0.07, flowers: bool = True) -> None:
    """A turned vase, with flowers or without."""
    x, y, z = at
    glaze = ceramic(chance)
    radii = size * np.array(
        [0.6, chance.uniform(0.8, 1.2), chance.uniform(0.9, 1.3), 0.5, chance.uniform(0.5, 0.75)]
    )
    step = size * chance.uniform(0.5, 0.8)
    for k in range(4):
        stage.tube(
            (x, y + (k + 0.5) * step, z), (radii[k], step / 2, radii[k]), glaze, radii[k + 1] / radii[k]
        )
    if not flowers:
        return
    top = y + 4 * step
    stalk = Surface(a=colour(0.3, 0.7, 0.4), seed=1)
    petal = some_colour(chance, (0.4, 0.9), (0.7, 1.0))
    for _ in range(int(chance.integers(5, 12))):
        dx, dz = chance.normal(0, size * 0.9, 2)
        tip = (x + dx, top + size * chance.uniform(1.2, 3.2), z + dz)
        stage.rod((x + dx * 0.1, top - step, z + dz * 0.1), tip, size * 0.035, stalk)
        blossom(stage, chance, tip, size * chance.uniform(0.3, 0.5), near(chance, petal))


def blossom(stage: Stage, chance: Chance, at: Point, size: float, base: Colour) -> None:
    """Petals around a heart."""
    x, y, z = at
    leaf = Surface(a=base, b=near(chance, base), pattern=kernels.MOTTLE, scale=60.0, seed=seed_of(chance))
    count = int(chance.integers(5, 9))
    tilt = chance.uniform(-0.4, 0.4, 2)
    for k in range(count):
        angle = 2 * math.pi * k / count
        px, pz = math.cos(angle) * size * 0.7, math.sin(angle) * size * 0.7
        stage.ball(
            (x + px, y + tilt[0] * px + tilt[1] * pz, z + pz),
            (size * 0.55, size * 0.14, size * 0.32),
            leaf,
            yaw=-math.degrees(angle),
        )
    stage.ball(
        (x, y + size * 0.08, z), (size * 0.3, size * 0.2, size * 0.3), Surface(a=colour(0.13, 0.8, 0.8))
    )


def bowl_of_fruit(stage: Stage, chance: Chance, at: Point, size: float = 0.14) -> None:
    """A bowl heaped with fruit of a few kinds."""
    x, y, z = at
    glaze = ceramic(chance)
    stage.tube((x, y + size * 0.2, z), (size * 0.6, size * 0.2, size * 0.6), glaze, 1.6)
    for k in range(int(chance.integers(6, 12))):
        angle = chance.uniform(0, 2 * math.pi)
        out = size * 0.62 * math.sqrt(chance.random()) * (1.0 if k < 8 else 0.4)
        lift = size * (0.42 + 0.2 * (k > 5))
        fruit(stage, chance, (x + out * math.cos(angle), y + lift, z + out * math.sin(angle)), size * 0.27)


def fruit(stage: Stage, chance: Chance, at: Point, size: float) -> None:
    """An apple, orange, lemon, plum or pear."""
    kind = int(chance.integers(5))
    hue, saturation, value = (
        (0.0, 0.85, 0.75),
        (0.08, 0.9, 0.95),
        (0.15, 0.8, 0.95),
        (0.85, 0.6, 0.35),
        (0.2, 0.6, 0.8),
    )[kind]
    base = colour(hue + chance.uniform(-0.02, 0.03), saturation, value * chance.uniform(0.8, 1.0))
    skin = Surface(
        a=base,
        b=near(chance, base, 0.5),
        pattern=kernels.MOTTLE,
        scale=float(1.2 / size),
        gloss=0.7,
        bump=0.05,
        seed=seed_of(chance),
    )
    stretch = (1.0, 1.0, 1.3, 1.05, 1.1)[kind]
    stage.ball(at, (size * stretch, size * 0.95, size), skin, yaw=float(chance.uniform(0, 180)))
    if kind == 4:
        stage.ball((at[0], at[1] + size * 0.8, at[2]), (size * 0.55, size * 0.7, size * 0.55), skin)
    stage.rod(
        (at[0], at[1] + size * 0.8, at[2]),
        (at[0] + size * 0.1, at[1] + size * 1.25, at[2]),
        size * 0.06,
        Surface(a=(0.05, 0.03, 0.01)),
    )


def book(stage: Stage, chance: Chance, at: Point, half: Point, yaw: float = 0.0) -> None:
    """A book lying flat, with a printed cover."""
    x, y, z = at
    cover = printed(chance, 0.004)
    stage.box(
        (x, y + half[1] * 0.86, z),
        (half[0] * 0.97, half[1] * 0.84, half[2] * 0.97),
        Surface(a=(0.75, 0.72, 0.62), b=(0.5, 0.47, 0.4), pattern=kernels.RIDGES, scale=900.0, extra=1.0),
        yaw,
    )
    stage.box((x, y + half[1] * 1.85, z), (half[0], half[1] * 0.15, half[2]), cover, yaw)
    stage.box((x, y + half[1] * 0.08, z), (half[0], half[1] * 0.08, half[2]), cover, yaw)


def row_of_books(
    stage: Stage, chance: Chance, start: Point, length: float, depth: float, tallest: float
) -> None:
    """Books standing along x from a point; some lean, some gaps hold a thing."""
    x, y, z = start
    end = x + length
    while x < end - 0.05:
        if chance.random() < 0.08:
            vase(stage, chance, (x + 0.07, y, z), 0.045, flowers=False)
            x += 0.15
            continue
        thick = float(chance.uniform(0.012, 0.032))
        tall = tallest * float(chance.uniform(0.6, 0.95)) / 2
        spine = Surface(
            a=some_colour(chance, (0.2, 0.9), (0.15, 0.8)),
            b=some_colour(chance, (0.1, 0.6), (0.6, 1.0)),
            c=some_colour(chance),
            pattern=kernels.SPINE,
            gloss=float(chance.choice([0.0, 0.4])),
            seed=seed_of(chance),
        )
        lean = float(chance.uniform(4, 10)) if chance.random() < 0.06 else 0.0
        stage.box(
            (x + thick, y + tall, z),
            (thick, tall, depth * float(chance.uniform(0.75, 0.95))),
            spine,
            roll=lean,
        )
        x += 2 * thick + 0.002 + (0.03 if lean else 0.0)


def shelf(stage: Stage, chance: Chance, at: Point, width: float, height: float) -> None:
    """A bookcase against a wall that faces +z. Its rows are along x."""
    x, y, z = at
    wood = wooden(chance)
    depth = 0.15
    count = max(2, round(height / 0.36))
    for k in range(count + 1):
        stage.box((x, y + k * height / count, z), (width / 2, 0.012, depth), wood)
    for side in (-1, 1):
        stage.box((x + side * width / 2, y + height / 2, z), (0.012, height / 2, depth), wood, roll=0.0)
    stage.box((x, y + height / 2, z - depth), (width / 2, height / 2, 0.006), wood)
    for k in range(count):
        row_of_books(
            stage,
            chance,
            (x - width / 2 + 0.02, y + k * height / count + 0.012, z),
            width - 0.05,
            depth * 0.8,
            height / count - 0.03,
        )


def table(stage: Stage, chance: Chance, at: Point, half: Point, surface: Surface | None = None) -> float:
    """A table with four legs; returns the height of its top."""
    x, y, z = at
    wood = surface or wooden(chance)
    top = y + 2 * half[1]
    stage.box((x, top - 0.02, z), (half[0], 0.02, half[2]), wood)
    stage.box((x, top - 0.07, z), (half[0] * 0.92, 0.035, half[2] * 0.9), wood)
    for sx in (-1, 1):
        for sz in (-1, 1):
            leg = (x + sx * half[0] * 0.9, y + half[1] - 0.02, z + sz * half[2] * 0.86)
            stage.tube(leg, (0.028, half[1] - 0.02, 0.028), wood, 1.3)
    return top


def chair(stage: Stage, chance: Chance, at: Point, yaw: float, style: Surface) -> None:
    """A chair; yaw 0 looks along +z."""
    x, y, z = at
    turn = math.radians(yaw)

    def placed(dx: float, dy: float, dz: float) -> Point:
        return (
            x + dx * math.cos(turn) + dz * math.sin(turn),
            y + dy,
            z - dx * math.sin(turn) + dz * math.cos(turn),
        )

    stage.box(placed(0, 0.45, 0), (0.21, 0.02, 0.2), style, yaw)
    for sx in (-1, 1):
        stage.rod(placed(sx * 0.19, 0, 0.18), placed(sx * 0.18, 0.44, 0.16), 0.018, style)
        stage.rod(placed(sx * 0.19, 0, -0.2), placed(sx * 0.18, 0.95, -0.19), 0.018, style)
    for k in range(int(chance.integers(2, 5))):
        stage.box(placed(0, 0.6 + 0.09 * k, -0.19), (0.18, 0.025, 0.012), style, yaw)


def sofa(stage: Stage, chance: Chance, at: Point, yaw: float, width: float = 1.9) -> None:
    """A sofa with cushions; yaw 0 looks along +z."""
    x, y, z = at
    turn = math.radians(yaw)
    fabric = cloth(chance)

    def placed(dx: float, dy: float, dz: float) -> Point:
        return (
            x + dx * math.cos(turn) + dz * math.sin(turn),
            y + dy,
            z - dx * math.sin(turn) + dz * math.cos(turn),
        )

    stage.box(placed(0, 0.2, 0), (width / 2, 0.14, 0.4), fabric, yaw)
    stage.box(placed(0, 0.5, -0.36), (width / 2, 0.32, 0.1), fabric, yaw, pitch=-8)
    for side in (-1, 1):
        stage.box(placed(side * width / 2, 0.35, 0), (0.09, 0.25, 0.4), fabric, yaw)
        stage.ball(placed(side * width / 2, 0.6, 0), (0.1, 0.06, 0.4), fabric, yaw)
        stage.box(placed(side * width / 4, 0.4, 0.04), (width / 4 - 0.06, 0.07, 0.34), fabric, yaw)
    for _ in range(int(chance.integers(1, 4))):
        where = placed(float(chance.uniform(-0.4, 0.4)) * width, 0.62, -0.14)
        stage.ball(where, (0.2, 0.18, 0.09), cloth(chance), yaw + float(chance.uniform(-25, 25)), pitch=-18)


def bed(stage: Stage, chance: Chance, at: Point, yaw: float) -> None:
    """A bed with a blanket and pillows; its head is at -z (yaw 0)."""
    x, y, z = at
    turn = math.radians(yaw)
    wood = wooden(chance)

    def placed(dx: float, dy: float, dz: float) -> Point:
        return (
            x + dx * math.cos(turn) + dz * math.sin(turn),
            y + dy,
            z - dx * math.sin(turn) + dz * math.cos(turn),
        )

    stage.box(placed(0, 0.2, 0), (0.7, 0.1, 1.0), wood, yaw)
    stage.box(placed(0, 0.55, -1.02), (0.72, 0.4, 0.03), wood, yaw)
    stage.box(placed(0, 0.38, 0), (0.68, 0.1, 0.98), Surface(a=(0.75, 0.74, 0.7)), yaw)
    stage.box(placed(0, 0.44, 0.25), (0.71, 0.07, 0.74), cloth(chance), yaw)
    for side in (-1, 1):
        stage.ball(placed(side * 0.32, 0.55, -0.75), (0.28, 0.09, 0.18), cloth(chance), yaw, pitch=20)


def standing_lamp(stage: Stage, chance: Chance, at: Point, height: float, strength: float) -> None:
    """A lamp with a shade that glows."""
    x, y, z = at
    metal = metallic(chance)
    stage.tube((x, y + 0.012, z), (0.14 * height**0.5, 0.012, 0.14 * height**0.5), metal)
    stage.rod((x, y, z), (x, y + height * 0.85, z), 0.012, metal)
    warm = colour(0.1, chance.uniform(0.15, 0.45), 1.0)
    shade = Surface(a=warm, b=warm, glow=2.2 * strength, pattern=kernels.RIDGES, scale=60.0)
    size = 0.16 * height**0.5
    stage.tube((x, y + height * 0.92, z), (size, size * 0.75, size), shade, float(chance.uniform(0.5, 0.9)))
    stage.lamp((x, y + height * 0.92, z), size, (strength * warm[0], strength * warm[1], strength * warm[2]))


def pot_plant(stage: Stage, chance: Chance, at: Point, size: float = 0.2) -> None:
    """A plant in a pot."""
    x, y, z = at
    stage.tube(
        (x, y + size * 0.5, z),
        (size * 0.38, size * 0.5, size * 0.38),
        painted(chance, some_colour(chance, (0.2, 0.7))),
        1.35,
    )
    leaves = Surface(
        a=colour(chance.uniform(0.25, 0.4), 0.6, 0.35),
        b=colour(chance.uniform(0.22, 0.35), 0.6, 0.6),
        pattern=kernels.LEAVES,
        scale=float(6 / size),
        gloss=0.3,
        seed=seed_of(chance),
    )
    for k in range(int(chance.integers(9, 18))):
        angle = k * 2.4 + chance.uniform(-0.3, 0.3)
        rise = chance.uniform(0.2, 1.3)
        out = size * (1.3 - 0.5 * rise)
        tip = (x + out * math.cos(angle), y + size * (1.2 + rise), z + out * math.sin(angle))
        stage.rod((x, y + size, z), tip, size * 0.025, leaves)
        stage.ball(
            tip,
            (size * 0.4, size * 0.06, size * 0.16),
            leaves,
            -math.degrees(angle),
            0,
            float(chance.uniform(-30, 40)),
        )


def teddy(stage: Stage, chance: Chance, at: Point, size: float = 0.16) -> None:
    """A stuffed bear, seated, looking along +z."""
    x, y, z = at
    base = colour(chance.uniform(0.05, 0.11), chance.uniform(0.3, 0.6), chance.uniform(0.4, 0.8))
    fur = Surface(
        a=base,
        b=near(chance, base, 0.3),
        pattern=kernels.MOTTLE,
        scale=float(14 / size),
        seed=seed_of(chance),
    )
    pale = Surface(a=near(chance, (0.7, 0.6, 0.45), 0.1), pattern=kernels.MOTTLE, scale=60.0)
    dark = Surface(a=(0.01, 0.01, 0.01), gloss=1.0)
    s = size
    stage.ball((x, y + 0.6 * s, z), (0.55 * s, 0.62 * s, 0.5 * s), fur)
    stage.ball((x, y + 0.6 * s, z + 0.3 * s), (0.35 * s, 0.42 * s, 0.25 * s), pale)
    stage.ball((x, y + 1.5 * s, z + 0.05 * s), (0.46 * s, 0.42 * s, 0.42 * s), fur)
    stage.ball((x, y + 1.42 * s, z + 0.4 * s), (0.2 * s, 0.16 * s, 0.14 * s), pale)
    stage.ball((x, y + 1.47 * s, z + 0.53 * s), (0.07 * s, 0.05 * s, 0.04 * s), dark)
    for side in (-1, 1):
        stage.ball((x + side * 0.36 * s, y + 1.85 * s, z), (0.16 * s, 0.16 * s, 0.08 * s), fur)
        stage.ball((x + side * 0.17 * s, y + 1.6 * s, z + 0.4 * s), (0.05 * s, 0.05 * s, 0.03 * s), dark)
        stage.ball(
            (x + side * 0.6 * s, y + 0.85 * s, z + 0.2 * s),
            (0.18 * s, 0.42 * s, 0.18 * s),
            fur,
            roll=side * 35.0,
        )
        stage.ball(
            (x + side * 0.4 * s, y + 0.2 * s, z + 0.6 * s), (0.2 * s, 0.2 * s, 0.45 * s), fur, yaw=side * 18.0
        )
        stage.ball(
            (x + side * 0.52 * s, y + 0.24 * s, z + 1.0 * s),
            (0.14 * s, 0.17 * s, 0.04 * s),
            pale,
            yaw=side * 18.0,
        )


def toy_train(stage: Stage, chance: Chance, at: Point, yaw: float, size: float = 0.05) -> None:
    """A wooden engine with two or three wagons, along x (yaw 0)."""
    turn = math.radians(yaw)

    def placed(dx: float, dy: float, dz: float) -> Point:
        return (
            at[0] + size * (dx * math.cos(turn) + dz * math.sin(turn)),
            at[1] + size * dy,
            at[2] + size * (-dx * math.sin(turn) + dz * math.cos(turn)),
        )

    for wagon in range(int(chance.integers(3, 5))):
        paint = painted(chance, some_colour(chance, (0.6, 1.0), (0.5, 0.95)))
        trim = painted(chance, some_colour(chance, (0.6, 1.0), (0.5, 0.95)))
        middle = -3.4 * wagon
        stage.box(placed(middle, 0.6, 0), (1.5 * size, 0.15 * size, 0.6 * size), trim, yaw)
        for dx in (-0.9, 0.9):
            for dz in (-0.65, 0.65):
                stage.rod(
                    placed(middle + dx, 0.4, dz - 0.1),
                    placed(middle + dx, 0.4, dz + 0.1),
                    0.4 * size,
                    wooden(chance),
                )
        if wagon == 0:
            stage.rod(placed(-0.2, 1.25, 0), placed(1.4, 1.25, 0), 0.5 * size, paint)
            stage.box(placed(-0.9, 1.6, 0), (0.55 * size, 0.9 * size, 0.6 * size), paint, yaw)
            stage.box(placed(-0.9, 2.55, 0), (0.7 * size, 0.1 * size, 0.75 * size), trim, yaw)
            stage.tube(placed(1.0, 2.0, 0), (0.18 * size, 0.4 * size, 0.18 * size), trim, 1.5)
        else:
            stage.box(placed(middle, 1.05, 0), (1.35 * size, 0.35 * size, 0.55 * size), paint, yaw)
            for _ in range(3):
                where = placed(
                    middle + float(chance.uniform(-0.9, 0.9)), 1.5, float(chance.uniform(-0.25, 0.25))
                )
                stage.ball(where, (0.35 * size, 0.35 * size, 0.35 * size), painted(chance))


def blocks(stage: Stage, chance: Chance, at: Point, size: float = 0.04) -> None:
    """Toy blocks: a few stacks and some strewn around."""
    x, y, z = at
    for _ in range(int(chance.integers(4, 9))):
        bx, bz = x + chance.normal(0, size * 4), z + chance.normal(0, size * 4)
        for level in range(int(chance.integers(1, 4))):
            block = (
                printed(chance, 0.006)
                if chance.random() < 0.5
                else painted(chance, some_colour(chance, (0.6, 1.0)))
            )
            stage.box(
                (bx + chance.normal(0, size * 0.1), y + size * (0.5 + level), bz),
                (size / 2, size / 2, size / 2),
                block,
                float(chance.uniform(0, 90)),
            )


# -- Outdoors ------------------------------------------------------------------------------------------


def tree(stage: Stage, chance: Chance, at: Point, height: float, blossoming: bool = False) -> None:
    """A broad-leaved tree: trunk, limbs, and a crown of leafy balls."""
    x, y, z = at
    bark = Surface(
        a=colour(0.07, chance.uniform(0.2, 0.5), chance.uniform(0.2, 0.5)),
        b=colour(0.08, 0.3, 0.55),
        pattern=kernels.MOTTLE,
        scale=9.0,
        seed=seed_of(chance),
    )
    trunk = height * chance.uniform(0.3, 0.45)
    thick = height * 0.03
    stage.tube((x, y + trunk * 0.6, z), (thick * 1.3, trunk * 0.6, thick * 1.3), bark, 0.7)
    autumn = chance.random() < 0.2
    hue = chance.uniform(0.03, 0.14) if autumn else chance.uniform(0.2, 0.36)
    spread = height * chance.uniform(0.22, 0.34)
    for _ in range(int(chance.integers(9, 18))):
        angle = chance.uniform(0, 2 * math.pi)
        out = spread * math.sqrt(chance.random())
        rise = trunk + (height - trunk) * chance.uniform(0.12, 0.9)
        out *= 1.15 - 0.7 * abs(rise - trunk - 0.4 * (height - trunk)) / (height - trunk)
        middle = (x + out * math.cos(angle), y + rise, z + out * math.sin(angle))
        stage.rod((x, y + trunk * 0.95, z), middle, thick * 0.45, bark, 0.4)
        size = height * chance.uniform(0.09, 0.17)
        leaves = foliage(chance, hue + chance.normal(0, 0.01), 5.0, 0.35 if blossoming else 0.0)
        stage.ball(middle, (size * 1.15, size * 0.85, size * 1.15), leaves, float(chance.uniform(0, 180)))


def conifer(stage: Stage, chance: Chance, at: Point, height: float) -> None:
    """A spruce: skirts of needles around a mast."""
    x, y, z = at
    stage.tube(
        (x, y + height * 0.5, z),
        (height * 0.02, height * 0.5, height * 0.02),
        Surface(a=(0.06, 0.035, 0.02)),
        0.2,
    )
    hue = chance.uniform(0.24, 0.37)
    count = int(chance.integers(8, 15))
    for k in range(count):
        part = k / count
        radius = height * 0.19 * (1.05 - part) * chance.uniform(0.85, 1.15)
        needles = foliage(chance, hue, 13.0)
        tall = height * 0.42 / count * chance.uniform(1.5, 2.4)
        middle = (x, y + height * (0.1 + 0.82 * part) + tall, z)
        lean = chance.normal(0, 2.5, 2)
        stage.tube(
            middle,
            (radius, tall, radius),
            needles,
            0.12,
            float(chance.uniform(0, 180)),
            float(lean[0]),
            float(lean[1]),
        )


def bush(stage: Stage, chance: Chance, at: Point, size: float, blossoming: float = 0.0) -> None:
    """A rounded bush."""
    x, y, z = at
    hue = chance.uniform(0.2, 0.38)
    flower = foliage(chance, hue, 9.0, blossoming)
    for _ in range(int(chance.integers(3, 7))):
        dx, dz = chance.normal(0, size * 0.4, 2)
        s = size * chance.uniform(0.5, 0.8)
        stage.ball((x + dx, y + s * 0.8, z + dz), (s, s * 0.9, s), flower, float(chance.uniform(0, 180)))


def flower_bed(stage: Stage, chance: Chance, at: Point, half: tuple[float, float], yaw: float = 0.0) -> None:
    """A bed of earth, thick with flowers, and some that stand out."""
    x, y, z = at
    earth = Surface(
        a=colour(0.3, 0.6, 0.3),
        b=some_colour(chance, (0.5, 0.9), (0.7, 1.0)),
        c=some_colour(chance, (0.5, 0.9), (0.7, 1.0)),
        pattern=kernels.FLOWERS,
        scale=float(chance.uniform(5, 9)),
        seed=seed_of(chance),
    )
    stage.ball((x, y, z), (half[0], 0.22, half[1]), earth, yaw)
    turn = math.radians(yaw)
    stalk = Surface(a=colour(0.3, 0.7, 0.35))
    for _ in range(int(14 * half[0])):
        u, v = chance.uniform(-0.85, 0.85, 2) * (half[0], half[1])
        px, pz = x + u * math.cos(turn) + v * math.sin(turn), z - u * math.sin(turn) + v * math.cos(turn)
        tall = chance.uniform(0.3, 0.6)
        stage.rod((px, y, pz), (px, y + tall, pz), 0.012, stalk)
        blossom(
            stage,
            chance,
            (px, y + tall, pz),
            float(chance.uniform(0.06, 0.1)),
            some_colour(chance, (0.4, 0.9), (0.7, 1.0)),
        )


def fence(
    stage: Stage, chance: Chance, start: tuple[float, float], end: tuple[float, float], height: float = 1.1
) -> None:
    """A picket fence between two points of the ground."""
    (x0, z0), (x1, z1) = start, end
    length = math.hypot(x1 - x0, z1 - z0)
    yaw = -math.degrees(math.atan2(z1 - z0, x1 - x0))
    paint = painted(chance, near(chance, (0.7, 0.7, 0.68), 0.2)) if chance.random() < 0.6 else wooden(chance)
    count = int(length / 0.22)
    for k in range(count):
        t = (k + 0.5) / count
        tall = height * chance.uniform(0.95, 1.03)
        stage.box((x0 + (x1 - x0) * t, tall / 2, z0 + (z1 - z0) * t), (0.045, tall / 2, 0.01), paint, yaw)
    for rise in (0.3, 0.8):
        stage.box(((x0 + x1) / 2, height * rise, (z0 + z1) / 2), (length / 2, 0.04, 0.02), paint, yaw)


def house(stage: Stage, chance: Chance, at: Point, half: Point, yaw: float = 0.0) -> None:
    """A house with a pitched roof, windows, a door and a chimney; its front is +z (yaw 0)."""
    x, y, z = at
    turn = math.radians(yaw)

    def placed(dx: float, dy: float, dz: float) -> Point:
        return (
            x + dx * math.cos(turn) + dz * math.sin(turn),
            y + dy,
            z - dx * math.sin(turn) + dz * math.cos(turn),
        )

    storeys = max(1, round(half[1] * 2 / 2.9))
    wall = Surface(
        a=some_colour(chance, (0.05, 0.45), (0.55, 0.95)),
        b=near(chance, (0.7, 0.7, 0.7), 0.3),
        c=some_colour(chance, (0.1, 0.6), (0.5, 0.9)),
        pattern=kernels.FACADE,
        scale=storeys / (2 * half[1]),
        extra=float(chance.uniform(0.8, 1.3)),
        seed=seed_of(chance),
    )
    if chance.random() < 0.3:
        brick = colour(chance.uniform(0.0, 0.06), 0.6, 0.55)
        wall = Surface(
            a=brick,
            b=near(chance, brick, 0.3),
            c=(0.4, 0.38, 0.35),
            pattern=kernels.BRICK,
            scale=9.0,
            seed=seed_of(chance),
        )
    stage.box(placed(0, half[1], 0), half, wall, yaw)
    tiles = colour(chance.choice([0.02, 0.05, 0.6, 0.0]), chance.uniform(0.1, 0.7), chance.uniform(0.3, 0.6))
    roof = Surface(
        a=tiles,
        b=near(chance, tiles, 0.3),
        pattern=kernels.RIDGES,
        scale=4.0,
        extra=1.0,
        seed=seed_of(chance),
    )
    slope = float(chance.uniform(28, 48))
    run = half[2] + 0.35
    length = run / math.cos(math.radians(slope))
    rise = run * math.tan(math.radians(slope))
    for side in (-1, 1):
        stage.box(
            placed(0, 2 * half[1] + rise / 2 - 0.1, side * run / 2),
            (half[0] + 0.35, 0.08, length / 2),
            roof,
            yaw,
            pitch=side * slope,
        )
    for k in range(6):  # the gables, in steps that the roof hides
        part = (k + 0.5) / 6
        stage.box(
            placed(0, 2 * half[1] + rise * (k + 0.5) / 6 - 0.15, 0),
            (half[0] - 0.02, rise / 12 + 0.02, half[2] * (1 - part)),
            wall,
            yaw,
        )
    if wall.pattern == kernels.BRICK:
        for level in range(storeys):
            for column in np.linspace(-0.62, 0.62, max(2, int(half[0] / 1.4))):
                where = placed(column * half[0], (level + 0.58) * 2 * half[1] / storeys, half[2])
                stage.box(where, (0.55, 0.68, 0.05), Surface(a=(0.75, 0.75, 0.72)), yaw)
                stage.box(where, (0.46, 0.58, 0.07), Surface(a=(0.02, 0.03, 0.04), gloss=1.0), yaw)
                stage.box(where, (0.025, 0.58, 0.08), Surface(a=(0.75, 0.75, 0.72)), yaw)
    door = chance.uniform(-0.5, 0.5) * half[0]
    stage.box(placed(door, 1.0, half[2]), (0.48, 1.0, 0.08), painted(chance), yaw)
    stage.box(placed(door, 0.08, half[2] + 0.4), (0.7, 0.08, 0.5), Surface(a=(0.4, 0.4, 0.38)), yaw)
    stage.ball(placed(door + 0.35, 1.0, half[2] + 0.1), (0.04, 0.04, 0.04), metallic(chance))
    stage.box(
        placed(half[0] * 0.5, 2 * half[1] + rise * 0.9, half[2] * 0.3),
        (0.3, 0.8, 0.3),
        Surface(
            a=colour(0.03, 0.6, 0.5),
            b=colour(0.02, 0.6, 0.4),
            c=(0.4, 0.4, 0.4),
            pattern=kernels.BRICK,
            scale=9.0,
        ),
        yaw,
    )


def car(stage: Stage, chance: Chance, at: Point, yaw: float = 0.0) -> None:
    """A car along x (yaw 0)."""
    x, y, z = at
    turn = math.radians(yaw)

    def placed(dx: float, dy: float, dz: float) -> Point:
        return (
            x + dx * math.cos(turn) + dz * math.sin(turn),
            y + dy,
            z - dx * math.sin(turn) + dz * math.cos(turn),
        )

    body = Surface(a=some_colour(chance, (0.0, 0.9), (0.15, 0.9)), gloss=1.0, seed=seed_of(chance))
    glass = Surface(a=(0.02, 0.025, 0.03), gloss=1.0)
    rubber = Surface(a=(0.015, 0.015, 0.015))
    long = chance.uniform(1.8, 2.2)
    stage.box(placed(0, 0.58, 0), (long, 0.22, 0.82), body, yaw)
    stage.ball(placed(0, 0.66, 0), (long * 1.05, 0.28, 0.87), body, yaw)
    tall = chance.uniform(0.3, 0.5)
    stage.ball(placed(-0.15 * long, 0.85, 0), (long * 0.62, tall + 0.25, 0.74), glass, yaw)
    stage.ball(placed(-0.15 * long, 0.93, 0), (long * 0.5, tall + 0.2, 0.69), body, yaw)
    for dx in (-0.62, 0.62):
        for dz in (-0.8, 0.8):
            stage.rod(placed(dx * long, 0.33, dz - 0.1), placed(dx * long, 0.33, dz + 0.1), 0.33, rubber)
            stage.rod(
                placed(dx * long, 0.33, dz * 1.02 - 0.1),
                placed(dx * long, 0.33, dz * 1.02 + 0.1),
                0.18,
                metallic(chance),
            )
    for dz in (-0.55, 0.55):
        stage.ball(
            placed(long * 0.98, 0.65, dz),
            (0.08, 0.09, 0.16),
            Surface(a=(0.8, 0.8, 0.75), gloss=1.0, glow=0.2),
            yaw,
        )
        stage.ball(
            placed(-long * 0.98, 0.65, dz), (0.08, 0.08, 0.14), Surface(a=(0.5, 0.02, 0.02), gloss=1.0), yaw
        )


def street_lamp(stage: Stage, chance: Chance, at: Point, height: float, lit: float = 0.0) -> None:
    """A lamp post."""
    x, y, z = at
    iron = Surface(a=colour(chance.random(), 0.3, 0.2), gloss=0.5)
    stage.tube((x, y + 0.25, z), (0.12, 0.25, 0.12), iron, 0.6)
    stage.rod((x, y, z), (x, y + height, z), 0.05, iron)
    stage.tube(
        (x, y + height + 0.2, z), (0.13, 0.2, 0.13), Surface(a=(0.9, 0.8, 0.6), glow=lit * 3, gloss=0.5), 1.5
    )
    stage.tube((x, y + height + 0.5, z), (0.24, 0.1, 0.24), iron, 0.1)
    if lit:
        stage.lamp((x, y + height + 0.2, z), 0.2, (lit * 14.0, lit * 10.0, lit * 6.0))


def bench(stage: Stage, chance: Chance, at: Point, yaw: float) -> None:
    """A park bench; yaw 0 looks along +z."""
    x, y, z = at
    turn = math.radians(yaw)
    wood = wooden(chance)
    iron = Surface(a=(0.03, 0.03, 0.03), gloss=0.5)

    def placed(dx: float, dy: float, dz: float) -> Point:
        return (
            x + dx * math.cos(turn) + dz * math.sin(turn),
            y + dy,
            z - dx * math.sin(turn) + dz * math.cos(turn),
        )

    for k in range(4):
        stage.box(placed(0, 0.45, -0.18 + 0.12 * k), (0.8, 0.015, 0.05), wood, yaw)
    for k in range(3):
        stage.box(placed(0, 0.62 + 0.13 * k, -0.26 - 0.04 * k), (0.8, 0.05, 0.015), wood, yaw)
    for side in (-1, 1):
        stage.rod(placed(side * 0.7, 0, 0.18), placed(side * 0.7, 0.44, 0.18), 0.025, iron)
        stage.rod(placed(side * 0.7, 0, -0.2), placed(side * 0.7, 0.95, -0.34), 0.025, iron)
