"""vPDQ of videos: the bits of the frames, their true times, and what a pass adds to the one before."""

from __future__ import annotations

import io
import tempfile
from functools import lru_cache
from itertools import count
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import films
from consilience.fingerprints import vpdq
from consilience.fingerprints.pdq import Pdq
from consilience.model.footage import Look, TimedCodes
from consilience.settings import Limits

SMALL = {"width": 256, "height": 144}
PDQ = Pdq()


@lru_cache
def plain() -> bytes:
    return films.film(5.0, seed=1, gop=50, **SMALL)


def watched(data: bytes, media_type: str = "video/mp4", look: Look = Look.FULL) -> vpdq.Watched:
    return vpdq.watch(io.BytesIO(data), media_type, look, Limits(), lambda: None)


def codes(data: bytes, media_type: str = "video/mp4", look: Look = Look.FULL, suffix: str = "") -> TimedCodes:
    found = {one.part: one for one in watched(data, media_type, look).timed}
    return found[f"video:0{suffix}"].codes()


def decoded(data: bytes) -> list[tuple[float, np.ndarray]]:
    """Every frame in RGB, with its time: the slow way."""
    with av.open(io.BytesIO(data)) as container:
        return [(float(frame.time), frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def bits(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.unpackbits(one ^ other).sum())


def nearest_bits(one: TimedCodes, other: TimedCodes) -> list[int]:
    """For each moment of the one, the bits by which the other's nearest moment differs."""
    rows = np.abs(one.begins[:, None] - other.begins[None]).argmin(axis=1)
    return [bits(one.codes[row], other.codes[at]) for row, at in enumerate(rows)]


def test_each_code_is_that_of_the_frame_at_its_time() -> None:
    by_time = {round(time * 1e6): pixels for time, pixels in decoded(plain())}
    for look in Look:
        suffix = vpdq.AS_PACKAGED if look is Look.EXACT else ""
        found = codes(plain(), look=look, suffix=suffix)
        for begin, code, quality in zip(found.begins.tolist(), found.codes, found.qualities, strict=True):
            expected = PDQ.fingerprint(by_time[begin])
            # Small frames lose more by the way over RGB; see the next tests for the package's own.
            assert bits(code, expected.codes[0]) <= 10
            assert abs(int(quality) - expected.quality) <= 1


def test_a_full_pass_holds_the_first_look_and_a_frame_near_each_second() -> None:
    first, full = codes(plain(), look=Look.FIRST), codes(plain())
    held = {(begin, code.tobytes()) for begin, code in zip(full.begins.tolist(), full.codes, strict=True)}
    assert {
        (begin, code.tobytes()) for begin, code in zip(first.begins.tolist(), first.codes, strict=True)
    } <= held
    # Scenes change at the fourth second: x264 puts a key frame there, too.
    assert first.begins.tolist() == [0, 2_000_000, 4_000_000]
    for second in range(5):
        assert np.abs(full.begins - second * 1_000_000).min() <= 80_000


def test_frames_and_times_of_the_package() -> None:
    """The package's rule: each frame whose number is a multiple of the whole frames a second."""
    found = codes(plain(), look=Look.EXACT, suffix=vpdq.AS_PACKAGED)
    frames = decoded(plain())[::25]
    assert (found.begins / 1e6).tolist() == [number / 25 for number in range(0, 125, 25)]
    for (_, pixels), code in zip(frames, found.codes, strict=True):
        assert bits(code, PDQ.fingerprint(pixels).codes[0]) <= 4


@pytest.mark.parametrize("how", [{"rate": 25}, {"rate": 30, "gop": 12}, {"rate": 24, "codec": "mpeg4"}])
def test_the_package_itself(how: dict[str, Any]) -> None:
    peer = pytest.importorskip("vpdq", reason="the vpdq package needs FFmpeg's headers to be built")
    data = films.film(4.0, seed=2, **SMALL, **how)
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        theirs = peer.computeHash(file.name)
    mine = codes(data, look=Look.EXACT, suffix=vpdq.AS_PACKAGED)
    assert (mine.begins / 1e6).tolist() == pytest.approx([one.timestamp for one in theirs])
    for one, code, quality in zip(theirs, mine.codes, mine.qualities, strict=True):
        assert bits(code, np.frombuffer(bytes.fromhex(one.hex), np.uint8)) <= 4
        assert abs(int(quality) - one.quality) <= 1


@pytest.mark.parametrize(
    ("media_type", "how"),
    [
        ("video/mp4", {"codec": "libx265", "layout": "yuv420p10le"}),
        ("video/webm", {"form": "webm", "codec": "libvpx-vp9"}),
        ("video/mp4", {"codec": "libsvtav1"}),
        ("video/x-msvideo", {"form": "avi", "codec": "mpeg4"}),
        ("video/mp2t", {"form": "mpegts"}),
        ("video/mpeg", {"form": "mpeg", "codec": "mpeg2video", "options": {"b": "2M"}}),
        ("video/x-matroska", {"form": "matroska", "codec": "ffv1", "layout": "yuv444p"}),
        ("video/quicktime", {"form": "mov", "codec": "mjpeg", "layout": "yuvj420p"}),
        ("video/quicktime", {"form": "mov", "codec": "rawvideo", "layout": "rgb24"}),
        ("video/mp4", {"options": {"flags": "+ildct+ilme", "crf": "20"}}),
        ("video/mp4", {"gop": 1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_renditions_have_nearly_the_same_codes(media_type: str, how: dict[str, Any]) -> None:
    data = films.film(3.0, seed=1, **SMALL, **how)
    for look in (Look.FIRST, Look.FULL):
        found = codes(data, media_type, look)
        assert len(found) >= (1 if look is Look.FIRST else 4)
        assert np.median(nearest_bits(found, codes(plain(), look=Look.EVERY))) <= 20


def test_times_that_vary_are_kept() -> None:
    times = [0, 40, 80, 1500, 1540, 4000, 4040, 9000]
    shown = (films.shot(1, time / 1000, 256, 144) for time in times)
    found = codes(films.written(shown, times=iter(times), gop=1), look=Look.EVERY)
    assert (found.begins / 1000).round().astype(int).tolist() == times


def test_pixels_are_as_displayed() -> None:
    turned = (np.rot90(films.shot(1, number / 25, 256, 144), -1) for number in range(25))
    data = films.written(turned, rotation=90, gop=25)
    assert watched(data).width, watched(data).height == (256, 144)
    assert max(nearest_bits(codes(data), codes(plain(), look=Look.EVERY))) <= 20


def test_odd_sizes_and_frames_too_small_to_say_anything() -> None:
    found = watched(films.film(1.0, width=101, height=77, layout="yuv444p"))
    assert (found.width, found.height) == (101, 77)
    assert found.problem is None
    tiny = codes(films.film(1.0, width=16, height=16))
    assert len(tiny) >= 1


def test_bars_are_seen_and_left_out() -> None:
    def boxed(number: int) -> np.ndarray:
        whole = np.full((204, 256, 3), 16, np.uint8)
        whole[30:174] = films.shot(1, number / 25, 256, 144)
        return whole

    data = films.written(map(boxed, range(75)), gop=50)
    within = codes(data, suffix=vpdq.WITHIN_BARS)
    every = codes(plain(), look=Look.EVERY)
    assert np.median(nearest_bits(within, every)) <= 20
    assert np.median(nearest_bits(codes(data), every)) > 31
    assert not any(one.part.endswith(vpdq.WITHIN_BARS) for one in watched(plain()).timed)


def test_mirrored_codes_are_those_of_the_mirrored_video() -> None:
    data = films.written((films.shot(1, number / 25, 256, 144)[:, ::-1] for number in range(75)), gop=50)
    mirrored = codes(plain(), suffix=vpdq.MIRRORED)
    assert np.median(nearest_bits(codes(data), mirrored)) <= 24


def test_a_still_is_kept_as_one_run() -> None:
    still = films.shot(1, 1.0, 256, 144)
    found = codes(
        films.written((still for _ in range(100)), codec="ffv1", form="matroska"), "video/x-matroska"
    )
    assert len(found) == 1
    assert found.ends[0] >= 3_000_000


def remuxed(data: bytes, form: str, *, keys: bool = True, times: bool = True) -> bytes:
    """The packets of a film in another container, without its key frames, or without their times."""
    buffer = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(buffer, "w", format=form) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        number = count()
        for packet in source.demux(video=0):
            if packet.dts is None or (not keys and packet.is_keyframe):
                continue
            packet.stream = stream
            if not times:
                packet.pts = packet.dts = next(number)
            target.mux(packet)
    return buffer.getvalue()


def test_without_key_frames_the_rest_is_watched() -> None:
    data = remuxed(films.film(3.0, codec="mpeg4", form="avi", gop=100, **SMALL), "matroska", keys=False)
    found = watched(data, "video/x-matroska", Look.FIRST)
    assert found.timed == () or len(found.timed[0].codes()) >= 3


def test_broken_times_are_replaced_by_counted_ones() -> None:
    from fractions import Fraction

    from consilience.media.footage.clock import Clock

    clock = Clock(Fraction(1, 1000), None, Fraction(25))
    told = [1000, 1040, None, 10**15, 10**15 + 40, -(10**14), None]
    assert [clock.time(pts, packet) for packet, pts in enumerate(told, 1)] == [
        0, 40_000, 80_000, 120_000, 160_000, 200_000, 240_000,
    ]  # fmt: skip
    assert clock.broken == 4


@pytest.mark.parametrize("form", ["GIF", "WEBP", "AVIF", "PNG"])
def test_animated_pictures(form: str) -> None:
    shown = [Image.fromarray(films.shot(1, number / 5, 256, 144)) for number in range(15)]
    buffer = io.BytesIO()
    shown[0].save(buffer, form, save_all=True, append_images=shown[1:], duration=200)
    timed, problem = vpdq.watch_animation(buffer.getvalue(), f"image/{form.lower()}", Limits(), lambda: None)
    assert problem is None
    found = timed[0].codes()
    assert timed[0].duration == pytest.approx(3.0, abs=0.3)
    assert len(found) >= 3
    assert np.median(nearest_bits(found, codes(plain(), look=Look.EVERY))) <= 20


def test_facts_of_the_container() -> None:
    data = films.film(
        1.0,
        form="mov",
        metadata={
            "creation_time": "2024-05-17T09:30:00.000000Z",
            "comment": "harbour",
            "location": "+51.5007-000.1246+035.000/",
        },
        **SMALL,
    )
    found = {(one.kind, one.value) for one in watched(data, "video/quicktime").clues}
    assert ("comment", "harbour") in found
    assert ("codec", "video: h264, High") in found
    assert ("frame-rate", "25.000 /s") in found
    assert any(kind == "software" and "Lavf" in value for kind, value in found)
    assert any(kind == "time" and value.startswith("2024-05-17") for kind, value in found)
