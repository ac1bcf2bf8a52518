"""A few key frames of a video, spread over its length, in colour: what a person is shown of it."""

from __future__ import annotations

from collections.abc import Iterator

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from consilience.media.footage.container import Footage
from consilience.media.pictures.contract import Pixels

_TRIES = 250
"""Packets after a place at which a frame is looked for."""


def stills(footage: Footage, count: int) -> Iterator[tuple[int, Pixels]]:
    """Microseconds and pixels (height, width, 3) as displayed, in the order of time; fewer where it is short.

    Args:
        footage: a file that is open.
        count: how many at most, evenly spaced.
    """
    if not footage.streams:
        return
    stream = footage.streams[0]
    length = _length(footage.container, stream)
    shown = -1
    for number in range(count):
        frame = _frame(footage.container, stream, length * number // count)
        if frame is None:
            continue
        time = int(frame.time * 1_000_000) if frame.time is not None else 0
        if time <= shown:
            continue
        shown = time
        pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        yield time, np.rot90(pixels, round(frame.rotation / 90) % 4)


def _length(container: av.container.InputContainer, stream: VideoStream) -> int:
    """Microseconds that the stream, or else the file, says it takes."""
    if stream.duration is not None and stream.time_base is not None:
        return int(stream.duration * stream.time_base * 1_000_000)
    return max(container.duration or 0, 0)


def _frame(container: av.container.InputContainer, stream: VideoStream, at: int) -> VideoFrame | None:
    """The key frame at or before a place; None where there is none that can be decoded."""
    try:
        # In the container's own clock, microseconds.
        container.seek(at + (container.start_time or 0))
        stream.codec_context.flush_buffers()
        stream.codec_context.skip_frame = "NONKEY"
        for tried, packet in enumerate(container.demux(stream)):
            for frame in packet.decode():
                return frame
            if tried > _TRIES:
                return None
    except (av.error.FFmpegError, ValueError, OverflowError):
        return None
    return None
