"""Files that are no videos, or no longer: each ends as a typed problem, whatever its bytes claim."""

from __future__ import annotations

import io
import random
import struct
import time
from functools import lru_cache

import pytest

import films
from consilience.fingerprints import vpdq
from consilience.media.pictures.contract import Undecodable
from consilience.model.footage import Look
from consilience.model.problems import ProblemCode
from consilience.settings import Limits

LIMITS = Limits(pixels=4_000_000, frames=1000)


@lru_cache
def film(form: str = "mp4") -> bytes:
    return films.film(3.0, seed=1, width=128, height=72, gop=25, form=form)


def problem(data: bytes, media_type: str = "video/mp4", look: Look = Look.FULL) -> ProblemCode | None:
    try:
        found = vpdq.watch(io.BytesIO(data), media_type, look, LIMITS, lambda: None)
    except Undecodable as error:
        return error.problem.code
    return None if found.problem is None else found.problem.code


def patched(data: bytes, box: bytes, at: int, value: bytes) -> bytes:
    """The file with some bytes of a box, counted from its name, replaced."""
    begin = data.index(box) + at
    return data[:begin] + value + data[begin + len(value) :]


@pytest.mark.parametrize("look", [Look.FIRST, Look.FULL])
def test_a_film_that_is_whole_has_no_problem(look: Look) -> None:
    assert problem(film(), look=look) is None


@pytest.mark.parametrize("data", [b"", b"\0" * 1000, b"no film", b"\0\0\0\x18ftypisom" + bytes(50)])
def test_what_is_no_film_is_damaged(data: bytes) -> None:
    assert problem(data) is ProblemCode.DAMAGED


def test_an_index_that_is_cut_off() -> None:
    whole = film()
    # As cameras leave it when their power fails: the pictures are there, the index is not.
    assert problem(whole[: whole.index(b"moov")]) is ProblemCode.DAMAGED
    assert problem(whole[: whole.index(b"moov") + 200]) is ProblemCode.DAMAGED


def test_a_stream_that_ends_early_gives_what_is_there() -> None:
    whole = films.film(6.0, seed=1, width=128, height=72, gop=25, form="matroska")
    half = io.BytesIO(whole[: len(whole) // 2])
    found = vpdq.watch(half, "video/x-matroska", Look.FULL, LIMITS, lambda: None)
    assert found.problem is not None
    assert found.problem.code is ProblemCode.DAMAGED
    assert len(found.timed[0].codes()) >= 2


def test_a_stream_that_claims_more_pixels_than_may_be() -> None:
    huge = struct.pack(">HH", 65_535, 65_535)
    assert problem(patched(film(), b"avc1", 28, huge)) in (
        None,
        ProblemCode.DAMAGED,
        ProblemCode.LIMIT_PIXELS,
    )
    large = films.film(0.2, width=2600, height=1600)
    assert problem(large) in (ProblemCode.DAMAGED, ProblemCode.LIMIT_PIXELS)


def test_a_stream_that_claims_a_thousand_million_frames() -> None:
    claims = patched(film(), b"stts", 12, struct.pack(">I", 10**9))
    begun = time.monotonic()
    for look in (Look.FIRST, Look.FULL):
        problem(claims, look=look)
    sizes = patched(film(), b"stsz", 12, struct.pack(">I", 10**9))
    for look in (Look.FIRST, Look.FULL):
        problem(sizes, look=look)
    assert time.monotonic() - begun < 60


def test_no_frames_a_second() -> None:
    assert problem(patched(film(), b"mdhd", 16, bytes(4))) in (None, ProblemCode.DAMAGED)
    assert problem(patched(film("avi"), b"avih", 8, bytes(4)), "video/x-msvideo") in (
        None,
        ProblemCode.DAMAGED,
    )


@pytest.mark.parametrize("look", [Look.FIRST, Look.FULL])
def test_more_frames_than_may_be(look: Look) -> None:
    many = films.film(11.0, width=16, height=16, rate=100, gop=1000)
    assert problem(many, look=look) is ProblemCode.LIMIT_FRAMES


def test_more_work_than_may_be() -> None:
    hasty = Limits(footage_seconds=0.0)
    with pytest.raises(Undecodable) as refused:
        vpdq.watch(io.BytesIO(film()), "video/mp4", Look.FULL, hasty, lambda: None)
    assert refused.value.problem.code is ProblemCode.LIMIT_TIME


def test_a_file_without_moving_pictures_is_no_problem_of_theirs() -> None:
    import av
    import numpy as np

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = vpdq.watch(io.BytesIO(buffer.getvalue()), "video/mp4", Look.FULL, LIMITS, lambda: None)
    assert found.timed == ()
    assert found.problem is None


@pytest.mark.parametrize("form", ["mp4", "matroska", "avi", "mpegts", "flv"])
def test_changed_bytes_never_raise_anything_else(form: str) -> None:
    """What crashes the decoder outright is the sandbox's to bear; in this process none of these may."""
    media_type = {"mp4": "video/mp4", "matroska": "video/x-matroska", "avi": "video/x-msvideo"}
    chance = random.Random(form)
    whole = film(form)
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 5, 40))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        look = chance.choice((Look.FIRST, Look.FULL))
        problem(
            bytes(data),
            media_type.get(form, {"mpegts": "video/mp2t", "flv": "video/x-flv"}.get(form, "")),
            look,
        )
