"""Names and metadata that hurt whoever shows or stores them carelessly."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

from consilience.exercise import exif
from consilience.exercise.alterations import decode, jpeg
from consilience.exercise.bad.item import SEEN, Item, Sample
from consilience.model.outcomes import Outcome


def named(samples: list[Sample]) -> Iterator[Item]:
    """Sound pictures under names that hurt."""
    sample = samples[1]
    names = (
        (b"\xff\xfe\x80 not utf-8 \xc3\x28.jpg", "name that is not UTF-8"),
        (b"caf\xe9.jpg", "name in Latin-1"),
        (b"n" * 251 + b".jpg", "name of 255 bytes"),
        (b"<img src=x onerror=alert(1)>.jpg", "name that is markup"),
        (b"'; DROP TABLE files; --.jpg", "name that is SQL"),
        (b"=1+1;cmd.jpg", "name that a spreadsheet would run"),
        (b"\x1b[2J\x1b[31mred\x1b[0m\x07.jpg", "name with terminal codes"),
        (b"two\nlines\r.jpg", "name of two lines"),
        (b"--help", "name that looks like an option"),
        (b" .jpg ", "name of blanks"),
        ("photo\u202egpj.exe".encode(), "name written backwards"),
        ("e\u0301t\u00e9 \U0001f33b\u200b.jpg".encode(), "name of combining marks and a zero-width space"),
        (b"CON.jpg", "name of a device elsewhere"),
        (b"back\\slash.jpg", "name with a backslash"),
        (b"%s%n%00.jpg", "name of format codes"),
        (b"\xed\xa0\x80.jpg", "name with half a surrogate"),
    )
    for name, note in names:
        yield Item(
            path=b"names/" + name, content=sample.file, pictures=(sample.picture,), outcomes=SEEN, note=note
        )


def metadata(samples: list[Sample]) -> Iterator[Item]:
    """Sound pictures whose EXIF hurts."""
    sample = samples[1]
    markup = "<script>alert('x')</script>\x1b[31m\u202e\x00\n" + "]]>&amp;"
    blocks = (
        (
            "markup.jpg",
            exif.block(
                [
                    exif.text(exif.MAKE, markup),
                    exif.text(exif.MODEL, markup),
                    exif.text(exif.SOFTWARE, markup),
                ],
                [
                    exif.text(exif.BODY_SERIAL, markup),
                    exif.text(exif.DATE_TIME_ORIGINAL, "9999:99:99 99:99:99"),
                ],
            ),
            "EXIF that holds markup and terminal codes",
        ),
        ("bytes.jpg", exif.block([exif.text(exif.MAKE, b"\xff\xfe\x00\xd8" * 40)]), "EXIF that is no text"),
        ("long.jpg", exif.block([exif.text(exif.DESCRIPTION, "apple " * 9000)]), "EXIF of 54 kB"),
        (
            "poles.jpg",
            exif.block([exif.text(exif.MAKE, "Aurix")], [], exif.position(89.9999, 179.9999)),
            "position at the edge of the map",
        ),
        (
            "circle.jpg",
            exif.block([exif.long(0x8769, 8), exif.long(0x8825, 8)]),
            "EXIF whose directories follow themselves",
        ),
        ("tag99.jpg", exif.block([exif.short(exif.ORIENTATION, 99)]), "orientation 99"),
    )
    bare = _bare(sample.file)
    for name, block, note in blocks:
        if len(block) > 65_000:
            continue
        content = bare[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + bare[2:]
        yield Item(
            path=b"metadata/" + name.encode(),
            content=content,
            pictures=(sample.picture,),
            outcomes=(*SEEN, Outcome.ALERT_NEAR),
            note=note,
        )


def _bare(file: bytes) -> bytes:
    """The picture as displayed, without metadata."""
    return jpeg(Image.fromarray(decode(file)), 90)
