"""The renderer's inner loops, compiled.

They stand in one file on purpose: numba's cache on disk notices a change of the file that a compiled
function stands in, not of a function that it calls in another file, and a stale picture would break
"same seed, same bytes".

Conventions: metres, y up, linear light. Directions are unit vectors. A solid is a canonical shape
(box, ball or tube of half-size 1) under an affine transform. No fast-math: the order of operations
is part of the exercise's definition.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.compiled import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Vector = tuple[float, float, float]

BOX, BALL, TUBE = 0, 1, 2

# Columns of the table of solids, a row each: shape, way from the world into it (3 x 4), half-sizes, surface.
KIND, TAPER, INVERSE, SIZE = 0, 1, 2, 14
(
    PATTERN, AR, AG, AB, BR, BG, BB, CR, CG, CB, SCALE, GLOSS, METAL, HOLES, GLOW, SEED, BUMP, EXTRA,
) = range(17, 35)  # fmt: skip
SOLID_COLUMNS = 35

(
    PLAIN, MOTTLE, WOOD, PLANKS, TILES, BRICK, CHECKS, STRIPES, DOTS, WEAVE, GRASS, LEAVES, FACADE, PRINT,
    WATER, ASPHALT, MARBLE, SPINE, COBBLES, RUG, SCREEN, FLOWERS, RIDGES, LABEL,
) = range(24)  # fmt: skip

# Entries of the sky vector.
(SKY_ZR, SKY_ZG, SKY_ZB, SKY_HR, SKY_HG, SKY_HB, SUN_X, SUN_Y, SUN_Z, SUN_R, SUN_G, SUN_B, CLOUDS, SKY_SEED,
 RIDGE_HEIGHT, RIDGE_R, RIDGE_G, RIDGE_B, HAZE, STARS, AMBIENT) = range(21)  # fmt: skip
SKY_ENTRIES = 23
"""Entries of the sky vector; the last three are light that has bounced more than once."""

# Columns of the tree of boxes: least and greatest corner, then whole numbers: see `tree.build_tree`.
AFTER, LEAF, SPLIT = 6, 7, 8

# Entries of the lens vector: eye, then right, up and forward, then tan(field / 2).
EYE, RIGHT, UP, FORWARD, SPREAD = 0, 3, 6, 9, 12

# Layers of the maps of light: what falls on what a pixel sees, its normal, its distance.
LIGHT, NORMAL, DEPTH = 0, 3, 6

FAR = 1e9


compiled = kernel()

# -- Noise ---------------------------------------------------------------------------------------------


@compiled
def hashed(x: int, y: int, z: int, seed: int) -> float:
    """A number in [0, 1) for a point of the integer lattice."""
    h = (x * 0x2C1B3C6D + y * 0x297A2D39 + z * 0x1B56C4E9 + seed * 0x7FEB352D) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 0x2C1B3C6D) & 0xFFFFFFFF
    h ^= h >> 12
    h = (h * 0x297A2D39) & 0xFFFFFFFF
    h ^= h >> 15
    return h / 4294967296.0


@compiled
def noise(grain: Floats, x: float, y: float, z: float) -> float:
    """Smooth noise in [0, 1]: the cube of random numbers `grain`, interpolated, repeated for ever."""
    fx = math.floor(x)
    fy = math.floor(y)
    fz = math.floor(z)
    tx = x - fx
    ty = y - fy
    tz = z - fz
    tx = tx * tx * (3.0 - 2.0 * tx)
    ty = ty * ty * (3.0 - 2.0 * ty)
    tz = tz * tz * (3.0 - 2.0 * tz)
    x0 = int(fx) & 63
    x1 = (x0 + 1) & 63
    y0 = (int(fy) & 63) << 6
    y1 = (y0 + 64) & 4095
    z0 = (int(fz) & 63) << 12
    z1 = (z0 + 4096) & 262143
    a = grain[z0 + y0 + x0]
    a += (grain[z0 + y0 + x1] - a) * tx
    b = grain[z0 + y1 + x0]
    b += (grain[z0 + y1 + x1] - b) * tx
    c = grain[z1 + y0 + x0]
    c += (grain[z1 + y0 + x1] - c) * tx
    d = grain[z1 + y1 + x0]
    d += (grain[z1 + y1 + x1] - d) * tx
    a += (b - a) * ty
    c += (d - c) * ty
    blended: float = a + (c - a) * tz
    return blended


@compiled
def octaves_for(scale: float, footprint: float, most: int) -> int:
    """How many octaves of noise are coarser than what one pixel sees."""
    finest = 1.0 / (scale * footprint + 1e-9)
    count = 1
    while count < most and finest > 2.0:
        finest *= 0.5
        count += 1
    return count


@compiled
def fractal(grain: Floats, x: float, y: float, z: float, octaves: int) -> float:
    """Noise summed over octaves, each twice as fine and half as strong: 1/f, as outdoors. In [0, 1]."""
    total = 0.0
    weight = 0.5
    left = 1.0
    for k in range(octaves):
        total += weight * noise(grain, x + 17.3 * k, y + 5.9 * k, z + 11.1 * k)
        left -= weight
        weight *= 0.5
        x *= 2.03
        y *= 2.03
        z *= 2.03
    return total + 0.5 * left


@compiled
def step(low: float, high: float, value: float) -> float:
    """0 below `low`, 1 above `high`, smooth between."""
    t = (value - low) / (high - low)
    t = min(1.0, max(0.0, t))
    return t * t * (3.0 - 2.0 * t)


@compiled
def line(u: float, period: float, half_width: float, soft: float) -> float:
    """1 on lines at multiples of `period`, 0 between; `soft` is the footprint of a pixel."""
    distance = abs(u - period * math.floor(u / period + 0.5))
    visible = min(1.0, 2.0 * half_width / (soft + 1e-9)) if soft > 2.0 * half_width else 1.0
    return visible * (1.0 - step(half_width - 0.5 * soft, half_width + 0.5 * soft + 1e-9, distance))


# -- Surfaces ------------------------------------------------------------------------------------------


@compiled
def blend(a: Vector, b: Vector, t: float) -> Vector:
    """From `a` (t = 0) to `b` (t = 1)."""
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t


@compiled
def lit(a: Vector, factor: float) -> Vector:
    """A colour, brighter or darker."""
    return a[0] * factor, a[1] * factor, a[2] * factor


@compiled
def printed(grain: Floats, u: float, v: float, seed: int, a: Vector, b: Vector, c: Vector) -> Vector:  # noqa: PLR0912
    """A print on a wall, a book or a box: u and v in [0, 1]. The seed chooses motif and composition."""
    kind = int(hashed(seed, 1, 0, 7) * 6.0)
    colour = blend(a, lit(a, 0.6), v)
    if kind == 0:  # hills under a disc
        du = u - 0.2 - 0.6 * hashed(seed, 2, 0, 7)
        dv = v - 0.65 - 0.2 * hashed(seed, 3, 0, 7)
        if du * du + dv * dv < 0.012 + 0.02 * hashed(seed, 4, 0, 7):
            colour = c
        for k in range(4):
            top = 0.62 - 0.16 * k + 0.3 * (noise(grain, u * (2.0 + k) + seed % 61, k * 7.7, 3.3) - 0.5)
            if v < top:
                colour = blend(b, lit(c, 0.35), k / 3.0)
    elif kind == 1:  # discs
        for k in range(9):
            du = u - hashed(seed, k, 11, 7)
            dv = v - hashed(seed, k, 12, 7)
            r = 0.05 + 0.18 * hashed(seed, k, 13, 7)
            if du * du + dv * dv < r * r:
                colour = blend(b, c, hashed(seed, k, 14, 7))
    elif kind == 2:  # leaning bars
        slope = 2.0 * hashed(seed, 5, 0, 7) - 1.0
        w = (u + slope * v) * (3.0 + 6.0 * hashed(seed, 6, 0, 7))
        cell = math.floor(w)
        tone = hashed(seed, int(cell), 15, 7)
        colour = blend(a, b, tone) if tone < 0.6 else c
    elif kind == 3:  # blocks
        for k in range(10):
            cu = hashed(seed, k, 21, 7)
            cv = hashed(seed, k, 22, 7)
            if abs(u - cu) < 0.04 + 0.2 * hashed(seed, k, 23, 7) and abs(v - cv) < 0.03 + 0.2 * hashed(
                seed, k, 24, 7
            ):
                colour = blend(b, c, hashed(seed, k, 25, 7))
    elif kind == 4:  # a vase of flowers
        if abs(u - 0.5) < 0.10 + 0.05 * math.sin(v * 14.0) and v < 0.4:
            colour = b
        for k in range(14):
            cu = 0.5 + 0.55 * (hashed(seed, k, 31, 7) - 0.5)
            cv = 0.66 + 0.4 * (hashed(seed, k, 32, 7) - 0.5)
            du = u - cu
            dv = v - cv
            petals = 0.045 + 0.02 * math.cos(5.0 * math.atan2(dv, du) + k)
            if du * du + dv * dv < petals * petals:
                colour = blend(c, b, 0.4 * hashed(seed, k, 33, 7))
    else:  # clouds of colour
        w = fractal(grain, u * 3.0 + seed % 53, v * 3.0, 1.7, 4)
        colour = blend(blend(a, b, step(0.3, 0.55, w)), c, step(0.55, 0.7, w))
    return colour


@compiled
def _plain(grain: Floats, a: Vector, x: float, y: float, z: float, octaves: int) -> Vector:
    """Paint or plastic, not quite even."""
    return lit(a, 0.92 + 0.16 * fractal(grain, x * 3.0, y * 3.0, z * 3.0, min(octaves, 3)))


@compiled
def _mottle(grain: Floats, a: Vector, b: Vector, x: float, y: float, z: float, octaves: int) -> Vector:
    """Two colours that run into each other."""
    w = fractal(grain, x, y, z, octaves)
    return blend(a, b, step(0.3, 0.7, w))


@compiled
def _wood(
    grain: Floats, a: Vector, b: Vector, x: float, y: float, z: float, soft: float, octaves: int
) -> Vector:
    """Rings and fibres along the solid's first axis."""
    bend = fractal(grain, x * 0.25, y, z, min(octaves, 3))
    ring = math.sqrt(y * y + z * z) * 2.0 + 3.0 * bend
    ring -= math.floor(ring)
    fibre = noise(grain, x * 1.5, y * 30.0, z * 30.0) if soft * 30.0 < 2.0 else 0.5
    return lit(blend(a, b, step(0.1, 0.9, ring) * step(1.0, 0.9, ring) + 0.2 * bend), 0.85 + 0.3 * fibre)


@compiled
def _planks(
    grain: Floats, a: Vector, b: Vector, u: float, v: float, scale: float, soft: float, seed: int
) -> Vector:
    """Boards of a floor, each cut from another place."""
    width = 1.0
    row = math.floor(v * scale / width)
    along = u * scale + 5.0 * hashed(int(row), 3, 0, seed)
    board = math.floor(along / 7.0)
    tone = hashed(int(row), int(board), 1, seed)
    bend = noise(grain, along * 0.4 + 9.0 * tone, row * 3.7, 0.5)
    ring = 5.0 * bend + v * scale * 2.0
    ring -= math.floor(ring)
    fibre = noise(grain, along * 1.5, v * scale * 25.0, tone * 50.0) if soft * 25.0 < 2.0 else 0.5
    colour = lit(blend(a, b, 0.6 * tone + 0.4 * abs(2.0 * ring - 1.0)), 0.85 + 0.3 * fibre)
    gap = max(line(v * scale, width, 0.025, soft), line(along, 7.0, 0.02, soft))
    return lit(colour, 1.0 - 0.75 * gap)


@compiled
def _tiles(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    scale: float,
    soft: float,
    octaves: int,
    seed: int,
    extra: float,
) -> Vector:
    """Tiles with joints of the third colour."""
    cell_u = math.floor(u * scale + 0.5)
    cell_v = math.floor(v * scale + 0.5)
    tone = hashed(int(cell_u), int(cell_v), 2, seed)
    colour = blend(a, b, tone * extra) if tone < 0.97 else blend(a, b, 1.0)
    colour = lit(colour, 0.93 + 0.14 * fractal(grain, x * 2.0, y * 2.0, z * 2.0, min(octaves, 4)))
    gap = max(line(u * scale + 0.5, 1.0, 0.02, soft), line(v * scale + 0.5, 1.0, 0.02, soft))
    return blend(colour, c, gap)


@compiled
def _brick(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    scale: float,
    soft: float,
    octaves: int,
    seed: int,
) -> Vector:
    """Bricks in courses, with mortar of the third colour."""
    row = math.floor(v * scale)
    along = u * scale * 0.42 + 0.5 * (int(row) & 1)
    cell = math.floor(along)
    tone = hashed(int(cell), int(row), 3, seed)
    rough = fractal(grain, x * 2.0, y * 2.0, z * 2.0, octaves)
    colour = lit(blend(a, b, tone), 0.7 + 0.6 * rough)
    gap = max(line(v * scale, 1.0, 0.07, soft), line(along, 1.0, 0.03, soft * 0.42))
    return blend(colour, lit(c, 0.8 + 0.4 * rough), gap)


@compiled
def _checks(
    grain: Floats, a: Vector, b: Vector, u: float, v: float, scale: float, soft: float, extra: float
) -> Vector:
    """A chessboard, or with the extra parameter a gingham of three tones."""
    odd = (math.floor(u * scale) + math.floor(v * scale)) & 1
    half = (math.floor(u * scale) & 1) + (math.floor(v * scale) & 1)
    colour = blend(a, b, 0.5 * half) if extra > 0.5 else (a if odd == 0 else b)
    if soft > 1.0:
        colour = blend(a, b, 0.5)
    if soft < 0.05:
        colour = lit(colour, 0.9 + 0.2 * noise(grain, u * scale * 20.0, v * scale * 20.0, 0.3))
    return colour


@compiled
def _stripes(
    a: Vector, b: Vector, c: Vector, u: float, v: float, scale: float, soft: float, seed: int, extra: float
) -> Vector:
    """Stripes of three colours, along u or with the extra parameter along v."""
    w = u * scale if extra < 0.5 else v * scale
    cell = math.floor(w)
    tone = hashed(int(cell) % 7, 5, 0, seed)
    colour = a if tone < 0.45 else (b if tone < 0.8 else c)
    if soft > 1.0:
        colour = blend(a, b, 0.5)
    return colour


@compiled
def _dots(a: Vector, b: Vector, u: float, v: float, scale: float, soft: float, extra: float) -> Vector:
    """Dots in staggered rows."""
    row = math.floor(v * scale)
    du = u * scale + 0.5 * (int(row) & 1)
    du = du - math.floor(du) - 0.5
    dv = v * scale - row - 0.5
    radius = 0.22 + 0.12 * extra
    return blend(b, a, step(radius - 0.5 * soft, radius + 0.5 * soft + 1e-6, math.sqrt(du * du + dv * dv)))


@compiled
def _weave(
    grain: Floats,
    a: Vector,
    b: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    scale: float,
    soft: float,
    octaves: int,
) -> Vector:
    """Woven cloth with folds."""
    fold = fractal(grain, x * 0.3, y * 0.3, z * 0.3, 3)
    thread = 0.5
    if soft < 1.0:
        thread = 0.5 + 0.5 * math.sin(u * scale * 6.283) * math.sin(v * scale * 6.283)
    fluff = fractal(grain, x * 2.0, y * 2.0, z * 2.0, octaves)
    return lit(blend(a, b, 0.5 * thread + 0.5 * step(0.35, 0.65, fold)), 0.75 + 0.5 * fluff)


@compiled
def _grass(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    px: float,
    pz: float,
    scale: float,
    octaves: int,
    shift: float,
) -> Vector:
    """Grass in patches."""
    patch = fractal(grain, px * 0.35 + shift, pz * 0.35, 0.7, 4)
    fine = fractal(grain, px * scale, pz * scale * 1.9, shift, octaves)
    colour = lit(blend(a, b, step(0.3, 0.7, patch)), 0.35 + 1.3 * fine)
    return blend(colour, c, step(0.62, 0.8, patch) * 0.8)


@compiled
def _leaves(
    grain: Floats, a: Vector, b: Vector, c: Vector, x: float, y: float, z: float, octaves: int, extra: float
) -> Vector:
    """Leaves, with blossom as dense as the extra parameter."""
    fine = fractal(grain, x, y, z, octaves)
    clump = noise(grain, x * 0.25, y * 0.25, z * 0.25)
    colour = lit(blend(a, b, clump), 0.35 + 1.3 * fine)
    if extra > 0.0 and noise(grain, x * 1.3 + 31.0, y * 1.3, z * 1.3) > 1.0 - extra:
        colour = c
    return colour


@compiled
def _facade(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    scale: float,
    soft: float,
    octaves: int,
    seed: int,
    extra: float,
) -> Vector:
    """A house front: courses, windows with frames, sills and curtains."""
    across = extra
    cu = u * scale * across
    cv = v * scale
    cell_u = math.floor(cu)
    cell_v = math.floor(cv)
    fu = cu - cell_u
    fv = cv - cell_v
    wall = lit(a, 0.85 + 0.3 * fractal(grain, x * 2.0, y * 2.0, z * 2.0, octaves))
    course = line(v * scale * 9.0, 1.0, 0.06, soft * 9.0)
    colour = lit(wall, 1.0 - 0.18 * course)
    if 0.24 < fu < 0.76 and 0.26 < fv < 0.80:
        tone = hashed(int(cell_u), int(cell_v), 4, seed)
        colour = b
        if 0.29 < fu < 0.71 and 0.30 < fv < 0.76:
            glass = 0.03 + 0.10 * tone + 0.12 * (fv - 0.3) * (1.0 if tone > 0.3 else 0.2)
            colour = (glass * 0.9, glass, glass * 1.15)
            if tone > 0.55 and abs(fu - 0.5) > 0.21 * (1.0 - 0.7 * tone) + 0.03:
                colour = lit(c, 0.6 + 0.3 * math.sin(fu * 130.0))
            if abs(fu - 0.5) < 0.02 or abs(fv - 0.56) < 0.012:
                colour = b
    elif 0.20 < fu < 0.80 and 0.22 < fv <= 0.26:
        colour = lit(b, 0.8)
    return colour


@compiled
def _print(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    u: float,
    v: float,
    su: float,
    sv: float,
    seed: int,
    extra: float,
) -> Vector:
    """A print in a frame as wide as the extra parameter, with a mount."""
    edge = min(su - abs(u), sv - abs(v))
    frame = extra
    if edge < frame:
        colour = lit(c, 0.3)
    elif edge < 2.2 * frame:
        colour = (0.75, 0.74, 0.70)
    else:
        inner_u = su - 2.2 * frame
        inner_v = sv - 2.2 * frame
        colour = printed(grain, 0.5 + 0.5 * u / inner_u, 0.5 + 0.5 * v / inner_v, seed, a, b, c)
    return colour


@compiled
def _water(grain: Floats, a: Vector, b: Vector, px: float, pz: float, shift: float) -> Vector:
    """Water: its own colour is little, its mirror much."""
    w = fractal(grain, px * 0.15 + shift, pz * 0.15, 0.2, 3)
    return blend(a, b, w)


@compiled
def _asphalt(
    grain: Floats,
    a: Vector,
    b: Vector,
    x: float,
    y: float,
    z: float,
    px: float,
    pz: float,
    scale: float,
    foot: float,
    shift: float,
) -> Vector:
    """Asphalt with patches and cracks."""
    stones = fractal(grain, x * 4.0, y * 4.0, z * 4.0, octaves_for(scale * 4.0, foot, 5))
    patch = fractal(grain, px * 0.5 + shift, 0.3, pz * 0.5, 4)
    crack = abs(fractal(grain, px * 0.8, 7.7, pz * 0.8 + shift, 5) - 0.5)
    colour = lit(blend(a, b, step(0.35, 0.65, patch)), 0.6 + 0.8 * stones)
    return lit(colour, 0.55 + 0.45 * step(0.0, 0.012 + foot, crack))


@compiled
def _marble(grain: Floats, a: Vector, b: Vector, x: float, y: float, z: float, octaves: int) -> Vector:
    """Stone with veins."""
    w = fractal(grain, x, y, z, octaves)
    vein = abs(math.sin(2.5 * x + 1.5 * z + 9.0 * w))
    colour = blend(b, a, step(0.02, 0.5, vein))
    return lit(colour, 0.85 + 0.3 * w)


@compiled
def _spine(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    su: float,
    sv: float,
    seed: int,
) -> Vector:
    """The back of a book."""
    w = 0.5 + 0.5 * v / sv
    colour = lit(a, 0.85 + 0.3 * noise(grain, x * 9.0, y * 3.0, z * 9.0))
    band = 0.12 + 0.12 * hashed(seed, 1, 1, 9)
    if band < w < band + 0.05 or 1.0 - band - 0.05 < w < 1.0 - band:
        colour = b
    if 0.36 < w < 0.68:
        if hashed(seed, 2, 1, 9) > 0.5:
            colour = c
        if abs(u) < 0.45 * su and hashed(int(w * 60.0), 3, 1, seed) > 0.45:
            colour = b
    return colour


@compiled
def _cobbles(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    scale: float,
    soft: float,
    octaves: int,
    seed: int,
) -> Vector:
    """Rounded stones, or with a large scale pebbles."""
    nearest = 9.0
    second = 9.0
    tone = 0.0
    iu = math.floor(u * scale)
    iv = math.floor(v * scale)
    for du in range(-1, 2):
        for dv in range(-1, 2):
            cu = iu + du + 0.2 + 0.6 * hashed(int(iu) + du, int(iv) + dv, 1, seed)
            cv = iv + dv + 0.2 + 0.6 * hashed(int(iu) + du, int(iv) + dv, 2, seed)
            distance = math.sqrt((u * scale - cu) ** 2 + (v * scale - cv) ** 2)
            if distance < nearest:
                second = nearest
                nearest = distance
                tone = hashed(int(iu) + du, int(iv) + dv, 3, seed)
            elif distance < second:
                second = distance
    edge = step(0.02, 0.16 + soft, second - nearest)
    rough = fractal(grain, x * 3.0, y * 3.0, z * 3.0, octaves)
    return blend(c, lit(blend(a, b, tone), 0.6 + 0.8 * rough), edge)


@compiled
def _rug(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    su: float,
    sv: float,
    scale: float,
    octaves: int,
    seed: int,
) -> Vector:
    """A rug with borders and a field of lozenges, alike on all four sides."""
    ring = min(su - abs(u), sv - abs(v)) * scale
    band = math.floor(ring)
    tone = hashed(band, 7, 0, seed)
    colour = a if tone < 0.5 else (b if tone < 0.8 else c)
    if band > 2:
        mu = abs(u) * scale * 0.8
        mv = abs(v) * scale * 0.8
        cell = hashed(int(mu), int(mv), 8, seed)
        diamond = abs(mu - math.floor(mu) - 0.5) + abs(mv - math.floor(mv) - 0.5)
        colour = a
        if diamond < 0.2 + 0.25 * cell:
            colour = b if cell < 0.6 else c
    return lit(colour, 0.75 + 0.5 * fractal(grain, x * 9.0, y * 9.0, z * 9.0, min(octaves, 3)))


@compiled
def _screen(
    grain: Floats, a: Vector, b: Vector, c: Vector, u: float, v: float, su: float, sv: float, seed: int
) -> Vector:
    """A picture from edge to edge."""
    w = 0.5 + 0.5 * v / sv
    return printed(grain, 0.5 + 0.5 * u / su, w, seed, a, b, c)


@compiled
def _flowers(
    grain: Floats,
    a: Vector,
    b: Vector,
    c: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    scale: float,
    octaves: int,
    seed: int,
) -> Vector:
    """Leaves thick with flowers."""
    fine = fractal(grain, x * 2.0, y * 2.0, z * 2.0, octaves)
    colour = lit(a, 0.3 + 1.4 * fine)
    for layer in range(2):
        cu = u * scale * (1.0 + 0.6 * layer) + 13.7 * layer
        cv = v * scale * (1.0 + 0.6 * layer)
        iu = math.floor(cu)
        iv = math.floor(cv)
        pick = hashed(int(iu), int(iv), 5 + layer, seed)
        du = cu - iu - 0.3 - 0.4 * hashed(int(iu), int(iv), 8 + layer, seed)
        dv = cv - iv - 0.3 - 0.4 * hashed(int(iu), int(iv), 11 + layer, seed)
        radius = 0.22 + 0.06 * math.cos(5.0 * math.atan2(dv, du) + 6.0 * pick)
        distance = math.sqrt(du * du + dv * dv)
        if pick > 0.45 and distance < radius:
            colour = lit(blend(b, c, 1.0 if pick > 0.75 else 0.0), 0.7 + 0.6 * fine)
            if distance < 0.07:
                colour = (0.75, 0.55, 0.08)
    return colour


@compiled
def _ridges(
    grain: Floats,
    a: Vector,
    b: Vector,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    scale: float,
    soft: float,
    extra: float,
) -> Vector:
    """Ridges: corrugated steel, tiles of a roof, edges of pages."""
    w = u * scale if extra < 0.5 else v * scale
    shade = 0.75 + 0.25 * math.sin(w * 6.283) if soft < 1.0 else 0.75
    return lit(blend(a, b, fractal(grain, x * 0.3, y * 0.3, z * 0.3, 3)), shade)


@compiled
def _label(
    grain: Floats, a: Vector, b: Vector, c: Vector, u: float, v: float, su: float, sv: float, seed: int
) -> Vector:
    """A printed band around the middle."""
    colour = a
    w = 0.5 + 0.5 * v / sv
    if 0.22 < w < 0.78:
        colour = printed(grain, 0.5 + 0.5 * u / su, (w - 0.22) / 0.56, seed, b, c, a)
    return colour


@compiled
def surface_colour(  # noqa: PLR0911, PLR0912
    grain: Floats,
    solids: Floats,
    k: int,
    px: float,
    py: float,
    pz: float,
    u: float,
    v: float,
    su: float,
    sv: float,
    foot: float,
) -> Vector:
    """Colour of a surface at one point.

    Args:
        grain: the cube of noise.
        solids, k: the table of solids, and which.
        px, py, pz: point in the solid's own axes, metres.
        u, v: point on the face, metres from its middle.
        su, sv: half-size of the face, metres.
        foot: width of what one pixel sees there, metres.
    """
    pattern = int(solids[k, PATTERN])
    a = (solids[k, AR], solids[k, AG], solids[k, AB])
    b = (solids[k, BR], solids[k, BG], solids[k, BB])
    c = (solids[k, CR], solids[k, CG], solids[k, CB])
    scale = solids[k, SCALE]
    seed = int(solids[k, SEED])
    shift = 0.37 * (seed & 63)
    x = px * scale + shift
    y = py * scale + 1.7 * shift
    z = pz * scale + 2.3 * shift
    soft = foot * scale
    octaves = octaves_for(scale, foot, 6)
    if pattern == PLAIN:
        return _plain(grain, a, x, y, z, octaves)
    if pattern == MOTTLE:
        return _mottle(grain, a, b, x, y, z, octaves)
    if pattern == WOOD:
        return _wood(grain, a, b, x, y, z, soft, octaves)
    if pattern == PLANKS:
        return _planks(grain, a, b, u, v, scale, soft, seed)
    if pattern == TILES:
        return _tiles(grain, a, b, c, x, y, z, u, v, scale, soft, octaves, seed, solids[k, EXTRA])
    if pattern == BRICK:
        return _brick(grain, a, b, c, x, y, z, u, v, scale, soft, octaves, seed)
    if pattern == CHECKS:
        return _checks(grain, a, b, u, v, scale, soft, solids[k, EXTRA])
    if pattern == STRIPES:
        return _stripes(a, b, c, u, v, scale, soft, seed, solids[k, EXTRA])
    if pattern == DOTS:
        return _dots(a, b, u, v, scale, soft, solids[k, EXTRA])
    if pattern == WEAVE:
        return _weave(grain, a, b, x, y, z, u, v, scale, soft, octaves)
    if pattern == GRASS:
        return _grass(grain, a, b, c, px, pz, scale, octaves, shift)
    if pattern == LEAVES:
        return _leaves(grain, a, b, c, x, y, z, octaves, solids[k, EXTRA])
    if pattern == FACADE:
        return _facade(grain, a, b, c, x, y, z, u, v, scale, soft, octaves, seed, solids[k, EXTRA])
    if pattern == PRINT:
        return _print(grain, a, b, c, u, v, su, sv, seed, solids[k, EXTRA])
    if pattern == WATER:
        return _water(grain, a, b, px, pz, shift)
    if pattern == ASPHALT:
        return _asphalt(grain, a, b, x, y, z, px, pz, scale, foot, shift)
    if pattern == MARBLE:
        return _marble(grain, a, b, x, y, z, octaves)
    if pattern == SPINE:
        return _spine(grain, a, b, c, x, y, z, u, v, su, sv, seed)
    if pattern == COBBLES:
        return _cobbles(grain, a, b, c, x, y, z, u, v, scale, soft, octaves, seed)
    if pattern == RUG:
        return _rug(grain, a, b, c, x, y, z, u, v, su, sv, scale, octaves, seed)
    if pattern == SCREEN:
        return _screen(grain, a, b, c, u, v, su, sv, seed)
    if pattern == FLOWERS:
        return _flowers(grain, a, b, c, x, y, z, u, v, scale, octaves, seed)
    if pattern == RIDGES:
        return _ridges(grain, a, b, x, y, z, u, v, scale, soft, solids[k, EXTRA])
    if pattern == LABEL:
        return _label(grain, a, b, c, u, v, su, sv, seed)
    return a


# -- Sky -----------------------------------------------------------------------------------------------


@compiled
def ridge_colour(
    grain: Floats, sky: Floats, dx: float, dy: float, dz: float, fine: int
) -> tuple[bool, Vector]:
    """Whether far hills stand in a direction, and their colour; the nearest of three chains first."""
    highest = sky[RIDGE_HEIGHT]
    if dy > 1.7 * highest or highest <= 0.0:
        return False, (0.0, 0.0, 0.0)
    bearing = math.atan2(dz, dx)
    for chain in range(3):
        k = 2 - chain
        far = 1.0 - k / 3.0
        rough = fractal(
            grain, bearing * (3.0 + 2.0 * k) + sky[SKY_SEED] + 9.0 * k, 4.4 * k, 0.7, min(fine + 1, 5)
        )
        top = highest * (0.35 + 0.65 * far) * (0.35 + 1.3 * rough) - 0.02 * k
        if dy >= top:
            continue
        slope = fractal(grain, bearing * 14.0 + 3.0 * k, dy * 40.0 + bearing * 9.0, 2.0 + k, min(fine, 4))
        woods = step(0.42, 0.58, fractal(grain, bearing * 30.0, dy * 70.0, 3.0 * k, min(fine, 3)))
        bright = (0.35 + 1.3 * slope) * (1.0 - 0.45 * woods) * (0.5 + 0.5 * far)
        hidden = min(
            0.95, sky[HAZE] * (0.25 + 0.75 * far) + 0.25 * (1.0 - max(0.0, dy) / max(1e-3, top)) * sky[HAZE]
        )
        near = (sky[RIDGE_R] * bright, sky[RIDGE_G] * bright, sky[RIDGE_B] * bright)
        return True, blend(near, (sky[SKY_HR], sky[SKY_HG], sky[SKY_HB]), hidden)
    return False, (0.0, 0.0, 0.0)


@compiled
def sky_colour(grain: Floats, sky: Floats, dx: float, dy: float, dz: float, fine: int) -> Vector:
    """Light that comes from a direction where nothing stands; `fine` is the number of octaves of cloud."""
    hidden, colour = ridge_colour(grain, sky, dx, dy, dz, fine)
    if hidden:
        return colour
    fade = math.sqrt(max(dy, 0.0))
    colour = blend((sky[SKY_HR], sky[SKY_HG], sky[SKY_HB]), (sky[SKY_ZR], sky[SKY_ZG], sky[SKY_ZB]), fade)
    seed = sky[SKY_SEED]
    toward = dx * sky[SUN_X] + dy * sky[SUN_Y] + dz * sky[SUN_Z]
    if toward > 0.0:
        wide = toward * toward
        wide *= wide
        wide *= wide
        narrow = wide * wide
        narrow *= narrow
        narrow *= narrow
        glow = 0.10 * wide + 0.35 * narrow + (6.0 if toward > 0.9994 else 0.0)
        colour = (colour[0] + glow * sky[SUN_R], colour[1] + glow * sky[SUN_G], colour[2] + glow * sky[SUN_B])
    if sky[STARS] > 0.0 and dy > 0.0 and fine > 3:
        cell = hashed(math.floor(dx * 260.0), math.floor(dy * 260.0), math.floor(dz * 260.0), int(seed))
        if cell > 0.9975:
            colour = (colour[0] + sky[STARS], colour[1] + sky[STARS], colour[2] + sky[STARS])
    if sky[CLOUDS] > 0.0 and dy > 0.01:
        spread = 1.2 / (dy + 0.12)
        w = fractal(grain, dx * spread + seed, dz * spread, 0.1 * seed, fine)
        dense = step(0.78 - 0.5 * sky[CLOUDS], 1.02 - 0.5 * sky[CLOUDS], w) * step(0.01, 0.12, dy)
        shade = 0.75 + 0.5 * (1.0 - w)
        light = 0.35 * (sky[SUN_R] + sky[SUN_G] + sky[SUN_B]) / 3.0
        white = (
            shade * (0.45 * sky[SKY_HR] + light * 0.5 + 0.1 * sky[SUN_R]),
            shade * (0.45 * sky[SKY_HG] + light * 0.5 + 0.1 * sky[SUN_G]),
            shade * (0.45 * sky[SKY_HB] + light * 0.5 + 0.1 * sky[SUN_B]),
        )
        colour = blend(colour, white, dense)
    return colour


# -- Rays ----------------------------------------------------------------------------------------------


@compiled
def unit(x: float, y: float, z: float) -> Vector:
    """A direction of length 1."""
    length = math.sqrt(x * x + y * y + z * z) + 1e-30
    return x / length, y / length, z / length


@compiled
def along(o: Vector, d: Vector, t: float) -> Vector:
    """The point at a distance on a ray."""
    return o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2]


@compiled
def into_solid(solids: Floats, k: int, o: Vector, w: float) -> Vector:
    """A point (w = 1) or direction (w = 0) in the axes of solid k."""
    return (
        solids[k, 2] * o[0] + solids[k, 3] * o[1] + solids[k, 4] * o[2] + solids[k, 5] * w,
        solids[k, 6] * o[0] + solids[k, 7] * o[1] + solids[k, 8] * o[2] + solids[k, 9] * w,
        solids[k, 10] * o[0] + solids[k, 11] * o[1] + solids[k, 12] * o[2] + solids[k, 13] * w,
    )


@compiled
def solid_hits(kind: int, taper: float, o: Vector, d: Vector) -> tuple[float, float]:  # noqa: PLR0911, PLR0912
    """Where a ray enters and leaves a canonical solid; FAR where it does not. Values may be negative.

    Args:
        kind: BOX, BALL or TUBE.
        taper: for a tube, the radius of its upper end (the lower one is 1).
        o, d: ray in the solid's axes.
    """
    if kind == BOX:
        near = -FAR
        far = FAR
        for k in range(3):
            if abs(d[k]) < 1e-12:
                if abs(o[k]) > 1.0:
                    return FAR, FAR
            else:
                t0 = (-1.0 - o[k]) / d[k]
                t1 = (1.0 - o[k]) / d[k]
                near = max(near, min(t0, t1))
                far = min(far, max(t0, t1))
        if near > far:
            return FAR, FAR
        return near, far
    if kind == BALL:
        a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
        b = o[0] * d[0] + o[1] * d[1] + o[2] * d[2]
        c = o[0] * o[0] + o[1] * o[1] + o[2] * o[2] - 1.0
        root = b * b - a * c
        if root < 0.0:
            return FAR, FAR
        root = math.sqrt(root)
        return (-b - root) / a, (-b + root) / a
    slope = 0.5 * (taper - 1.0)
    middle = 0.5 * (1.0 + taper)
    r0 = middle + slope * o[1]
    rd = slope * d[1]
    a = d[0] * d[0] + d[2] * d[2] - rd * rd
    b = o[0] * d[0] + o[2] * d[2] - r0 * rd
    c = o[0] * o[0] + o[2] * o[2] - r0 * r0
    first = FAR
    last = -FAR
    if abs(a) > 1e-12:
        root = b * b - a * c
        if root >= 0.0:
            root = math.sqrt(root)
            for t in ((-b - root) / a, (-b + root) / a):
                if abs(o[1] + t * d[1]) <= 1.0:
                    first = min(first, t)
                    last = max(last, t)
    if abs(d[1]) > 1e-12:
        for end in (-1.0, 1.0):
            t = (end - o[1]) / d[1]
            hx = o[0] + t * d[0]
            hz = o[2] + t * d[2]
            limit = 1.0 if end < 0.0 else taper
            if hx * hx + hz * hz <= limit * limit:
                first = min(first, t)
                last = max(last, t)
    if last < first:
        return FAR, FAR
    return first, last


@compiled
def cast_ray(  # noqa: PLR0915
    grain: Floats,
    tree: Floats,
    solids: Floats,
    stack: Ints,
    o: Vector,
    d: Vector,
    limit: float,
    anything: bool,
) -> tuple[float, int]:
    """The nearest solid on a ray, or with `anything` some solid: (distance, number), or (FAR, -1).

    `stack` is scratch memory, as deep as the tree.
    """
    best = limit
    found = -1
    ix = 1.0 / d[0] if abs(d[0]) > 1e-12 else 1e12
    iy = 1.0 / d[1] if abs(d[1]) > 1e-12 else 1e12
    iz = 1.0 / d[2] if abs(d[2]) > 1e-12 else 1e12
    depth = 1
    stack[0] = 0
    while depth > 0:
        depth -= 1
        node = stack[depth]
        t0 = (tree[node, 0] - o[0]) * ix
        t1 = (tree[node, 3] - o[0]) * ix
        near = min(t0, t1)
        far = max(t0, t1)
        t0 = (tree[node, 1] - o[1]) * iy
        t1 = (tree[node, 4] - o[1]) * iy
        near = max(near, min(t0, t1))
        far = min(far, max(t0, t1))
        t0 = (tree[node, 2] - o[2]) * iz
        t1 = (tree[node, 5] - o[2]) * iz
        near = max(near, min(t0, t1))
        far = min(far, max(t0, t1))
        if near > far or far < 0.0 or near > best:
            continue
        k = int(tree[node, LEAF])
        if k < 0:
            first = node + 1
            second = int(tree[first, AFTER])
            axis = int(tree[node, SPLIT])
            if d[axis] < 0.0:
                first, second = second, first
            stack[depth] = second
            stack[depth + 1] = first
            depth += 2
            continue
        lo = into_solid(solids, k, o, 1.0)
        ld = into_solid(solids, k, d, 0.0)
        enter, leave = solid_hits(int(solids[k, KIND]), solids[k, TAPER], lo, ld)
        if enter >= FAR or leave < 1e-4:
            continue
        holes = solids[k, HOLES]
        for t in (enter, leave):
            if t < 1e-4 or t >= best:
                continue
            if holes > 0.0:
                scale = solids[k, SCALE]
                shift = 0.37 * (int(solids[k, SEED]) & 63)
                if (
                    noise(
                        grain,
                        (lo[0] + t * ld[0]) * solids[k, SIZE + 0] * scale * 1.9 + shift,
                        (lo[1] + t * ld[1]) * solids[k, SIZE + 1] * scale * 1.9,
                        (lo[2] + t * ld[2]) * solids[k, SIZE + 2] * scale * 1.9 + shift,
                    )
                    < holes
                ):
                    continue
            best = t
            found = k
            if anything:
                return best, found
            break
    if found < 0:
        return FAR, -1
    return best, found


@compiled
def normal_at(solids: Floats, k: int, p: Vector) -> tuple[Vector, int]:
    """Outward normal in the world at a point in a solid's axes, and its face (0, 1, 2 by axis; 3 round)."""
    face = 3
    n = p
    kind = int(solids[k, KIND])
    if kind == BOX:
        ax = abs(p[0])
        ay = abs(p[1])
        az = abs(p[2])
        if ax >= ay and ax >= az:
            n = (math.copysign(1.0, p[0]), 0.0, 0.0)
            face = 0
        elif ay >= az:
            n = (0.0, math.copysign(1.0, p[1]), 0.0)
            face = 1
        else:
            n = (0.0, 0.0, math.copysign(1.0, p[2]))
            face = 2
    elif kind == TUBE:
        taper = solids[k, TAPER]
        radius = math.sqrt(p[0] * p[0] + p[2] * p[2])
        wall = 0.5 * (1.0 + taper) + 0.5 * (taper - 1.0) * p[1]
        if abs(p[1]) > 0.9999 and radius < wall * 0.9999:
            n = (0.0, math.copysign(1.0, p[1]), 0.0)
            face = 1
        else:
            n = (p[0], 0.5 * (1.0 - taper) * radius, p[2])
    # Normals go back by the transposed inverse.
    return unit(
        solids[k, 2] * n[0] + solids[k, 6] * n[1] + solids[k, 10] * n[2],
        solids[k, 3] * n[0] + solids[k, 7] * n[1] + solids[k, 11] * n[2],
        solids[k, 4] * n[0] + solids[k, 8] * n[1] + solids[k, 12] * n[2],
    ), face


@compiled
def colour_at(grain: Floats, solids: Floats, k: int, p: Vector, face: int, foot: float) -> Vector:
    """Colour of solid k at a point in its own axes, for a pixel that sees `foot` metres."""
    sx = solids[k, SIZE]
    sy = solids[k, SIZE + 1]
    sz = solids[k, SIZE + 2]
    x = p[0] * sx
    y = p[1] * sy
    z = p[2] * sz
    if face == 0:
        u, v, su, sv = z, y, sz, sy
    elif face == 1:
        u, v, su, sv = x, z, sx, sz
    elif face == 2:
        u, v, su, sv = x, y, sx, sy
    else:
        u, v, su, sv = math.atan2(p[2], p[0]) * sx, y, math.pi * sx, sy
    return surface_colour(grain, solids, k, x, y, z, u, v, su, sv, foot)


@compiled
def mean_colour(solids: Floats, k: int) -> Vector:
    """Roughly what a solid looks like from afar: for light that has bounced."""
    return (
        0.6 * solids[k, AR] + 0.4 * solids[k, BR],
        0.6 * solids[k, AG] + 0.4 * solids[k, BG],
        0.6 * solids[k, AB] + 0.4 * solids[k, BB],
    )


@compiled
def pixel_ray(lens: Floats, x: float, y: float, width: int, height: int) -> Vector:
    """Direction through a point of the picture."""
    half = 0.5 * max(width, height)
    sx = (x - 0.5 * width) / half * lens[SPREAD]
    sy = (0.5 * height - y) / half * lens[SPREAD]
    return unit(
        lens[FORWARD] + sx * lens[RIGHT] + sy * lens[UP],
        lens[FORWARD + 1] + sx * lens[RIGHT + 1] + sy * lens[UP + 1],
        lens[FORWARD + 2] + sx * lens[RIGHT + 2] + sy * lens[UP + 2],
    )


@compiled
def rippled(grain: Floats, solids: Floats, which: int, n: Vector, p: Vector, far: float) -> Vector:
    """A normal disturbed by the surface's bumps: waves, hammered metal, rough plaster."""
    bump = solids[which, BUMP]
    if bump <= 0.0:
        return n
    scale = solids[which, SCALE]
    k = bump / (1.0 + 0.02 * far * scale)
    shift = float(int(solids[which, SEED]) & 63)
    a = fractal(grain, p[0] * scale + shift, p[1] * scale, p[2] * scale * 1.4, 3) - 0.5
    b = fractal(grain, p[0] * scale + 31.7, p[1] * scale + shift, p[2] * scale * 1.4, 3) - 0.5
    c = fractal(grain, p[0] * scale, p[1] * scale + 19.1, p[2] * scale * 1.4 + shift, 3) - 0.5
    return unit(n[0] + k * a, n[1] + k * b * 0.5, n[2] + k * c)


# -- Light ---------------------------------------------------------------------------------------------


@compiled
def blocked(
    grain: Floats, tree: Floats, solids: Floats, stack: Ints, o: Vector, d: Vector, reach: float
) -> bool:
    """Whether something stands on a ray within a distance."""
    _, k = cast_ray(grain, tree, solids, stack, o, d, reach, True)
    return k >= 0


@compiled
def thrown_back(
    grain: Floats, tree: Floats, solids: Floats, sky: Floats, stack: Ints, o: Vector, d: Vector
) -> Vector:
    """Light that comes to a point from a direction: of the sky, or of what stands there."""
    t, k = cast_ray(grain, tree, solids, stack, o, d, FAR, False)
    if k < 0:
        c = sky_colour(grain, sky, d[0], d[1], d[2], 1)
        return min(c[0], 8.0), min(c[1], 8.0), min(c[2], 8.0)
    c = mean_colour(solids, k)
    glow = min(solids[k, GLOW], 4.0)
    # What is near is in shade itself.
    near = min(1.0, 0.25 + 0.35 * t)
    return (
        c[0] * (sky[AMBIENT] * near + glow),
        c[1] * (sky[AMBIENT + 1] * near + glow),
        c[2] * (sky[AMBIENT + 2] * near + glow),
    )


@compiled
def gather_light(  # noqa: PLR0915
    grain: Floats,
    tree: Floats,
    solids: Floats,
    sky: Floats,
    lamps: Floats,
    lens: Floats,
    seed: int,
    maps: NDArray[np.float32],
) -> None:
    """Fill the maps (h, w, 7); `lamps` is (m, 7): position, radius, colour.

    Sun and lamps with one jittered shadow ray each; two rays over the hemisphere for sky, shade and the
    colour that neighbours throw back. One sample a pixel is noisy: `smooth_light` follows.
    """
    height, width, _ = maps.shape
    stack = np.empty(tree.shape[0] + 2, np.int64)
    o = (lens[EYE], lens[EYE + 1], lens[EYE + 2])
    sunny = sky[SUN_R] + sky[SUN_G] + sky[SUN_B] > 0.0
    for row in range(height):
        for column in range(width):
            d = pixel_ray(lens, column + 0.5, row + 0.5, width, height)
            t, k = cast_ray(grain, tree, solids, stack, o, d, FAR, False)
            if k < 0:
                maps[row, column, DEPTH] = FAR
                continue
            maps[row, column, DEPTH] = t
            p = into_solid(solids, k, along(o, d, t), 1.0)
            n, _ = normal_at(solids, k, p)
            if n[0] * d[0] + n[1] * d[1] + n[2] * d[2] > 0.0:
                n = (-n[0], -n[1], -n[2])
            maps[row, column, NORMAL] = n[0]
            maps[row, column, NORMAL + 1] = n[1]
            maps[row, column, NORMAL + 2] = n[2]
            h = along(along(o, d, t), n, 1e-3 + 1e-4 * t)
            leafy = solids[k, HOLES] > 0.0  # leaves are lit from both sides
            r = 0.0
            g = 0.0
            b = 0.0
            if sunny:
                s = (
                    sky[SUN_X] + 0.03 * (hashed(column, row, 1, seed) - 0.5),
                    sky[SUN_Y] + 0.03 * (hashed(column, row, 2, seed) - 0.5),
                    sky[SUN_Z] + 0.03 * (hashed(column, row, 3, seed) - 0.5),
                )
                facing = n[0] * s[0] + n[1] * s[1] + n[2] * s[2]
                if leafy:
                    facing = 0.35 + 0.4 * facing
                if facing > 0.0 and not blocked(grain, tree, solids, stack, h, s, FAR):
                    r += facing * sky[SUN_R]
                    g += facing * sky[SUN_G]
                    b += facing * sky[SUN_B]
            for lamp in range(lamps.shape[0]):
                radius = lamps[lamp, 3]
                x = lamps[lamp, 0] + radius * (2.0 * hashed(column, row, 11 + lamp, seed) - 1.0) - h[0]
                y = lamps[lamp, 1] + radius * (2.0 * hashed(column, row, 21 + lamp, seed) - 1.0) - h[1]
                z = lamps[lamp, 2] + radius * (2.0 * hashed(column, row, 31 + lamp, seed) - 1.0) - h[2]
                distance = math.sqrt(x * x + y * y + z * z) + 1e-6
                s = (x / distance, y / distance, z / distance)
                facing = n[0] * s[0] + n[1] * s[1] + n[2] * s[2]
                fall = facing / (distance * distance + radius * radius)
                if fall * (lamps[lamp, 4] + lamps[lamp, 5] + lamps[lamp, 6]) < 0.003:
                    continue
                # The thing that shines must not stand in its own light.
                if not blocked(grain, tree, solids, stack, h, s, max(0.0, distance - 1.8 * radius - 0.02)):
                    r += fall * lamps[lamp, 4]
                    g += fall * lamps[lamp, 5]
                    b += fall * lamps[lamp, 6]
            turn = 6.283185307 * hashed(column, row, 41, seed)
            rise = 2.0 * hashed(column, row, 42, seed) - 1.0
            for sample in range(2):
                # Cosine-weighted: the normal plus a point of the unit sphere; the two are opposite.
                a = turn + math.pi * sample
                e = rise if sample == 0 else -rise
                ring = math.sqrt(max(0.0, 1.0 - e * e))
                s = unit(n[0] + ring * math.cos(a), n[1] + e, n[2] + ring * math.sin(a))
                if s[0] * n[0] + s[1] * n[1] + s[2] * n[2] < 1e-3:
                    continue
                c = thrown_back(grain, tree, solids, sky, stack, h, s)
                r += 0.5 * c[0]
                g += 0.5 * c[1]
                b += 0.5 * c[2]
            maps[row, column, LIGHT] = r
            maps[row, column, LIGHT + 1] = g
            maps[row, column, LIGHT + 2] = b


@compiled
def smooth_light(maps: NDArray[np.float32], stride: int, across: bool) -> NDArray[np.float32]:
    """The maps with the light smoothed along rows or columns; it stops at edges of shape."""
    height, width, _ = maps.shape
    out = maps.copy()
    for row in range(height):
        for column in range(width):
            z = maps[row, column, DEPTH]
            if z >= FAR:
                continue
            nx = maps[row, column, NORMAL]
            ny = maps[row, column, NORMAL + 1]
            nz = maps[row, column, NORMAL + 2]
            total = 0.0
            r = 0.0
            g = 0.0
            b = 0.0
            for k in range(-3, 4):
                y = row if across else row + k * stride
                x = column + k * stride if across else column
                if y < 0 or y >= height or x < 0 or x >= width:
                    continue
                agree = nx * maps[y, x, NORMAL] + ny * maps[y, x, NORMAL + 1] + nz * maps[y, x, NORMAL + 2]
                apart = abs(maps[y, x, DEPTH] - z) / (0.04 * z * stride + 1e-6)
                if agree < 0.8 or apart > 1.0:
                    continue
                weight = (4.0 - abs(k)) * (1.0 - apart) * (agree - 0.8)
                total += weight
                r += weight * maps[y, x, LIGHT]
                g += weight * maps[y, x, LIGHT + 1]
                b += weight * maps[y, x, LIGHT + 2]
            out[row, column, LIGHT] = r / total
            out[row, column, LIGHT + 1] = g / total
            out[row, column, LIGHT + 2] = b / total
    return out


@compiled
def light_near(maps: NDArray[np.float32], x: float, y: float, n: Vector, z: float) -> Vector:
    """Light at a place of the fine picture, from the coarse maps: neighbours on the same surface count."""
    height, width, _ = maps.shape
    x -= 0.5
    y -= 0.5
    x0 = math.floor(x)
    y0 = math.floor(y)
    total = 1e-9
    r = 0.0
    g = 0.0
    b = 0.0
    for dy in range(2):
        for dx in range(2):
            row = min(height - 1, max(0, y0 + dy))
            column = min(width - 1, max(0, x0 + dx))
            other = maps[row, column, DEPTH]
            if other >= FAR:
                continue
            agree = n[0] * maps[row, column, NORMAL] + n[1] * maps[row, column, NORMAL + 1]
            agree = max(0.2, agree + n[2] * maps[row, column, NORMAL + 2])
            agree *= agree
            weight = (1.0 - abs(x - x0 - dx)) * (1.0 - abs(y - y0 - dy)) + 1e-3
            weight *= agree * agree / (1.0 + 60.0 * abs(other - z) / z)
            total += weight
            r += weight * maps[row, column, LIGHT]
            g += weight * maps[row, column, LIGHT + 1]
            b += weight * maps[row, column, LIGHT + 2]
    return r / total, g / total, b / total


# -- Picture -------------------------------------------------------------------------------------------


@compiled
def mirrored(
    grain: Floats, tree: Floats, solids: Floats, sky: Floats, stack: Ints, h: Vector, e: Vector, foot: float
) -> Vector:
    """What a mirror at a point shows in a direction, roughly lit."""
    t, k = cast_ray(grain, tree, solids, stack, h, e, FAR, False)
    if k < 0:
        return sky_colour(grain, sky, e[0], e[1], e[2], 3)
    p = into_solid(solids, k, along(h, e, t), 1.0)
    n, face = normal_at(solids, k, p)
    c = colour_at(grain, solids, k, p, face, foot + t * 0.01)
    sun = 0.3 * max(0.0, n[0] * sky[SUN_X] + n[1] * sky[SUN_Y] + n[2] * sky[SUN_Z])
    glow = solids[k, GLOW]
    return (
        c[0] * (1.2 * sky[AMBIENT] + sun * sky[SUN_R] + glow),
        c[1] * (1.2 * sky[AMBIENT + 1] + sun * sky[SUN_G] + glow),
        c[2] * (1.2 * sky[AMBIENT + 2] + sun * sky[SUN_B] + glow),
    )


@compiled
def mirror_share(gloss: float, cosine: float) -> float:
    """How much a polished surface mirrors (Schlick's approximation); `cosine` is below 0."""
    flat = 1.0 + cosine
    return gloss * (0.04 + 0.96 * flat * flat * flat * flat * flat)


@compiled
def shade(
    grain: Floats,
    tree: Floats,
    solids: Floats,
    sky: Floats,
    stack: Ints,
    lens: Floats,
    maps: NDArray[np.float32],
    x: float,
    y: float,
    width: int,
    height: int,
) -> tuple[Vector, float, int]:
    """Colour, distance and solid seen at a point of the picture."""
    o = (lens[EYE], lens[EYE + 1], lens[EYE + 2])
    d = pixel_ray(lens, x, y, width, height)
    t, k = cast_ray(grain, tree, solids, stack, o, d, FAR, False)
    if k < 0:
        return sky_colour(grain, sky, d[0], d[1], d[2], 5), FAR, -1
    p = into_solid(solids, k, along(o, d, t), 1.0)
    n, face = normal_at(solids, k, p)
    cosine = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
    if cosine > 0.0:
        n = (-n[0], -n[1], -n[2])
        cosine = -cosine
    foot = t * lens[SPREAD] * 2.0 / max(width, height) / max(0.15, math.sqrt(-cosine))
    c = colour_at(grain, solids, k, p, face, foot)
    light = light_near(maps, x * maps.shape[1] / width, y * maps.shape[0] / height, n, t)
    r = c[0] * (light[0] + solids[k, GLOW])
    g = c[1] * (light[1] + solids[k, GLOW])
    b = c[2] * (light[2] + solids[k, GLOW])
    gloss = solids[k, GLOSS]
    metal = solids[k, METAL]
    if metal > 0.0 or (gloss > 0.0 and mirror_share(gloss, cosine) > 0.025):
        h = along(o, d, t)
        m = rippled(grain, solids, k, n, h, t)
        cosine = min(-0.02, m[0] * d[0] + m[1] * d[1] + m[2] * d[2])
        strength = mirror_share(gloss, cosine)
        tint = (1.0, 1.0, 1.0)
        if metal > 0.0:
            strength = metal
            tint = c
        e = unit(d[0] - 2.0 * cosine * m[0], d[1] - 2.0 * cosine * m[1], d[2] - 2.0 * cosine * m[2])
        q = mirrored(grain, tree, solids, sky, stack, along(h, n, 1e-3 + 1e-4 * t), e, foot)
        r += strength * (tint[0] * q[0] - metal * r)
        g += strength * (tint[1] * q[1] - metal * g)
        b += strength * (tint[2] * q[2] - metal * b)
    if sky[HAZE] > 0.0:
        hidden = 1.0 - math.exp(-t * sky[HAZE] * 0.012)
        r += (sky[SKY_HR] - r) * hidden
        g += (sky[SKY_HG] - g) * hidden
        b += (sky[SKY_HB] - b) * hidden
    return (r, g, b), t, k


@compiled
def is_edge(picture: NDArray[np.float32], seen: NDArray[np.int32], row: int, column: int) -> bool:
    """Whether a pixel lies where solids meet that look different, so that one ray is too few for it."""
    k = seen[row, column]
    for side in range(4):
        y = row + (-1, 1, 0, 0)[side]
        x = column + (0, 0, -1, 1)[side]
        if seen[y, x] == k:
            continue
        apart = 0.0
        bright = 0.02
        for channel in range(3):
            apart += abs(picture[y, x, channel] - picture[row, column, channel])
            bright += picture[y, x, channel] + picture[row, column, channel]
        if apart > 0.16 * bright:
            return True
    return False


@compiled
def paint(
    grain: Floats, tree: Floats, solids: Floats, sky: Floats, lens: Floats, maps: NDArray[np.float32],
    picture: NDArray[np.float32], distance: NDArray[np.float32],
) -> None:  # fmt: skip
    """Fill a picture (h, w, 3) and its distances (h, w): one ray a pixel, three more where solids meet."""
    height, width = distance.shape
    stack = np.empty(tree.shape[0] + 2, np.int64)
    seen = np.empty((height, width), np.int32)
    for row in range(height):
        for column in range(width):
            c, t, k = shade(
                grain, tree, solids, sky, stack, lens, maps, column + 0.5, row + 0.5, width, height
            )
            picture[row, column, 0] = c[0]
            picture[row, column, 1] = c[1]
            picture[row, column, 2] = c[2]
            distance[row, column] = t
            seen[row, column] = k
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            if not is_edge(picture, seen, row, column):
                continue
            r = min(picture[row, column, 0], 4.0)
            g = min(picture[row, column, 1], 4.0)
            b = min(picture[row, column, 2], 4.0)
            for sub in range(3):
                x = column + (0.15, 0.85, 0.4)[sub]
                y = row + (0.3, 0.55, 0.9)[sub]
                c, _, _ = shade(grain, tree, solids, sky, stack, lens, maps, x, y, width, height)
                r += min(c[0], 4.0)
                g += min(c[1], 4.0)
                b += min(c[2], 4.0)
            picture[row, column, 0] = 0.25 * r
            picture[row, column, 1] = 0.25 * g
            picture[row, column, 2] = 0.25 * b
