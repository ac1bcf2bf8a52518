"""PDQ's reduction to 64 x 64 as one linear operator, applied straight to uint8 pixels.

Along each axis, two passes of a box filter of width w and the decimation are 64 weighted sums of
2w - 1 neighbouring pixels, with weights 1, 2, ... w, ... 2, 1 over w squared. So the block is A Y B'
with two banded matrices that depend on the size alone. Luma is linear too: RGB samples side by side
are a wider picture, with weights to match. So are block means: what a JPEG decoder gives at half,
a quarter or an eighth of the size is a smaller picture, with the weights of each block's pixels summed.

The sums are not symmetric: of 512 pixels the first sum has its middle at the sixth pixel, the last at
the third from the end. A mirrored picture therefore has another block, not the mirrored one; it is the
same operator with the bands of one axis, or both, mirrored. All four are taken in one pass.

Weights are whole numbers, so that the sums down the columns are exact in single precision (up to
32,768 pixels; beyond, they round in the eighth digit) and those along rows in double precision.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.compiled import kernel
from consilience.fingerprints.contract import Pixels
from consilience.fingerprints.pdq_codes import BLOCK
from consilience.fingerprints.pdq_reference import centres, window

Blocks = npt.NDArray[np.float64]
"""(2, 2, 64, 64): the block of the picture; first index 1, as if its rows were in reverse order, second
index 1, its columns: each then put back into the picture's own order."""

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


def axis(length: int, *, reduction: int = 1, channels: int = 1) -> Axis:
    """The operator along an axis.

    Args:
        length: pixels of the picture, at least 5.
        reduction: pixels of the picture for each one given, as a block mean; the last block may be cut.
        channels: 1 for luma; 3 for red, green and blue side by side.
    """
    make = _cached_axis if length <= _CACHED_LENGTH else _axis
    return make(length, reduction, channels)


def _axis(length: int, reduction: int, channels: int) -> Axis:
    width, kept = window(length), centres(length)
    tent, last = _tent(length, int(kept[0])), _tent(length, int(kept[-1]))
    begin = kept - 2 * ((width - 1) // 2)
    end = begin + len(tent)
    end[-1] = begin[-1] + len(last)
    begins, ends = np.stack([begin, length - end[::-1]]), np.stack([end, length - begin[::-1]])

    given = -(-length // reduction)
    first = begins.min(axis=0) // reduction
    samples = int((-(-ends // reduction) - first).max())
    samples += -samples % _AT_ONCE
    assert samples <= given
    first = np.minimum(first, given - samples)
    leads = begins - first * reduction

    kind = np.empty(BLOCK, dtype=np.int64)
    known: dict[tuple[int, ...], int] = {}
    weights: list[npt.NDArray[np.float64]] = []
    for i in range(BLOCK):
        edges = i == BLOCK - 1, i == 0
        key = (*leads[:, i].tolist(), *edges)
        if key not in known:
            known[key] = len(weights)
            pair = np.zeros((2, samples * reduction))
            for row, lead, edge, step in zip(pair, leads[:, i], edges, (1, -1), strict=True):
                band = (last if edge else tent)[::step]
                row[lead : lead + len(band)] = band
            weights.append(pair.reshape(2, samples, reduction).sum(axis=2))
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


def blocks(pixels: Pixels, *, size: tuple[int, int] | None = None, reduction: int = 1) -> Blocks:
    """The picture reduced to (64, 64) of luma, 0-255, as it lies and mirrored.

    Args:
        pixels: as `contract.Pixels`. Turned and mirrored views are read where they lie, not copied.
        size: (height, width) of the picture, at least 5 each way, where the pixels are block means.
        reduction: pixels of the picture, each way, for each one given.
    """
    height, width = size or pixels.shape[:2]
    strides = pixels.strides
    stored = pixels
    if transposed := abs(strides[0]) < abs(strides[1]):
        stored, height, width = stored.swapaxes(0, 1), width, height
    if upended := stored.strides[0] < 0:
        stored = stored[::-1]
    if reversed_ := stored.strides[1] < 0:
        stored = stored[:, ::-1]
    channels = 1 if stored.ndim == 2 else 3
    down = axis(height, reduction=reduction)
    across = axis(width, reduction=reduction, channels=channels)
    samples = np.ascontiguousarray(stored).reshape(len(stored), -1)
    samples.setflags(write=False)  # pixels may be: one type for the kernel, compiled once
    found = _reduce(samples, down, across) / (down.scale * across.scale)
    if upended:
        found = found[::-1, :, ::-1, :]
    if reversed_:
        found = found[:, ::-1, :, ::-1]
    return found.transpose(1, 0, 3, 2) if transposed else found


def warm_up() -> None:
    """Compile the kernel, or load it from numba's cache."""
    blocks(np.zeros((8, 8), dtype=np.uint8))


@kernel()
def _reduce(samples: Pixels, down: Axis, across: Axis) -> Blocks:
    """The weighted sums, both ways: for each strip and each pair of bands first down, then across."""
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
    return result


@kernel(fastmath=_FUSED)
def _sum_rows(
    samples: Pixels,
    first: int,
    weights: npt.NDArray[np.float32],
    sums: npt.NDArray[np.float32],
    mirrored: npt.NDArray[np.float32],
) -> None:
    """A pair of weighted sums of rows. Products and sums are whole: fused or not, they are the same."""
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
