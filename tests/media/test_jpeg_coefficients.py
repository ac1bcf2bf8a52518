"""The coarsest coefficients: against a reader that goes bit by bit, against pixels, and against hostile bytes."""

from __future__ import annotations

import io

import jpeg_oracle
import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from consilience.media.jpeg_coefficients import ORDER, read_coefficients
from consilience.media.jpeg_luma import decode_luma, exif_orientation
from consilience.settings import Limits

LIMITS = Limits()


def jpeg(pixels: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def picture(seed: int, height: int, width: int, colour: bool = True, depth: int = 256) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, depth, (height // 5 + 1, width // 5 + 1, 3))
    fine = coarse.repeat(5, axis=0).repeat(5, axis=1)[:height, :width].astype(np.uint8)
    noise = np.random.default_rng(seed).integers(0, 40, fine.shape).astype(np.uint8)
    return (fine // 2 + noise) if colour else (fine // 2 + noise)[..., 0]


files = st.builds(
    lambda pixels, options: jpeg(pixels, **options),
    st.builds(
        picture,
        st.integers(0, 2**20),
        st.integers(1, 90),
        st.integers(1, 90),
        st.booleans(),
        st.sampled_from((1, 3, 256)),
    ),
    st.fixed_dictionaries(
        {"quality": st.integers(1, 100), "optimize": st.booleans()},
        optional={
            "subsampling": st.sampled_from(("4:4:4", "4:2:2", "4:2:0", "4:1:1")),
            "restart_marker_blocks": st.integers(1, 9),
        },
    ),
)


@settings(deadline=None, max_examples=80)
@given(files, st.integers(1, len(ORDER)))
def test_coefficients_are_those_read_bit_by_bit(file: bytes, kept: int) -> None:
    found = read_coefficients(file, LIMITS, kept)
    expected = jpeg_oracle.luma_coefficients(file)
    assert found is not None
    assert len(found.planes) == kept
    for plane, frequencies in zip(found.planes, ORDER, strict=False):
        for (row, column), value in np.ndenumerate(plane):
            assert value == expected[row, column].get(frequencies, 0)


@pytest.mark.parametrize("form", ["4:2:0", "4:2:2", "4:4:4", "grey"])
def test_constants_are_what_a_decode_to_an_eighth_shows(form: str) -> None:
    pixels = picture(1, 500, 700, colour=form != "grey")
    file = jpeg(pixels, quality=90, **({} if form == "grey" else {"subsampling": form}))
    found = read_coefficients(file, LIMITS)
    assert found is not None
    assert (found.height, found.width) == (500, 700)
    eighth = simplejpeg.decode_jpeg(file, "GRAY", min_height=63, min_width=88)[..., 0]
    assert np.abs((found.planes[0] / 8 + 128).clip(0, 255) - eighth).max() <= 0.5


def test_other_kinds_are_left_to_others() -> None:
    pixels = picture(2, 60, 80)
    assert read_coefficients(jpeg(pixels, progressive=True), LIMITS) is None
    cmyk = io.BytesIO()
    Image.fromarray(pixels).convert("CMYK").save(cmyk, "JPEG")
    assert read_coefficients(cmyk.getvalue(), LIMITS) is None
    assert decode_luma(cmyk.getvalue(), LIMITS) is None
    assert read_coefficients(jpeg(pixels, keep_rgb=True), LIMITS) is None
    for data in (b"", b"\xff\xd8", b"GIF89a" * 9, pixels.tobytes()):
        assert read_coefficients(data, LIMITS) is None
        assert decode_luma(data, LIMITS) is None


def edited(file: bytes, marker: int, offset: int, value: bytes) -> bytes:
    """The file with bytes of a segment's payload replaced."""
    at = file.index(bytes([0xFF, marker])) + 4 + offset
    return file[:at] + value + file[at + len(value) :]


@pytest.mark.parametrize(
    ("offset", "value"),
    [(1, b"\0\0"), (3, b"\0\0"), (5, b"\0"), (5, b"\2"), (5, b"\4"), (7, b"\0"), (7, b"\xff")],
)
def test_odd_frame_headers_are_left_to_others(offset: int, value: bytes) -> None:
    assert read_coefficients(edited(jpeg(picture(2, 60, 80)), 0xC0, offset, value), LIMITS) is None


def test_limits_of_pixels_hold() -> None:
    file = jpeg(picture(2, 60, 80))
    assert read_coefficients(file, Limits(pixels=4799)) is None
    assert decode_luma(file, Limits(pixels=4799)) is None
    assert read_coefficients(file, Limits(pixels=4800)) is not None


def test_a_file_cut_short_is_not_taken_for_a_whole_one() -> None:
    for options in ({}, {"restart_marker_blocks": 4}):
        file = jpeg(picture(3, 120, 160), quality=90, **options)
        for end in range(2, len(file) - 30, 97):
            assert read_coefficients(file[:end], LIMITS) is None
            assert read_coefficients(file[:end] + b"\xff\xd9", LIMITS) is None


places = st.one_of(st.integers(0, 700), st.integers(0, 10**6))


@settings(deadline=None, max_examples=300)
@given(files, st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_ends_in_an_answer(file: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(file)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    found = read_coefficients(bytes(damaged), Limits(pixels=10**6))
    assert found is None or np.isfinite(found.planes).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_that_of_the_exif_block(orientation: int) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    assert exif_orientation(jpeg(picture(4, 20, 30), exif=tags.tobytes())) == orientation
    assert exif_orientation(jpeg(picture(4, 20, 30))) == 1


def test_luma_is_what_the_file_holds() -> None:
    grey = picture(5, 70, 90, colour=False)
    file = jpeg(grey, quality=100)
    luma = decode_luma(file, LIMITS)
    assert luma is not None
    assert (luma == np.asarray(Image.open(io.BytesIO(file)))).all()
    colour = decode_luma(jpeg(np.stack([grey] * 3, axis=2), quality=100, progressive=True), LIMITS)
    assert colour is not None
    assert np.abs(colour.astype(int) - grey).max() <= 2
