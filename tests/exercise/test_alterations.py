from __future__ import annotations

import io

import numpy as np
import pi_heif
import pytest
from PIL import ExifTags, Image, ImageOps

from consilience.exercise import hard_negatives
from consilience.exercise.alterations import GRID, Alteration, Source, alter, as_displayed, decode, turned
from consilience.exercise.cameras import Moment, camera, expose, write
from consilience.exercise.chance import chance
from consilience.exercise.heic import heic
from consilience.exercise.plan import BEGIN
from consilience.model.examination import Orientation

pi_heif.register_heif_opener()


@pytest.fixture(scope="module")
def source() -> Source:
    taker = camera(3, 1, scale=0.25)
    drawn = Image.fromarray(hard_negatives.make("map", chance(3, "map"))).resize((taker.width, taker.height))
    moment = Moment(BEGIN, -48.9, -123.4, True, 7)
    file = write(taker, expose(taker, np.asarray(drawn), 5), moment)
    other = hard_negatives.make("pattern", chance(3, "pattern"))
    return Source(decode(file), file, (other, other, other))


@pytest.mark.parametrize("alteration", GRID, ids=lambda one: one.label)
def test_every_alteration_gives_a_picture_that_opens(source: Source, alteration: Alteration) -> None:
    made = alter(source, alteration, chance(1, alteration.label))
    with Image.open(io.BytesIO(made.file)) as image:
        image.load()
        expected = {"JPEG2000": ".jp2", "TIFF": ".tif", "JPEG": ".jpg", "MPO": ".jpg", "HEIF": ".heic"}
        assert made.ending == expected.get(image.format or "", f".{(image.format or '').lower()}")
    assert alter(source, alteration, chance(1, alteration.label)) == made, "the same chance, the same bytes"


@pytest.mark.parametrize(
    "alteration",
    [one for one in GRID if one.name in ("orientation", "EXIF rotation")],
    ids=lambda one: one.label,
)
def test_orientations_are_what_they_say(source: Source, alteration: Alteration) -> None:
    made = alter(source, alteration, chance(2, alteration.label))
    wanted = turned(source.pixels, alteration.orientation)
    with Image.open(io.BytesIO(made.file)) as image:
        # Pillow's own reading of the EXIF mark is the judge.
        seen = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert seen.shape == wanted.shape
    assert np.abs(seen.astype(int) - wanted).mean() < 6


def test_turning_is_counter_clockwise_and_mirrors_before_it_turns() -> None:
    square = np.array([[[1] * 3, [2] * 3], [[3] * 3, [4] * 3]], np.uint8)
    plain = {one: turned(square, one)[:, :, 0].tolist() for one in Orientation}
    assert plain[Orientation.ROTATED_90] == [[2, 4], [1, 3]]
    assert plain[Orientation.FLIPPED_HORIZONTALLY] == [[2, 1], [4, 3]]
    assert plain[Orientation.TRANSPOSED] == [[1, 3], [2, 4]]
    assert plain[Orientation.ANTITRANSPOSED] == [[4, 2], [3, 1]]


@pytest.mark.parametrize("tag", range(1, 9))
def test_exif_orientation_is_read_as_pillow_reads_it(tag: int) -> None:
    stored = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    image = Image.fromarray(stored)
    image.getexif()[0x0112] = tag
    assert np.array_equal(as_displayed(stored, tag), np.asarray(ImageOps.exif_transpose(image)))


def test_a_crop_takes_what_it_says(source: Source) -> None:
    height, width = source.pixels.shape[:2]
    for one in GRID:
        if one.name == "crop":
            cut = decode(alter(source, one, chance(4)).file)
            share = 1 - cut.shape[0] * cut.shape[1] / (height * width)
            assert share == pytest.approx(float(one.parameters["percent"]) / 100, abs=0.01)


def test_same_pixels_stay_the_same(source: Source) -> None:
    for one in GRID:
        if one.name == "same pixels":
            made = alter(source, one, chance(5))
            assert made.file != source.file
            assert np.array_equal(decode(made.file), source.pixels)


def test_an_old_preview_shows_what_was_cut_away(source: Source) -> None:
    made = alter(source, next(one for one in GRID if one.name == "crop, old preview kept"), chance(6))
    with Image.open(io.BytesIO(made.file)) as image:
        thumbnail = image.getexif().get_ifd(ExifTags.IFD.IFD1)
        assert 0x0201 in thumbnail
        assert image.getexif()[0x0112] == 1


@pytest.mark.parametrize("size", [(64, 64), (33, 65), (500, 332), (1, 1), (2, 40)])
def test_heic_is_read_back_nearly_without_loss(size: tuple[int, int]) -> None:
    picture = Image.fromarray(hard_negatives.make("gradient", chance(7))).resize(
        size, Image.Resampling.BICUBIC
    )
    if min(size) < 2:
        with pytest.raises(ValueError, match="small"):
            heic(picture)
        return
    read = np.asarray(pi_heif.open_heif(io.BytesIO(heic(picture))).to_pillow().convert("RGB"))
    wanted = np.asarray(picture)[: read.shape[0], : read.shape[1]]
    assert read.shape[:2] == (size[1] // 2 * 2, size[0] // 2 * 2)
    apart = np.asarray(Image.fromarray(read).convert("L"), int) - np.asarray(
        Image.fromarray(wanted).convert("L"), int
    )
    assert np.abs(apart).mean() < 1.5, "colour is halved, light is not"
