"""Facts that a container states of itself and its streams, as clues with their source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from av.stream import Stream
from av.video.stream import VideoStream

from consilience.media.clues.text import MAX_CLUES, bounded, text_clue
from consilience.media.clues.times import time_clue
from consilience.media.footage.container import Footage
from consilience.model.examination import Clue

_POSITION: Final = re.compile(
    r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)(?:[+-]\d+(?:\.\d+)?)?/?", re.ASCII
)
"""ISO 6709, annex H, in degrees."""

# Tags that have a kind of their own; every other tag is kept as a container tag, with its name in the source.
_KINDS: Final = {
    "make": "camera-make",
    "com.apple.quicktime.make": "camera-make",
    "com.android.manufacturer": "camera-make",
    "model": "camera-model",
    "com.apple.quicktime.model": "camera-model",
    "com.android.model": "camera-model",
    "encoder": "software",
    "encoded_by": "software",
    "software": "software",
    "com.apple.quicktime.software": "software",
    "com.android.version": "software",
    "writing_application": "software",
    "handler_name": "handler",
    "vendor_id": "handler",
    "comment": "comment",
    "description": "comment",
    "title": "comment",
}
_POSITIONS: Final = frozenset({"location", "location-eng", "com.apple.quicktime.location.iso6709"})
_TIMES: Final = {
    "creation_time": "taken",
    "com.apple.quicktime.creationdate": "taken",
    "date": "taken",
    "modification_time": "changed",
}
_SAYING_NOTHING: Final = frozenset({"language", "major_brand", "minor_version", "compatible_brands"})


def footage_clues(footage: Footage) -> list[Clue]:
    """What is stated of the container, then of each of its streams; at most `MAX_CLUES`."""
    found: list[Clue] = []
    container = footage.container
    found.append(Clue("container", container.format.name, "container"))
    if container.duration is not None and container.duration > 0:
        found.append(Clue("duration", f"{container.duration / 1e6:.3f} s", "container"))
    brand = container.metadata.get("major_brand")
    if brand:
        found.append(Clue("container-brand", bounded(brand), "container:major_brand"))
    found += _tags(container.metadata, "container")
    for stream in container.streams:
        if len(found) >= MAX_CLUES:
            break
        source = f"stream:{stream.index}"
        found += _stream(stream, source)
        found += _tags(stream.metadata, source)
    if footage.left_out:
        found.append(Clue("left-out", footage.left_out, "container"))
    return found[:MAX_CLUES]


def _stream(stream: Stream, source: str) -> Iterator[Clue]:
    if stream.type not in ("video", "audio"):
        yield Clue("stream", stream.type, source)
        return
    # Without a decoder for it, a stream has no context.
    context = getattr(stream, "codec_context", None)
    profile = f", {stream.profile}" if context is not None and stream.profile else ""
    codec = "no decoder for it" if context is None else context.name
    yield Clue("codec", bounded(f"{stream.type}: {codec}{profile}"), source)
    if isinstance(stream, VideoStream) and context is not None:
        yield Clue("coded-size", f"{context.width}x{context.height}", source)
        if context.pix_fmt:
            yield Clue("pixel-format", context.pix_fmt, source)
        if stream.average_rate:
            yield Clue("frame-rate", f"{float(stream.average_rate):.3f} /s", source)
        if stream.frames > 0:
            yield Clue("stated-frames", str(stream.frames), source)
    if stream.duration is not None and stream.time_base and stream.duration > 0:
        yield Clue("duration", f"{float(stream.duration * stream.time_base):.3f} s", source)


def _tags(tags: dict[str, str], source: str) -> Iterator[Clue]:
    for name, value in tags.items():
        key = name.lower()
        if key in _SAYING_NOTHING:
            continue
        at = f"{source}:{bounded(name)[:64]}"
        if key in _TIMES:
            yield from time_clue(_TIMES[key], value, at, "container")
        elif key in _POSITIONS and (match := _POSITION.fullmatch(value.strip())):
            yield Clue("position", f"{float(match[1]):.6f},{float(match[2]):.6f}", at)
        else:
            yield from text_clue(_KINDS.get(key, "container-tag"), value, at)
