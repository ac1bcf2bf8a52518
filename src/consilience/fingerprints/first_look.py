"""A first look at a JPEG: PDQ for half of what the full decode costs, a bit or two off.

For seizures too large to wait for. Its codes are marked by their decode path, and the full pass replaces
them by exact ones.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consilience.fingerprints import pdq_operator
from consilience.fingerprints.contract import PictureCodes, Pixels
from consilience.fingerprints.pdq import MIRRORED, TRANSPOSED, UPENDED, Pdq
from consilience.media import jpeg_coefficients, jpeg_luma
from consilience.media.structure.jpeg import frame_of, segments
from consilience.settings import Limits

SMALLEST: Final = 640
"""Pixels along the shorter side from which a few coefficients of each square say enough."""
LARGE: Final = 1500
"""Pixels along the shorter side from which the first few of these do."""
FEW: Final = 3


class FirstLook(NamedTuple):
    """What a first look gives.

    Attributes:
        codes: of the picture as displayed.
        decoder: what read the file.
        width, height: pixels as displayed.
    """

    codes: PictureCodes
    decoder: str
    width: int
    height: int


def first_look(data: bytes, limits: Limits) -> FirstLook | None:
    """PDQ of a JPEG without decoding it in full.

    Args:
        data: the whole file, hostile: call only in a sandboxed worker.
        limits: sizes are checked before anything is decoded.

    Returns:
        None where only the full decode can tell: CMYK and other unusual JPEGs, damaged ones, other formats.
    """
    frame = next(filter(None, map(frame_of, segments(data))), None)
    if frame is None:
        return None
    pdq, orientation = Pdq(), jpeg_luma.exif_orientation(data)
    width, height = frame.width, frame.height
    if orientation in TRANSPOSED:
        width, height = height, width
    shorter = min(height, width)
    if shorter >= SMALLEST:
        kept = FEW if shorter >= LARGE else len(jpeg_coefficients.ORDER)
        coefficients = jpeg_coefficients.read_coefficients(data, limits, kept)
        if coefficients and (codes := pdq.of_coefficients(coefficients, orientation)):
            return FirstLook(codes, jpeg_coefficients.DECODER, width, height)
    luma = jpeg_luma.decode_luma(data, limits)
    if luma is None:
        return None
    return FirstLook(pdq.fingerprint(_displayed(luma, orientation)), jpeg_luma.DECODER, width, height)


def _displayed(luma: Pixels, exif_orientation: int) -> Pixels:
    """A view of the pixels as displayed: PDQ reads it where it lies."""
    if exif_orientation in TRANSPOSED:
        luma = luma.swapaxes(0, 1)
    if exif_orientation in UPENDED:
        luma = luma[::-1]
    return luma[:, ::-1] if exif_orientation in MIRRORED else luma


def warm_up() -> None:
    """Compile or load all that `first_look` needs, so that it then reads and writes no file."""
    Pdq().warm_up()
    pdq_operator.warm_up_for_coefficients()
    jpeg_coefficients.warm_up()
