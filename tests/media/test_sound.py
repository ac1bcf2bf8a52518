"""Decoding sound: every usual form gives the reference's bits; hostile bytes end as a problem."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest

from chromaprint_oracle import FFMPEG, of_file, of_samples, share_of_equal_bits
from consilience.fingerprints.chromaprint import Listener, fingerprint
from consilience.media.pictures.contract import Undecodable
from consilience.media.sniff import sniff
from consilience.media.sound import RATE, Track, listen
from consilience.media.sound.resampling import Resampler
from consilience.model.problems import ProblemCode
from consilience.settings import Limits

FORMS = {
    "wav": [],
    "u8.wav": ["-c:a", "pcm_u8"],
    "f32.wav": ["-c:a", "pcm_f32le"],
    "s24.wav": ["-c:a", "pcm_s24le"],
    "mp3": [],
    "m4a": ["-c:a", "aac"],
    "opus.ogg": ["-c:a", "libopus"],
    "flac": [],
    "mkv": ["-c:a", "libvorbis"],
}


def stereo(seconds: int, rate: int = 44_100) -> np.ndarray:
    random = np.random.default_rng(7)
    time = np.arange(seconds * rate) / rate
    sound = random.normal(0, 300, time.size)
    for _ in range(6):
        beat = np.sin(2 * np.pi * time * random.uniform(0.1, 3)) > 0
        sound += 2500 * beat * np.sin(2 * np.pi * time * random.uniform(60, 3000))
    both = np.stack([sound, 0.5 * sound + random.normal(0, 800, time.size)], axis=1)
    return both.clip(-32768, 32767).astype(np.int16)


def encoded(path: Path, sound: np.ndarray, options: list[str], rate: int = 44_100) -> Path:
    source = ["-f", "s16le", "-ar", str(rate), "-ac", str(sound.shape[1]), "-i", "-"]
    subprocess.run(
        [FFMPEG, "-v", "error", "-y", *source, *options, str(path)], input=sound.tobytes(), check=True
    )
    return path


def heard(data: bytes, limits: Limits | None = None) -> tuple[list[Track], dict[int, Listener]]:
    listeners: dict[int, Listener] = {}
    tracks = listen(
        io.BytesIO(data),
        sniff(data, len(data)).media_type,
        limits or Limits(),
        lambda number, samples: listeners.setdefault(number, Listener()).hear(samples),
        lambda: None,
    )
    return tracks, listeners


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_the_words_of_the_reference(form: str, tmp_path: Path) -> None:
    path = encoded(tmp_path / f"sound.{form}", stereo(12), FORMS[form])
    tracks, listeners = heard(path.read_bytes())
    assert [track.problem for track in tracks] == [None]
    assert tracks[0].seconds == pytest.approx(12, abs=0.1)
    assert share_of_equal_bits(listeners[0].words(), of_file(path)) >= 0.99


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 32000, 44100, 48000, 96000])
def test_resampled_sound_has_the_words_of_the_reference(rate: int) -> None:
    sound = stereo(12, rate)[:, 0].copy()
    resampler = Resampler(rate, RATE)
    pieces = [resampler.take(sound[at : at + 7777]) for at in range(0, len(sound), 7777)]
    assert np.array_equal(np.concatenate(pieces), Resampler(rate, RATE).take(sound))
    words, reference = fingerprint(np.concatenate(pieces)), of_samples(sound, rate)
    # The reference leaves the end of what it has to stretch.
    assert len(words) - 4 <= len(reference) <= len(words)
    assert share_of_equal_bits(words[: len(reference)], reference) >= 0.99


def test_each_track_is_heard_by_itself(tmp_path: Path) -> None:
    first, second = (
        encoded(tmp_path / "a.wav", stereo(6), []),
        encoded(tmp_path / "b.wav", stereo(9)[::-1], []),
    )
    both = tmp_path / "both.mkv"
    maps = ["-i", str(first), "-i", str(second), "-map", "0", "-map", "1", "-c", "copy"]
    subprocess.run([FFMPEG, "-v", "error", *maps, str(both)], check=True)
    tracks, listeners = heard(both.read_bytes())
    assert [round(track.seconds) for track in tracks] == [6, 9]
    for number, path in enumerate((first, second)):
        assert np.array_equal(listeners[number].words(), heard(path.read_bytes())[1][0].words())


def test_sound_stops_at_the_limit(tmp_path: Path) -> None:
    path = encoded(tmp_path / "long.flac", np.zeros((44_100 * 30, 1), np.int16), [])
    tracks, _ = heard(path.read_bytes(), Limits(sound_seconds=10))
    assert tracks[0].problem is not None and tracks[0].problem.code is ProblemCode.LIMIT_TIME
    assert 10 <= tracks[0].seconds < 11


def test_no_bytes_make_it_fail_otherwise(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    seen = set()
    for form in ("wav", "mp3", "m4a", "opus.ogg", "flac"):
        data = encoded(tmp_path / f"sound.{form}", stereo(3), FORMS[form]).read_bytes()
        for share in (0, 0.01, 0.3, 0.9):
            torn = bytearray(data[: int(len(data) * share)])
            for _ in range(20):
                if torn:
                    torn[int(random.integers(len(torn)))] = int(random.integers(256))
            try:
                tracks, _ = heard(bytes(torn))
                seen |= {track.problem.code for track in tracks if track.problem}
            except Undecodable as error:
                seen.add(error.problem.code)
    assert ProblemCode.DAMAGED in seen
