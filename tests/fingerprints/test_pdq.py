"""PDQ against the reference: golden values, the peer where it is installed, the oracle, and turned pixels."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pdq_oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdq_pictures import Picture, crops, generated, shipped
from PIL import Image

from consilience.fingerprints import pdq_codes, pdq_operator, pdq_reference
from consilience.fingerprints.contract import EXACT, as_fingerprint
from consilience.fingerprints.pdq import SMALLEST, Pdq, by_reference
from consilience.model.examination import ORIENTATIONS, Orientation

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
    seen = dict(generated())
    assert seen.keys() == golden.keys()
    wrong = []
    for name, (quality, *codes) in golden.items():
        ours = PDQ.fingerprint(seen[name])
        right = (ours.quality, ours.codes[0].tobytes().hex()) == (quality, codes[0])
        if len(codes) > 1:  # the reference's dihedral codes
            right &= [row.tobytes().hex() for row in by_reference(seen[name]).codes] == codes
        if not right:
            wrong.append(name)
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


def require_the_peers_words(pixels: Picture, name: object) -> None:
    codes, quality = peer_says(pixels)
    ours = PDQ.fingerprint(pixels)
    assert ours.quality == quality, name
    assert (ours.codes[0] == codes[0]).all(), name
    assert (by_reference(pixels).codes[: len(codes)] == codes).all(), name


def test_the_peer_says_the_same_of_generated_pictures() -> None:
    for name, pixels in generated():
        require_the_peers_words(pixels, name)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.name)
def test_the_peer_says_the_same_of_photographs_and_cuts_of_them(path: Path) -> None:
    whole = opened(path)
    for pixels in (whole, *crops(whole, seed=1, count=12)):
        require_the_peers_words(pixels, pixels.shape)


pictures = st.builds(
    lambda seed, height, width, colour, depth: (
        np.random.default_rng(seed)
        .integers(0, depth, (height, width, 3) if colour else (height, width))
        .astype(np.uint8)
    ),
    st.integers(0, 2**32 - 1),
    st.integers(1, 300),
    st.integers(1, 300),
    st.booleans(),
    st.sampled_from((1, 2, 5, 256)),
)
hashable = pictures.filter(lambda pixels: min(pixels.shape[:2]) >= SMALLEST)


@settings(deadline=None, max_examples=100)
@given(pictures)
def test_codes_and_quality_are_the_oracles(pixels: Picture) -> None:
    ours = PDQ.fingerprint(pixels)
    assert (ours.codes[0].tobytes().hex(), ours.quality) == pdq_oracle.pdq(pixels)


@settings(deadline=None, max_examples=100)
@given(hashable)
def test_the_reference_that_holds_a_window_of_rows_gives_the_oracles_block(pixels: Picture) -> None:
    assert (pdq_reference.block(pixels) == pdq_oracle.block(pixels)).all()


@pytest.mark.parametrize("shape", [(6, 40_000), (40_000, 7, 3), (129, 33_000)])
def test_long_pictures_have_the_oracles_code(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(8).integers(0, 256, shape).astype(np.uint8)
    ours = PDQ.fingerprint(pixels)
    assert (ours.codes[0].tobytes().hex(), ours.quality) == pdq_oracle.pdq(pixels)


def test_pictures_longer_than_any_camera_makes_have_an_answer() -> None:
    line = np.zeros((5, 5_000_000), dtype=np.uint8)
    line[:, ::3] = 9
    assert PDQ.fingerprint(line).quality == 0


@settings(deadline=None, max_examples=60)
@given(hashable)
def test_the_operators_blocks_are_the_oracles_but_for_its_rounding(pixels: Picture) -> None:
    blocks = pdq_operator.blocks(pixels)
    for rows in (0, 1):
        for columns in (0, 1):
            steps = 1 - 2 * rows, 1 - 2 * columns
            expected = pdq_oracle.block(pixels[:: steps[0], :: steps[1]])[:: steps[0], :: steps[1]]
            assert np.abs(blocks[rows, columns] - expected).max() < 0.005


@pytest.mark.parametrize("length", [*range(5, 300), 512, 1000, 2049, 4000, 9999])
def test_an_axis_is_two_box_filters_and_a_decimation_as_it_lies_and_mirrored(length: int) -> None:
    axis = pdq_operator.axis(length)
    matrix = np.zeros((2, 64, length))
    for i, (first, kind) in enumerate(zip(axis.first, axis.kind, strict=True)):
        assert 0 <= first <= length - axis.weights.shape[2]
        matrix[:, i, first : first + axis.weights.shape[2]] = axis.weights[kind] / axis.scale
    assert np.allclose(matrix.sum(axis=2), 1)
    assert np.allclose(matrix[0], matrix[1, ::-1, ::-1])
    if length < 600:
        filtered = pdq_oracle.box_filtered(pdq_oracle.box_filtered(np.eye(length, dtype=np.float32)))
        assert np.allclose(matrix[0], filtered[pdq_reference.centres(length)], atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(hashable, st.sampled_from(ORIENTATIONS))
def test_turned_and_mirrored_views_are_read_where_they_lie(pixels: Picture, orientation: Orientation) -> None:
    view = TURNED[orientation](pixels)
    assert np.allclose(pdq_operator.blocks(view), pdq_operator.blocks(view.copy(order="C")), atol=1e-4)
    viewed, copied = PDQ.fingerprint(view), PDQ.fingerprint(view.copy(order="C"))
    assert (viewed.codes[0] == copied.codes[0]).all()
    assert viewed.quality == copied.quality


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.name)
def test_codes_of_the_orientations_are_those_of_turned_pixels(path: Path) -> None:
    whole = opened(path)
    for pixels in (whole, whole[:256, :256], whole[::2, ::2], whole[5:-2, 3:]):
        upright = PDQ.fingerprint(pixels)
        for row, orientation in enumerate(ORIENTATIONS):
            turned = PDQ.fingerprint(TURNED[orientation](pixels))
            assert distance(turned.codes[0], upright.codes[row]) <= 2, orientation


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


def test_the_median_is_that_of_the_references_bisection() -> None:
    rng = np.random.default_rng(5)
    for depth in (1, 2, 3, 8, 100, 10**6):
        values = rng.integers(-depth, depth + 1, (16, 16)).astype(np.float32)
        upright = np.unpackbits(pdq_codes.codes(values)[0])[::-1]
        assert (upright == (values > pdq_oracle.median(values.ravel())).ravel()).all()


CONFINED = """
import io
import sys
import numpy as np
from PIL import Image
from consilience.fingerprints.first_look import first_look, warm_up
from consilience.fingerprints.pdq import Pdq, by_reference
from consilience.settings import Limits

files = []
for options in ({}, {"progressive": True}):
    buffer = io.BytesIO()
    Image.new("RGB", (700, 650)).save(buffer, "JPEG", **options)
    files.append(buffer.getvalue())
pdq = Pdq()
pdq.warm_up()
warm_up()
opened = []
touching = ("open", "os.mkdir", "import")
sys.addaudithook(lambda event, args: opened.append(args[0]) if event in touching else None)
rng = np.random.default_rng(1)
for shape in ((300, 400), (300, 400, 3), (64, 64, 3), (3, 3)):
    pixels = rng.integers(0, 256, shape).astype(np.uint8)
    flat = np.full(shape, 7, dtype=np.uint8)
    flat.setflags(write=False)
    for picture in (pixels, pixels[::-1], np.rot90(pixels), flat, flat.swapaxes(0, 1)):
        pdq.fingerprint(picture)
        by_reference(picture)
for file in files:
    first_look(file, Limits())
sys.exit(str(opened) if opened else 0)
"""


def test_once_warm_it_opens_no_file() -> None:
    done = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
