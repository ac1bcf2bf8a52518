"""Type by content: sound files of every kind, and beginnings that only look like one."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import struct
import sys
import tarfile
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from picture_samples import dng, encoded, image, tiff, variants

from consilience.media.sniff import HEAD, sniff
from consilience.model.examination import MediaKind


def told(data: bytes) -> tuple[str, str]:
    content = sniff(data[:HEAD], len(data))
    return content.media_type, content.kind.value


PICTURES = {name: (data, media_type) for name, data, media_type in variants()}


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_told_by_its_bytes(name: str) -> None:
    data, media_type = PICTURES[name]
    assert told(data) == (media_type, "picture")


def mp3_frames(count: int = 4) -> bytes:
    # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame.
    return (b"\xff\xfb\x90\x00" + bytes(413)) * count


def adts_frames(count: int = 4) -> bytes:
    length = 64
    header = bytes([0xFF, 0xF1, 0x50, 0x80 | length >> 11, length >> 3 & 255, (length & 7) << 5 | 0x1F, 0xFC])
    return (header + bytes(length - 7)) * count


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    box = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", len(box) + 4) + box + struct.pack(">I", 8) + b"moov"


def asf(stream: str) -> bytes:
    return bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(60) + bytes.fromhex(stream) + bytes(40)


def wav() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(100))
    return buffer.getvalue()


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b")
    return buffer.getvalue()


def tarred(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        info = tarfile.TarInfo("a")
        archive.addfile(info)
    return buffer.getvalue()


def old_tar() -> bytes:
    block = bytearray(tarred(tarfile.USTAR_FORMAT))
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a)")
    return connection.serialize()


def raw(make: bytes, **changes: int) -> bytes:
    short = {0x0103: changes.get("compression", 1), 0x0106: changes.get("photometric", 2)}
    entries = {tag: (3, 1, struct.pack("<H", value)) for tag, value in short.items()}
    entries[0x00FE] = (4, 1, struct.pack("<I", changes.get("subfile", 0)))
    entries[0x010F] = (2, len(make), make)
    return tiff(entries)


SOUND: list[tuple[str, str, Callable[[], bytes]]] = [
    ("video/mp4", "video", lambda: ftyp(b"isom", b"iso2", b"avc1", b"mp41")),
    ("video/mp4", "video", lambda: ftyp(b"isom", b"mif1")),
    ("video/mp4", "video", lambda: ftyp(b"zzzz", b"mp42")),
    ("video/quicktime", "video", lambda: ftyp(b"qt  ")),
    ("video/3gpp", "video", lambda: ftyp(b"3gp5", b"isom")),
    ("audio/mp4", "audio", lambda: ftyp(b"M4A ", b"isom", b"mp42")),
    ("image/heic", "picture", lambda: ftyp(b"mif1", b"heic")),
    ("image/heif", "picture", lambda: ftyp(b"mif1")),
    ("image/avif", "picture", lambda: ftyp(b"mif1", b"avif")),
    ("image/x-canon-cr3", "picture", lambda: ftyp(b"crx ", b"isom")),
    (
        "video/quicktime",
        "video",
        lambda: struct.pack(">I4sI4s", 16, b"wide", 0, b"\0" * 4) + b"\0\0\0\x08mdat",
    ),
    (
        "video/x-matroska",
        "video",
        lambda: b"\x1aE\xdf\xa3\x93\x42\x86\x81\x01\x42\x82\x88matroska" + bytes(20),
    ),
    ("video/webm", "video", lambda: b"\x1aE\xdf\xa3\x8f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(20)),
    ("video/x-msvideo", "video", lambda: b"RIFF\0\0\0\0AVI LIST"),
    ("video/mp2t", "video", lambda: (b"G" + bytes(187)) * 6),
    ("video/mp2t", "video", lambda: (bytes(4) + b"G" + bytes(187)) * 6),
    ("video/mpeg", "video", lambda: b"\0\0\1\xba\x44" + bytes(20)),
    ("video/x-flv", "video", lambda: b"FLV\1\5\0\0\0\x09"),
    ("video/x-ms-wmv", "video", lambda: asf("c0ef19bc4d5bcf11a8fd00805f5c442b")),
    ("audio/x-ms-wma", "audio", lambda: asf("409e69f84d5bcf11a8fd00805f5c442b")),
    ("audio/mpeg", "audio", mp3_frames),
    ("audio/mpeg", "audio", lambda: b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + mp3_frames()),
    ("audio/flac", "audio", lambda: b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + b"fLaC\0\0\0\x22"),
    ("audio/aac", "audio", adts_frames),
    ("audio/flac", "audio", lambda: b"fLaC\0\0\0\x22" + bytes(40)),
    ("audio/ogg", "audio", lambda: b"OggS\0\2" + bytes(22) + b"\1vorbis"),
    ("audio/opus", "audio", lambda: b"OggS\0\2" + bytes(22) + b"OpusHead"),
    ("video/ogg", "video", lambda: b"OggS\0\2" + bytes(22) + b"\x80theora"),
    ("audio/wav", "audio", wav),
    ("audio/amr", "audio", lambda: b"#!AMR\n\x3c"),
    ("application/zip", "container", zipped),
    ("application/x-tar", "container", lambda: tarred(tarfile.USTAR_FORMAT)),
    ("application/x-tar", "container", lambda: tarred(tarfile.PAX_FORMAT)),
    ("application/x-tar", "container", lambda: tarred(tarfile.GNU_FORMAT)),
    ("application/x-tar", "container", old_tar),
    ("application/gzip", "container", lambda: gzip.compress(b"a")),
    ("application/x-bzip2", "container", lambda: bz2.compress(b"a")),
    ("application/x-bzip2", "container", lambda: bz2.compress(b"")),
    ("application/x-xz", "container", lambda: lzma.compress(b"a")),
    ("application/x-lzma", "container", lambda: lzma.compress(b"a", lzma.FORMAT_ALONE)),
    ("application/vnd.rar", "container", lambda: b"Rar!\x1a\7\1\0" + bytes(20)),
    ("application/zstd", "container", lambda: b"\x28\xb5\x2f\xfd" + bytes(8)),
    ("application/x-lz4", "container", lambda: b"\x04\x22\x4d\x18" + bytes(8)),
    ("application/x-iso9660-image", "container", lambda: bytes(32769) + b"CD001\1"),
    ("application/pdf", "other", lambda: b"%PDF-1.7\n"),
    ("application/vnd.sqlite3", "other", database),
    ("application/x-elf", "other", lambda: Path(sys.executable).resolve().read_bytes()),
    ("application/x-empty", "other", bytes),
    ("text/plain", "other", lambda: b"a plain text\n"),
    ("text/plain", "other", lambda: "grüße, 世界\n".encode()),
    ("text/plain", "other", lambda: "grüße\r\n".encode("utf-16")),
    ("text/x-script", "other", lambda: b"#!/bin/sh\necho\n"),
    ("text/html", "other", lambda: b"\n<!DOCTYPE html><html></html>"),
    ("image/svg+xml", "other", lambda: b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://x">'),
    ("application/xml", "other", lambda: b'<?xml version="1.0"?><a/>'),
    ("text/plain", "other", lambda: json.dumps({"a": 1}).encode()),
    ("image/x-nikon-nef", "picture", lambda: raw(b"NIKON CORPORATION\0", subfile=1)),
    ("image/x-sony-arw", "picture", lambda: raw(b"SONY \0", subfile=1)),
    ("image/x-pentax-pef", "picture", lambda: raw(b"PENTAX Corporation\0", photometric=32803)),
    ("image/x-sony-arw", "picture", lambda: raw(b"SONY\0\0", compression=32767)),
    ("image/x-adobe-dng", "picture", lambda: dng(make=b"NIKON\0\0\0")),
    ("image/tiff", "picture", lambda: raw(b"NIKON CORPORATION\0")),
    ("image/tiff", "picture", lambda: raw(b"A scanner's maker\0", subfile=1)),
]


@pytest.mark.parametrize(
    ("media_type", "kind", "make"), SOUND, ids=[f"{at}-{row[0]}" for at, row in enumerate(SOUND)]
)
def test_sound_beginnings(media_type: str, kind: str, make: Callable[[], bytes]) -> None:
    assert told(make()) == (media_type, kind)


@pytest.mark.parametrize(
    "data",
    [
        b"BM is how this text begins",
        b"BM" + bytes(60),
        b"II*\0 is not enough",
        b"\xff\xfb\x90\x00" + bytes(2000),  # one MP3 frame and nothing after it
        b"\xff\xf1\x50\x80" + bytes(2000),
        b"\xff\xff\xff\xff" * 100,
        b"\0\0\1\0\1\0" + bytes(60),  # an icon whose directory points nowhere
        b"\0\0\2\0\3\0" + b"\xff" * 60,
        b"G" * 20 + bytes(2000),
        b"P5 is a car",
        b"P6\n",
        b"\x0a\x05\x01\x08" + b"\xff" * 200,
        b"\xff\xd8\xff\x00" + bytes(20),
        b"\0\0\0\x20moov" + bytes(40),
        b"\x1f\x8b\x08\xff" + bytes(20),
        b"BZh9" + bytes(20),
        b"ID3 is a tag",
        b"MZ",
        b"\x5d\0\0\x01\x02\x03\x04" + bytes(20),
        b"1" * 512,
    ],
    ids=lambda data: repr(data[:8]),
)
def test_weak_beginnings_are_no_media(data: bytes) -> None:
    media_type, kind = told(data)
    assert kind == "other"
    assert media_type in ("application/octet-stream", "text/plain")


@given(st.binary(max_size=600))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    assert sniff(data, len(data)).kind in MediaKind


@given(st.sampled_from(SOUND), st.integers(0, 600), st.integers(0, 2**40))
def test_beginnings_cut_anywhere_do_not_make_it_raise(
    sample: tuple[str, str, Callable[[], bytes]], length: int, size: int
) -> None:
    assert sniff(sample[2]()[:length], size).media_type


def test_sources_of_the_standard_library_are_text() -> None:
    folder = Path(json.__file__).parent
    assert {told(path.read_bytes()) for path in folder.glob("*.py")} == {("text/plain", "other")}
    compiled = next((folder / "__pycache__").glob("*.pyc"), None)
    if compiled:
        assert told(compiled.read_bytes()) == ("application/x-python-bytecode", "other")


def test_a_name_does_not_count() -> None:
    assert told(encoded(image(), "PNG"))[0] == "image/png"
