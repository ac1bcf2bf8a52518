"""PDQ's reduction to 64 x 64 as one linear operator, applied straight to uint8 pixels.

Two passes of a box filter of width w, then decimation, are along each axis 64 weighted sums of
2w - 1 neighbouring pixels, with weights 1, 2, ... w, ... 2, 1 over w squared. So the block is
A Y B' with two banded matrices that depend on the size alone. Whole numbers keep the sums free of
rounding (up to 32,768 pixels along an axis; beyond, single precision rounds in the eighth digit).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from consilience.fingerprints.contract import Pixels
from consilience.fingerprints.pdq_codes import BLOCK
from consilience.fingerprints.pdq_reference import centres, window

_STRIP: Final = 1536
"""Pixels across that are summed at a time, so that the sums stay in the first-level cache."""


class Axis(NamedTuple):
    """The operator along one axis.

    Attributes:
        first: int64 (64,), the first pixel of each weighted sum.
        tent: float32 (2w - 1,), the weights of all sums ...
        last: ... but the last, whose windows may be cut short by the edge.
        scale: what each sum is to be divided by.
    """

    first: npt.NDArray[np.int64]
    tent: npt.NDArray[np.float32]
    last: npt.NDArray[np.float32]
    scale: float


@lru_cache(maxsize=128)
def axis(length: int) -> Axis:
    """The operator along an axis of that many pixels, at least 5."""
    width = window(length)
    kept = centres(length)
    reach = 2 * ((width - 1) // 2)
    return Axis(
        first=kept - reach,
        tent=_tent(length, int(kept[0])).astype(np.float32),
        last=_tent(length, int(kept[-1])).astype(np.float32),
        scale=float(width) ** 2,
    )


def _tent(length: int, centre: int) -> npt.NDArray[np.float64]:
    """Weights, times w squared, of the pixels from which two box filters make the one at a centre."""
    width = window(length)
    after = width // 2
    before = width - 1 - after
    inner = np.arange(max(centre - before, 0), min(centre + after + 1, length))
    first, stop = np.maximum(inner - before, 0), np.minimum(inner + after + 1, length)
    share = float(width) ** 2 / len(inner) / (stop - first)
    rise = np.zeros(int(stop[-1] - first[0]) + 1)
    np.add.at(rise, first - first[0], share)
    np.add.at(rise, stop - first[0], -share)
    return np.cumsum(rise)[:-1]


def block(pixels: Pixels) -> npt.NDArray[np.float64]:
    """The picture reduced to (64, 64) of luma, 0-255.

    Args:
        pixels: as `contract.Pixels`, at least 5 each way.
    """
    down, across = axis(pixels.shape[0]), axis(pixels.shape[1])
    channels = 1 if pixels.ndim == 2 else 3
    samples = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
    unit = down.scale * across.scale * (1 if channels == 1 else 1000)
    return _reduce(samples, channels, down, across) / unit


def warm_up() -> None:
    """Compile the kernel, or load it from numba's cache."""
    block(np.zeros((8, 8), dtype=np.uint8))


@numba.njit(nogil=True, cache=True)
def _reduce(samples: Pixels, channels: int, down: Axis, across: Axis) -> npt.NDArray[np.float64]:
    """The weighted sums, both ways, of grey pixels, or of RGB pixels in thousandths.

    Args:
        samples: uint8 (height, width x channels).
        channels: 1 or 3.
        down, across: the operator along either axis.
    """
    result = np.zeros((BLOCK, BLOCK))
    width = samples.shape[1] // channels
    sums = np.empty(channels * _STRIP, dtype=np.float32)
    line = np.empty(_STRIP, dtype=np.float64)
    for i in range(BLOCK):
        row_weights = down.tent if i < BLOCK - 1 else down.last
        for start in range(0, width, _STRIP):
            stop = min(start + _STRIP, width)
            _sum_rows(samples[down.first[i] :, channels * start : channels * stop], row_weights, sums)
            if channels == 1:
                line[: stop - start] = sums[: stop - start]
            else:
                for column in range(stop - start):
                    red, green, blue = sums[3 * column], sums[3 * column + 1], sums[3 * column + 2]
                    line[column] = 299.0 * red + 587.0 * green + 114.0 * blue
            for j in range(BLOCK):
                weights = across.tent if j < BLOCK - 1 else across.last
                first = across.first[j]
                total = 0.0
                for column in range(max(first, start), min(first + len(weights), stop)):
                    total += weights[column - first] * line[column - start]
                result[i, j] += total
    return result


@numba.njit(nogil=True, cache=True)
def _sum_rows(rows: Pixels, weights: npt.NDArray[np.float32], sums: npt.NDArray[np.float32]) -> None:
    """Weighted sum of the first ``len(weights)`` rows, into the beginning of sums."""
    width = rows.shape[1]
    sums[:width] = 0.0
    for k in range(len(weights)):
        weight, row = weights[k], rows[k]
        for column in range(width):
            sums[column] += weight * np.float32(row[column])
