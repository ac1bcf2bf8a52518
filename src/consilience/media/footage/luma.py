"""The picture of a frame, as PDQ takes it: mostly the luma where it lies, without any conversion.

PDQ looks at luma alone, and does not change when it is stretched or shifted, so that neither the range of the
values nor their scale matters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from consilience.media.pictures.contract import Pixels

_HIGH_BITS = ("p010", "p012", "p016", "p210", "p212", "p216", "p410", "p412", "p416")
"""Formats that keep their bits at the upper end of sixteen."""


def picture(frame: VideoFrame) -> Pixels:
    """The pixels of a frame as stored: (height, width) of luma, or (height, width, 3) where it has none.

    Luma of more than eight bits loses the lower ones. The result may lie in the decoder's memory, and keeps
    it; it is not to be written to.
    """
    kind = frame.format
    first = kind.components[0]
    is_luma = not (kind.is_rgb or kind.has_palette or kind.is_bayer or kind.is_bit_stream)
    alone = kind.is_planar or kind.name.startswith("gray")
    if is_luma and alone and first.plane == 0 and not kind.name.startswith("grayf"):
        if first.bits == 8:
            return _plane(frame, np.dtype(np.uint8))
        if 8 < first.bits <= 16:
            order = ">" if kind.is_big_endian else "<"
            wide = _plane(frame, np.dtype(f"{order}u2"))
            bits = 16 if kind.name.startswith(_HIGH_BITS) else first.bits
            return (wide >> (bits - 8)).astype(np.uint8)
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _plane(frame: VideoFrame, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), kind).reshape(plane.height, plane.line_size // kind.itemsize)
    return rows[:, : frame.width]
