"""PDQ's reduction to 64 x 64 as one linear operator, applied straight to uint8 pixels.

Along each axis, two passes of a box filter of width w and the decimation are 64 weighted sums of
2w - 1 neighbouring pixels, with weights 1, 2, ... w, ... 2, 1 over w squared. So the block is A Y B'
with two banded matrices that depend on the size alone. Luma is linear too: RGB samples side by side
are a wider picture, with weights to match. So is the transform of a JPEG: each of its coefficients
has a plane of its own, a sixty-fourth of the picture, with the weights that its cosines give.

The sums are not symmetric: of 512 pixels the first sum has its middle at the sixth pixel, the last at
the third from the end. A mirrored picture therefore has another block, not the mirrored one; it is the
same operator with the bands of one axis, or both, mirrored. All four are taken in one pass.

Weights of pixels are whole numbers, so that the sums down the columns are exact in single precision (up to
32,768 pixels; beyond, they round in the eighth digit) and those along rows in double precision.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.compiled import kernel
from consilience.fingerprints.contract import Pixels
from consilience.fingerprints.pdq_codes import BLOCK
from consilience.fingerprints.pdq_reference import centres, window
from consilience.media.jpeg_coefficients import ORDER, SQUARE, Coefficients

Blocks = npt.NDArray[np.float64]
"""(2, 2, 64, 64): the block of the picture; first index 1, as if its rows were in reverse order, second
index 1, its columns: each then put back into the picture's own order."""

_Samples = npt.NDArray[np.uint8] | npt.NDArray[np.float32]

_LEVEL_SHIFT: Final = 128.0
"""What a JPEG takes off its luma before it transforms it."""
_LUMA: Final = np.array([299.0, 587.0, 114.0])
_STRIP: Final = 1 << 13
"""Samples across that are summed at a time, about: the sums then fit into the second-level cache."""
_AT_ONCE: Final = 4
"""Rows added to the sums at a time; bands are padded to a multiple. (Fewer loads and stores of sums.)"""
_FUSED: Final = frozenset({"contract"})
"""Fused multiply-add; of whole numbers it gives the same."""
_CACHED_LENGTH: Final = 1 << 17
"""Axes up to this length are kept; longer ones are rare, and take memory in proportion."""


class Axis(NamedTuple):
    """The operator along one axis: 64 pairs of weighted sums, as the picture lies and mirrored.

    Attributes:
        first: int64 (64,), the first sample of each pair.
        kind: int64 (64,), which weights it has.
        weights: float32 (kinds, 2, samples).
        scale: what the sums are to be divided by.
    """

    first: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    scale: float


def axis(length: int, *, cell: tuple[float, ...] = (1.0,), channels: int = 1) -> Axis:
    """The operator along an axis.

    Args:
        length: pixels of the picture, at least 5.
        cell: what one sample says of the pixels that it stands for: itself, or a cosine. The last sample
            may stand for fewer pixels. With more than one, the picture is at least 40 pixels long.
        channels: 1 for luma; 3 for red, green and blue side by side.
    """
    make = _cached_axis if length <= _CACHED_LENGTH else _axis
    return make(length, cell, channels)


def _axis(length: int, cell: tuple[float, ...], channels: int) -> Axis:
    width, kept = window(length), centres(length)
    tent, last = _tent(length, int(kept[0])), _tent(length, int(kept[-1]))
    begin = kept - 2 * ((width - 1) // 2)
    end = begin + len(tent)
    end[-1] = begin[-1] + len(last)
    begins, ends = np.stack([begin, length - end[::-1]]), np.stack([end, length - begin[::-1]])

    pixels = len(cell)
    given = -(-length // pixels)
    first = begins.min(axis=0) // pixels
    samples = int((-(-ends // pixels) - first).max())
    samples += -samples % _AT_ONCE
    assert samples <= given
    first = np.minimum(first, given - samples)
    leads = begins - first * pixels

    kind = np.empty(BLOCK, dtype=np.int64)
    known: dict[tuple[int, ...], int] = {}
    weights: list[npt.NDArray[np.float64]] = []
    for i in range(BLOCK):
        edges = i == BLOCK - 1, i == 0
        key = (*leads[:, i].tolist(), *edges)
        if key not in known:
            known[key] = len(weights)
            pair = np.zeros((2, samples * pixels))
            for row, lead, edge, step in zip(pair, leads[:, i], edges, (1, -1), strict=True):
                band = (last if edge else tent)[::step]
                row[lead : lead + len(band)] = band
            weights.append(pair.reshape(2, samples, pixels) @ np.array(cell))
        kind[i] = known[key]
    table = np.array(weights)
    scale = float(width) ** 2
    if channels == 3:
        table = (table[..., None] * _LUMA).reshape(len(table), 2, 3 * samples)
        first, scale = 3 * first, scale * _LUMA.sum()
    return Axis(first, kind, table.astype(np.float32), float(scale))


_cached_axis = lru_cache(maxsize=256)(_axis)


def _tent(length: int, centre: int) -> npt.NDArray[np.float64]:
    """Weights, times w squared, of the pixels from which two box filters make the one at a centre."""
    width = window(length)
    after = width // 2
    before = width - 1 - after
    inner = np.arange(max(centre - before, 0), min(centre + after + 1, length))
    begin, end = np.maximum(inner - before, 0), np.minimum(inner + after + 1, length)
    share = float(width) ** 2 / len(inner) / (end - begin)
    rise = np.zeros(int(end[-1] - begin[0]) + 1)
    np.add.at(rise, begin - begin[0], share)
    np.add.at(rise, end - begin[0], -share)
    return np.cumsum(rise)[:-1]


def blocks(pixels: Pixels) -> Blocks:
    """The picture reduced to (64, 64) of luma, 0-255, as it lies and mirrored.

    Args:
        pixels: as `contract.Pixels`, at least 5 each way. Turned and mirrored views are read where they
            lie, not copied.
    """
    strides = pixels.strides
    stored = pixels
    if transposed := abs(strides[0]) < abs(strides[1]):
        stored = stored.swapaxes(0, 1)
    if upended := stored.strides[0] < 0:
        stored = stored[::-1]
    if mirrored := stored.strides[1] < 0:
        stored = stored[:, ::-1]
    height, width = stored.shape[:2]
    down, across = axis(height), axis(width, channels=1 if stored.ndim == 2 else 3)
    samples = np.ascontiguousarray(stored).reshape(height, -1)
    samples.setflags(write=False)  # pixels may be: one type for the kernel, compiled once
    found = turned(_reduce(samples, down, across), upended=upended, mirrored=mirrored)
    return turned(found, transposed=True) if transposed else found


def blocks_of_coefficients(coefficients: Coefficients) -> Blocks:
    """The same from the coarsest coefficients of a JPEG's luma: nearly the blocks of its pixels.

    Args:
        coefficients: of a picture of at least 40 pixels each way.
    """
    found = np.full((2, 2, BLOCK, BLOCK), _LEVEL_SHIFT)
    cells = [_cosine(frequency) for frequency in range(SQUARE)]
    for plane, (vertical, horizontal) in zip(coefficients.planes, ORDER, strict=False):
        down = axis(coefficients.height, cell=cells[vertical])
        across = axis(coefficients.width, cell=cells[horizontal])
        found += _reduce(plane, down, across)
    return found


def turned(
    found: Blocks, *, transposed: bool = False, upended: bool = False, mirrored: bool = False
) -> Blocks:
    """The blocks of a picture that was first transposed, then put upside down, then mirrored."""
    if transposed:
        found = found.transpose(1, 0, 3, 2)
    if upended:
        found = found[::-1, :, ::-1, :]
    return found[:, ::-1, :, ::-1] if mirrored else found


def warm_up() -> None:
    """Compile the kernel for pixels, or load it from numba's cache."""
    blocks(np.zeros((8, 8), dtype=np.uint8))


def warm_up_for_coefficients() -> None:
    """The same for coefficients."""
    blocks_of_coefficients(Coefficients(np.zeros((1, 5, 5), dtype=np.float32), 40, 40))


def _cosine(frequency: int) -> tuple[float, ...]:
    """What a coefficient of that frequency says of the eight pixels along a square (ITU-T T.81, A.3.3)."""
    norm = math.sqrt(1 / 8) if frequency == 0 else 1 / 2
    return tuple(norm * math.cos((2 * pixel + 1) * frequency * math.pi / 16) for pixel in range(SQUARE))


@kernel()
def _reduce(samples: _Samples, down: Axis, across: Axis) -> Blocks:
    """The weighted sums, both ways: for each strip and each pair of bands first down, then across."""
    scale = down.scale * across.scale
    result = np.empty((2, 2, BLOCK, BLOCK))
    wide = across.weights.shape[2]
    bands = max(1, min(BLOCK, _STRIP // wide))
    for begin in range(0, BLOCK, bands):
        end = min(begin + bands, BLOCK)
        left = across.first[begin]
        right = across.first[end - 1] + wide
        sums, mirrored = np.empty(right - left, np.float32), np.empty(right - left, np.float32)
        for i in range(BLOCK):
            _sum_rows(samples[:, left:right], down.first[i], down.weights[down.kind[i]], sums, mirrored)
            for j in range(begin, end):
                at = across.first[j] - left
                weights = across.weights[across.kind[j]]
                result[0, 0, i, j], result[0, 1, i, j] = _dots(sums[at : at + wide], weights)
                result[1, 0, i, j], result[1, 1, i, j] = _dots(mirrored[at : at + wide], weights)
    return result / scale


@kernel(fastmath=_FUSED)
def _sum_rows(
    samples: _Samples,
    first: int,
    weights: npt.NDArray[np.float32],
    sums: npt.NDArray[np.float32],
    mirrored: npt.NDArray[np.float32],
) -> None:
    """A pair of weighted sums of rows. Of pixels they are whole numbers: fused or not, they are the same."""
    sums[:] = 0
    mirrored[:] = 0
    for k in range(0, weights.shape[1], _AT_ONCE):
        a, b, c, d = weights[0, k : k + _AT_ONCE]
        e, f, g, h = weights[1, k : k + _AT_ONCE]
        row = first + k
        p, q, r, s = samples[row], samples[row + 1], samples[row + 2], samples[row + 3]
        for x in range(len(sums)):
            v, w, y, z = np.float32(p[x]), np.float32(q[x]), np.float32(r[x]), np.float32(s[x])
            sums[x] += a * v + b * w + c * y + d * z
            mirrored[x] += e * v + f * w + g * y + h * z


@kernel(fastmath=_FUSED | {"reassoc"})
def _dots(values: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> tuple[float, float]:
    """The weighted sum, and the mirrored one. Whole numbers below 2**53: their order does not matter."""
    total = other = 0.0
    for k in range(len(values)):
        value = np.float64(values[k])
        total += value * weights[0, k]
        other += value * weights[1, k]
    return total, other
