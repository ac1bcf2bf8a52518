"""Files that are cut short, torn, empty, or not what they are called."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from PIL import Image

from consilience.exercise.alterations import Chance
from consilience.exercise.bad.item import NOTHING, SEEN, Item, Sample
from consilience.exercise.packing import zip_of
from consilience.model.problems import ProblemCode as P


def damaged(samples: list[Sample], random: Chance) -> Iterator[Item]:
    """Empty, truncated, torn and misnamed files."""
    first, second = samples[0], samples[1]
    png = _png(second.file)
    yield Item(
        path=b"empty.jpg", content=b"", what="none", problems=(P.EMPTY,), outcomes=NOTHING, note="empty file"
    )
    for tenth in range(1, 10):
        cut = len(first.file) * tenth // 10
        yield Item(
            path=b"cut/photo_%d0.jpg" % tenth,
            content=first.file[:cut],
            pictures=(first.picture,),
            problems=(P.DAMAGED,),
            note=f"JPEG truncated at {tenth}0 %",
        )
        cut = len(png) * tenth // 10
        yield Item(
            path=b"cut/drawing_%d0.png" % tenth,
            content=png[:cut],
            pictures=(second.picture,),
            problems=(P.DAMAGED,),
            note=f"PNG truncated at {tenth}0 %",
        )
    for count in (1, 20, 400):
        torn = bytearray(first.file)
        for _ in range(count):
            # Behind the header: what is torn is the picture's own data.
            torn[int(random.integers(len(torn) // 4, len(torn) - 2))] ^= 1 << int(random.integers(8))
        yield Item(
            path=b"torn/flips_%d.jpg" % count,
            content=bytes(torn),
            pictures=(first.picture,),
            problems=(P.DAMAGED,),
            sound=True,
            note=f"JPEG with {count} bits turned over",
        )
    hole = bytearray(first.file)
    middle = len(hole) // 2
    hole[middle : middle + 4096] = bytes(min(4096, len(hole) - middle))
    yield Item(
        path=b"torn/hole.jpg",
        content=bytes(hole),
        pictures=(first.picture,),
        problems=(P.DAMAGED,),
        sound=True,
        note="JPEG with a hole of zeros",
    )
    yield Item(
        path=b"torn/checksum.png",
        content=png[:-20] + bytes([png[-20] ^ 255]) + png[-19:],
        pictures=(second.picture,),
        problems=(P.DAMAGED,),
        sound=True,
        note="PNG with a wrong checksum",
    )
    yield Item(
        path=b"torn/noise.jpg",
        content=first.file[:20] + random.bytes(30_000),
        problems=(P.DAMAGED, P.UNSUPPORTED),
        note="the head of a JPEG, then noise",
    )
    yield Item(
        path=b"torn/only_head.gif",
        content=b"GIF89a" + struct.pack("<HHBBB", 640, 480, 0x80, 0, 0),
        problems=(P.DAMAGED,),
        note="GIF that ends behind its header",
    )
    loop = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 0x0100, 4, 1, 64) + struct.pack("<I", 8)
    yield Item(
        path=b"torn/circle.tif",
        content=loop,
        problems=(P.DAMAGED, P.UNSUPPORTED),
        note="TIFF whose directory follows itself",
    )
    bitmap = (
        b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, -5, 2_000_000_000, 1, 24, 0, 0, 0, 0, 0, 0)
    )
    yield Item(
        path=b"torn/size.bmp",
        content=bitmap,
        problems=(P.DAMAGED, P.UNSUPPORTED, P.LIMIT_PIXELS),
        note="BMP of an impossible size",
    )
    yield Item(
        path=b"torn/chunk.webp",
        content=b"RIFF"
        + struct.pack("<I", 0xFFFFFF00)
        + b"WEBPVP8 "
        + struct.pack("<I", 0xFFFFFFF0)
        + b"\0" * 40,
        problems=(P.DAMAGED, P.UNSUPPORTED),
        note="WebP with an impossible chunk",
    )
    yield Item(
        path=b"torn/box.heic",
        content=struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + struct.pack(">I", 0x7FFFFFFF) + b"meta",
        problems=(P.DAMAGED, P.UNSUPPORTED),
        note="HEIC with an impossible box",
    )
    # What is in the file decides, not what it is called.
    yield Item(
        path=b"named/photo.png",
        content=first.file,
        pictures=(first.picture,),
        outcomes=SEEN,
        note="JPEG named .png",
    )
    yield Item(
        path=b"named/readme.txt",
        content=first.file,
        pictures=(first.picture,),
        outcomes=SEEN,
        note="JPEG named .txt",
    )
    yield Item(
        path=b"named/IMG_0007",
        content=first.file,
        pictures=(first.picture,),
        outcomes=SEEN,
        note="JPEG without an ending",
    )
    yield Item(
        path=b"named/system.dll",
        content=png,
        pictures=(second.picture,),
        outcomes=SEEN,
        note="PNG named .dll",
    )
    yield Item(
        path=b"named/letter.jpg",
        content=b"Dear aunt,\n\nthe weather is fine and the apples are ripe.\n",
        what="other",
        outcomes=NOTHING,
        note="text named .jpg",
    )
    yield Item(
        path=b"named/page.jpg",
        content=b"<!DOCTYPE html><html><body><p>Not found</p></body></html>\n",
        what="other",
        outcomes=NOTHING,
        note="web page named .jpg",
    )
    both = first.file + zip_of([(b"note.txt", b"apples\n", 1_700_000_000)])
    yield Item(
        path=b"named/both.jpg",
        content=both,
        pictures=(first.picture,),
        outcomes=SEEN,
        note="JPEG with a zip archive behind it",
    )


def _png(file: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(file)) as image:
        small = image.convert("RGB")
        small.thumbnail((600, 600))
        small.save(out, "PNG", compress_level=6)
    return out.getvalue()
