"""The first look: exact on the coefficients that it keeps, near the exact codes on photographs."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdq_pictures import Picture, crops, shipped
from PIL import Image, ImageOps

from consilience.fingerprints import pdq_operator
from consilience.fingerprints.first_look import SMALLEST, first_look
from consilience.fingerprints.pdq import Pdq
from consilience.media.jpeg_coefficients import DECODER, ORDER, Coefficients
from consilience.settings import Limits

PDQ, LIMITS = Pdq(), Limits()
PHOTOGRAPHS = [
    path for path in shipped() if path.name in ("china.jpg", "coffee.png", "gravel.png", "rocket.jpg")
]


def jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def shown(file: bytes) -> Picture:
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB"))


def distances(file: bytes) -> Picture:
    """Bits between the first look and the exact codes, for each orientation."""
    look = first_look(file, LIMITS)
    assert look is not None
    return np.bitwise_count(look.codes.codes ^ PDQ.fingerprint(shown(file)).codes).sum(axis=1)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**20), st.integers(40, 200), st.integers(40, 200))
def test_coefficients_give_the_block_of_the_pixels_that_they_stand_for(
    seed: int, height: int, width: int
) -> None:
    rows, columns = -(-height // 8), -(-width // 8)
    planes = np.random.default_rng(seed).normal(0, 60, (len(ORDER), rows, columns)).astype(np.float32)
    pixel = (2 * np.arange(8) + 1) * np.pi / 16
    wave = [
        np.cos(frequency * pixel) * (np.sqrt(1 / 8) if frequency == 0 else 1 / 2) for frequency in range(8)
    ]
    pixels = sum(
        np.kron(plane, np.outer(wave[v], wave[h])) for plane, (v, h) in zip(planes, ORDER, strict=True)
    )[:height, :width]
    found = pdq_operator.blocks_of_coefficients(Coefficients(planes, height, width))
    matrices = []
    for length in (height, width):
        axis = pdq_operator.axis(length)
        matrix = np.zeros((2, 64, length))
        for i, (first, kind) in enumerate(zip(axis.first, axis.kind, strict=True)):
            matrix[:, i, first : first + axis.weights.shape[2]] = axis.weights[kind] / axis.scale
        matrices.append(matrix)
    expected = matrices[0][:, None] @ pixels @ matrices[1].transpose(0, 2, 1) + 128
    assert np.allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.name)
@pytest.mark.parametrize("form", ["4:2:0", "4:4:4", "progressive", "grey"])
def test_it_lies_near_the_exact_codes(path, form: str) -> None:
    whole = Image.open(path).convert("L" if form == "grey" else "RGB")
    options = {"progressive": {"progressive": True}, "grey": {}}.get(form, {"subsampling": form})
    for side in (90, 400, SMALLEST + 3, 1100, 1700):
        resized = whole.resize((side * 4 // 3, side), Image.Resampling.BICUBIC)
        assert distances(jpeg(resized, quality=85, **options)).max() <= 8, side


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["coefficients", "luma"])
def test_it_is_of_the_picture_as_displayed(orientation: int, options: dict[str, bool]) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    picture = Image.open(PHOTOGRAPHS[0]).convert("RGB").resize((1000, 700))
    assert distances(jpeg(picture, exif=tags.tobytes(), **options)).max() <= 6


def test_it_says_what_read_the_file() -> None:
    picture = Image.open(PHOTOGRAPHS[0]).convert("RGB").resize((1000, 700))
    plain, progressive = (first_look(jpeg(picture, progressive=p), LIMITS) for p in (False, True))
    assert plain is not None and plain.decoder == DECODER
    assert progressive is not None and "luma" in progressive.decoder


def test_what_only_a_full_decode_can_tell_is_left_to_it() -> None:
    picture = Image.open(PHOTOGRAPHS[0]).convert("RGB").resize((1000, 700))
    png = io.BytesIO()
    picture.save(png, "PNG")
    damaged = jpeg(picture)[:20_000]
    for data in (jpeg(picture.convert("CMYK")), png.getvalue(), damaged, b"", b"\xff\xd8\xff"):
        assert first_look(data, LIMITS) is None
    assert first_look(jpeg(picture), Limits(pixels=1000)) is None


def test_tiny_pictures_are_looked_at() -> None:
    for pixels in crops(np.asarray(Image.open(PHOTOGRAPHS[0]).convert("RGB")), seed=3, count=30):
        cut = np.ascontiguousarray(pixels[:70, :50])
        assert distances(jpeg(Image.fromarray(cut), quality=95)).shape == (8,)
