"""Harmless moving pictures, made at run time: a camera that pans over painted ground, scene after scene.

Equal seeds give equal scenes, whatever the size, rate and codec: renditions of one film are made by that.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np
from PIL import Image

SCENE = 4.0
"""Seconds of one scene."""


@lru_cache(maxsize=64)
def ground(seed: int, scene: int) -> np.ndarray:
    """Coarse blobs and fine grain, larger than what the camera sees: uint8 (360, 640, 3)."""
    chance = np.random.default_rng((seed, scene))
    layers = [
        (Image.fromarray(chance.integers(0, 256, (rows, rows * 16 // 9, 3), np.uint8)), weight)
        for rows, weight in ((5, 0.5), (13, 0.3), (45, 0.2))
    ]
    mixed = sum(np.asarray(one.resize((640, 360), Image.Resampling.BICUBIC), float) * w for one, w in layers)
    stretched = (mixed - mixed.min()) / (mixed.max() - mixed.min()) * 255
    return stretched.astype(np.uint8)


def shot(seed: int, second: float, width: int, height: int) -> np.ndarray:
    """What the camera sees at a second: uint8 (height, width, 3)."""
    scene = int(second // SCENE)
    within = second - scene * SCENE
    chance = np.random.default_rng((seed, scene, 1))
    across, down = chance.uniform(-1, 1, 2) * (18, 12)
    left, top = 100 + across * within, 60 + down * within
    seen = Image.fromarray(ground(seed, scene)).resize(
        (width, height), Image.Resampling.BILINEAR, box=(left, top, left + 400, top + 225)
    )
    return np.asarray(seen)


def film(
    seconds: float = 8.0,
    *,
    seed: int = 1,
    begin: float = 0.0,
    width: int = 320,
    height: int = 180,
    rate: int = 25,
    speed: float = 1.0,
    pictures: Iterator[np.ndarray] | None = None,
    **how: Any,
) -> bytes:
    """A file of a film: `seconds` of it from `begin` on, `speed` times as fast. See `written`."""
    if pictures is None:
        count = round(seconds * rate)
        pictures = (shot(seed, begin + number * speed / rate, width, height) for number in range(count))
    return written(pictures, rate=rate, **how)


def written(
    pictures: Iterator[np.ndarray],
    *,
    rate: int = 25,
    form: str = "mp4",
    codec: str = "libx264",
    layout: str = "yuv420p",
    gop: int = 50,
    options: dict[str, str] | None = None,
    times: Iterator[int] | None = None,
    rotation: int = 0,
    metadata: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> bytes:
    """Encode pictures.

    Args:
        times: presentation times in thousandths of a second, for a rate that varies.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form, container_options=container_options or {}) as container:
        container.metadata.update(metadata or {})
        stream: Any = None
        for number, pixels in enumerate(pictures):
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = layout
                stream.codec_context.gop_size = gop
                stream.codec_context.thread_count = 1
                defaults = {
                    "libx264": {"preset": "veryfast", "crf": "23"},
                    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
                    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "34", "b": "0"},
                    "mpeg4": {"b": "1500000"},
                    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
                }
                stream.options = {**defaults.get(codec, {}), **(options or {})}
                if times is not None:
                    stream.codec_context.time_base = Fraction(1, 1000)
                if rotation:
                    stream.set_display_rotation(rotation)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = number if times is None else next(times)
            frame.time_base = Fraction(1, rate) if times is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()
