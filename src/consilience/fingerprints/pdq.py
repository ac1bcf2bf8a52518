"""PDQ, the picture fingerprint of facebook/ThreatExchange: 256 bits and a quality.

The upright code and the quality are the reference's for the same pixels. The reduction is done by
`pdq_operator`, whose result differs from the reference's by the latter's rounding errors only; where
these could decide a bit or the quality, `pdq_reference` repeats the reference's own operations.

The codes of the other orientations are those of the pixels turned. The reference's own "dihedral"
codes are not quite: they take a mirrored picture to have a mirrored block, which its decimation does
not give. The smaller the picture the more they are off, and at 512 pixels and below often by more
than a match allows.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from consilience.fingerprints import pdq_codes, pdq_operator, pdq_reference
from consilience.fingerprints.contract import PictureCodes, Pixels, require_picture
from consilience.fingerprints.pdq_codes import COEFFICIENTS, FREQUENCIES
from consilience.media.jpeg_coefficients import SQUARE, Coefficients
from consilience.model.examination import ORIENTATIONS

SMALLEST: Final = 5
"""Pixels each way; of a smaller picture the reference says nothing: all bits and the quality are 0."""

TRANSPOSED, UPENDED, MIRRORED = frozenset({5, 6, 7, 8}), frozenset({3, 4, 7, 8}), frozenset({2, 3, 6, 7})
"""Exif orientations by what turns pixels as stored into pixels as displayed, one step after the other."""

_COSINES: Final = pdq_codes.cosines().astype(np.float64)

_FREQUENCY: Final = np.arange(1, FREQUENCIES + 1, dtype=np.float64)
_COEFFICIENT_SLACK: Final = 0.002 + 0.03 * np.minimum.outer(_FREQUENCY, _FREQUENCY) ** -1.5
"""What the reference's rounding errors are taken to change each coefficient by, at most. Running sums drift
along rows and columns, which shows at the lowest frequencies of that axis; its transform adds the rest. A
bound that holds whatever the pixels are would be thousands of times as wide. This one is twice the most seen
at any frequency in 3,000 photographs and 6,000 patterns, but for two patterns of stripes; and patterns are
nearly always judged, for most of their coefficients lie together."""
_LUMA_SLACK: Final = 0.001
"""The same for the reduced picture, as far as it concerns the quality: a sum of thousands of roundings."""
_SLACK_LENGTH: Final = 4096
"""Longest side up to which these hold; beyond, drifts grow as a random walk does."""
_JUDGED_LENGTH: Final = 1 << 22
"""Longest side up to which close calls are judged: beyond, it would take a gigabyte, and no camera or screen
makes such pictures. The operator's answer stands there."""


class Pdq:
    """PDQ with the luma of pdqhash (see `pdq_reference.block`)."""

    name: Final = "pdq"
    version: Final = "1"

    def fingerprint(self, pixels: Pixels) -> PictureCodes:
        """The upright code and quality that the reference gives, and the codes of the turned pixels.

        The latter are as if the reference were given the pixels turned, but for coefficients that lie closer
        to the median than its rounding errors: in photographs none, or two. Turned and mirrored views
        (``np.rot90`` and the like) are read where they lie, without a copy.

        Raises:
            ValueError: the array is not a picture as `Pixels` says, or is empty.
        """
        require_picture(pixels)
        height, width = pixels.shape[:2]
        if min(height, width) < SMALLEST:
            return _nothing()
        blocks = pdq_operator.blocks(pixels)
        coefficients = _transform(blocks)
        codes = pdq_codes.codes(coefficients)
        growth = math.sqrt(max(1.0, max(height, width) / _SLACK_LENGTH))
        quality, greatest = pdq_codes.quality(blocks[0, 0], growth * _LUMA_SLACK)
        slack = growth * _COEFFICIENT_SLACK
        close = quality != greatest or not pdq_codes.certain(coefficients[0, 0], slack)
        if close and max(height, width) <= _JUDGED_LENGTH:
            judged = by_reference(pixels)
            codes[0] = judged.codes[0]
            quality = judged.quality
        return PictureCodes(codes, quality)

    def of_coefficients(self, coefficients: Coefficients, exif_orientation: int) -> PictureCodes | None:
        """Codes and quality from the coarsest coefficients of a JPEG's luma: near the exact ones.

        Args:
            coefficients: as stored.
            exif_orientation: 1-8, how to turn them to what is displayed.

        Returns:
            None for a picture too small to be told from its squares.
        """
        if min(coefficients.height, coefficients.width) < SMALLEST * SQUARE:
            return None
        blocks = pdq_operator.turned(
            pdq_operator.blocks_of_coefficients(coefficients),
            transposed=exif_orientation in TRANSPOSED,
            upended=exif_orientation in UPENDED,
            mirrored=exif_orientation in MIRRORED,
        )
        quality, _ = pdq_codes.quality(blocks[0, 0])
        return PictureCodes(pdq_codes.codes(_transform(blocks)), quality)

    def warm_up(self) -> None:
        """Compile or load the kernels, so that `fingerprint` then reads and writes no file."""
        pdq_operator.warm_up()
        pdq_reference.warm_up()


def by_reference(pixels: Pixels) -> PictureCodes:
    """The codes and quality by the reference's own operations: ten times slower.

    All eight codes come from the upright picture's coefficients, as the reference's dihedral codes do.

    Raises:
        ValueError: the array is not a picture as `Pixels` says, or is empty.
    """
    require_picture(pixels)
    if min(pixels.shape[:2]) < SMALLEST:
        return _nothing()
    block = pdq_reference.block(pixels)
    quality, _ = pdq_codes.quality(block)
    return PictureCodes(pdq_codes.codes(pdq_reference.coefficients(block)), quality)


def _transform(blocks: pdq_operator.Blocks) -> npt.NDArray[np.float64]:
    return _COSINES @ blocks @ _COSINES.T


def _nothing() -> PictureCodes:
    return PictureCodes(np.zeros((len(ORIENTATIONS), COEFFICIENTS // 8), dtype=np.uint8), 0)
