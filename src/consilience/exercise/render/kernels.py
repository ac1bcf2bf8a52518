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
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Vector = tuple[float, float, float]

BOX, BALL, TUBE = 0, 1, 2

# Columns of the surface table.
(PATTERN, AR, AG, AB, BR, BG, BB, CR, CG, CB, SCALE, GLOSS, METAL, HOLES, GLOW, SEED, BUMP, EXTRA) = range(18)
SURFACE_COLUMNS = 18

(
    PLAIN, MOTTLE, WOOD, PLANKS, TILES, BRICK, CHECKS, STRIPES, DOTS, WEAVE, GRASS, LEAVES, FACADE, PRINT,
    WATER, ASPHALT, MARBLE, SPINE, COBBLES, RUG, SCREEN, FLOWERS, RIDGES, LABEL,
) = range(24)  # fmt: skip

# Entries of the sky vector.
(SKY_ZR, SKY_ZG, SKY_ZB, SKY_HR, SKY_HG, SKY_HB, SUN_X, SUN_Y, SUN_Z, SUN_R, SUN_G, SUN_B, CLOUDS, SKY_SEED,
 RIDGE_HEIGHT, RIDGE_R, RIDGE_G, RIDGE_B, HAZE, STARS) = range(20)  # fmt: skip
SKY_ENTRIES = 20

FAR = 1e9


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with numba, keep the result on disk, and keep the types for the checker."""
    return cast("Callable[P, R]", numba.njit(cache=True, error_model="numpy")(function))


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
    return a + (c - a) * tz


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
    """Noise summed over octaves, each twice as fine and half as strong: 1/f, like most things outdoors. In [0, 1]."""
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
def printed(grain: Floats, u: float, v: float, seed: int, a: Vector, b: Vector, c: Vector) -> Vector:
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
def surface_colour(
    grain: Floats,
    s: Floats,
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
        s: the surface's row.
        px, py, pz: point in the solid's own axes, metres.
        u, v: point on the face, metres from its middle.
        su, sv: half-size of the face, metres.
        foot: width of what one pixel sees there, metres.
    """
    pattern = int(s[PATTERN])
    a = (s[AR], s[AG], s[AB])
    b = (s[BR], s[BG], s[BB])
    c = (s[CR], s[CG], s[CB])
    scale = s[SCALE]
    seed = int(s[SEED])
    shift = 0.37 * (seed & 63)
    x = px * scale + shift
    y = py * scale + 1.7 * shift
    z = pz * scale + 2.3 * shift
    soft = foot * scale
    octaves = octaves_for(scale, foot, 6)
    colour = a
    if pattern == PLAIN:
        colour = lit(a, 0.92 + 0.16 * fractal(grain, x * 3.0, y * 3.0, z * 3.0, min(octaves, 3)))
    elif pattern == MOTTLE:
        w = fractal(grain, x, y, z, octaves)
        colour = blend(a, b, step(0.3, 0.7, w))
    elif pattern == WOOD:
        bend = fractal(grain, x * 0.25, y, z, min(octaves, 3))
        ring = math.sqrt(y * y + z * z) * 2.0 + 3.0 * bend
        ring -= math.floor(ring)
        fibre = noise(grain, x * 1.5, y * 30.0, z * 30.0) if soft * 30.0 < 2.0 else 0.5
        colour = lit(
            blend(a, b, step(0.1, 0.9, ring) * step(1.0, 0.9, ring) + 0.2 * bend), 0.85 + 0.3 * fibre
        )
    elif pattern == PLANKS:
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
        colour = lit(colour, 1.0 - 0.75 * gap)
    elif pattern == TILES:
        cell_u = math.floor(u * scale + 0.5)
        cell_v = math.floor(v * scale + 0.5)
        tone = hashed(int(cell_u), int(cell_v), 2, seed)
        colour = blend(a, b, tone * s[EXTRA]) if tone < 0.97 else blend(a, b, 1.0)
        colour = lit(colour, 0.93 + 0.14 * fractal(grain, x * 2.0, y * 2.0, z * 2.0, min(octaves, 4)))
        gap = max(line(u * scale + 0.5, 1.0, 0.02, soft), line(v * scale + 0.5, 1.0, 0.02, soft))
        colour = blend(colour, c, gap)
    elif pattern == BRICK:
        row = math.floor(v * scale)
        along = u * scale * 0.42 + 0.5 * (int(row) & 1)
        cell = math.floor(along)
        tone = hashed(int(cell), int(row), 3, seed)
        rough = fractal(grain, x * 2.0, y * 2.0, z * 2.0, octaves)
        colour = lit(blend(a, b, tone), 0.7 + 0.6 * rough)
        gap = max(line(v * scale, 1.0, 0.07, soft), line(along, 1.0, 0.03, soft * 0.42))
        colour = blend(colour, lit(c, 0.8 + 0.4 * rough), gap)
    elif pattern == CHECKS:
        odd = (int(math.floor(u * scale)) + int(math.floor(v * scale))) & 1
        half = (int(math.floor(u * scale)) & 1) + (int(math.floor(v * scale)) & 1)
        colour = blend(a, b, 0.5 * half) if s[EXTRA] > 0.5 else (a if odd == 0 else b)
        if soft > 1.0:
            colour = blend(a, b, 0.5)
        if soft < 0.05:
            colour = lit(colour, 0.9 + 0.2 * noise(grain, u * scale * 20.0, v * scale * 20.0, 0.3))
    elif pattern == STRIPES:
        w = u * scale if s[EXTRA] < 0.5 else v * scale
        cell = math.floor(w)
        tone = hashed(int(cell) % 7, 5, 0, seed)
        colour = a if tone < 0.45 else (b if tone < 0.8 else c)
        if soft > 1.0:
            colour = blend(a, b, 0.5)
    elif pattern == DOTS:
        row = math.floor(v * scale)
        du = u * scale + 0.5 * (int(row) & 1)
        du = du - math.floor(du) - 0.5
        dv = v * scale - row - 0.5
        radius = 0.22 + 0.12 * s[EXTRA]
        colour = blend(
            b, a, step(radius - 0.5 * soft, radius + 0.5 * soft + 1e-6, math.sqrt(du * du + dv * dv))
        )
    elif pattern == WEAVE:
        fold = fractal(grain, x * 0.3, y * 0.3, z * 0.3, 3)
        thread = 0.5
        if soft < 1.0:
            thread = 0.5 + 0.5 * math.sin(u * scale * 6.283) * math.sin(v * scale * 6.283)
        fluff = fractal(grain, x * 2.0, y * 2.0, z * 2.0, octaves)
        colour = lit(blend(a, b, 0.5 * thread + 0.5 * step(0.35, 0.65, fold)), 0.75 + 0.5 * fluff)
    elif pattern == GRASS:
        patch = fractal(grain, px * 0.35 + shift, pz * 0.35, 0.7, 4)
        fine = fractal(grain, px * scale, pz * scale * 0.6, shift, octaves)
        colour = lit(blend(a, b, step(0.3, 0.7, patch)), 0.35 + 1.3 * fine)
        colour = blend(colour, c, step(0.62, 0.8, patch) * 0.8)
    elif pattern == LEAVES:
        fine = fractal(grain, x, y, z, octaves)
        clump = noise(grain, x * 0.25, y * 0.25, z * 0.25)
        colour = lit(blend(a, b, clump), 0.35 + 1.3 * fine)
        if s[EXTRA] > 0.0 and noise(grain, x * 1.3 + 31.0, y * 1.3, z * 1.3) > 1.0 - s[EXTRA]:
            colour = c
    elif pattern == FACADE:
        across = s[EXTRA]
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
    elif pattern == PRINT:
        edge = min(su - abs(u), sv - abs(v))
        frame = s[EXTRA]
        if edge < frame:
            colour = lit(c, 0.3)
        elif edge < 2.2 * frame:
            colour = (0.75, 0.74, 0.70)
        else:
            inner_u = su - 2.2 * frame
            inner_v = sv - 2.2 * frame
            colour = printed(grain, 0.5 + 0.5 * u / inner_u, 0.5 + 0.5 * v / inner_v, seed, a, b, c)
    elif pattern == WATER:
        w = fractal(grain, px * 0.15 + shift, pz * 0.15, 0.2, 3)
        colour = blend(a, b, w)
    elif pattern == ASPHALT:
        stones = fractal(grain, x * 4.0, y * 4.0, z * 4.0, octaves_for(scale * 4.0, foot, 5))
        patch = fractal(grain, px * 0.5 + shift, 0.3, pz * 0.5, 4)
        crack = abs(fractal(grain, px * 0.8, 7.7, pz * 0.8 + shift, 5) - 0.5)
        colour = lit(blend(a, b, step(0.35, 0.65, patch)), 0.6 + 0.8 * stones)
        colour = lit(colour, 0.55 + 0.45 * step(0.0, 0.012 + foot, crack))
    elif pattern == MARBLE:
        w = fractal(grain, x, y, z, octaves)
        vein = abs(math.sin(2.5 * x + 1.5 * z + 9.0 * w))
        colour = blend(b, a, step(0.02, 0.5, vein))
        colour = lit(colour, 0.85 + 0.3 * w)
    elif pattern == SPINE:
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
    elif pattern == COBBLES:
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
        colour = blend(c, lit(blend(a, b, tone), 0.6 + 0.8 * rough), edge)
    elif pattern == RUG:
        ring = min(su - abs(u), sv - abs(v)) * scale
        band = int(math.floor(ring))
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
        colour = lit(colour, 0.75 + 0.5 * fractal(grain, x * 9.0, y * 9.0, z * 9.0, min(octaves, 3)))
    elif pattern == SCREEN:
        w = 0.5 + 0.5 * v / sv
        colour = printed(grain, 0.5 + 0.5 * u / su, w, seed, a, b, c)
    elif pattern == FLOWERS:
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
    elif pattern == RIDGES:
        w = u * scale if s[EXTRA] < 0.5 else v * scale
        shade = 0.75 + 0.25 * math.sin(w * 6.283) if soft < 1.0 else 0.75
        colour = lit(blend(a, b, fractal(grain, x * 0.3, y * 0.3, z * 0.3, 3)), shade)
    elif pattern == LABEL:
        colour = a
        w = 0.5 + 0.5 * v / sv
        if 0.22 < w < 0.78:
            colour = printed(grain, 0.5 + 0.5 * u / su, (w - 0.22) / 0.56, seed, b, c, a)
    return colour


# -- Sky -----------------------------------------------------------------------------------------------


@compiled
def sky_colour(grain: Floats, sky: Floats, dx: float, dy: float, dz: float, fine: int) -> Vector:
    """Light that comes from a direction where nothing stands; `fine` is the number of octaves of cloud."""
    up = max(dy, 0.0)
    fade = math.sqrt(up)
    colour = (
        sky[SKY_HR] + (sky[SKY_ZR] - sky[SKY_HR]) * fade,
        sky[SKY_HG] + (sky[SKY_ZG] - sky[SKY_HG]) * fade,
        sky[SKY_HB] + (sky[SKY_ZB] - sky[SKY_HB]) * fade,
    )
    seed = sky[SKY_SEED]
    toward = dx * sky[SUN_X] + dy * sky[SUN_Y] + dz * sky[SUN_Z]
    if toward > 0.0:
        glow = 0.10 * toward**8 + 0.35 * toward**64 + (6.0 if toward > 0.9994 else 0.0)
        colour = (colour[0] + glow * sky[SUN_R], colour[1] + glow * sky[SUN_G], colour[2] + glow * sky[SUN_B])
    if sky[STARS] > 0.0 and dy > 0.0 and fine > 3:
        cell = hashed(
            int(math.floor(dx * 260.0)), int(math.floor(dy * 260.0)), int(math.floor(dz * 260.0)), int(seed)
        )
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
    if sky[RIDGE_HEIGHT] > 0.0:
        bearing = math.atan2(dz, dx)
        for k in range(3):
            far = 1.0 - k / 3.0
            rough = fractal(grain, bearing * (3.0 + 2.0 * k) + seed + 9.0 * k, 4.4 * k, 0.7, fine + 1)
            top = sky[RIDGE_HEIGHT] * (0.35 + 0.65 * far) * (0.35 + 1.3 * rough) - 0.02 * k
            if dy < top:
                texture = 0.7 + 0.6 * fractal(grain, bearing * 60.0, dy * 90.0, 3.0 * k, fine)
                near = (
                    sky[RIDGE_R] * texture * (0.5 + 0.5 * far),
                    sky[RIDGE_G] * texture * (0.5 + 0.5 * far),
                    sky[RIDGE_B] * texture * (0.5 + 0.5 * far),
                )
                hidden = min(0.95, sky[HAZE] * (0.25 + 0.75 * far))
                colour = blend(near, (sky[SKY_HR], sky[SKY_HG], sky[SKY_HB]), hidden)
    return colour


# -- Rays ----------------------------------------------------------------------------------------------


@compiled
def into_solid(inverse: Floats, ox: float, oy: float, oz: float, w: float) -> Vector:
    """A point (w = 1) or direction (w = 0) in a solid's own axes."""
    return (
        inverse[0] * ox + inverse[1] * oy + inverse[2] * oz + inverse[3] * w,
        inverse[4] * ox + inverse[5] * oy + inverse[6] * oz + inverse[7] * w,
        inverse[8] * ox + inverse[9] * oy + inverse[10] * oz + inverse[11] * w,
    )


@compiled
def solid_hits(kind: int, taper: float, o: Vector, d: Vector) -> tuple[float, float]:
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
def cast_ray(
    grain: Floats, bounds: Floats, skip: Ints, leaf: Ints, kinds: Ints, tapers: Floats, inverses: Floats, sizes: Floats,
    surfaces: Floats, o: Vector, d: Vector, limit: float, anything: bool,
) -> tuple[float, int]:  # fmt: skip
    """The nearest solid on a ray, or with `anything` the first one found: (distance, number), (FAR, -1) for none.

    The tree of boxes is laid out depth first; `skip[n]` is where to go on when box n is missed, so that no
    stack is needed.
    """
    best = limit
    found = -1
    ix = 1.0 / d[0] if abs(d[0]) > 1e-12 else 1e12
    iy = 1.0 / d[1] if abs(d[1]) > 1e-12 else 1e12
    iz = 1.0 / d[2] if abs(d[2]) > 1e-12 else 1e12
    node = 0
    total = skip.shape[0]
    while node < total:
        t0 = (bounds[node, 0] - o[0]) * ix
        t1 = (bounds[node, 3] - o[0]) * ix
        near = min(t0, t1)
        far = max(t0, t1)
        t0 = (bounds[node, 1] - o[1]) * iy
        t1 = (bounds[node, 4] - o[1]) * iy
        near = max(near, min(t0, t1))
        far = min(far, max(t0, t1))
        t0 = (bounds[node, 2] - o[2]) * iz
        t1 = (bounds[node, 5] - o[2]) * iz
        near = max(near, min(t0, t1))
        far = min(far, max(t0, t1))
        if near > far or far < 0.0 or near > best:
            node = skip[node]
            continue
        k = leaf[node]
        node += 1
        if k < 0:
            continue
        inverse = inverses[k]
        lo = into_solid(inverse, o[0], o[1], o[2], 1.0)
        ld = into_solid(inverse, d[0], d[1], d[2], 0.0)
        enter, leave = solid_hits(kinds[k], tapers[k], lo, ld)
        if enter >= FAR or leave < 1e-4:
            continue
        holes = surfaces[k, HOLES]
        for t in (enter, leave):
            if t < 1e-4 or t >= best:
                continue
            if holes > 0.0:
                scale = surfaces[k, SCALE]
                shift = 0.37 * (int(surfaces[k, SEED]) & 63)
                if (
                    noise(
                        grain,
                        (lo[0] + t * ld[0]) * sizes[k, 0] * scale * 0.6 + shift,
                        (lo[1] + t * ld[1]) * sizes[k, 1] * scale * 0.6,
                        (lo[2] + t * ld[2]) * sizes[k, 2] * scale * 0.6 + shift,
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
def normal_at(kind: int, taper: float, inverse: Floats, p: Vector) -> tuple[Vector, int]:
    """Outward unit normal in the world at a point in a solid's axes, and which face it is (0, 1, 2 by axis; 3 round)."""
    face = 3
    n = p
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
        radius = math.sqrt(p[0] * p[0] + p[2] * p[2])
        wall = 0.5 * (1.0 + taper) + 0.5 * (taper - 1.0) * p[1]
        if abs(p[1]) > 0.9999 and radius < wall * 0.9999:
            n = (0.0, math.copysign(1.0, p[1]), 0.0)
            face = 1
        else:
            n = (p[0], 0.5 * (1.0 - taper) * radius, p[2])
    wx = inverse[0] * n[0] + inverse[4] * n[1] + inverse[8] * n[2]
    wy = inverse[1] * n[0] + inverse[5] * n[1] + inverse[9] * n[2]
    wz = inverse[2] * n[0] + inverse[6] * n[1] + inverse[10] * n[2]
    length = math.sqrt(wx * wx + wy * wy + wz * wz) + 1e-30
    return (wx / length, wy / length, wz / length), face


@compiled
def local_point(inverse: Floats, o: Vector, d: Vector, t: float) -> Vector:
    """The point at distance t on a ray, in a solid's axes."""
    return into_solid(inverse, o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2], 1.0)


@compiled
def colour_at(
    grain: Floats, kinds: Ints, sizes: Floats, surfaces: Floats, k: int, p: Vector, face: int, foot: float
) -> Vector:
    """Colour of solid k at a point in its own axes."""
    s = sizes[k]
    if face == 0:
        u, v, su, sv = p[2] * s[2], p[1] * s[1], s[2], s[1]
    elif face == 1:
        u, v, su, sv = p[0] * s[0], p[2] * s[2], s[0], s[2]
    elif face == 2:
        u, v, su, sv = p[0] * s[0], p[1] * s[1], s[0], s[1]
    else:
        angle = math.atan2(p[2], p[0])
        u, v, su, sv = angle * s[0], p[1] * s[1], math.pi * s[0], s[1]
    return surface_colour(grain, surfaces[k], p[0] * s[0], p[1] * s[1], p[2] * s[2], u, v, su, sv, foot)


@compiled
def mean_colour(surface: Floats) -> Vector:
    """Roughly what a surface looks like from afar: for light that has bounced."""
    return (
        0.6 * surface[AR] + 0.4 * surface[BR],
        0.6 * surface[AG] + 0.4 * surface[BG],
        0.6 * surface[AB] + 0.4 * surface[BB],
    )


@compiled
def pixel_ray(
    eye: Floats, axes: Floats, spread: float, x: float, y: float, width: int, height: int
) -> Vector:
    """Unit direction through a point of the picture. `axes` holds right, up and forward; `spread` is tan(fov / 2)."""
    half = 0.5 * max(width, height)
    sx = (x - 0.5 * width) / half * spread
    sy = (0.5 * height - y) / half * spread
    dx = axes[2, 0] + sx * axes[0, 0] + sy * axes[1, 0]
    dy = axes[2, 1] + sx * axes[0, 1] + sy * axes[1, 1]
    dz = axes[2, 2] + sx * axes[0, 2] + sy * axes[1, 2]
    length = math.sqrt(dx * dx + dy * dy + dz * dz)
    return dx / length, dy / length, dz / length


@compiled
def rippled(grain: Floats, surface: Floats, n: Vector, p: Vector, far: float) -> Vector:
    """A normal disturbed by the surface's bumps: waves, hammered metal, rough plaster."""
    bump = surface[BUMP]
    if bump <= 0.0:
        return n
    scale = surface[SCALE]
    k = bump / (1.0 + 0.02 * far * scale)
    shift = float(int(surface[SEED]) & 63)
    a = fractal(grain, p[0] * scale + shift, p[1] * scale, p[2] * scale * 1.4, 3) - 0.5
    b = fractal(grain, p[0] * scale + 31.7, p[1] * scale + shift, p[2] * scale * 1.4, 3) - 0.5
    c = fractal(grain, p[0] * scale, p[1] * scale + 19.1, p[2] * scale * 1.4 + shift, 3) - 0.5
    x = n[0] + k * a
    y = n[1] + k * b * 0.5
    z = n[2] + k * c
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


# -- Light ---------------------------------------------------------------------------------------------


@compiled
def gather_light(
    grain: Floats, bounds: Floats, skip: Ints, leaf: Ints, kinds: Ints, tapers: Floats, inverses: Floats, sizes: Floats,
    surfaces: Floats, sky: Floats, lamps: Floats, ambient: Floats, eye: Floats, axes: Floats, spread: float, seed: int,
    light: NDArray[np.float32], normals: NDArray[np.float32], depths: NDArray[np.float32],
) -> None:  # fmt: skip
    """Fill coarse maps of the light that falls on what each pixel sees.

    Sun and lamps with one jittered shadow ray each; two rays over the hemisphere for sky, shade and the colour
    that neighbours throw back. One sample a pixel is noisy: `smooth_light` follows.

    Args:
        lamps: (n, 8): position, radius, colour, unused.
        ambient: light that has bounced more than once, RGB.
        light, normals, depths: the maps to fill, (h, w, 3), (h, w, 3) and (h, w).
    """
    height, width = depths.shape
    o = (eye[0], eye[1], eye[2])
    for row in range(height):
        for column in range(width):
            d = pixel_ray(eye, axes, spread, column + 0.5, row + 0.5, width, height)
            t, k = cast_ray(
                grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, o, d, FAR, False
            )
            if k < 0:
                depths[row, column] = FAR
                continue
            depths[row, column] = t
            p = local_point(inverses[k], o, d, t)
            n, _ = normal_at(kinds[k], tapers[k], inverses[k], p)
            if n[0] * d[0] + n[1] * d[1] + n[2] * d[2] > 0.0:
                n = (-n[0], -n[1], -n[2])
            normals[row, column, 0] = n[0]
            normals[row, column, 1] = n[1]
            normals[row, column, 2] = n[2]
            lift = 1e-3 + 1e-4 * t
            h = (
                o[0] + t * d[0] + lift * n[0],
                o[1] + t * d[1] + lift * n[1],
                o[2] + t * d[2] + lift * n[2],
            )
            soft = surfaces[k, HOLES] > 0.0  # leaves are lit from both sides
            r = 0.0
            g = 0.0
            b = 0.0
            if sky[SUN_R] + sky[SUN_G] + sky[SUN_B] > 0.0:
                jx = hashed(column, row, 1, seed) - 0.5
                jy = hashed(column, row, 2, seed) - 0.5
                jz = hashed(column, row, 3, seed) - 0.5
                s = (sky[SUN_X] + 0.03 * jx, sky[SUN_Y] + 0.03 * jy, sky[SUN_Z] + 0.03 * jz)
                facing = n[0] * s[0] + n[1] * s[1] + n[2] * s[2]
                if soft:
                    facing = 0.35 + 0.4 * facing
                if facing > 0.0:
                    _, blocked = cast_ray(
                        grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, h, s, FAR, True
                    )
                    if blocked < 0:
                        r += facing * sky[SUN_R]
                        g += facing * sky[SUN_G]
                        b += facing * sky[SUN_B]
            for lamp in range(lamps.shape[0]):
                radius = lamps[lamp, 3]
                lx = lamps[lamp, 0] + radius * (2.0 * hashed(column, row, 11 + lamp, seed) - 1.0) - h[0]
                ly = lamps[lamp, 1] + radius * (2.0 * hashed(column, row, 21 + lamp, seed) - 1.0) - h[1]
                lz = lamps[lamp, 2] + radius * (2.0 * hashed(column, row, 31 + lamp, seed) - 1.0) - h[2]
                distance = math.sqrt(lx * lx + ly * ly + lz * lz) + 1e-6
                s = (lx / distance, ly / distance, lz / distance)
                facing = n[0] * s[0] + n[1] * s[1] + n[2] * s[2]
                if facing > 0.0:
                    reach = max(0.0, distance - 1.8 * radius - 0.02)
                    _, blocked = cast_ray(
                        grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, h, s, reach, True
                    )
                    if blocked < 0:
                        fall = facing / (distance * distance + radius * radius)
                        r += fall * lamps[lamp, 4]
                        g += fall * lamps[lamp, 5]
                        b += fall * lamps[lamp, 6]
            for sample in range(2):
                # Cosine-weighted: the normal plus a point of the unit sphere; the two samples face each other.
                a1 = 6.283185307 * (hashed(column, row, 41, seed) + 0.5 * sample)
                a2 = 2.0 * ((hashed(column, row, 42, seed) + 0.5 * sample) % 1.0) - 1.0
                ring = math.sqrt(max(0.0, 1.0 - a2 * a2))
                sx = n[0] + ring * math.cos(a1)
                sy = n[1] + a2
                sz = n[2] + ring * math.sin(a1)
                length = math.sqrt(sx * sx + sy * sy + sz * sz)
                if length < 1e-3:
                    continue
                s = (sx / length, sy / length, sz / length)
                ts, ks = cast_ray(
                    grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, h, s, FAR, False
                )
                if ks < 0:
                    c = sky_colour(grain, sky, s[0], s[1], s[2], 1)
                    c = (min(c[0], 8.0), min(c[1], 8.0), min(c[2], 8.0))
                else:
                    c = mean_colour(surfaces[ks])
                    glow = surfaces[ks, GLOW]
                    open_ = min(1.0, 0.25 + 0.35 * ts)
                    c = (
                        c[0] * (ambient[0] * open_ + min(glow, 4.0)),
                        c[1] * (ambient[1] * open_ + min(glow, 4.0)),
                        c[2] * (ambient[2] * open_ + min(glow, 4.0)),
                    )
                r += 0.5 * c[0]
                g += 0.5 * c[1]
                b += 0.5 * c[2]
            light[row, column, 0] = r
            light[row, column, 1] = g
            light[row, column, 2] = b


@compiled
def smooth_light(
    light: NDArray[np.float32],
    normals: NDArray[np.float32],
    depths: NDArray[np.float32],
    stride: int,
    across: bool,
) -> NDArray[np.float32]:
    """One pass of smoothing along rows or columns that stops at edges of shape."""
    height, width = depths.shape
    out = np.empty_like(light)
    for row in range(height):
        for column in range(width):
            z = depths[row, column]
            if z >= FAR:
                out[row, column] = 0.0
                continue
            nx = normals[row, column, 0]
            ny = normals[row, column, 1]
            nz = normals[row, column, 2]
            total = 0.0
            r = 0.0
            g = 0.0
            b = 0.0
            for k in range(-3, 4):
                y = row if across else row + k * stride
                x = column + k * stride if across else column
                if y < 0 or y >= height or x < 0 or x >= width:
                    continue
                agree = nx * normals[y, x, 0] + ny * normals[y, x, 1] + nz * normals[y, x, 2]
                apart = abs(depths[y, x] - z) / (0.04 * z * stride + 1e-6)
                if agree < 0.8 or apart > 1.0:
                    continue
                weight = (4.0 - abs(k)) * (1.0 - apart) * (agree - 0.8)
                total += weight
                r += weight * light[y, x, 0]
                g += weight * light[y, x, 1]
                b += weight * light[y, x, 2]
            out[row, column, 0] = r / total
            out[row, column, 1] = g / total
            out[row, column, 2] = b / total
    return out


@compiled
def light_near(
    light: NDArray[np.float32], normals: NDArray[np.float32], depths: NDArray[np.float32],
    x: float, y: float, n: Vector, z: float,
) -> Vector:  # fmt: skip
    """Light at a place of the fine picture, from the coarse maps: neighbours that lie on the same surface count."""
    height, width = depths.shape
    x -= 0.5
    y -= 0.5
    x0 = int(math.floor(x))
    y0 = int(math.floor(y))
    total = 1e-9
    r = 0.0
    g = 0.0
    b = 0.0
    for dy in range(2):
        for dx in range(2):
            row = min(height - 1, max(0, y0 + dy))
            column = min(width - 1, max(0, x0 + dx))
            zz = depths[row, column]
            if zz >= FAR:
                continue
            weight = (1.0 - abs(x - x0 - dx)) * (1.0 - abs(y - y0 - dy)) + 1e-3
            agree = (
                n[0] * normals[row, column, 0]
                + n[1] * normals[row, column, 1]
                + n[2] * normals[row, column, 2]
            )
            weight *= max(0.002, agree) ** 4 / (1.0 + 60.0 * abs(zz - z) / z) + 1e-6
            total += weight
            r += weight * light[row, column, 0]
            g += weight * light[row, column, 1]
            b += weight * light[row, column, 2]
    return r / total, g / total, b / total


# -- Picture -------------------------------------------------------------------------------------------


@compiled
def shade(
    grain: Floats, bounds: Floats, skip: Ints, leaf: Ints, kinds: Ints, tapers: Floats, inverses: Floats, sizes: Floats,
    surfaces: Floats, sky: Floats, ambient: Floats, eye: Floats, axes: Floats, spread: float,
    light: NDArray[np.float32], normals: NDArray[np.float32], depths: NDArray[np.float32],
    x: float, y: float, width: int, height: int,
) -> tuple[Vector, float, int]:  # fmt: skip
    """Colour, distance and solid seen at a point of the picture."""
    o = (eye[0], eye[1], eye[2])
    d = pixel_ray(eye, axes, spread, x, y, width, height)
    t, k = cast_ray(grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, o, d, FAR, False)
    if k < 0:
        return sky_colour(grain, sky, d[0], d[1], d[2], 5), FAR, -1
    p = local_point(inverses[k], o, d, t)
    n, face = normal_at(kinds[k], tapers[k], inverses[k], p)
    cosine = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
    if cosine > 0.0:
        n = (-n[0], -n[1], -n[2])
        cosine = -cosine
    foot = t * spread * 2.0 / max(width, height) / max(0.15, math.sqrt(-cosine))
    c = colour_at(grain, kinds, sizes, surfaces, k, p, face, foot)
    coarse_x = x * depths.shape[1] / width
    coarse_y = y * depths.shape[0] / height
    lr, lg, lb = light_near(light, normals, depths, coarse_x, coarse_y, n, t)
    glow = surfaces[k, GLOW]
    r = c[0] * (lr + glow)
    g = c[1] * (lg + glow)
    b = c[2] * (lb + glow)
    gloss = surfaces[k, GLOSS]
    if gloss > 0.0:
        h = (o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2])
        m = rippled(grain, surfaces[k], n, h, t)
        cosine = min(-0.02, m[0] * d[0] + m[1] * d[1] + m[2] * d[2])
        e = (d[0] - 2.0 * cosine * m[0], d[1] - 2.0 * cosine * m[1], d[2] - 2.0 * cosine * m[2])
        length = math.sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2])
        e = (e[0] / length, e[1] / length, e[2] / length)
        strength = gloss * (0.04 + 0.96 * (1.0 + cosine) ** 5)
        tint = (1.0, 1.0, 1.0)
        metal = surfaces[k, METAL]
        if metal > 0.0:
            strength = metal
            tint = c
        if strength > 0.01:
            lift = 1e-3 + 1e-4 * t
            h = (h[0] + lift * n[0], h[1] + lift * n[1], h[2] + lift * n[2])
            tr, kr = cast_ray(
                grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, h, e, FAR, False
            )
            if kr < 0:
                q = sky_colour(grain, sky, e[0], e[1], e[2], 3)
            else:
                pr = local_point(inverses[kr], h, e, tr)
                nr, fr = normal_at(kinds[kr], tapers[kr], inverses[kr], pr)
                q = colour_at(grain, kinds, sizes, surfaces, kr, pr, fr, foot + tr * 0.01)
                sun = max(0.0, nr[0] * sky[SUN_X] + nr[1] * sky[SUN_Y] + nr[2] * sky[SUN_Z])
                bright = surfaces[kr, GLOW]
                q = (
                    q[0] * (1.2 * ambient[0] + 0.3 * sun * sky[SUN_R] + bright),
                    q[1] * (1.2 * ambient[1] + 0.3 * sun * sky[SUN_G] + bright),
                    q[2] * (1.2 * ambient[2] + 0.3 * sun * sky[SUN_B] + bright),
                )
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
def paint(
    grain: Floats, bounds: Floats, skip: Ints, leaf: Ints, kinds: Ints, tapers: Floats, inverses: Floats, sizes: Floats,
    surfaces: Floats, sky: Floats, ambient: Floats, eye: Floats, axes: Floats, spread: float,
    light: NDArray[np.float32], normals: NDArray[np.float32], depths: NDArray[np.float32],
    picture: NDArray[np.float32], distance: NDArray[np.float32],
) -> None:  # fmt: skip
    """Fill a picture (h, w, 3) and its distances (h, w): one ray a pixel, and three more where solids meet."""
    height, width = distance.shape
    seen = np.empty((height, width), np.int32)
    for row in range(height):
        for column in range(width):
            c, t, k = shade(
                grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, sky, ambient, eye, axes, spread,
                light, normals, depths, column + 0.5, row + 0.5, width, height,
            )  # fmt: skip
            picture[row, column, 0] = c[0]
            picture[row, column, 1] = c[1]
            picture[row, column, 2] = c[2]
            distance[row, column] = t
            seen[row, column] = k
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            k = seen[row, column]
            if (
                seen[row - 1, column] == k
                and seen[row + 1, column] == k
                and seen[row, column - 1] == k
                and seen[row, column + 1] == k
            ):
                continue
            if k >= 0 and surfaces[k, HOLES] > 0.0 and distance[row, column] > 12.0:
                continue  # far leaves are noise enough
            r = min(picture[row, column, 0], 4.0)
            g = min(picture[row, column, 1], 4.0)
            b = min(picture[row, column, 2], 4.0)
            for sub in range(3):
                c, _, _ = shade(
                    grain, bounds, skip, leaf, kinds, tapers, inverses, sizes, surfaces, sky, ambient, eye, axes,
                    spread, light, normals, depths,
                    column + (0.15, 0.85, 0.4)[sub], row + (0.3, 0.55, 0.9)[sub], width, height,
                )  # fmt: skip
                r += min(c[0], 4.0)
                g += min(c[1], 4.0)
                b += min(c[2], 4.0)
            picture[row, column, 0] = 0.25 * r
            picture[row, column, 1] = 0.25 * g
            picture[row, column, 2] = 0.25 * b


@compiled
def blur_by_depth(
    picture: NDArray[np.float32], distance: NDArray[np.float32], focus: float, strength: float, across: bool
) -> NDArray[np.float32]:
    """One pass of a lens's blur: wider away from the distance in focus. Half-widths in pixels, at most 12."""
    height, width = distance.shape
    out = np.empty_like(picture)
    for row in range(height):
        for column in range(width):
            z = min(distance[row, column], 1e4)
            radius = min(12.0, strength * abs(1.0 / focus - 1.0 / z))
            reach = int(radius + 0.999)
            total = 1.0
            r = picture[row, column, 0]
            g = picture[row, column, 1]
            b = picture[row, column, 2]
            for k in range(-reach, reach + 1):
                y = row if across else row + k
                x = column + k if across else column
                if k == 0 or y < 0 or y >= height or x < 0 or x >= width:
                    continue
                zz = min(distance[y, x], 1e4)
                # What is sharp in front does not bleed into what is blurred behind.
                other = min(12.0, strength * abs(1.0 / focus - 1.0 / zz))
                spread = other if zz < z else min(other, radius)
                weight = min(1.0, max(0.0, spread + 1.0 - abs(k)))
                total += weight
                r += weight * picture[y, x, 0]
                g += weight * picture[y, x, 1]
                b += weight * picture[y, x, 2]
            out[row, column, 0] = r / total
            out[row, column, 1] = g / total
            out[row, column, 2] = b / total
    return out


@compiled
def develop(
    picture: NDArray[np.float32], exposure: float, balance: Floats, contrast: float
) -> NDArray[np.uint8]:
    """From linear light to 8-bit sRGB-like values by a film-like curve."""
    height, width, _ = picture.shape
    out = np.empty((height, width, 3), np.uint8)
    for row in range(height):
        for column in range(width):
            for channel in range(3):
                x = max(0.0, picture[row, column, channel] * exposure * balance[channel])
                x = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
                x = min(1.0, x) ** (0.4545)
                x = 0.5 + (x - 0.5) * contrast
                out[row, column, channel] = int(min(255.0, max(0.0, 255.0 * x + 0.5)))
    return out
