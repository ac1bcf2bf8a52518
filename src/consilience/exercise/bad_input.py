"""What a careless or hostile exhibit holds: broken files, bombs, links, devices, names that hurt.

Each thing is made on the disk itself and comes with what is right to say of it. Nothing here does harm by
being looked at with care: bombs are small until they are opened.
"""

# Names here need not be text, and pathlib holds nothing else.
# ruff: noqa: PTH101, PTH103, PTH120, PTH123, PTH211
from __future__ import annotations

import errno
import hashlib
import io
import os
import socket
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from PIL import Image

from consilience.exercise import exif
from consilience.exercise.alterations import Chance, decode, jpeg
from consilience.exercise.hard_negatives import make as draw
from consilience.exercise.packing import gzip_of, tar_of, zip_of
from consilience.exercise.truth import FileTruth
from consilience.model.locator import Locator, Step, StepKind
from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode as P

_ANY_PICTURE = (
    Outcome.UNREADABLE,
    Outcome.NEW,
    Outcome.SEEN_BEFORE,
    Outcome.NEAR_DUPLICATE,
    Outcome.ALERT_NEAR,
)
_UNREADABLE = (Outcome.UNREADABLE,)
_SEEN = (Outcome.NEW, Outcome.SEEN_BEFORE, Outcome.NEAR_DUPLICATE)
_NOTHING = (Outcome.NOT_MEDIA,)


class Sample(msgspec.Struct, frozen=True):
    """A sound picture that is in the exercise, to be damaged: its name in the truth, and a JPEG of it."""

    picture: str
    file: bytes


class _Item(msgspec.Struct, frozen=True, kw_only=True):
    """A file to write: path, bytes and what is right to say of it."""

    path: bytes
    content: bytes
    what: str = "picture"
    pictures: tuple[str, ...] = ()
    problems: tuple[P, ...] = ()
    sound: bool = False
    outcomes: tuple[Outcome, ...] = _ANY_PICTURE
    unlisted: bool = False
    members: tuple[tuple[tuple[bytes, ...], bytes, str, tuple[str, ...]], ...] = ()
    note: str = ""


class Planted(msgspec.Struct, frozen=True):
    """What was made, and what this machine did not allow."""

    files: tuple[FileTruth, ...]
    left_out: tuple[str, ...]


def plant(
    root: Path, exhibit: str, folder: str, samples: list[Sample], depth: int, modified: int, random: Chance
) -> Planted:
    """Put bad input into an exhibit.

    Args:
        root: the exhibit's folder.
        exhibit: its number.
        folder: where in it, ended by a slash.
        samples: at least two sound pictures.
        depth: folders within folders.
        modified: time of the files.
        random: for what is left open.
    """
    files: list[FileTruth] = []
    left_out: list[str] = []
    base = os.fsencode(folder)
    items = [
        *_damaged(samples, random),
        *_bombs(random),
        *_archives(samples, random),
        *_named(samples),
        *_metadata(samples),
    ]
    for item in items:
        path = os.fsencode(root) + b"/" + base + item.path
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(item.content)
            os.utime(path, (modified, modified))
        except OSError as error:
            left_out.append(f"{exhibit}: {item.note}: {os.strerror(error.errno or 0)}")
            continue
        files += _truths(exhibit, base, item)
    files += _special(root, exhibit, base, left_out)
    files += _unreadable(root, exhibit, base, samples[0], modified, left_out)
    files += _deep(root, exhibit, base, depth, samples[1], modified)
    return Planted(tuple(files), tuple(left_out))


def _truths(exhibit: str, base: bytes, item: _Item) -> Iterator[FileTruth]:
    locator = Locator.of_path(base + item.path)
    yield FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what=item.what,
        size=len(item.content),
        sha256=hashlib.sha256(item.content).hexdigest(),
        pictures=item.pictures,
        problems=item.problems,
        sound=item.sound,
        outcomes=item.outcomes,
        unlisted=item.unlisted,
        note=item.note,
    )
    for names, content, what, pictures in item.members:
        member = locator.into(*(Step(StepKind.MEMBER, name, 0) for name in names))
        yield FileTruth(
            exhibit=exhibit,
            locator=member.encode().hex(),
            shown=member.display(),
            what=what,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            pictures=pictures,
            note=item.note,
        )


# -- Broken files --------------------------------------------------------------------------------------


def _damaged(samples: list[Sample], random: Chance) -> Iterator[_Item]:
    first, second = samples[0], samples[1]
    png = _png(second.file)
    yield _Item(
        path=b"empty.jpg", content=b"", what="none", problems=(P.EMPTY,), outcomes=_NOTHING, note="empty file"
    )
    for tenth in range(1, 10):
        cut = len(first.file) * tenth // 10
        yield _Item(
            path=b"cut/photo_%d0.jpg" % tenth,
            content=first.file[:cut],
            pictures=(first.picture,),
            problems=(P.DAMAGED,),
            note=f"JPEG truncated at {tenth}0 %",
        )
        cut = len(png) * tenth // 10
        yield _Item(
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
        yield _Item(
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
    yield _Item(
        path=b"torn/hole.jpg",
        content=bytes(hole),
        pictures=(first.picture,),
        problems=(P.DAMAGED,),
        sound=True,
        note="JPEG with a hole of zeros",
    )
    yield _Item(
        path=b"torn/checksum.png",
        content=png[:-20] + bytes([png[-20] ^ 255]) + png[-19:],
        pictures=(second.picture,),
        problems=(P.DAMAGED,),
        sound=True,
        note="PNG with a wrong checksum",
    )
    yield _Item(
        path=b"torn/noise.jpg",
        content=first.file[:20] + random.bytes(30_000),
        problems=(P.DAMAGED, P.UNSUPPORTED),
        note="the head of a JPEG, then noise",
    )
    yield _Item(
        path=b"torn/only_head.gif",
        content=b"GIF89a" + struct.pack("<HHBBB", 640, 480, 0x80, 0, 0),
        problems=(P.DAMAGED,),
        note="GIF that ends behind its header",
    )
    loop = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 0x0100, 4, 1, 64) + struct.pack("<I", 8)
    yield _Item(
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
    yield _Item(
        path=b"torn/size.bmp",
        content=bitmap,
        problems=(P.DAMAGED, P.UNSUPPORTED, P.LIMIT_PIXELS),
        note="BMP of an impossible size",
    )
    yield _Item(
        path=b"torn/chunk.webp",
        content=b"RIFF"
        + struct.pack("<I", 0xFFFFFF00)
        + b"WEBPVP8 "
        + struct.pack("<I", 0xFFFFFFF0)
        + b"\0" * 40,
        problems=(P.DAMAGED, P.UNSUPPORTED),
        note="WebP with an impossible chunk",
    )
    yield _Item(
        path=b"torn/box.heic",
        content=struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + struct.pack(">I", 0x7FFFFFFF) + b"meta",
        problems=(P.DAMAGED, P.UNSUPPORTED),
        note="HEIC with an impossible box",
    )
    # What is in the file decides, not what it is called.
    yield _Item(
        path=b"named/photo.png",
        content=first.file,
        pictures=(first.picture,),
        outcomes=_SEEN,
        note="JPEG named .png",
    )
    yield _Item(
        path=b"named/readme.txt",
        content=first.file,
        pictures=(first.picture,),
        outcomes=_SEEN,
        note="JPEG named .txt",
    )
    yield _Item(
        path=b"named/IMG_0007",
        content=first.file,
        pictures=(first.picture,),
        outcomes=_SEEN,
        note="JPEG without an ending",
    )
    yield _Item(
        path=b"named/system.dll",
        content=png,
        pictures=(second.picture,),
        outcomes=_SEEN,
        note="PNG named .dll",
    )
    yield _Item(
        path=b"named/letter.jpg",
        content=b"Dear aunt,\n\nthe weather is fine and the apples are ripe.\n",
        what="other",
        outcomes=_NOTHING,
        note="text named .jpg",
    )
    yield _Item(
        path=b"named/page.jpg",
        content=b"<!DOCTYPE html><html><body><p>Not found</p></body></html>\n",
        what="other",
        outcomes=_NOTHING,
        note="web page named .jpg",
    )
    both = first.file + zip_of([(b"note.txt", b"apples\n", 1_700_000_000)])
    yield _Item(
        path=b"named/both.jpg",
        content=both,
        pictures=(first.picture,),
        outcomes=_SEEN,
        note="JPEG with a zip archive behind it",
    )


def _png(file: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(file)) as image:
        small = image.convert("RGB")
        small.thumbnail((600, 600))
        small.save(out, "PNG", compress_level=6)
    return out.getvalue()


# -- Bombs ---------------------------------------------------------------------------------------------


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bombs(random: Chance) -> Iterator[_Item]:
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
    yield _Item(
        path=b"bombs/wide.png",
        content=png,
        problems=(P.LIMIT_PIXELS, P.LIMIT_MEMORY),
        outcomes=_UNREADABLE,
        note="PNG of 3.6 gigapixels in half a megabyte",
    )
    picture = jpeg(Image.fromarray(draw("gradient", random)), 80)
    at = picture.index(b"\xff\xc0") + 5
    large = picture[:at] + struct.pack(">HH", 65_000, 65_000) + picture[at + 4 :]
    yield _Item(
        path=b"bombs/claims.jpg",
        content=large,
        problems=(P.LIMIT_PIXELS, P.LIMIT_MEMORY),
        outcomes=_UNREADABLE,
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
    yield _Item(
        path=b"bombs/canvas.gif",
        content=gif,
        problems=(P.LIMIT_PIXELS, P.LIMIT_MEMORY, P.DAMAGED),
        outcomes=_UNREADABLE,
        note="GIF that claims 4.3 gigapixels",
    )
    yield _Item(
        path=b"bombs/overlap.zip",
        content=_overlapping(700, 16 << 20),
        what="container",
        problems=(P.LIMIT_EXPANSION, P.DAMAGED),
        outcomes=(*_NOTHING, *_UNREADABLE),
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


def _archives(samples: list[Sample], random: Chance) -> Iterator[_Item]:
    modified = 1_760_000_000
    sample = samples[0]
    inner = zip_of([(b"a.jpg", sample.file, modified)])
    twice = zip_of([(b"inner.zip", inner, modified)], zipfile.ZIP_STORED)
    yield _Item(
        path=b"archives/twice.zip",
        content=twice,
        what="container",
        outcomes=_NOTHING,
        note="zip in zip",
        members=(
            ((b"inner.zip",), inner, "container", ()),
            ((b"inner.zip", b"a.jpg"), sample.file, "picture", (sample.picture,)),
        ),
    )
    nested = zip_of([(b"end.txt", b"You have reached the innermost.\n", modified)])
    for level in range(14):
        nested = zip_of([(b"level-%02d.zip" % level, nested, modified)], zipfile.ZIP_STORED)
    yield _Item(
        path=b"archives/matryoshka.zip",
        content=nested,
        what="container",
        sound=True,
        problems=(P.LIMIT_DEPTH,),
        outcomes=(*_NOTHING, *_UNREADABLE),
        unlisted=True,
        note="fifteen zips within each other",
    )
    whole = zip_of([(b"one.jpg", sample.file, modified), (b"two.txt", b"apples " * 4000, modified)])
    yield _Item(
        path=b"archives/cut.zip",
        content=whole[: len(whole) * 2 // 3],
        what="container",
        problems=(P.DAMAGED,),
        outcomes=(*_NOTHING, *_UNREADABLE),
        unlisted=True,
        pictures=(sample.picture,),
        note="zip cut off",
    )
    locked = bytearray(zip_of([(b"locked.jpg", random.bytes(5000), modified)], zipfile.ZIP_STORED))
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(magic) + offset] |= 1
    yield _Item(
        path=b"archives/locked.zip",
        content=bytes(locked),
        what="container",
        sound=True,
        problems=(P.ENCRYPTED,),
        outcomes=(*_NOTHING, *_UNREADABLE),
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
    yield _Item(
        path=b"archives/crooked.tar",
        content=crooked,
        what="container",
        sound=True,
        problems=(P.DAMAGED,),
        outcomes=(*_NOTHING, *_UNREADABLE),
        unlisted=True,
        note="tar whose names lead outside, repeat, or are very long",
    )
    deflated = gzip_of("zeros.bin", bytes(64 << 20), modified)
    yield _Item(
        path=b"archives/zeros.gz",
        content=deflated,
        what="container",
        outcomes=_NOTHING,
        members=(((b"zeros.bin",), bytes(64 << 20), "other", ()),),
        note="gzip of 64 MB of zeros",
    )


# -- Names and metadata --------------------------------------------------------------------------------


def _named(samples: list[Sample]) -> Iterator[_Item]:
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
        yield _Item(
            path=b"names/" + name, content=sample.file, pictures=(sample.picture,), outcomes=_SEEN, note=note
        )


def _metadata(samples: list[Sample]) -> Iterator[_Item]:
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
        yield _Item(
            path=b"metadata/" + name.encode(),
            content=content,
            pictures=(sample.picture,),
            outcomes=(*_SEEN, Outcome.ALERT_NEAR),
            note=note,
        )


def _bare(file: bytes) -> bytes:
    """The picture as displayed, without metadata."""
    return jpeg(Image.fromarray(decode(file)), 90)


# -- Things that are no files --------------------------------------------------------------------------


def _special(root: Path, exhibit: str, base: bytes, left_out: list[str]) -> Iterator[FileTruth]:
    folder = os.fsencode(root) + b"/" + base + b"special"
    os.makedirs(folder, exist_ok=True)
    links = {
        b"loop-a": b"loop-b",
        b"loop-b": b"loop-a",
        b"itself": b"itself",
        b"up": b"..",
        b"dangling": b"nowhere/at/all.jpg",
        b"outside": b"/etc/hostname",
    }
    for name, target in links.items():
        os.symlink(target, folder + b"/" + name)
        yield _nothing(exhibit, base + b"special/" + name, P.LINK, f"link to {target.decode()}")
    os.mkfifo(folder + b"/pipe.jpg")
    yield _nothing(exhibit, base + b"special/pipe.jpg", P.FIFO, "fifo")
    try:
        os.mknod(folder + b"/null.jpg", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        yield _nothing(exhibit, base + b"special/null.jpg", P.DEVICE, "character device")
    except OSError as error:
        left_out.append(f"{exhibit}: character device: {os.strerror(error.errno or 0)}")
    # A socket's path may be 107 bytes long: it is bound by a short name from within its folder.
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(f"/proc/self/fd/{here}/socket")
        yield _nothing(exhibit, base + b"special/socket", P.SOCKET, "socket")
    except OSError as error:
        left_out.append(f"{exhibit}: socket: {os.strerror(error.errno or 0)}")
    finally:
        os.close(here)


def _nothing(exhibit: str, path: bytes, problem: P, note: str) -> FileTruth:
    locator = Locator.of_path(path)
    return FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what="none",
        problems=(problem,),
        outcomes=_NOTHING,
        note=note,
    )


def _unreadable(
    root: Path, exhibit: str, base: bytes, sample: Sample, modified: int, left_out: list[str]
) -> Iterator[FileTruth]:
    path = os.fsencode(root) + b"/" + base + b"special/forbidden.jpg"
    with open(path, "wb") as file:
        file.write(sample.file)
    os.utime(path, (modified, modified))
    os.chmod(path, 0)
    if os.geteuid() == 0:
        left_out.append(f"{exhibit}: an unreadable file: the superuser, who built this, may read everything")
    locator = Locator.of_path(base + b"special/forbidden.jpg")
    yield FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what="picture",
        size=len(sample.file),
        sha256=hashlib.sha256(sample.file).hexdigest(),
        pictures=(sample.picture,),
        problems=(P.PERMISSION,),
        sound=True,
        outcomes=(*_UNREADABLE, *_SEEN),
        note="file without any permission",
    )


def _deep(
    root: Path, exhibit: str, base: bytes, depth: int, sample: Sample, modified: int
) -> Iterator[FileTruth]:
    """Folders within folders, deeper than one system call can name where `depth` is large."""
    here = os.open(os.fsencode(root) + b"/" + base, os.O_RDONLY | os.O_DIRECTORY)
    path = base + b"deep/"
    names = [b"deep", *(b"d%03d" % (k % 1000) for k in range(depth))]
    try:
        for name in names:
            try:
                os.mkdir(name, dir_fd=here)
            except OSError as error:
                if error.errno != errno.EEXIST:
                    raise
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = inner
        path = base + b"/".join(names) + b"/bottom.jpg"
        file = os.open(b"bottom.jpg", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here)
        os.write(file, sample.file)
        os.close(file)
        os.utime(b"bottom.jpg", (modified, modified), dir_fd=here)
    finally:
        os.close(here)
    locator = Locator.of_path(path)
    yield FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what="picture",
        size=len(sample.file),
        sha256=hashlib.sha256(sample.file).hexdigest(),
        pictures=(sample.picture,),
        outcomes=_SEEN,
        note=f"file under {depth} folders",
    )
