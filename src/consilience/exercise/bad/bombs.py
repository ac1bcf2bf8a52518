"""Bombs, and archives that are awkward in other ways. Format: PKWARE APPNOTE, PNG, GIF89a."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator

from PIL import Image

from consilience.exercise.alterations import Chance, jpeg
from consilience.exercise.bad.item import NOTHING, UNREADABLE, Item, Sample
from consilience.exercise.hard_negatives import make as draw
from consilience.exercise.packing import gzip_of, tar_of, zip_of
from consilience.model.problems import ProblemCode as P


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bombs(random: Chance) -> Iterator[Item]:
    """Pictures and an archive that claim or become gigabytes."""
    side = 60_000
    deflater = zlib.compressobj(9)
    rows = (
        b"".join(deflater.compress(bytes(1 + side // 8) * 100) for _ in range(side // 100)) + deflater.flush()
    )
    png = (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", rows)
        + _chunk(b"IEND", b"")
    )
    yield Item(
        path=b"bombs/wide.png",
        content=png,
        problems=(P.LIMIT_PIXELS, P.LIMIT_MEMORY),
        outcomes=UNREADABLE,
        note="PNG of 3.6 gigapixels in half a megabyte",
    )
    picture = jpeg(Image.fromarray(draw("gradient", random)), 80)
    at = picture.index(b"\xff\xc0") + 5
    large = picture[:at] + struct.pack(">HH", 65_000, 65_000) + picture[at + 4 :]
    yield Item(
        path=b"bombs/claims.jpg",
        content=large,
        problems=(P.LIMIT_PIXELS, P.LIMIT_MEMORY),
        outcomes=UNREADABLE,
        note="JPEG that claims 4.2 gigapixels",
    )
    gif = (
        b"GIF89a"
        + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0)
        + bytes(6)
        + b","
        + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0)
        + b"\x02\x02\x4c\x01\x00;"
    )
    yield Item(
        path=b"bombs/canvas.gif",
        content=gif,
        problems=(P.LIMIT_PIXELS, P.LIMIT_MEMORY, P.DAMAGED),
        outcomes=UNREADABLE,
        note="GIF that claims 4.3 gigapixels",
    )
    yield Item(
        path=b"bombs/overlap.zip",
        content=_overlapping(700, 16 << 20),
        what="container",
        problems=(P.LIMIT_EXPANSION, P.DAMAGED),
        outcomes=(*NOTHING, *UNREADABLE),
        unlisted=True,
        note="zip whose 700 members share one body: 16 kB become 11 GB",
    )


def _overlapping(count: int, size: int) -> bytes:
    """A zip archive whose directory names one body many times over."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflater.compress(bytes(size)) + deflater.flush()
    check = zlib.crc32(bytes(size))
    name = b"0.bin"
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0x5A21, check, len(body), size, len(name), 0)
        + name
    )
    entry = (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            b"PK\1\2",
            20,
            20,
            0,
            8,
            0,
            0x5A21,
            check,
            len(body),
            size,
            len(name),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + name
    )
    directory = entry * count
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), len(local) + len(body), 0)
    return local + body + directory + end


def archives(samples: list[Sample], random: Chance) -> Iterator[Item]:
    """Archives in archives, cut off, locked, with names that lead outside."""
    modified = 1_760_000_000
    sample = samples[0]
    inner = zip_of([(b"a.jpg", sample.file, modified)])
    twice = zip_of([(b"inner.zip", inner, modified)], zipfile.ZIP_STORED)
    yield Item(
        path=b"archives/twice.zip",
        content=twice,
        what="container",
        outcomes=NOTHING,
        note="zip in zip",
        members=(
            ((b"inner.zip",), inner, "container", ()),
            ((b"inner.zip", b"a.jpg"), sample.file, "picture", (sample.picture,)),
        ),
    )
    nested = zip_of([(b"end.txt", b"You have reached the innermost.\n", modified)])
    for level in range(14):
        nested = zip_of([(b"level-%02d.zip" % level, nested, modified)], zipfile.ZIP_STORED)
    yield Item(
        path=b"archives/matryoshka.zip",
        content=nested,
        what="container",
        sound=True,
        problems=(P.LIMIT_DEPTH,),
        outcomes=(*NOTHING, *UNREADABLE),
        unlisted=True,
        note="fifteen zips within each other",
    )
    whole = zip_of([(b"one.jpg", sample.file, modified), (b"two.txt", b"apples " * 4000, modified)])
    yield Item(
        path=b"archives/cut.zip",
        content=whole[: len(whole) * 2 // 3],
        what="container",
        problems=(P.DAMAGED,),
        outcomes=(*NOTHING, *UNREADABLE),
        unlisted=True,
        pictures=(sample.picture,),
        note="zip cut off",
    )
    locked = bytearray(zip_of([(b"locked.jpg", random.bytes(5000), modified)], zipfile.ZIP_STORED))
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(magic) + offset] |= 1
    yield Item(
        path=b"archives/locked.zip",
        content=bytes(locked),
        what="container",
        sound=True,
        problems=(P.ENCRYPTED,),
        outcomes=(*NOTHING, *UNREADABLE),
        unlisted=True,
        note="zip with a password",
    )
    names = [
        b"../../../../tmp/escape.jpg",
        b"/etc/escape.jpg",
        b"C:\\escape.jpg",
        b"same.jpg",
        b"same.jpg",
        b"",
        b"a" * 5000,
    ]
    crooked = tar_of([(name or b"./", b"apples\n", modified) for name in names])
    yield Item(
        path=b"archives/crooked.tar",
        content=crooked,
        what="container",
        sound=True,
        problems=(P.DAMAGED,),
        outcomes=(*NOTHING, *UNREADABLE),
        unlisted=True,
        note="tar whose names lead outside, repeat, or are very long",
    )
    deflated = gzip_of("zeros.bin", bytes(64 << 20), modified)
    yield Item(
        path=b"archives/zeros.gz",
        content=deflated,
        what="container",
        outcomes=NOTHING,
        members=(((b"zeros.bin",), bytes(64 << 20), "other", ()),),
        note="gzip of 64 MB of zeros",
    )
