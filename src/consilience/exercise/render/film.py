"""From light to pixels: the blur of a lens, and the curve of a film."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.compiled import kernel
from consilience.exercise.render.kernels import Floats

compiled = kernel()


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
    # The curve as a table over the square root of light, which the eye's steps are nearly even in.
    table = np.empty(4097, np.uint8)
    for k in range(4097):
        x = (k / 512.0) ** 2
        x = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
        x = min(1.0, x) ** 0.4545
        table[k] = int(min(255.0, max(0.0, 255.0 * (0.5 + (x - 0.5) * contrast) + 0.5)))
    out = np.empty((height, width, 3), np.uint8)
    for row in range(height):
        for column in range(width):
            for channel in range(3):
                x = max(0.0, picture[row, column, channel] * exposure * balance[channel])
                out[row, column, channel] = table[min(4096, int(512.0 * math.sqrt(x) + 0.5))]
    return out
