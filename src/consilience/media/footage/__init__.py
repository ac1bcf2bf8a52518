"""Moving pictures as fingerprints take them: frames with true times, as displayed, and the container's facts.

Hostile bytes: call only in a sandboxed worker.
"""

from __future__ import annotations

from consilience.media.footage.container import Footage, opened
from consilience.media.footage.frames import Frame, Pace, Watching
from consilience.media.footage.warm import warm_up

__all__ = ["Footage", "Frame", "Pace", "Watching", "opened", "warm_up"]
