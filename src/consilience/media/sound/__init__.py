"""Sound as fingerprints take it: decoded, one channel, at Chromaprint's sample rate.

Hostile bytes: call only in a sandboxed worker.
"""

from __future__ import annotations

from consilience.media.sound.decoding import RATE, Samples, Track, listen
from consilience.media.sound.warm import warm_up

__all__ = ["RATE", "Samples", "Track", "listen", "warm_up"]
