"""Back to ordinary scheduling, after libraries that take more."""

from __future__ import annotations

import os


def as_others() -> None:
    """Let this thread be scheduled as others are.

    SVT-AV1, by which Pillow encodes AVIF, makes the thread that calls it a real-time one (SCHED_FIFO, 99)
    where that is root's: from then on it, and whatever it starts, takes processors from all others.
    """
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
