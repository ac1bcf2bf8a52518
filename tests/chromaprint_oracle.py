"""Chromaprint as the FFmpeg binary in imageio-ffmpeg's wheel computes it (its muxer ``chromaprint``)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from consilience.fingerprints.chromaprint import Words

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def of_samples(samples: np.ndarray, rate: int = 11_025) -> Words:
    """Of int16 samples, (n,) or (n, channels)."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    source = ["-f", "s16le", "-ar", str(rate), "-ac", str(channels), "-i", "-"]
    return _run(source, samples.astype("<i2").tobytes())


def of_file(path: Path) -> Words:
    return _run(["-i", str(path)], b"")


def _run(source: list[str], data: bytes) -> Words:
    command = [FFMPEG, "-v", "error", *source, "-f", "chromaprint", "-fp_format", "raw", "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<u4").astype(np.uint32)


def share_of_equal_bits(left: Words, right: Words) -> float:
    assert len(left) == len(right)
    return 1 - np.bitwise_count(left ^ right).sum() / (32 * len(left))
