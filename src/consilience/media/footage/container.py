"""Opening a file that holds moving pictures, by FFmpeg through PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import av
import av.error
import av.logging
from av.stream import Disposition
from av.video.stream import VideoStream
from msgspec import Struct

from consilience.media.pictures.contract import Undecodable, in_words
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

DECODER: Final = f"PyAV {av.__version__}, libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))}"

MOST_STREAMS: Final = 1000
"""Streams of one file; a file of more is not opened any further."""
MOST_WATCHED: Final = 4
"""Video streams of one file that are examined."""
MOST_COVERS: Final = 8
"""Pictures attached to one file that are examined."""

# What FFmpeg calls the demuxer of each type. A type that is named is not guessed again, so that no text that
# pretends to be a playlist is followed.
_DEMUXERS: Final = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/3gpp2": "mov",
    "video/x-m4v": "mov",
    "video/x-matroska": "matroska",
    "video/webm": "matroska",
    "video/x-msvideo": "avi",
    "video/mp2t": "mpegts",
    "video/mpeg": "mpeg",
    "video/ogg": "ogg",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "asf",
    "video/x-ms-asf": "asf",
    "video/dv": "dv",
    "video/x-ms-wtv": "wtv",
    "video/x-ivf": "ivf",
    "video/x-nut": "nut",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/aiff": "aiff",
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "mov",
    "audio/amr": "amr",
    "audio/amr-wb": "amr",
    "audio/basic": "au",
    "audio/x-caf": "caf",
    "audio/x-ms-wma": "asf",
    "audio/x-ape": "ape",
    "audio/x-wavpack": "wv",
    "audio/x-tta": "tta",
    "audio/x-voc": "voc",
    "audio/x-dsf": "dsf",
}
_GUESSED: Final = ("mpegvideo", "mpegts")
"""Where a type's usual demuxer does not take it: elementary streams among MPEG's, and the like."""
_STATING: Final = frozenset({"mov", "matroska"})
"""Demuxers of files that state in their header what others have to be decoded for."""
_PROBING: Final = {"threads": "1", "skip_frame": "all"}
"""FFmpeg decodes a frame or more of its own when it opens a file, as costly as any; it need not there."""
_BUFFER: Final = 1 << 18


class Footage(Struct, frozen=True):
    """A file of moving pictures, open.

    Attributes:
        container: PyAV's.
        streams: video streams that are to be watched.
        covers: streams that hold one attached picture each.
        left_out: a word on what is not watched, where there is too much; otherwise empty.
        undecodable: video streams for which there is no decoder.
    """

    container: av.container.InputContainer
    streams: tuple[VideoStream, ...]
    covers: tuple[VideoStream, ...]
    left_out: str = ""
    undecodable: int = 0


@contextmanager
def opened(file: BinaryIO, media_type: str, limits: Limits) -> Iterator[Footage]:
    """Open a file and find its streams.

    Args:
        file: seekable; read from its beginning.
        media_type: as `consilience.media.sniff.sniff` tells it.
        limits: what the worker may use.

    Raises:
        Undecodable: it cannot be opened, or holds neither moving pictures nor sound.
    """
    container = _container(file, media_type)
    try:
        yield _footage(container, limits)
    finally:
        container.close()


def is_footage(media_type: str) -> bool:
    """Whether there is a demuxer for a media type."""
    return media_type in _DEMUXERS


def _container(file: BinaryIO, media_type: str) -> av.container.InputContainer:
    usual = _DEMUXERS.get(media_type)
    if usual is None:
        raise Undecodable(Problem(ProblemCode.UNSUPPORTED, media_type))
    names = (usual, *_GUESSED) if media_type == "video/mpeg" else (usual,)
    failure: Exception | None = None
    for name in names:
        file.seek(0)
        try:
            return av.open(
                file,
                "r",
                format=name,
                options=_PROBING if name in _STATING else {"threads": "1"},
                metadata_errors="replace",
                buffer_size=_BUFFER,
            )
        except (av.error.FFmpegError, ValueError, OverflowError) as error:
            failure = failure or error
    assert failure is not None
    if isinstance(failure, MemoryError):
        raise failure
    raise Undecodable(Problem(ProblemCode.DAMAGED, in_words(failure))) from failure


def _footage(container: av.container.InputContainer, limits: Limits) -> Footage:
    if len(container.streams) > MOST_STREAMS:
        raise Undecodable(Problem(ProblemCode.LIMIT_MEMBERS, f"{len(container.streams)} streams"))
    # Without a decoder for it, a stream has no context.
    videos = [one for one in container.streams.video if getattr(one, "codec_context", None) is not None]
    attached = [one for one in videos if one.disposition & Disposition.attached_pic]
    watched = [one for one in videos if not one.disposition & Disposition.attached_pic]
    if not container.streams.video and not container.streams.audio:
        raise Undecodable(Problem(ProblemCode.DAMAGED, "neither moving pictures nor sound in it"))
    undecodable = len(container.streams.video) - len(videos)
    for stream in videos:
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > limits.pixels:
            raise Undecodable(Problem(ProblemCode.LIMIT_PIXELS, f"{width} x {height} pixels"))
    left_out = f"{MOST_WATCHED} of {len(watched)} video streams" if len(watched) > MOST_WATCHED else ""
    covers = tuple(attached[:MOST_COVERS])
    return Footage(container, tuple(watched[:MOST_WATCHED]), covers, left_out, undecodable)
