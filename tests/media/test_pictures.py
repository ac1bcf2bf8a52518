"""Decoders: the pixels that Pillow would give, as displayed; damage, limits, only typed failures."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import textwrap
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_samples import (
    GOLDEN_HEIC,
    Array,
    dng,
    encoded,
    exif_block,
    exif_with_thumbnail,
    heic_pattern,
    image,
    pattern,
    psd,
    variants,
)
from PIL import Image, ImageOps, PngImagePlugin

from consilience.media.pictures import Picture, Undecodable, decode, is_decodable
from consilience.media.pictures.turning import orient
from consilience.media.structure.exif import MAX_PAGES
from consilience.media.structure.gif import MAX_FRAMES
from consilience.model.problems import ProblemCode
from consilience.settings import Limits

LIMITS = Limits()
SAMPLES = {name: (data, media_type) for name, data, media_type in variants()}
BY_PILLOW = [
    name
    for name, (_, media_type) in SAMPLES.items()
    if media_type not in ("image/heic", "image/x-adobe-dng")
    and name not in ("psd-16-bit", "tiff-I;16", "png-I;16")
    and name not in ("tiff-I", "tiff-F")
]


def failure(data: bytes, media_type: str, limits: Limits = LIMITS) -> ProblemCode:
    with pytest.raises(Undecodable) as caught:
        decode(data, media_type, limits)
    assert caught.value.problem.detail.isprintable()
    return caught.value.problem.code


@pytest.mark.parametrize("name", SAMPLES)
def test_every_variant_is_decoded(name: str) -> None:
    data, media_type = SAMPLES[name]
    picture = decode(data, media_type, LIMITS)
    pixels = picture.pixels
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    assert pixels.ndim == 2 or pixels.shape[2] == 3
    assert picture.damage is None
    assert picture.decoder.split()[0] in ("simplejpeg", "Pillow", "pi-heif", "rawpy")
    if picture.decode_path == "exact":
        assert (picture.width, picture.height) == (pixels.shape[1], pixels.shape[0])
    assert int(pixels.max()) - int(pixels.min()) > 100
    assert not [clue for clue in picture.clues if clue.kind == "unreadable-metadata"]


@pytest.mark.parametrize("name", BY_PILLOW)
def test_pixels_are_those_of_pillow_as_displayed(name: str) -> None:
    data, media_type = SAMPLES[name]
    picture = decode(data, media_type, LIMITS)
    with Image.open(io.BytesIO(data)) as peer:
        displayed = peer if peer.format == "TIFF" else ImageOps.exif_transpose(peer)
        expected = np.asarray(displayed.convert("L" if picture.pixels.ndim == 2 else "RGB"))
    np.testing.assert_array_equal(picture.pixels, expected)


def test_the_decode_path_says_what_is_not_exact() -> None:
    paths = {name: decode(*SAMPLES[name], LIMITS).decode_path for name in SAMPLES}
    assert {name: path for name, path in paths.items() if path != "exact"} == {
        "tiff-I": "rescaled",
        "tiff-F": "rescaled",
        "psd-16-bit": "psd-thumbnail",
        "dng": "raw-half",
        "dng-turned": "raw-half",
    }


@settings(deadline=None, max_examples=60)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    quality=st.integers(1, 100),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0", "4:1:1"]),
    progressive=st.booleans(),
    mode=st.sampled_from(["RGB", "L"]),
)
def test_libjpeg_turbo_and_pillow_agree_bit_for_bit(
    height: int, width: int, quality: int, subsampling: str, progressive: bool, mode: str
) -> None:
    options = {} if mode == "L" else {"subsampling": subsampling}
    source = image(mode, height, width)
    data = encoded(source, "JPEG", quality=quality, progressive=progressive, **options)
    picture = decode(data, "image/jpeg", LIMITS)
    assert picture.decoder.startswith("simplejpeg")
    np.testing.assert_array_equal(picture.pixels, np.asarray(Image.open(io.BytesIO(data))))


def test_cmyk_is_inverted_as_its_writers_mean_it() -> None:
    white = encoded(Image.new("CMYK", (32, 32), (0, 0, 0, 0)), "JPEG")
    assert decode(white, "image/jpeg", LIMITS).pixels.min() > 250


def test_sixteen_bits_keep_their_upper_eight() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for form, media_type in (("PNG", "image/png"), ("TIFF", "image/tiff")):
        pixels = decode(encoded(Image.fromarray(values), form), media_type, LIMITS).pixels
        np.testing.assert_array_equal(pixels, values >> 8)


def test_floats_between_nought_and_one_are_taken_for_that() -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    pixels = decode(encoded(Image.fromarray(values), "TIFF"), "image/tiff", LIMITS).pixels
    np.testing.assert_array_equal(pixels.ravel(), np.arange(256))


def test_floats_that_are_no_numbers_are_black() -> None:
    values = np.full((8, 8), np.nan, np.float32)
    values[0, 0], values[0, 1] = 1.0, np.inf
    pixels = decode(encoded(Image.fromarray(values), "TIFF"), "image/tiff", LIMITS).pixels
    assert pixels[0, 0] == 255 and pixels[1:].max() == 0


def test_alpha_is_dropped_not_blended() -> None:
    source = image("RGBA")
    source.putalpha(0)
    pixels = decode(encoded(source, "PNG"), "image/png", LIMITS).pixels
    np.testing.assert_array_equal(pixels, np.asarray(source)[..., :3])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("form", "media_type"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("TIFF", "image/tiff")]
)
def test_exif_orientations(form: str, media_type: str, orientation: int) -> None:
    source = Image.fromarray(pattern(20, 30))
    options: dict[str, object] = {"exif": exif_block(orientation)}
    if form == "TIFF":
        options = {"tiffinfo": {0x0112: orientation}}
    elif form == "WEBP":
        options["lossless"] = True
    picture = decode(encoded(source, form, **options), media_type, LIMITS)
    exif = source.getexif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(picture.pixels, np.asarray(ImageOps.exif_transpose(source)))
    np.testing.assert_array_equal(picture.pixels, orient(np.asarray(source), orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_by_its_properties_and_not_again_by_exif(orientation: int) -> None:
    data = (GOLDEN_HEIC / f"turned-{orientation}.heic").read_bytes()
    picture = decode(data, "image/heic", LIMITS)
    expected = orient(heic_pattern(), orientation)
    assert picture.pixels.shape == expected.shape
    assert np.abs(picture.pixels.astype(int) - expected).mean() < 12
    assert ("orientation", str(orientation)) in {(clue.kind, clue.value) for clue in picture.clues}


def test_avif_is_turned() -> None:
    upright = decode(SAMPLES["avif"][0], "image/avif", LIMITS).pixels
    turned = decode(SAMPLES["avif-turned"][0], "image/avif", LIMITS).pixels
    assert np.abs(turned.astype(int) - orient(upright, 6)).mean() < 2


def test_raw_is_developed_at_half_size_and_turned() -> None:
    upright = decode(dng(), "image/x-adobe-dng", LIMITS)
    assert (upright.width, upright.height) == (192, 128)
    assert upright.pixels.shape == (64, 96, 3)
    turned = decode(dng(orientation=6), "image/x-adobe-dng", LIMITS)
    assert (turned.width, turned.height) == (128, 192)
    assert np.abs(turned.pixels.astype(int) - orient(upright.pixels, 6)).mean() < 3


def test_frames_are_counted() -> None:
    names = ("apng", "gif-animated", "webp-animated", "avif-animated", "tiff-pages", "mpo", "two")
    assert [decode(*SAMPLES[name], LIMITS).frames for name in names] == [2] * 7
    assert [decode(*SAMPLES[name], LIMITS).frames for name in ("gif", "png-RGB", "webp-lossy", "tiff-L")] == [
        1
    ] * 4


def test_counting_frames_is_bounded() -> None:
    one = encoded(image("P", 8, 8), "GIF")
    start = one.index(b"\x2c")
    many = one[:start] + one[start:-1] * 3 + b";"
    assert decode(many, "image/gif", LIMITS).frames == 3
    assert MAX_FRAMES < 10**6 and MAX_PAGES < 10**6


def test_a_thumbnail_is_turned_with_its_picture() -> None:
    small = pattern(24, 32)
    thumbnail = encoded(Image.fromarray(small), "JPEG", quality=95)
    picture = decode(encoded(image(), "JPEG", exif=exif_with_thumbnail(6, thumbnail)), "image/jpeg", LIMITS)
    (preview,) = picture.previews
    assert preview.index == 0 and preview.source == "exif:thumbnail"
    assert preview.pixels.shape == (32, 24, 3)
    assert np.abs(preview.pixels.astype(int) - orient(small, 6)).mean() < 12
    clue = next(clue for clue in picture.clues if clue.kind == "preview")
    assert clue.value.startswith("32x24 sha256:")


def test_a_psd_that_cannot_be_composed_gives_its_thumbnail() -> None:
    small = encoded(Image.fromarray(pattern(24, 32)), "JPEG")
    picture = decode(psd(depth=16, thumbnail=small), "image/vnd.adobe.photoshop", LIMITS)
    assert picture.decode_path == "psd-thumbnail"
    assert (picture.width, picture.height, picture.pixels.shape) == (80, 60, (24, 32, 3))
    assert failure(psd(depth=16), "image/vnd.adobe.photoshop") is ProblemCode.UNSUPPORTED


def test_the_largest_picture_of_an_icon() -> None:
    assert decode(*SAMPLES["ico"], LIMITS).pixels.shape == (64, 64, 3)


# Damage


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_at_every_tenth(name: str) -> None:
    data, media_type = SAMPLES[name]
    for tenth in range(10):
        try:
            picture = decode(data[: len(data) * tenth // 10], media_type, LIMITS)
        except Undecodable as error:
            assert error.problem.code in (ProblemCode.DAMAGED, ProblemCode.UNSUPPORTED)
        else:
            assert_well_formed(picture)


CUT_SHORT = (
    "jpeg-90-0 jpeg-80-1 jpeg-grey jpeg-cmyk png-RGB png-P gif bmp-RGB tiff-RGB psd "
    "webp-lossy webp-lossless avif turned-1"
)


@pytest.mark.parametrize("name", CUT_SHORT.split())
def test_a_picture_cut_short_still_gives_what_is_there(name: str) -> None:
    data, media_type = SAMPLES[name]
    whole = decode(data, media_type, LIMITS).pixels.astype(int)
    picture = decode(data[: len(data) * 8 // 10], media_type, LIMITS)
    assert picture.damage is not None
    assert picture.damage.code is ProblemCode.DAMAGED
    assert picture.pixels.shape == whole.shape
    same = (np.abs(picture.pixels - whole).reshape(len(whole), -1).max(axis=1) <= 2).mean()
    # Progressive JPEG, interlaced GIF and the planes of PSD have all rows, less finely or in one colour.
    assert same > 0.4 or name in ("jpeg-80-1", "gif", "psd")


def test_the_rows_that_were_read_are_named() -> None:
    data, media_type = SAMPLES["png-RGB"]
    damage = decode(data[: len(data) // 2], media_type, LIMITS).damage
    assert damage is not None and "about 48 of 96 rows" in damage.detail


def test_a_damaged_picture_of_which_nothing_was_read_is_none() -> None:
    data, media_type = SAMPLES["jpeg-90-0"]
    scan = data.index(b"\xff\xda")
    assert failure(data[: scan + 12], media_type) is ProblemCode.DAMAGED


def test_bytes_after_or_between_segments_are_no_damage() -> None:
    data, media_type = SAMPLES["jpeg-90-0"]
    tables = data.index(b"\xff\xdb")
    for changed in (
        data + b"trailing",
        data[:tables] + b"\0\1\2" + data[tables:],
        data[:-2] + bytes(5) + data[-2:],
    ):
        assert decode(changed, media_type, LIMITS).damage is None


def test_a_text_that_is_too_long_does_not_cost_the_picture() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 30_000_000, zip=True)
    picture = decode(encoded(image(), "PNG", pnginfo=info), "image/png", LIMITS)
    assert picture.damage is None
    comment = next(clue.value for clue in picture.clues if clue.kind == "comment")
    assert len(comment) < 1100 and "cut from" in comment


def test_broken_exif_does_not_cost_the_picture() -> None:
    broken = b"Exif\0\0II*\0\xff\xff\xff\x7f" + bytes(20)
    picture = decode(encoded(image(), "JPEG", exif=broken), "image/jpeg", LIMITS)
    assert picture.damage is None
    assert [clue.kind for clue in picture.clues if clue.source == "exif"] == ["unreadable-metadata"]


def assert_well_formed(picture: Picture) -> None:
    assert picture.pixels.dtype == np.uint8 and picture.pixels.flags.c_contiguous
    assert picture.pixels.ndim == 2 or picture.pixels.shape[2] == 3
    assert min(picture.pixels.shape) > 0 and picture.frames >= 1
    for clue in picture.clues:
        assert clue.value and "\0" not in clue.value and len(clue.value) < 1100
        clue.value.encode()
        assert not (clue.kind == "unreadable-metadata" and "Error: " in clue.value), clue


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file with a few bytes changed, most of them near its beginning, where headers are."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(min(len(changed), chance.choice((64, 600, len(changed)))))
        what = chance.randrange(4)
        if what == 0:
            changed[at] = chance.randrange(256)
        elif what == 1:
            changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"))
        elif what == 2:
            del changed[at : at + chance.randrange(1, 40)]
        else:
            changed[at:at] = chance.randbytes(chance.randrange(1, 12))
        if not changed:
            break
    return bytes(changed)


@pytest.mark.parametrize("media_type", sorted({media_type for _, media_type in SAMPLES.values()}))
def test_mutated_files_give_a_picture_or_a_typed_failure(media_type: str) -> None:
    chance = random.Random(media_type)
    samples = [data for data, kind in SAMPLES.values() if kind == media_type]
    limits = Limits(pixels=4_000_000)
    for _ in range(150):
        try:
            assert_well_formed(decode(mutated(chance.choice(samples), chance), media_type, limits))
        except Undecodable as error:
            assert error.problem.detail.isprintable()


# Limits


@pytest.mark.parametrize("name", SAMPLES)
def test_every_decoder_keeps_the_limit_of_pixels(name: str) -> None:
    assert failure(*SAMPLES[name], Limits(pixels=500)) is ProblemCode.LIMIT_PIXELS


@pytest.mark.parametrize("name", SAMPLES)
def test_every_decoder_keeps_the_limit_of_memory(name: str) -> None:
    assert failure(*SAMPLES[name], Limits(memory=10_000)) is ProblemCode.LIMIT_MEMORY


def png_header(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = b"IHDR" + body
    rows = zlib.compress(bytes(100_000))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)),
            struct.pack(">I", len(rows)) + b"IDAT" + rows + struct.pack(">I", zlib.crc32(b"IDAT" + rows)),
            struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND")),
        ]
    )


def icon_of(picture: bytes) -> bytes:
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(picture), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + picture


def patched(name: str, before: bytes, after: bytes) -> bytes:
    data = SAMPLES[name][0]
    assert before in data
    return data.replace(before, after)


BOMBS = {
    "png": lambda: (png_header(60_000, 60_000), "image/png"),
    "png in an icon of 16 pixels": lambda: (icon_of(png_header(60_000, 60_000)), "image/vnd.microsoft.icon"),
    "gif": lambda: (
        patched("gif", struct.pack("<HH", 128, 96), struct.pack("<HH", 65_000, 65_000)),
        "image/gif",
    ),
    "bmp": lambda: (
        patched("bmp-RGB", struct.pack("<ii", 128, 96), struct.pack("<ii", 60_000, 60_000)),
        "image/bmp",
    ),
    "jpeg": lambda: (
        patched("jpeg-90-0", struct.pack(">HH", 96, 128), struct.pack(">HH", 65_000, 65_000)),
        "image/jpeg",
    ),
    "jp2": lambda: (
        patched("jp2", struct.pack(">II", 96, 128), struct.pack(">II", 60_000, 60_000)),
        "image/jp2",
    ),
    "heic": lambda: (
        patched("turned-1", struct.pack(">II", 64, 64), struct.pack(">II", 30_000, 30_000)),
        "image/heic",
    ),
    "psd": lambda: (
        patched("psd", struct.pack(">II", 60, 80), struct.pack(">II", 30_000, 30_000)),
        "image/vnd.adobe.photoshop",
    ),
    "webp": lambda: (patched("webp-lossy", b"\x7f\0\0\x5f\0\0", b"\xff\x3f\0\xff\x3f\0"), "image/webp"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_from_their_header(name: str) -> None:
    data, media_type = BOMBS[name]()
    assert failure(data, media_type) is ProblemCode.LIMIT_PIXELS


def test_a_preview_that_is_a_bomb_costs_the_preview_only() -> None:
    bomb = patched("jpeg-90-0", struct.pack(">HH", 96, 128), struct.pack(">HH", 65_000, 65_000))
    data = encoded(image(), "JPEG", exif=exif_with_thumbnail(1, bomb))
    picture = decode(data, "image/jpeg", LIMITS)
    assert picture.previews == () and picture.damage is None
    assert "limit-pixels" in next(clue.value for clue in picture.clues if clue.kind == "preview")


@pytest.mark.parametrize("media_type", ["image/jxl", "image/x-xcf", "video/mp4", ""])
def test_what_has_no_decoder_is_unsupported(media_type: str) -> None:
    assert not is_decodable(media_type)
    assert failure(b"anything", media_type) is ProblemCode.UNSUPPORTED


@pytest.mark.parametrize("media_type", sorted({media_type for _, media_type in SAMPLES.values()}))
@pytest.mark.parametrize(
    "data", [b"", b"\0", bytes(64), b"\xff" * 64], ids=["empty", "byte", "zeros", "ones"]
)
def test_hardly_any_bytes(media_type: str, data: bytes) -> None:
    assert failure(data, media_type) in (
        ProblemCode.DAMAGED,
        ProblemCode.UNSUPPORTED,
        ProblemCode.LIMIT_PIXELS,
    )


def test_a_heic_whose_item_type_is_no_text_does_not_end_the_process() -> None:
    data = (GOLDEN_HEIC / "turned-4.heic").read_bytes()
    at = data.index(b"Exif\0\0\0\0\x0epitm")
    picture = decode(data[: at + 3] + b"\x80" + data[at + 4 :], "image/heic", LIMITS)
    assert picture.pixels.shape == (48, 64, 3)


def test_a_grey_heic_that_lies_about_its_depth_is_refused() -> None:
    data = bytearray((GOLDEN_HEIC / "grey.heic").read_bytes())
    data[data.index(b"hvcC") + 21] = 0xFF
    try:
        assert_well_formed(decode(bytes(data), "image/heic", LIMITS))
    except Undecodable as error:
        assert error.problem.code is ProblemCode.DAMAGED


def test_no_file_is_opened_after_warming_up() -> None:
    """What a sandboxed worker may do: nothing is loaded any more when pictures of every kind are decoded."""
    program = textwrap.dedent(
        """
        import sys
        from picture_samples import variants
        samples = list(variants())
        from consilience.media.pictures import Undecodable, decode
        from consilience.media.pictures.warm import warm_up
        from consilience.settings import Limits
        warm_up()
        opened = []
        def watch(event, args):
            if event in ("open", "import"):
                opened.append((event, args[0]))
        sys.addaudithook(watch)
        for _, data, media_type in samples:
            for piece in (data, data[: len(data) // 2]):
                try:
                    decode(piece, media_type, Limits())
                except Undecodable:
                    pass
        print(opened)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.stdout.strip() == "[]"


@given(
    height=st.integers(1, 70), width=st.integers(1, 70), colour=st.booleans(), orientation=st.integers(0, 9)
)
def test_turning_is_what_numpy_does(height: int, width: int, colour: bool, orientation: int) -> None:
    pixels = pattern(height, width) if colour else pattern(height, width)[..., 0]
    expected = np.swapaxes(pixels, 0, 1) if orientation in (5, 6, 7, 8) else pixels
    expected = expected[::-1] if orientation in (3, 4, 7, 8) else expected
    expected = expected[:, ::-1] if orientation in (2, 3, 6, 7) else expected
    turned = orient(pixels, orientation)
    np.testing.assert_array_equal(turned, expected)
    assert turned.flags.c_contiguous


def test_orientations_are_all_different() -> None:
    turned: list[Array] = [orient(pattern(9, 9), orientation) for orientation in range(1, 9)]
    assert len({pixels.tobytes() for pixels in turned}) == 8
