"""What every picture fingerprint gives, so that workers, store and index need not know which it is."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from consilience.model.examination import ORIENTATIONS, Fingerprint

Pixels = npt.NDArray[np.uint8]
"""A picture as displayed: uint8, (height, width) for grey or (height, width, 3) for RGB, any strides."""

Codes = npt.NDArray[np.uint8]
"""Codes of the eight orientations: uint8, (8, bytes of a code), rows in the order of `ORIENTATIONS`."""

EXACT: Final = "exact"
"""Decode path: every pixel of the picture as displayed; the only path whose codes are final."""


class PictureCodes(msgspec.Struct, frozen=True, eq=False):
    """What an algorithm says of one picture.

    Attributes:
        codes: row k is the code of the pixels turned as ``ORIENTATIONS[k]`` says; row 0 is upright.
            Most significant bit first: a row's hexadecimal form is what the algorithm's own tools print.
        quality: 0-100; how much the picture gives the algorithm to hold on to.
    """

    codes: Codes
    quality: int


class PictureAlgorithm(Protocol):
    """A fingerprint of still pictures."""

    @property
    def name(self) -> str:
        """Short name, as stored with each fingerprint."""

    @property
    def version(self) -> str:
        """Version of the definition; codes of equal name and version compare."""

    def fingerprint(self, pixels: Pixels) -> PictureCodes:
        """The codes and the quality of a picture.

        Raises:
            ValueError: the array is not a picture as `Pixels` says, or is empty.
        """

    def warm_up(self) -> None:
        """Load and compile all that `fingerprint` needs, so that it then reads and writes no file."""


def as_fingerprint(
    algorithm: PictureAlgorithm, result: PictureCodes, *, part: str, decode_path: str, decoder: str
) -> Fingerprint:
    """The record that is stored: codes, quality and how they were made.

    Args:
        algorithm: what made the codes.
        result: the codes.
        part: ``picture``, or ``preview:N``.
        decode_path: `EXACT`, or the name of a shorter way.
        decoder: library and version that made the pixels.
    """
    assert len(result.codes) == len(ORIENTATIONS)
    return Fingerprint(
        algorithm=algorithm.name,
        version=algorithm.version,
        part=part,
        code=result.codes[0].tobytes(),
        turned=result.codes[1:].tobytes(),
        quality=result.quality,
        decode_path=decode_path,
        decoder=decoder,
    )


def require_picture(pixels: Pixels) -> None:
    """Hold a caller to what `Pixels` says.

    Raises:
        ValueError: another element type, another shape, or no pixel at all.
    """
    if pixels.dtype != np.uint8:
        raise ValueError(f"a picture's pixels are uint8, not {pixels.dtype}")
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)) or 0 in pixels.shape:
        raise ValueError(f"a picture is (height, width) or (height, width, 3), not {pixels.shape}")
