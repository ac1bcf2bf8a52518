"""Loading everything that decoding needs, before the sandbox closes."""

from __future__ import annotations

import contextlib
import io

import av
import numpy as np
from av.video.stream import VideoStream

from consilience.media.footage.container import opened
from consilience.media.footage.frames import Pace, Watching
from consilience.media.pictures.contract import Undecodable
from consilience.settings import Limits

_SAMPLES = (
    ("mp4", "libx264", "yuv420p", "video/mp4"),
    ("mp4", "libx265", "yuv420p10le", "video/mp4"),
    ("matroska", "libvpx-vp9", "yuv420p", "video/webm"),
    ("mp4", "libsvtav1", "yuv420p", "video/mp4"),
    ("avi", "mpeg4", "yuv420p", "video/x-msvideo"),
)


def warm_up() -> None:
    """Decode a few frames of each usual kind, so that libraries are loaded and initialised.

    A kind that this build of FFmpeg cannot write is left out.
    """
    av.logging.set_level(None)
    for form, codec, layout, media_type in _SAMPLES:
        with contextlib.suppress(av.error.FFmpegError, ValueError):
            _watch(_sample(form, codec, layout), media_type)
    with contextlib.suppress(Undecodable):
        _watch(b"", "video/mp4")


def _watch(data: bytes, media_type: str) -> None:
    limits = Limits()
    with opened(io.BytesIO(data), media_type, limits) as footage:
        for stream in footage.streams:
            for frame in Watching(footage.container, stream, Pace.REFERENCE, limits, lambda: None):
                frame.picture()


def _sample(form: str, codec: str, layout: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, layout
        if codec == "libx265":
            stream.options = {"x265-params": "log-level=none"}
        pixels = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (64, 64, 3)).astype(np.uint8)
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()
