"""PDQ against the reference: golden values, the peer where it is installed, the oracle, and turned pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdq_pictures import Picture, crops, generated, shipped
from PIL import Image

from consilience.fingerprints import pdq_codes, pdq_operator, pdq_reference
from consilience.fingerprints.contract import EXACT, as_fingerprint
from consilience.fingerprints.pdq import Pdq, by_reference
from consilience.model.examination import Orientation

GOLDEN = Path(__file__).parents[1] / "golden/pdq/1/generated.json"
PDQ = Pdq()

TURNED = {
    Orientation.UPRIGHT: lambda p: p,
    Orientation.ROTATED_90: lambda p: np.rot90(p, 1),
    Orientation.ROTATED_180: lambda p: np.rot90(p, 2),
    Orientation.ROTATED_270: lambda p: np.rot90(p, 3),
    Orientation.FLIPPED_VERTICALLY: lambda p: p[::-1],
    Orientation.FLIPPED_HORIZONTALLY: lambda p: p[:, ::-1],
    Orientation.TRANSPOSED: lambda p: p.swapaxes(0, 1),
    Orientation.ANTITRANSPOSED: lambda p: np.rot90(p, 2).swapaxes(0, 1),
}


def opened(path: Path) -> Picture:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L" if picture.mode in ("1", "L") else "RGB"))


def distance(a: Picture, b: Picture) -> int:
    return int(np.bitwise_count(a ^ b).sum())


def test_generated_pictures_have_the_golden_codes_and_qualities() -> None:
    golden = json.loads(GOLDEN.read_text())["pictures"]
    seen = {name: PDQ.fingerprint(pixels) for name, pixels in generated()}
    assert seen.keys() == golden.keys()
    wrong = [
        name
        for name, (quality, *codes) in golden.items()
        if seen[name].quality != quality
        or [row.tobytes().hex() for row in seen[name].codes[: len(codes)]] != codes
    ]
    assert wrong == []


def peer_says(pixels: Picture) -> tuple[Picture, int]:
    """Codes and quality by pdqhash, which takes grey as RGB."""
    pdqhash = pytest.importorskip("pdqhash")
    rgb = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=2)
    upright, quality = pdqhash.compute(np.ascontiguousarray(rgb))
    turned, _ = pdqhash.compute_dihedral(np.ascontiguousarray(rgb))
    if rgb.shape[:2] == (64, 64):  # compute takes these as they are; compute_dihedral filters them first
        turned = [upright]
    assert (turned[0] == upright).all()
    return np.packbits(np.array(turned, dtype=np.uint8), axis=1), quality


def test_the_peer_says_the_same_of_generated_pictures() -> None:
    for name, pixels in generated():
        ours, (codes, quality) = PDQ.fingerprint(pixels), peer_says(pixels)
        assert ours.quality == quality, name
        assert (ours.codes[: len(codes)] == codes).all(), name


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.name)
def test_the_peer_says_the_same_of_photographs_and_cuts_of_them(path: Path) -> None:
    whole = opened(path)
    for pixels in (whole, *crops(whole, seed=1, count=12)):
        ours, (codes, quality) = PDQ.fingerprint(pixels), peer_says(pixels)
        assert ours.quality == quality, pixels.shape
        assert (ours.codes[: len(codes)] == codes).all(), pixels.shape


pictures = st.builds(
    lambda seed, height, width, colour, depth: (
        np.random.default_rng(seed)
        .integers(0, depth, (height, width, 3) if colour else (height, width))
        .astype(np.uint8)
    ),
    st.integers(0, 2**32 - 1),
    st.integers(5, 300),
    st.integers(5, 300),
    st.booleans(),
    st.sampled_from((1, 2, 5, 256)),
)


@settings(deadline=None, max_examples=60)
@given(pictures)
def test_the_operator_gives_the_oracles_codes(pixels: Picture) -> None:
    fast, slow = PDQ.fingerprint(pixels), by_reference(pixels)
    assert fast.quality == slow.quality
    assert (fast.codes == slow.codes).all()


@settings(deadline=None, max_examples=60)
@given(pictures)
def test_the_operators_block_lies_within_the_references_rounding(pixels: Picture) -> None:
    assert np.abs(pdq_operator.block(pixels) - pdq_reference.block(pixels)).max() < 0.01


@pytest.mark.parametrize("length", [*range(5, 300), 512, 1000, 2049, 4000, 9999])
def test_an_axis_is_two_box_filters_and_a_decimation(length: int) -> None:
    unit = np.eye(length, dtype=np.float32)
    filtered = pdq_reference.box_filtered(pdq_reference.box_filtered(unit)) if length < 600 else None
    axis = pdq_operator.axis(length)
    matrix = np.zeros((64, length))
    for i, first in enumerate(axis.first):
        weights = axis.tent if i < 63 else axis.last
        assert first >= 0 and first + len(weights) <= length
        matrix[i, first : first + len(weights)] = weights / axis.scale
    assert np.allclose(matrix.sum(axis=1), 1)
    if filtered is not None:
        assert np.allclose(matrix, filtered[pdq_reference.centres(length)], atol=1e-6)


@pytest.mark.parametrize("shape", [(5, 5), (64, 64), (200, 90), (90, 200, 3), (3, 4, 3)])
def test_strides_do_not_matter(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    wide = np.zeros((shape[0], 2 * shape[1], *shape[2:]), dtype=np.uint8)
    wide[:, ::2] = pixels
    for view in (wide[:, ::2], np.asfortranarray(pixels), pixels[::-1, ::-1][::-1, ::-1]):
        assert (PDQ.fingerprint(view).codes == PDQ.fingerprint(pixels).codes).all()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((9, 9), dtype=np.float32),
        np.zeros((9, 9, 4), dtype=np.uint8),
        np.zeros(81, dtype=np.uint8),
        np.zeros((0, 9), dtype=np.uint8),
        np.zeros((9, 0, 3), dtype=np.uint8),
    ],
)
def test_what_is_not_a_picture_is_refused(pixels: Picture) -> None:
    with pytest.raises(ValueError, match="a picture"):
        PDQ.fingerprint(pixels)


def test_the_record_that_is_stored() -> None:
    result = PDQ.fingerprint(np.random.default_rng(1).integers(0, 256, (80, 80)).astype(np.uint8))
    record = as_fingerprint(PDQ, result, part="picture", decode_path=EXACT, decoder="pillow 1")
    assert (record.algorithm, record.version, record.decode_path) == ("pdq", "1", "exact")
    assert (len(record.code), len(record.turned), record.quality) == (32, 224, result.quality)
    assert record.code + record.turned == result.codes.tobytes()


def test_median_is_that_of_the_references_bisection() -> None:
    tied = np.repeat(np.arange(8, dtype=np.float32), 32).reshape(16, 16)
    above = np.unpackbits(pdq_codes.codes(tied)[0]).sum()
    assert above == 128  # 3 is the 128th of 256 values; the 128 above it are 4 to 7
