"""Bad films: torn, empty of pictures, and with claims that no decoder should believe."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from consilience.exercise.films.encoding import Form, encoded
from consilience.exercise.films.sound import RATE
from consilience.exercise.plan import BEGIN
from consilience.exercise.truth import FileTruth
from consilience.model.locator import Locator
from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode as P

_FOLDER = "Videos/recovered/"
_ANY = (Outcome.UNREADABLE, Outcome.NEW, Outcome.NEAR_DUPLICATE, Outcome.SEEN_BEFORE)
_WRONG = (P.DAMAGED, P.UNSUPPORTED, P.LIMIT_PIXELS, P.LIMIT_MEMORY, P.LIMIT_TIME, P.CRASHED)


class BadFilm(msgspec.Struct, frozen=True, kw_only=True):
    """A file to write: its name, bytes, and what is right to say of it.

    `sound` says whether it is right, too, to report no problem.
    """

    name: str
    content: bytes
    problems: tuple[P, ...] = _WRONG
    sound: bool = False
    note: str


def plant_bad_films(root: Path, exhibit: str, film: bytes, random: np.random.Generator) -> list[FileTruth]:
    """Put bad films into an exhibit.

    Args:
        root: the exhibit's folder.
        exhibit: its number.
        film: a sound MP4 file with H.264 and AAC, index at its end.
        random: for what is left open.
    """
    files = []
    for one in bad_films(film, random):
        path = root / _FOLDER / one.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.content)
        moment = int(BEGIN.timestamp())
        os.utime(path, (moment, moment))
        locator = Locator.of_path((_FOLDER + one.name).encode())
        files.append(
            FileTruth(
                exhibit=exhibit,
                locator=locator.encode().hex(),
                shown=locator.display(),
                what="media",
                size=len(one.content),
                sha256=hashlib.sha256(one.content).hexdigest(),
                problems=one.problems,
                sound=one.sound,
                outcomes=_ANY,
                note=one.note,
            )
        )
    return files


def bad_films(film: bytes, random: np.random.Generator) -> Iterator[BadFilm]:
    """Every kind of bad film, made of a sound one."""
    index = film.index(b"moov") - 4
    yield BadFilm(name="no index.mp4", content=film[:index], note="MP4 without its index")
    yield BadFilm(
        name="half an index.mp4",
        content=film[: index + (len(film) - index) // 2],
        sound=True,  # the track that the first half describes may play as if nothing were missing
        note="MP4 cut in the middle of its index",
    )
    torn = bytearray(film)
    for _ in range(200):
        torn[int(random.integers(1000, index))] ^= 1 << int(random.integers(8))
    yield BadFilm(name="torn.mp4", content=bytes(torn), sound=True, note="MP4 with 200 bits turned over")
    hole = bytearray(film)
    hole[index // 3 : index // 2] = bytes(index // 2 - index // 3)
    yield BadFilm(name="hole.mp4", content=bytes(hole), sound=True, note="MP4 with a hole of zeros")
    yield BadFilm(
        name="only noise.mp4", content=film[:32] + random.bytes(50_000), note="an MP4's head, then noise"
    )
    yield BadFilm(
        name="no rate.mp4",
        content=_with(film, b"mdhd", lambda box: struct.pack_into(">I", box, 12, 0)),
        sound=True,
        note="a time scale of zero: no frames a second",
    )
    yield BadFilm(
        name="thousand million frames.mp4",
        content=_with(film, b"stts", lambda box: struct.pack_into(">III", box, 4, 1, 1_000_000_000, 1)),
        sound=True,
        note="an index that claims 10⁹ frames",
    )
    yield BadFilm(
        name="endless.mp4",
        content=_with(film, b"stsz", lambda box: struct.pack_into(">II", box, 4, 1, 1_000_000_000)),
        sound=True,
        note="an index that claims 10⁹ frames of one byte",
    )
    yield BadFilm(
        name="65535 by 65535.mp4",
        content=_sized(film, 65_535),
        sound=True,
        note="an index that claims 65,535 x 65,535",
    )
    yield BadFilm(
        name="65535 by 65535.avi",
        content=_huge_avi(random),
        note="an uncompressed AVI that claims 65,535 x 65,535",
    )
    yield BadFilm(
        name="no pictures.mp4",
        content=_sound_only(random),
        problems=(),
        note="an MP4 that holds sound and no pictures",
    )
    yield BadFilm(
        name="endless.mpg",
        content=b"\0\0\1\xba\x44" + bytes(9) + b"\0\0\1\xbe\xff\xff" * 40_000,
        note="an MPEG stream of padding alone",
    )
    yield BadFilm(
        name="empty track.webm",
        content=bytes.fromhex(
            "1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff"
        ),
        note="a WebM that ends behind its header",
    )


def _with(film: bytes, box: bytes, change: Callable[[bytearray], None]) -> bytes:
    """The film with the body of each box of a name changed; the first number in it stands at 4."""
    out = bytearray(film)
    at = out.find(box)
    while at > 0:
        size = int.from_bytes(out[at - 4 : at], "big") - 8
        body = out[at + 4 : at + 4 + size]
        change(body)
        out[at + 4 : at + 4 + size] = body[:size]
        at = out.find(box, at + 4 + size)
    return bytes(out)


def _sized(film: bytes, side: int) -> bytes:
    def tall(body: bytearray) -> None:
        struct.pack_into(">HH", body, 24, side, side)

    def shown(body: bytearray) -> None:
        struct.pack_into(">II", body, len(body) - 8, side << 16, side << 16)

    return _with(_with(film, b"avc1", tall), b"tkhd", shown)


def _huge_avi(random: np.random.Generator) -> bytes:
    """One uncompressed frame of an AVI, whose header claims far more pixels than there are bytes."""
    grey = np.full((64, 64, 3), 128, np.uint8)
    form = Form(container="avi", video="mpeg4", width=64, height=64, rate=5, audio="")
    film = bytearray(encoded(form, 0.4, lambda _time: grey, np.zeros(0, np.float32)))
    at = film.index(b"strf") + 8
    struct.pack_into("<ii", film, at + 4, 65_535, 65_535)
    film[at + 16 : at + 20] = bytes(4)
    main = film.index(b"avih") + 8
    struct.pack_into("<II", film, main + 32, 65_535, 65_535)
    return bytes(film) + random.bytes(64)


def _sound_only(random: np.random.Generator) -> bytes:
    noise = random.normal(0, 0.1, 4 * RATE).astype(np.float32)
    return encoded(Form(video=""), 4.0, lambda _time: np.zeros((2, 2, 3), np.uint8), noise)
