"""Loading everything that decoding sound needs, before the sandbox closes."""

from __future__ import annotations

import contextlib
import io

import av
import numpy as np
from av.audio.stream import AudioStream

from consilience.media.pictures.contract import Undecodable
from consilience.media.sound.decoding import listen
from consilience.settings import Limits

_SAMPLES = (
    ("wav", "pcm_s16le", "audio/wav"),
    ("mp3", "libmp3lame", "audio/mpeg"),
    ("mp4", "aac", "video/mp4"),
    ("ogg", "libopus", "audio/opus"),
    ("flac", "flac", "audio/flac"),
)


def warm_up() -> None:
    """Decode a sound of each usual kind, so that libraries and kernels are loaded and initialised."""
    for form, codec, media_type in _SAMPLES:
        with contextlib.suppress(Undecodable):
            _listen(_noise(form, codec), media_type)
    with contextlib.suppress(Undecodable):
        _listen(b"", "audio/wav")


def _listen(data: bytes, media_type: str) -> None:
    listen(io.BytesIO(data), media_type, Limits(), lambda _number, _samples: None, lambda: None)


def _noise(form: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as container:
        stream = container.add_stream(codec, rate=48_000)
        assert isinstance(stream, AudioStream)
        values = np.random.Generator(np.random.PCG64(0)).integers(-3000, 3000, (1, 24_000))
        frame = av.AudioFrame.from_ndarray(values.astype(np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()
