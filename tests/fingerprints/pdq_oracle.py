"""The oracle of the tests of PDQ: the reference's steps one after the other on whole arrays, plainly.

After facebook/ThreatExchange, ``pdq/cpp``: single precision throughout, each sum in the reference's order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def luma(pixels: npt.NDArray[np.uint8]) -> Floats:
    """0.299 R + 0.587 G + 0.114 B, rounded once to single precision; grey as it is.

    pdqhash sums in double precision and rounds the sum, which gives the same: no thousandth lies
    nearer to the middle between two single-precision numbers than the double-precision error reaches.
    (The reference's own file reader rounds each product to single precision instead.)
    """
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    thousandths = pixels @ np.array([299, 587, 114], dtype=np.int32)
    return thousandths.astype(np.float32) / np.float32(1000)


def block(pixels: npt.NDArray[np.uint8]) -> Floats:
    """The picture reduced to (64, 64): two passes of box filter each way, then every n/64-th pixel.

    Args:
        pixels: as `contract.npt.NDArray[np.uint8]`, at least 5 each way (a filter window must fit in).
    """
    reduced = luma(pixels)
    height, width = reduced.shape
    if height == width == 64:
        return reduced
    for _ in range(2):
        reduced = np.ascontiguousarray(box_filtered(np.ascontiguousarray(reduced.T)).T)
        reduced = box_filtered(reduced)
    return np.ascontiguousarray(reduced[np.ix_(centres(height), centres(width))])


def window(length: int) -> int:
    """Width of the box filter along an axis of that length."""
    return -(-length // (2 * 64))


def centres(length: int) -> npt.NDArray[np.int64]:
    """The 64 positions that are kept along an axis of that length."""
    return ((np.arange(64) + 0.5) * length / 64).astype(np.int64)


def box_filtered(columns: Floats) -> Floats:
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


def coefficients(reduced: Floats) -> Floats:
    """The (16, 16) cosine coefficients of a (64, 64) block, terms summed one after the other."""
    scale = float(np.float32(np.sqrt(2 / 64)))
    angle = np.pi / 2 / 64 * np.arange(1, 17)[:, None] * (2 * np.arange(64) + 1)
    cosine = (scale * np.cos(angle)).astype(np.float32)
    half, whole = np.zeros((16, 64), np.float32), np.zeros((16, 16), np.float32)
    for k in range(64):
        half += cosine[:, k, None] * reduced[k]
    for k in range(64):
        whole += half[:, k, None] * cosine[:, k]
    return whole


def median(values: Floats) -> np.float32:
    """Torben Mogensen's bisection, as the reference has it."""
    low, high, half = values.min(), values.max(), (values.size + 1) // 2
    while True:
        guess = (low + high) / np.float32(2)
        less, greater = values[values < guess], values[values > guess]
        below, above = less.max(initial=low), greater.min(initial=high)
        if less.size <= half and greater.size <= half:
            break
        if less.size > greater.size:
            high = below
        else:
            low = above
    if less.size >= half:
        return below
    return guess if values.size - greater.size >= half else above


def quality(reduced: Floats) -> int:
    """Steps between neighbours in whole percent of 255, summed, over 90; at most 100."""
    steps = np.concatenate([(reduced[:-1] - reduced[1:]).ravel(), (reduced[:, :-1] - reduced[:, 1:]).ravel()])
    percent = (steps * np.float32(100) / np.float32(255)).astype(np.int32)
    return min(100, int(np.abs(percent).sum()) // 90)


def pdq(pixels: npt.NDArray[np.uint8]) -> tuple[str, int]:
    """The code in hexadecimal, and the quality."""
    if min(pixels.shape[:2]) < 5:
        return "0" * 64, 0
    reduced = block(pixels)
    found = coefficients(reduced)
    bits = (found > median(found.ravel())).ravel()[::-1]
    return np.packbits(bits).tobytes().hex(), quality(reduced)
