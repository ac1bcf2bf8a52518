"""PDQ in the reference's own order of single-precision operations: the judge of close calls.

Source: facebook/ThreatExchange, ``pdq/cpp`` (downscaling and hashing), as the Python package pdqhash
0.2.8 calls it. Its box filter carries running sums along rows and columns, whose rounding errors stay
in the sums; so the last bits of its coefficients can only be had by the same additions in the same
order. The four passes run here at the same time, a few rows after one another: what is held is a
filter window of rows (a 128th of the picture), not the picture.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from consilience.compiled import kernel
from consilience.fingerprints import pdq_codes
from consilience.fingerprints.contract import Pixels
from consilience.fingerprints.pdq_codes import BLOCK, FREQUENCIES

_Floats = npt.NDArray[np.float32]

_LANES: Final = 8
"""Rows summed side by side: one row's additions wait for each other, those of eight rows do not."""


def window(length: int) -> int:
    """Width of the box filter along an axis of that length."""
    return -(-length // (2 * BLOCK))


def centres(length: int) -> npt.NDArray[np.int64]:
    """The 64 positions that are kept along an axis of that length."""
    return ((np.arange(BLOCK) + 0.5) * length / BLOCK).astype(np.int64)


def block(pixels: Pixels) -> _Floats:
    """The picture reduced to (64, 64): luma, two passes of box filter each way, every n/64-th pixel.

    Luma is 0.299 R + 0.587 G + 0.114 B rounded once to single precision, as in pdqhash, which sums in
    double precision: no thousandth lies so near to the middle between two single-precision numbers
    that the error of a double could decide. (The reference's file reader rounds each product.)

    Args:
        pixels: as `contract.Pixels`, at least 5 each way.
    """
    height, width = pixels.shape[:2]
    samples = np.ascontiguousarray(pixels).reshape(height, -1)
    samples.setflags(write=False)  # pixels may be: one type for the kernels, compiled once
    if height == width == BLOCK:  # taken as it is
        reduced = np.empty((BLOCK, BLOCK), dtype=np.float32)
        for row in range(BLOCK):
            _luma(samples[row], reduced[row])
        return reduced
    windows = window(height), window(width)
    return _reduce(samples, width, windows, centres(height), centres(width))


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


def warm_up() -> None:
    """Compile the kernels, or load them from numba's cache."""
    for side in (8, BLOCK):
        block(np.zeros((side, side), dtype=np.uint8))


@kernel()
def _reduce(
    samples: Pixels,
    width: int,
    windows: tuple[int, int],
    centres_down: npt.NDArray[np.int64],
    centres_across: npt.NDArray[np.int64],
) -> _Floats:
    """The four passes and the decimation.

    Args:
        samples: uint8 (height, width x channels).
        width: pixels across.
        windows: of the filter down and across.
        centres_down, centres_across: the rows and columns that are kept.
    """
    height = len(samples)
    down, across = windows
    after = down // 2
    counts, uniform = np.empty(width, np.float32), np.empty(width, np.float32)
    for column in range(width):
        counts[column] = _count(column, width, across)

    lines, sums = np.zeros((_LANES, width), np.float32), np.empty((_LANES, width), np.float32)
    again = np.zeros((_LANES, width), np.float32)
    first_sums, first_rows = np.zeros(width, np.float32), np.zeros((down, width), np.float32)
    last_sums, last_rows = np.zeros(BLOCK, np.float32), np.zeros((down, BLOCK), np.float32)
    line = np.zeros(BLOCK, np.float32)
    result = np.empty((BLOCK, BLOCK), np.float32)
    waiting = written = finished = 0
    for row in range(height + after):
        lane = row % _LANES
        if lane == 0 and row < height:
            for ahead in range(min(_LANES, height - row)):
                _luma(samples[row + ahead], lines[ahead])
            _sum_along(lines, across, sums)
            for ahead in range(_LANES):
                _divide(sums[ahead], counts, lines[ahead])
        _slide(first_sums, first_rows, lines[lane], row, height)
        if row < after:
            continue
        uniform[:] = _count(row - after, height, down)
        _divide(first_sums, uniform, again[waiting])
        waiting += 1
        if waiting < _LANES and row < height + after - 1:
            continue
        _sum_along(again, across, sums)
        for ready in range(waiting):
            for j in range(BLOCK):
                line[j] = sums[ready, centres_across[j]] / counts[centres_across[j]]
            _slide(last_sums, last_rows, line, finished, height)
            written = _keep(last_sums, finished - after, height, down, centres_down, written, result)
            finished += 1
        waiting = 0
    for row in range(height, height + after):
        _slide(last_sums, last_rows, line, row, height)
        written = _keep(last_sums, row - after, height, down, centres_down, written, result)
    return result


@kernel()
def _count(position: int, length: int, width: int) -> np.float32:
    """Pixels in the filter's window at a position: fewer near either end."""
    after = width // 2
    return np.float32(min(position + after, length - 1) - max(position + after - width + 1, 0) + 1)


@kernel()
def _divide(sums: _Floats, counts: _Floats, means: _Floats) -> None:
    """Element by element."""
    for column in range(len(means)):
        means[column] = sums[column] / counts[column]


@kernel()
def _luma(samples: Pixels, line: _Floats) -> None:
    """One row of grey or RGB samples as luma."""
    if len(samples) == len(line):
        for column in range(len(line)):
            line[column] = samples[column]
        return
    for column in range(len(line)):
        red, green, blue = samples[3 * column], samples[3 * column + 1], samples[3 * column + 2]
        thousandths = np.int32(299) * red + np.int32(587) * green + np.int32(114) * blue
        line[column] = np.float32(thousandths) / np.float32(1000)


@kernel()
def _slide(sums: _Floats, rows: _Floats, row: _Floats, number: int, height: int) -> None:
    """Move the window of running sums down the columns by a row; past the last row none comes in.

    Args:
        sums: one a column.
        rows: those in the window, row n at n modulo the window.
        row: the row that comes in.
        number: its number from 0.
        height: rows in all.
    """
    slot = rows[number % len(rows)]
    if number >= height:
        for column in range(len(sums)):
            sums[column] -= slot[column]
    elif number < len(rows):
        for column in range(len(sums)):
            sums[column] += row[column]
            slot[column] = row[column]
    else:
        for column in range(len(sums)):
            sums[column] = (sums[column] + row[column]) - slot[column]
            slot[column] = row[column]


@kernel()
def _keep(
    sums: _Floats,
    position: int,
    height: int,
    width: int,
    centres_down: npt.NDArray[np.int64],
    written: int,
    result: _Floats,
) -> int:
    """Write a row of means as often as it is a centre; gives how many rows are written."""
    while written < BLOCK and centres_down[written] == position:
        count = _count(position, height, width)
        for j in range(BLOCK):
            result[written, j] = sums[j] / count
        written += 1
    return written


@kernel()
def _sum_along(lines: _Floats, width: int, sums: _Floats) -> None:
    """Running sums along eight rows: at each position the sum of the filter's window around it."""
    length = lines.shape[1]
    after = width // 2
    a = b = c = d = e = f = g = h = np.float32(0)
    for entering in range(length + after):
        if entering < length:
            a += lines[0, entering]
            b += lines[1, entering]
            c += lines[2, entering]
            d += lines[3, entering]
            e += lines[4, entering]
            f += lines[5, entering]
            g += lines[6, entering]
            h += lines[7, entering]
        leaving = entering - width
        if leaving >= 0:
            a -= lines[0, leaving]
            b -= lines[1, leaving]
            c -= lines[2, leaving]
            d -= lines[3, leaving]
            e -= lines[4, leaving]
            f -= lines[5, leaving]
            g -= lines[6, leaving]
            h -= lines[7, leaving]
        at = entering - after
        if at >= 0:
            sums[0, at] = a
            sums[1, at] = b
            sums[2, at] = c
            sums[3, at] = d
            sums[4, at] = e
            sums[5, at] = f
            sums[6, at] = g
            sums[7, at] = h
