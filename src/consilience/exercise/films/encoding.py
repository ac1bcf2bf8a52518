"""Writing films and sound files with PyAV's encoders: one thread, fixed settings, so that bytes repeat.

Bytes are equal for equal versions of PyAV (whose wheel holds FFmpeg, x264, x265, libvpx, SVT-AV1, LAME and
libopus) on machines of one kind; encoders choose their routines by the processor.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import msgspec
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from consilience.exercise.films.sound import RATE, Sound
from consilience.exercise.render.scene import Picture


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is written.

    Attributes:
        container: FFmpeg's name of the format.
        ending: of the name, such as ``.mp4``.
        video: ``h264``, ``hevc``, ``vp9``, ``av1``, ``mpeg4``, or empty.
        width, height: pixels.
        quality: constant rate factor, or quantiser.
        rate: frames a second.
        group: frames from one key frame to the next, at most.
        audio: ``aac``, ``opus``, ``mp3``, ``flac``, ``pcm``, or empty.
        bits: a second of sound.
    """

    container: str = "mp4"
    ending: str = ".mp4"
    video: str = "h264"
    width: int = 426
    height: int = 240
    quality: int = 26
    rate: int = 25
    group: int = 250
    audio: str = "aac"
    bits: int = 64_000


_VIDEO: dict[str, tuple[str, Callable[[Form], dict[str, str]]]] = {
    # With AVX-512, x264's bytes differ from run to run (found with the build in PyAV 18.1).
    "h264": (
        "libx264",
        lambda form: {"preset": "veryfast", "crf": f"{form.quality}", "x264-params": "asm=AVX2"},
    ),
    "hevc": (
        "libx265",
        lambda form: {
            "preset": "ultrafast",
            "crf": f"{form.quality}",
            "x265-params": "pools=none:frame-threads=1:log-level=none",
        },
    ),
    "vp9": (
        "libvpx-vp9",
        lambda form: {"crf": f"{form.quality + 8}", "b": "0", "deadline": "realtime", "cpu-used": "8"},
    ),
    "av1": (
        "libsvtav1",
        lambda form: {"preset": "12", "crf": f"{form.quality + 10}", "svtav1-params": "lp=1"},
    ),
    "mpeg4": ("mpeg4", lambda form: {"qscale": f"{max(2, form.quality // 6)}", "flags": "+qscale"}),
}
os.environ.setdefault("SVT_LOG", "1")  # or SVT-AV1 prints a page a file
_AUDIO = {"aac": "aac", "opus": "libopus", "mp3": "libmp3lame", "flac": "flac", "pcm": "pcm_s16le"}


def encoded(form: Form, seconds: float, picture: Callable[[float], Picture], sound: Sound) -> bytes:
    """A whole file.

    Args:
        form: how it is written.
        seconds: that it plays.
        picture: what is seen at a second; any size, RGB.
        sound: of the whole, at `sound.RATE`; not used where the form has none.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form.container, options={"fflags": "+bitexact"}) as container:
        video = _video_stream(container, form) if form.video else None
        audio = _audio_stream(container, form) if form.audio else None
        for second in range(int(np.ceil(seconds))):
            if video is not None:
                for frame in _frames(form, seconds, second, picture):
                    container.mux(video.encode(frame))
            if audio is not None and len(piece := sound[second * RATE : (second + 1) * RATE]):
                samples = (piece.clip(-1, 1) * 32767).astype(np.int16)
                heard = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
                heard.sample_rate, heard.pts, heard.time_base = RATE, second * RATE, Fraction(1, RATE)
                container.mux(audio.encode(heard))
        for stream in (video, audio):
            if stream is not None:
                container.mux(stream.encode(None))
    return buffer.getvalue()


def decoded(file: bytes) -> Iterator[Picture]:
    """The frames of a film of ours, in order."""
    with av.open(io.BytesIO(file), "r") as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _video_stream(container: OutputContainer, form: Form) -> VideoStream:
    codec, options = _VIDEO[form.video]
    stream = container.add_stream(codec, rate=form.rate, options=options(form))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = form.width, form.height, "yuv420p"
    stream.codec_context.thread_count = 1
    stream.codec_context.gop_size = form.group
    return stream


def _audio_stream(container: OutputContainer, form: Form) -> AudioStream:
    stream = container.add_stream(_AUDIO[form.audio], rate=48_000 if form.audio == "opus" else RATE)
    assert isinstance(stream, AudioStream)
    stream.codec_context.layout = "mono"
    if form.audio not in ("flac", "pcm"):
        stream.bit_rate = form.bits
    return stream


def _frames(
    form: Form, seconds: float, second: int, picture: Callable[[float], Picture]
) -> Iterator[VideoFrame]:
    last = min(round(seconds * form.rate), (second + 1) * form.rate)
    for number in range(second * form.rate, last):
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture(number / form.rate)), format="rgb24")
        shown = frame.reformat(form.width, form.height, format="yuv420p", interpolation=Interpolation.BICUBIC)
        shown.pts, shown.time_base = number, Fraction(1, form.rate)
        yield shown
