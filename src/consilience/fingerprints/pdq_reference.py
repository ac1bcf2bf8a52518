"""PDQ in the reference's own order of single-precision operations: the oracle, and the judge of close calls.

Source: facebook/ThreatExchange, ``pdq/cpp`` (downscaling and hashing), as the Python package pdqhash
0.2.8 calls it. Its box filter carries a running sum along each row and column, whose rounding errors
stay in the sum; so the last bits of its coefficients can only be had by doing the same additions in
the same order. Here each step is done for all rows, or all columns, at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from consilience.fingerprints import pdq_codes
from consilience.fingerprints.contract import Pixels
from consilience.fingerprints.pdq_codes import BLOCK, FREQUENCIES

_Floats = npt.NDArray[np.float32]


def luma(pixels: Pixels) -> _Floats:
    """0.299 R + 0.587 G + 0.114 B, rounded once to single precision; grey as it is.

    pdqhash sums in double precision and rounds the sum, which gives the same: no thousandth lies
    nearer to the middle between two single-precision numbers than the double-precision error reaches.
    (The reference's own file reader rounds each product to single precision instead.)
    """
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    thousandths = pixels @ np.array([299, 587, 114], dtype=np.int32)
    return thousandths.astype(np.float32) / np.float32(1000)


def block(pixels: Pixels) -> _Floats:
    """The picture reduced to (64, 64): two passes of box filter each way, then every n/64-th pixel.

    Args:
        pixels: as `contract.Pixels`, at least 5 each way (a filter window must fit in).
    """
    reduced = luma(pixels)
    height, width = reduced.shape
    if height == width == BLOCK:
        return reduced
    for _ in range(2):
        reduced = np.ascontiguousarray(box_filtered(np.ascontiguousarray(reduced.T)).T)
        reduced = box_filtered(reduced)
    return np.ascontiguousarray(reduced[np.ix_(centres(height), centres(width))])


def window(length: int) -> int:
    """Width of the box filter along an axis of that length."""
    return -(-length // (2 * BLOCK))


def centres(length: int) -> npt.NDArray[np.int64]:
    """The 64 positions that are kept along an axis of that length."""
    return ((np.arange(BLOCK) + 0.5) * length / BLOCK).astype(np.int64)


def box_filtered(columns: _Floats) -> _Floats:
    """Running means down the columns; the window shrinks at both ends."""
    length, width = len(columns), window(len(columns))
    after = width // 2
    before = width - 1 - after
    means = np.empty_like(columns)
    running = np.zeros_like(columns[0])
    count = 0
    for position in range(-after, length):
        if (entering := position + after) < length:
            running += columns[entering]
            count += 1
        if (leaving := position - before - 1) >= 0:
            running -= columns[leaving]
            count -= 1
        if position >= 0:
            means[position] = running / np.float32(count)
    return means


def coefficients(reduced: _Floats) -> _Floats:
    """The (16, 16) cosine coefficients of a (64, 64) block, terms summed one after the other."""
    cosine = pdq_codes.cosines()
    half = np.zeros((FREQUENCIES, BLOCK), dtype=np.float32)
    for k in range(BLOCK):
        half += cosine[:, k, None] * reduced[k]
    whole = np.zeros((FREQUENCIES, FREQUENCIES), dtype=np.float32)
    for k in range(BLOCK):
        whole += half[:, k, None] * cosine[:, k]
    return whole
