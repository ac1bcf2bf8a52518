"""What a worker does with memory that it gave back: it keeps it for the next file."""

from __future__ import annotations

import ctypes
from typing import Final

from consilience.settings import MiB

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Of glibc's ``malloc.h``."""
KEPT: Final = 256 * MiB


def keep_freed_memory() -> None:
    """Let the pixels of one picture take the place of the last one's.

    Left to itself, the C library asks the system for every large array anew and returns it afterwards; the
    system then clears 36 MB for each picture of 12 megapixels, a tenth of the time that decoding takes. What
    lies unused at the end of the heap beyond `KEPT` bytes is still returned. Without glibc nothing changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, KEPT)
