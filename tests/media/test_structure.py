"""Walkers of file structures, held against Pillow's readers."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_samples import encoded, exif_block, exif_with_thumbnail, image, psd, tiff, variants
from PIL import Image

from consilience.media.structure import boxes, exif, gif, jpeg, length, photoshop, png

BLOCK = exif_block(6)
SAMPLES = {name: (data, media_type) for name, data, media_type in variants()}
_ASCII, _SHORT, _RATIONAL = 2, 3, 5


def peer(block: bytes) -> Image.Exif:
    tags = Image.Exif()
    tags.load(block)
    return tags


def assert_equal_to_pillow(ours: dict[int, exif.Value], theirs: dict[int, object]) -> None:
    assert set(ours) == set(theirs)
    for tag, value in ours.items():
        expected = theirs[tag]
        if value.kind == _ASCII:
            assert value.raw.split(b"\0")[0].decode() == str(expected).split("\0")[0]
        elif value.kind == _RATIONAL:
            parts = expected if isinstance(expected, tuple) else (expected,)
            assert [a / b for a, b in value.rationals()] == pytest.approx([float(part) for part in parts])
        elif value.kind == _SHORT:
            assert value.numbers()[0] == expected


def test_tags_are_those_of_pillow() -> None:
    ours, theirs = exif.read_exif(BLOCK), peer(BLOCK)
    pointers = {0x8769, 0x8825}
    main = {tag: value for tag, value in ours.main.items() if tag not in pointers}
    assert_equal_to_pillow(main, {tag: value for tag, value in theirs.items() if tag not in pointers})
    assert_equal_to_pillow(ours.exif, theirs.get_ifd(0x8769))
    assert_equal_to_pillow(ours.gps, theirs.get_ifd(0x8825))
    assert ours.orientation == 6 and ours.flaws == ()


@given(
    make=st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=40),
    orientation=st.integers(1, 8),
)
def test_tags_that_pillow_writes_are_read(make: str, orientation: int) -> None:
    tags = Image.Exif()
    tags[0x010F], tags[0x0112] = make, orientation
    ours = exif.read_exif(tags.tobytes())
    assert ours.main[0x010F].raw.rstrip(b"\0").decode() == make
    assert ours.orientation == orientation


@settings(max_examples=300)
@given(st.binary(max_size=200), st.integers(0, len(BLOCK)), st.integers(0, 60))
def test_no_block_makes_the_reader_raise(noise: bytes, at: int, cut: int) -> None:
    for block in (noise, b"II*\0\x08\0\0\0" + noise, BLOCK[:at] + noise + BLOCK[at + cut :], BLOCK[:at]):
        tags = exif.read_exif(block)
        assert 1 <= tags.orientation <= 8
        assert all(len(value.raw) <= exif.MAX_VALUE for value in tags.main.values())
        for value in tags.main.values():
            value.numbers()
            value.rationals()
        exif.embedded_jpeg(block, tags.thumbnail)
        exif.page_count(block)


def test_directories_that_point_at_each_other_end() -> None:
    circle = tiff({0x0100: (4, 1, struct.pack("<I", 5)), 0x8769: (4, 1, struct.pack("<I", 8))})
    tags = exif.read_exif(circle)
    assert tags.exif == {} and exif.page_count(circle) == 1
    looped = circle[:-4] + struct.pack("<I", 8)
    assert exif.page_count(looped) == 1


def test_a_directory_of_sixty_thousand_entries_is_read_in_part() -> None:
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + struct.pack("<HHII", 0x0100, 4, 1, 7) * 60_000
    tags = exif.read_exif(block)
    assert tags.main[0x0100].numbers() == (7,)
    assert "60000 entries" in tags.flaws[0]


def test_a_value_of_four_gigabytes_is_cut() -> None:
    block = tiff({0x010E: (2, 0xFFFFFFFF, b"x" * 20)})
    tags = exif.read_exif(block)
    assert tags.main[0x010E].stated == 0xFFFFFFFF
    assert "lies outside" in tags.flaws[0]


def test_the_thumbnail_is_found() -> None:
    block = exif_with_thumbnail(8, b"\xff\xd8thumbnail")
    tags = exif.read_exif(block)
    assert exif.embedded_jpeg(block, tags.thumbnail) == b"\xff\xd8thumbnail"
    assert tags.orientation == 8


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("pages", [1, 2, 5])
def test_pages_are_those_that_pillow_counts(pages: int, big: bool) -> None:
    more = [image("L")] * (pages - 1)
    data = encoded(image("L"), "TIFF", save_all=True, append_images=more, big_tiff=big)
    assert exif.page_count(data) == pages == Image.open(io.BytesIO(data)).n_frames


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_gif_frames_are_those_that_pillow_counts(frames: int) -> None:
    more = [image("L", 16 + at, 16).convert("P") for at in range(frames - 1)]
    data = encoded(image("P", 32, 32), "GIF", save_all=True, append_images=more, comment=b"two\nlines")
    blocks = gif.read_gif(data)
    assert blocks.frames == Image.open(io.BytesIO(data)).n_frames
    assert b"two\nlines" in blocks.comments


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_gif_makes_the_reader_raise(noise: bytes, at: int) -> None:
    data = SAMPLES["gif"][0]
    assert gif.read_gif(data[:at] + noise).frames >= 1
    assert gif.read_gif(noise).frames >= 1


def test_png_without_its_texts_is_the_same_picture() -> None:
    data = SAMPLES["png-text"][0]
    plain = png.without_texts(data)
    assert len(plain) < len(data) and b"Painter 3" not in plain
    assert Image.open(io.BytesIO(plain)).tobytes() == Image.open(io.BytesIO(data)).tobytes()
    untouched = SAMPLES["png-RGB"][0]
    assert png.without_texts(untouched) is untouched


@given(st.binary(max_size=100), st.integers(0, 400))
def test_no_png_makes_the_walker_raise(noise: bytes, at: int) -> None:
    data = SAMPLES["png-text"][0]
    changed = data[:at] + noise + data[at + 7 :]
    png.without_texts(changed)
    assert all(chunk.start + chunk.length <= len(changed) for chunk in png.chunks(changed))


def test_a_compressed_text_is_expanded_up_to_a_bound() -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(50_000_000))
    data = png.SIGNATURE + struct.pack(">I", len(body)) + b"zTXt" + body + bytes(4)
    (chunk,) = png.chunks(data)
    text = png.text_of(data, chunk)
    assert text is not None and len(text.raw) == png.MAX_TEXT


def test_segments_of_a_jpeg() -> None:
    found = list(jpeg.segments(SAMPLES["jpeg-exif"][0]))
    assert found[-1].marker == jpeg.SOS
    frames = [frame for segment in found if (frame := jpeg.frame_of(segment))]
    assert frames == [jpeg.Frame(0xC0, 8, 96, 128, ((2, 2), (1, 1), (1, 1)))]


@given(st.binary(max_size=100), st.integers(0, 700))
def test_no_jpeg_makes_the_walker_raise(noise: bytes, at: int) -> None:
    data = SAMPLES["mpo"][0]
    found = list(jpeg.segments(data[:at] + noise + data[at:]))
    jpeg.joined_profile(found)
    jpeg.further_pictures(data, found, 4)
    assert all(jpeg.frame_of(segment) is None for segment in found if segment.marker == jpeg.SOS)


def test_a_profile_in_pieces_is_joined_in_their_order() -> None:
    pieces = [b"ICC_PROFILE\0" + bytes([at, 3]) + body for at, body in ((2, b"b"), (1, b"a"), (3, b"c"))]
    found = [jpeg.Segment(jpeg.APP2, 0, piece) for piece in pieces]
    assert jpeg.joined_profile(found) == b"abc"


def test_photoshop_resources() -> None:
    data = psd(thumbnail=b"\xff\xd8small")
    block = photoshop.psd_resources(data)
    assert [number for number, _ in photoshop.resources(block)] == [photoshop.THUMBNAIL]
    assert photoshop.thumbnail(block) == b"\xff\xd8small"


@given(st.binary(max_size=100), st.integers(0, 80))
def test_no_resources_make_the_walker_raise(noise: bytes, at: int) -> None:
    block = photoshop.psd_resources(psd(thumbnail=b"\xff\xd8small"))
    photoshop.thumbnail(block[:at] + noise + block[at:])
    photoshop.psd_resources(noise)


@given(st.binary(max_size=60), st.integers(0, 300))
def test_no_boxes_make_the_walkers_raise(noise: bytes, at: int) -> None:
    data = SAMPLES["turned-1"][0]
    changed = data[:at] + noise + data[at:]
    assert len(boxes.with_plain_items(changed)) == len(changed)
    boxes.largest_extents(changed)
    boxes.cr3_box(changed, b"CMT1")
    filled = length.filled_up(changed, 10_000)
    assert filled is None or len(changed) < len(filled) <= 10_000


def test_camera_boxes_of_canon() -> None:
    block = tiff({0x010F: (2, 6, b"Canon\0")})
    data = bytes(40) + struct.pack(">I", 8 + len(block)) + b"CMT1" + block + bytes(20)
    assert boxes.cr3_box(data, b"CMT1") == block
    assert boxes.cr3_box(data, b"CMT2") == b""


def test_a_file_that_is_all_there_is_not_filled_up() -> None:
    for name in ("webp-lossy", "avif", "turned-1"):
        data = SAMPLES[name][0]
        assert length.filled_up(data, 10**6) is None
        assert length.filled_up(data[:-5], 10**6) == data[:-5] + bytes(5)
    assert length.filled_up(b"RIFF\xff\xff\xff\x7fWEBP", 10**9) is None
