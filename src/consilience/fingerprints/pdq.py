"""PDQ, the picture fingerprint of facebook/ThreatExchange: 256 bits and a quality, equal to the reference's.

The reduction is done by `pdq_operator`. Its result differs from the reference's by the latter's
rounding errors only; where these could decide a bit or the quality, `pdq_reference` repeats the
reference's own operations.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from consilience.fingerprints import pdq_codes, pdq_operator, pdq_reference
from consilience.fingerprints.contract import PictureCodes, Pixels, require_picture
from consilience.model.examination import ORIENTATIONS

SMALLEST: Final = 5
"""Pixels each way; of a smaller picture the reference says nothing: all bits and the quality are 0."""

COEFFICIENT_SLACK: Final = 0.02
"""What the reference's rounding errors are taken to change a cosine coefficient by, at most."""
LUMA_SLACK: Final = 0.02
"""What they are taken to change an element of the reduced picture by, at most."""


class Pdq:
    """PDQ of version 1 of its description, with pdqhash's luma (see `pdq_reference.luma`)."""

    name: Final = "pdq"
    version: Final = "1"

    def fingerprint(self, pixels: Pixels) -> PictureCodes:
        """The codes and quality that the reference gives for these pixels.

        Raises:
            ValueError: the array is not a picture as `Pixels` says, or is empty.
        """
        require_picture(pixels)
        if min(pixels.shape[:2]) < SMALLEST:
            return PictureCodes(np.zeros((len(ORIENTATIONS), 32), dtype=np.uint8), 0)
        return _by_operator(pixels) or by_reference(pixels)

    def warm_up(self) -> None:
        """Compile or load the kernels, so that `fingerprint` then reads and writes no file."""
        pdq_operator.warm_up()


def _by_operator(pixels: Pixels) -> PictureCodes | None:
    """The codes and quality, or None where the reference's rounding errors may have a say in them."""
    block = pdq_operator.block(pixels)
    least, greatest = pdq_codes.quality(block, LUMA_SLACK)
    coefficients = _COSINES @ block @ _COSINES.T
    if least != greatest or pdq_codes.narrowest_gap(coefficients) < 2 * COEFFICIENT_SLACK:
        return None
    return PictureCodes(pdq_codes.codes(coefficients), least)


def by_reference(pixels: Pixels) -> PictureCodes:
    """The codes and quality by the reference's own operations, slowly.

    Args:
        pixels: at least `SMALLEST` each way.
    """
    block = pdq_reference.block(pixels)
    quality, _ = pdq_codes.quality(block)
    return PictureCodes(pdq_codes.codes(pdq_reference.coefficients(block)), quality)


_COSINES: Final = pdq_codes.cosines().astype(np.float64)
