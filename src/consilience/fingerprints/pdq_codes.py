"""The end of PDQ: from a 64 x 64 block of luma to quality, and from cosine coefficients to eight codes.

Source: facebook/ThreatExchange, ``pdq/cpp/hashing/pdqhashing.cpp``, and its description, "The
TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (2019). Turning or mirroring a
picture turns, mirrors or negates its coefficients, so one transform serves all orientations.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from consilience.fingerprints.contract import Codes
from consilience.model.examination import ORIENTATIONS, Orientation

BLOCK: Final = 64
"""Rows and columns of the reduced picture."""
FREQUENCIES: Final = 16
"""Rows and columns of coefficients: frequencies 1 to 16 each way; the constant is left out."""
COEFFICIENTS: Final = FREQUENCIES * FREQUENCIES

_LOWER_MIDDLE: Final = COEFFICIENTS // 2 - 1
"""Rank of the median. The reference finds it by bisection, which ends at the lower of the middle two."""

_Real = TypeVar("_Real", np.float32, np.float64)


def cosines() -> npt.NDArray[np.float32]:
    """The 16 x 64 cosine matrix with the reference's roundings: scale and products in single precision."""
    scale = float(np.float32(math.sqrt(2.0 / BLOCK)))
    frequency = np.arange(1, FREQUENCIES + 1)[:, None]
    position = 2 * np.arange(BLOCK)[None, :] + 1
    angle = math.pi / 2.0 / BLOCK * frequency * position
    return np.asarray(scale * np.cos(angle), dtype=np.float32)


class _Turn(NamedTuple):
    """What an orientation does to the coefficients: negate odd frequencies along an axis, then transpose."""

    rows: bool
    columns: bool
    transposed: bool


_TURNS: Final = {
    Orientation.UPRIGHT: _Turn(rows=False, columns=False, transposed=False),
    Orientation.ROTATED_90: _Turn(rows=False, columns=True, transposed=True),
    Orientation.ROTATED_180: _Turn(rows=True, columns=True, transposed=False),
    Orientation.ROTATED_270: _Turn(rows=True, columns=False, transposed=True),
    Orientation.FLIPPED_VERTICALLY: _Turn(rows=True, columns=False, transposed=False),
    Orientation.FLIPPED_HORIZONTALLY: _Turn(rows=False, columns=True, transposed=False),
    Orientation.TRANSPOSED: _Turn(rows=False, columns=False, transposed=True),
    Orientation.ANTITRANSPOSED: _Turn(rows=True, columns=True, transposed=True),
}


def _signs() -> npt.NDArray[np.float32]:
    """(4, 16, 16): the four ways to negate; index 2 x rows + columns."""
    alternating = np.where(np.arange(FREQUENCIES) % 2 == 0, -1.0, 1.0)
    ones = np.ones(FREQUENCIES)
    patterns = [np.outer(r, c) for r in (ones, alternating) for c in (ones, alternating)]
    return np.array(patterns, dtype=np.float32)


_SIGNS: Final = _signs()
_SIGN_OF: Final = np.array([2 * _TURNS[o].rows + _TURNS[o].columns for o in ORIENTATIONS])
_TRANSPOSED: Final = np.array([_TURNS[o].transposed for o in ORIENTATIONS])


def codes(coefficients: npt.NDArray[_Real]) -> Codes:
    """The codes of the eight orientations: a bit for each coefficient above the median.

    Args:
        coefficients: (2, 2, 16, 16), those of the picture with its rows, its columns or both sampled as
            if they were mirrored (see `pdq_operator.Blocks`); or (16, 16), those of the upright picture
            to serve for all, as the reference's own dihedral codes do.

    Returns:
        uint8 (8, 32), rows in the order of `ORIENTATIONS`; bit 16 i + j of a code, counted from the
        least significant, is coefficient (i, j).
    """
    turned = (_SIGNS * coefficients.reshape(-1, FREQUENCIES, FREQUENCIES)).reshape(-1, COEFFICIENTS)
    median = np.partition(turned, _LOWER_MIDDLE, axis=1)[:, _LOWER_MIDDLE, None]
    bits = (turned > median).reshape(_SIGNS.shape)[_SIGN_OF]
    bits[_TRANSPOSED] = bits[_TRANSPOSED].transpose(0, 2, 1)
    return np.packbits(bits.reshape(len(ORIENTATIONS), COEFFICIENTS)[:, ::-1], axis=1)


def certain(coefficients: npt.NDArray[_Real], slack: npt.NDArray[np.float64]) -> bool:
    """Whether all coefficients that differ from these by at most their slack give the same upright code.

    Args:
        coefficients: (16, 16).
        slack: (16, 16).
    """
    order = np.argpartition(coefficients, _LOWER_MIDDLE, axis=None)
    low, high = order[: _LOWER_MIDDLE + 1], order[_LOWER_MIDDLE + 1 :]
    return bool((coefficients + slack).flat[low].max() < (coefficients - slack).flat[high].min())


def quality(block: npt.NDArray[_Real], slack: float = 0.0) -> tuple[int, int]:
    """Least and greatest quality, 0-100, of any block whose elements differ from these by at most a slack.

    The reference counts the steps between neighbours in whole percent of 255, towards zero, and
    divides their sum by 90. With no slack the two are equal.

    Args:
        block: (64, 64) of luma, 0-255; single precision repeats the reference's roundings.
        slack: in units of luma.
    """
    least = greatest = 0
    for step in (block[1:] - block[:-1], block[:, 1:] - block[:, :-1]):
        percent = np.abs(step * block.dtype.type(100) / block.dtype.type(255))
        reach = slack * 2 * 100 / 255
        least += int(np.maximum(percent - reach, 0).astype(np.int64).sum())
        greatest += int((percent + reach).astype(np.int64).sum())
    return min(100, least // 90), min(100, greatest // 90)
