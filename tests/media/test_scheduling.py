"""Nothing that is loaded for decoding makes us a real-time task, which would hold processors from all others."""

from __future__ import annotations

import os

from consilience.media.pictures.warm import warm_up


def test_warmed_up_decoders_are_scheduled_as_others() -> None:
    warm_up()
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
