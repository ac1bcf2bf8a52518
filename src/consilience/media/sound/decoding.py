"""Decoding the sound tracks of a file, by FFmpeg through PyAV.

Samples become 16 bits, channels their mean, and the rate Chromaprint's, each the way in which Chromaprint's
own tools do it, so that equal files give equal fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final, cast

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from msgspec import Struct

from consilience.media.footage.container import DECODER, opened
from consilience.media.pictures.contract import in_words
from consilience.media.sound.resampling import Resampler
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

Samples = npt.NDArray[np.int16]

RATE: Final = 11_025
"""Samples a second of what is given."""

MAX_TRACKS: Final = 8
"""Tracks of one file that are listened to."""

_SLOWEST, _FASTEST = 1_001, 768_000  # sample rates; Chromaprint takes none below
_AT_ONCE = 1 << 20  # values decoded before they are passed on


class Track(Struct, frozen=True):
    """What was heard of one sound track.

    Attributes:
        number: among the file's sound tracks, from 0.
        codec: FFmpeg's name.
        rate: samples a second as stored; `channels` likewise.
        start: seconds in the file's time at which the sound begins.
        seconds: of sound that was decoded.
        decoder: libraries and versions that made the samples.
        problem: what stopped or damaged the decode; what was heard before stands.
    """

    number: int
    codec: str
    rate: int
    channels: int
    start: float
    seconds: float
    decoder: str
    problem: Problem | None = None


def listen(
    file: BinaryIO,
    media_type: str,
    limits: Limits,
    hear: Callable[[int, Samples], None],
    alive: Callable[[], None],
) -> list[Track]:
    """Decode the sound of a file, from its beginning to its end or to the limit.

    Args:
        file: seekable; read from its beginning.
        media_type: as `consilience.media.sniff.sniff` tells it.
        limits: ``sound_seconds`` bounds each track.
        hear: told the samples as they come: track's number, int16 (n,) at `RATE`, one channel.
        alive: called as the work goes on.

    Returns:
        One record a track; none for a file without sound.

    Raises:
        Undecodable: it is no container that can be opened.
    """
    with opened(file, media_type, limits) as footage:
        tracks = [
            _Track(number, stream, limits, hear)
            for number, stream in enumerate(footage.container.streams.audio[:MAX_TRACKS])
        ]
        if tracks:
            _run(footage.container, tracks, alive)
        return [track.finish() for track in tracks]


def _run(container: av.container.InputContainer, tracks: list[_Track], alive: Callable[[], None]) -> None:
    by_stream = {track.stream.index: track for track in tracks}
    heard = 0
    try:
        for packet in container.demux([track.stream for track in tracks]):
            track = by_stream[packet.stream.index]
            track.take(cast("av.Packet[AudioStream]", packet))
            heard += 1
            if heard % 1000 == 0:
                alive()
            if all(one.is_over for one in tracks):
                break
    except av.error.FFmpegError as error:
        for track in tracks:
            track.fail(error)


class _Track:
    """One track while it is decoded."""

    def __init__(
        self, number: int, stream: AudioStream, limits: Limits, hear: Callable[[int, Samples], None]
    ) -> None:
        self.stream = stream
        self._number = number
        self._most = limits.sound_seconds
        self._hear = hear
        self._resampler: Resampler | None = None
        self._rate = 0
        self._channels = 0
        self._start: float | None = None
        self._seconds = 0.0
        self._waiting: list[Samples] = []
        self._size = 0
        self._problem: Problem | None = None
        self.is_over = False
        # Without a decoder for it, a stream has no context.
        context: AudioCodecContext | None = stream.codec_context
        self._codec = "" if context is None else context.name
        if context is None:
            self._problem = Problem(ProblemCode.UNSUPPORTED, f"sound track {number}: no decoder for it")
            self.is_over = True
        else:
            context.thread_count = 1

    def take(self, packet: av.Packet[AudioStream]) -> None:
        """Decode a packet; one that is damaged is passed over."""
        if self.is_over:
            return
        try:
            for frame in packet.decode():
                self._frame(frame)
        except (av.error.FFmpegError, ValueError) as error:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Note the first thing that went wrong."""
        if self._problem is None and not isinstance(error, EOFError):
            detail = f"sound at {self._seconds:.0f} s: {in_words(error)}"
            self._problem = Problem(ProblemCode.DAMAGED, detail)

    def finish(self) -> Track:
        """Pass on what waits; gives what was heard."""
        self._pass_on()
        return Track(
            number=self._number,
            codec=self._codec,
            rate=self._rate,
            channels=self._channels,
            start=self._start or 0.0,
            seconds=self._seconds,
            decoder=DECODER,
            problem=self._problem,
        )

    def _frame(self, frame: AudioFrame) -> None:
        rate, channels = frame.sample_rate, frame.layout.nb_channels
        if not _SLOWEST <= rate <= _FASTEST or channels < 1:
            self._problem = Problem(
                ProblemCode.UNSUPPORTED, f"{rate} samples a second in {channels} channels"
            )
            self.is_over = True
            return
        if rate != self._rate:
            self._pass_on()
            self._resampler = Resampler(rate, RATE)
            self._rate = rate
        self._channels = max(self._channels, channels)
        if self._start is None and frame.time is not None:
            self._start = float(frame.time)
        self._seconds += frame.samples / rate
        self._waiting.append(
            _mean(_sixteen_bits(frame.to_ndarray()), channels, planar=frame.format.is_planar)
        )
        self._size += frame.samples
        if self._size >= _AT_ONCE:
            self._pass_on()
        if self._seconds > self._most:
            self._problem = Problem(ProblemCode.LIMIT_TIME, f"more than {self._most:.0f} s of sound")
            self.is_over = True

    def _pass_on(self) -> None:
        if self._waiting and self._resampler is not None:
            self._hear(self._number, self._resampler.take(np.concatenate(self._waiting)))
        self._waiting, self._size = [], 0


def _sixteen_bits(values: npt.NDArray[np.generic]) -> Samples:
    """Samples of any of FFmpeg's formats in 16 bits, as its converter makes them."""
    match values.dtype.kind, values.dtype.itemsize:
        case "i", 2:
            return np.asarray(values, np.int16)
        case "i", size:
            return (values.astype(np.int64) >> (8 * size - 16)).astype(np.int16)
        case "u", _:
            return (values.astype(np.int16) - np.int16(128)) << np.int16(8)
        case _:
            wide = np.nan_to_num(values.astype(np.float64), posinf=1.0, neginf=-1.0)
            return np.asarray(np.rint(wide * 32768).clip(-32768, 32767), np.int16)


def _mean(samples: Samples, channels: int, *, planar: bool) -> Samples:
    """One channel: the mean of all, rounded towards zero."""
    if channels == 1:
        return samples.reshape(-1)
    by_channel = samples if planar else samples.reshape(-1, channels).T
    total = by_channel.sum(axis=0, dtype=np.int32)
    return np.asarray(np.sign(total) * (np.abs(total) // channels), np.int16)
