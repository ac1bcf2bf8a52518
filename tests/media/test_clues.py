"""Clues: what metadata say, bounded, with the doubt of their times; and metadata that mean harm."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_samples import encoded, exif_block, image, tiff, variants
from PIL import ImageCms, PngImagePlugin

from consilience.media.clues.exif import exif_clues
from consilience.media.clues.icc import icc_clues
from consilience.media.clues.jpeg import jpeg_clues
from consilience.media.clues.png import png_clues
from consilience.media.clues.text import MAX_TEXT, bounded
from consilience.media.clues.times import civil_time, time_clue
from consilience.media.clues.xmp import MAX_PACKET, xmp_clues
from consilience.media.pictures import decode
from consilience.media.structure import exif, jpeg
from consilience.model.examination import Clue
from consilience.model.times import Timestamp
from consilience.settings import Limits

BLOCK = exif_block(6)
LIMITS = Limits()


def facts(clues: list[Clue]) -> list[tuple[str, str]]:
    return [(clue.kind, clue.value) for clue in clues]


def gps(**changes: tuple[int, int, bytes]) -> dict[int, exif.Value]:
    entries = {
        1: exif.Value(2, b"N\0", 2, "<"),
        2: exif.Value(5, struct.pack("<6I", 52, 1, 30, 1, 0, 0), 24, "<"),
        3: exif.Value(2, b"E\0", 2, "<"),
        4: exif.Value(5, struct.pack("<6I", 13, 1, 0, 1, 0, 1), 24, "<"),
    }
    return entries | {
        int(tag[1:]): exif.Value(kind, raw, items, "<") for tag, (kind, items, raw) in changes.items()
    }


def test_every_fact_of_an_exif_block() -> None:
    clues = exif_clues(exif.read_exif(BLOCK))
    assert facts(clues) == [
        ("comment", "Boats at rest"),
        ("camera-make", "Harbour Optics"),
        ("camera-model", "Model 7"),
        ("software", "Developer 2.1"),
        ("artist", "A. Artist"),
        ("copyright", "(c) nobody"),
        ("comment", "a note"),
        ("image-id", "0123456789abcdef0123456789abcdef"),
        ("owner", "An Owner"),
        ("camera-serial", "SER-42"),
        ("lens-make", "Lens Works"),
        ("lens-model", "35mm f/2"),
        ("lens-serial", "LENS-7"),
        ("time", "2024:05:17 09:30:01.25+02:00"),
        ("time", "2024:05:17 09:30:02"),
        ("time", "2024:05:17 09:30:05"),
        ("orientation", "6"),
        ("position", "52.5100000,-13.3750000"),
        ("altitude", "-12.50"),
        ("time", "2024:05:17 07:30:01.500"),
    ]
    assert clues[1].source == "exif:0x010f"
    taken, digitised, changed, positioned = [clue.time for clue in clues if clue.time]
    raw = "2024:05:17 09:30:01.25+02:00"
    assert taken == Timestamp("taken", raw, "+02:00", "camera", 0.01, 1_715_931_001_250_000_000)
    assert digitised == Timestamp("digitised", "2024:05:17 09:30:02", "unknown", "camera", 1.0, None)
    assert changed is not None and changed.kind == "changed"
    assert positioned == Timestamp(
        "positioned", "2024:05:17 07:30:01.500", "UTC", "satellite", 0.001, 1_715_931_001_500_000_000
    )


def test_the_same_facts_come_out_of_a_picture() -> None:
    for form, media_type in (("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")):
        picture = decode(encoded(image(), form, exif=BLOCK), media_type, LIMITS)
        assert facts(exif_clues(exif.read_exif(BLOCK))) == facts(list(picture.clues))[:20]


def test_the_body_serial_of_a_raw_file() -> None:
    data = next(data for name, data, _ in variants() if name == "dng")
    assert ("camera-serial", "BODY-9") in facts(list(decode(data, "image/x-adobe-dng", LIMITS).clues))


@pytest.mark.parametrize(
    "change",
    [
        {"t2": (5, 24, struct.pack("<6I", 91, 1, 0, 1, 0, 1))},
        {"t4": (5, 24, struct.pack("<6I", 181, 1, 0, 1, 0, 1))},
        {"t2": (5, 24, struct.pack("<6I", 1, 0, 0, 1, 0, 1))},
        {"t2": (2, 3, b"52\0")},
        {"t2": (5, 0, b"")},
    ],
)
def test_a_position_out_of_range_is_none(change: dict[str, tuple[int, int, bytes]]) -> None:
    clues = exif_clues(exif.NO_EXIF._replace(gps=gps(**change)))
    assert [clue.kind for clue in clues] == ["unreadable-metadata"]


def test_a_position_with_nothing_over_nothing_for_seconds() -> None:
    assert facts(exif_clues(exif.NO_EXIF._replace(gps=gps())))[0] == ("position", "52.5000000,13.0000000")


@pytest.mark.parametrize(
    ("raw", "zone", "precision", "utc"),
    [
        ("1970:01:01 00:00:00Z", "UTC", 1.0, 0),
        ("1969-12-31T23:59:59.5Z", "UTC", 0.1, -500_000_000),
        ("2024-02-29 12:00+0530", "+05:30", 60.0, 1_709_188_200_000_000_000),
        ("2024-02-30 12:00:00Z", "unknown", 1.0, None),
        ("2024:01:01 12:00:00+99:00", "unknown", 1.0, None),
        ("9999:01:01 00:00:00Z", "UTC", 1.0, None),
        ("yesterday", "unknown", 1.0, None),
    ],
)
def test_times(raw: str, zone: str, precision: float, utc: int | None) -> None:
    time = civil_time("taken", raw, "camera")
    assert (time.raw, time.zone, time.precision, time.utc) == (raw, zone, precision, utc)


@given(st.datetimes(), st.integers(0, 999_999))
def test_a_time_without_an_offset_has_no_utc(moment: object, fraction: int) -> None:
    assert civil_time("taken", f"{moment:%Y:%m:%d %H:%M:%S}.{fraction}", "camera").utc is None


@pytest.mark.parametrize("raw", ["", "    :  :     :  :  ", "0000:00:00 00:00:00", "\0\0"])
def test_a_time_of_nothing_is_none(raw: str) -> None:
    assert time_clue("taken", raw, "exif") == []


def test_text_is_bounded_and_says_so() -> None:
    assert bounded(" a\0b \0") == "a\ufffdb"
    cut = bounded("x" * 5000)
    assert cut.startswith("x" * MAX_TEXT) and cut.endswith("(cut from 5000 characters)")


def test_markup_is_kept_as_found() -> None:
    harm = b"<script>alert('x')</script>\0"
    tags = exif.read_exif(tiff({0x010F: (2, len(harm), harm), 0x010E: (2, 8, b"\xff\xfe\x80\x81xyz\0")}))
    assert ("camera-make", "<script>alert('x')</script>") in facts(exif_clues(tags))


def test_comments_in_other_alphabets() -> None:
    def comment(raw: bytes, order: str = "<") -> str:
        tags = exif.NO_EXIF._replace(exif={0x9286: exif.Value(7, raw, len(raw), order)})
        return exif_clues(tags)[0].value

    assert comment(b"UNICODE\0" + "grüße".encode("utf-16-le")) == "grüße"
    assert comment(b"UNICODE\0" + "grüße".encode("utf-16-be"), ">") == "grüße"
    assert comment(b"JIS\0\0\0\0\0" + "港".encode("iso2022_jp")) == "港"
    assert comment(bytes(8) + "grüße".encode("latin-1")) == "grüße"
    assert comment(b"no code at all") == "no code at all"


@settings(max_examples=300)
@given(st.binary(max_size=64), st.integers(0, len(BLOCK)), st.integers(0, 40))
def test_no_exif_makes_the_clues_raise(noise: bytes, at: int, cut: int) -> None:
    for clue in exif_clues(exif.read_exif(BLOCK[:at] + noise + BLOCK[at + cut :])):
        assert clue.value and "\0" not in clue.value
        clue.value.encode()


# JPEG


def of_jpeg(data: bytes) -> dict[str, str]:
    return {clue.kind: clue.value for clue in jpeg_clues(list(jpeg.segments(data)))}


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 90, 100])
def test_the_quality_of_standard_tables(quality: int) -> None:
    assert of_jpeg(encoded(image(), "JPEG", quality=quality))["jpeg-quality"] == str(quality)
    assert of_jpeg(encoded(image("L"), "JPEG", quality=quality))["jpeg-quality"] == str(quality)


def test_other_tables_have_no_quality_but_a_digest() -> None:
    tables = [list(range(1, 65)), [7] * 64]
    own = of_jpeg(encoded(image(), "JPEG", qtables=tables))
    standard = of_jpeg(encoded(image(), "JPEG", quality=80))
    assert "jpeg-quality" not in own and len(own["jpeg-tables"]) == 64
    assert own["jpeg-tables"] != standard["jpeg-tables"]
    assert own["jpeg-tables"] == of_jpeg(encoded(image("RGB", 40, 40), "JPEG", qtables=tables))["jpeg-tables"]


def test_tables_are_the_same_however_they_are_written() -> None:
    values = bytes(range(1, 65))
    together = [jpeg.Segment(jpeg.DQT, 0, b"\0" + values + b"\1" + values)]
    wide = b"\x11" + b"".join(struct.pack(">H", value) for value in values)
    apart = [jpeg.Segment(jpeg.DQT, 0, wide), jpeg.Segment(jpeg.DQT, 0, b"\0" + values)]
    assert facts(jpeg_clues(together))[0] == facts(jpeg_clues(apart))[0]


def test_coding_and_markers() -> None:
    clues = of_jpeg(encoded(image(), "JPEG", progressive=True, subsampling="4:2:2", comment=b"by hand"))
    assert clues["jpeg-coding"] == "progressive 8-bit 2x1,1x1,1x1"
    assert clues["jpeg-marker"] == "JFIF 1.01"
    assert clues["comment"] == "by hand"
    assert of_jpeg(encoded(image("CMYK"), "JPEG"))["jpeg-marker"].startswith("Adobe transform")


# PNG, GIF, XMP, ICC


def test_texts_of_a_png() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Painter 3")
    info.add_text("parameters", "a harbour, steps: 20", zip=True)
    info.add_itxt("Comment", "grüße", zip=True)
    info.add_text("Creation Time", "2024:05:17 09:30:00+02:00")
    info.add(b"tIME", struct.pack(">H5B", 2024, 5, 17, 7, 30, 0))
    clues = png_clues(encoded(image(), "PNG", pnginfo=info))
    assert facts(clues) == [
        ("software", "Painter 3"),
        ("text", "parameters: a harbour, steps: 20"),
        ("comment", "grüße"),
        ("time", "2024:05:17 09:30:00+02:00"),
        ("time", "2024-05-17 07:30:00Z"),
    ]
    assert {clue.time.utc for clue in clues if clue.time} == {1_715_931_000_000_000_000}


def test_broken_texts_are_named() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"iTXt", b"Comment\0") + chunk(b"tEXt", b"no end") + chunk(b"IEND", b"")
    )
    assert [clue.kind for clue in png_clues(data)] == ["unreadable-metadata"] * 2


def test_comments_of_a_gif() -> None:
    picture = decode(encoded(image("P"), "GIF", comment=b"made here"), "image/gif", LIMITS)
    assert facts(list(picture.clues)) == [("comment", "made here")]


XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
 xmp:CreatorTool="Painter 3" xmp:ModifyDate="2024-05-17T09:30:00+02:00" xmpMM:InstanceID="xmp.iid:1">
<xmpMM:DocumentID>xmp.did:2</xmpMM:DocumentID>
<xmpMM:DerivedFrom stRef:documentID="xmp.did:1"/>
<dc:creator><rdf:Seq><rdf:li>A. Artist</rdf:li><rdf:li>B. Artist</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def test_properties_of_xmp() -> None:
    assert facts(xmp_clues(XMP)) == [
        ("software", "Painter 3"),
        ("time", "2024-05-17T09:30:00+02:00"),
        ("instance-id", "xmp.iid:1"),
        ("document-id", "xmp.did:2"),
        ("derived-from", "xmp.did:1"),
        ("artist", "A. Artist"),
        ("artist", "B. Artist"),
    ]
    assert xmp_clues(XMP)[0].source == "xmp:CreatorTool"


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_xmp_of_a_picture(form: str, media_type: str) -> None:
    picture = decode(encoded(image(), form, xmp=XMP), media_type, LIMITS)
    assert ("document-id", "xmp.did:2") in facts(list(picture.clues))


@pytest.mark.parametrize(
    "packet",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<a>" * 100 + b"</a>" * 100,
        b"<a",
        b"x" * (MAX_PACKET + 1),
    ],
    ids=["entity", "external", "deep", "broken", "long"],
)
def test_xmp_that_means_harm_is_refused(packet: bytes) -> None:
    assert [clue.kind for clue in xmp_clues(packet)] == ["unreadable-metadata"]


@given(st.binary(max_size=40), st.integers(0, len(XMP)))
def test_no_packet_makes_the_clues_raise(noise: bytes, at: int) -> None:
    for clue in xmp_clues(XMP[:at] + noise + XMP[at:]):
        assert clue.value and "\0" not in clue.value


def test_the_name_of_a_colour_profile() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert facts(icc_clues(profile)) == [("colour-profile", "sRGB built-in")]
    for form, media_type in (("JPEG", "image/jpeg"), ("PNG", "image/png"), ("TIFF", "image/tiff")):
        picture = decode(encoded(image(), form, icc_profile=profile), media_type, LIMITS)
        assert ("colour-profile", "sRGB built-in") in facts(list(picture.clues))


@given(st.binary(max_size=40), st.integers(0, 600))
def test_no_profile_makes_the_clue_raise(noise: bytes, at: int) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert len(icc_clues(profile[:at] + noise + profile[at:])) <= 1
