"""Archives member by member: the bytes and names of other programs, typed problems, bounds, no surprise."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import stat
import struct
import subprocess
import sys
import tarfile
import textwrap
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.evidence.archives import ArchiveProblem, Member, is_readable, open_archive
from consilience.model.locator import StepKind
from consilience.model.problems import ProblemCode
from consilience.settings import Limits

ZIP, TAR, SEVEN = "application/zip", "application/x-tar", "application/x-7z-compressed"
LIMITS = Limits()
FILES = {
    b"a.txt": b"first",
    b"folder/b.bin": bytes(range(256)) * 400,
    "folder/grüße 世界.txt".encode(): b"names",
    b"empty": b"",
    b"long/" + b"x" * 150: b"long name",
}
Contents = list[tuple[bytes, bytes | ProblemCode]]


def read(stream: BinaryIO, size: int = 5000) -> bytes:
    return b"".join(iter(lambda: stream.read(size), b""))


def contents(data: bytes, media_type: str, start: int = 0, limits: Limits = LIMITS) -> Contents:
    """Name and bytes of each member, or the code of its problem."""
    found: Contents = []
    for member in open_archive(io.BytesIO(data), media_type, limits, start):
        found.append((member.step.name, content(member)))
    return found


def content(member: Member) -> bytes | ProblemCode:
    if member.problem:
        return member.problem.code
    try:
        with member.open() as stream:
            return read(stream)
    except ArchiveProblem as error:
        assert error.problem.detail.isprintable()
        return error.problem.code


def failing(data: bytes, media_type: str, limits: Limits = LIMITS) -> tuple[list[Member], ProblemCode]:
    """The members before the end of a broken archive, and the problem that ended it."""
    members = []
    with pytest.raises(ArchiveProblem) as caught:
        for member in open_archive(io.BytesIO(data), media_type, limits):
            members.append(member)
    return members, caught.value.problem.code


def zipped(files: dict[bytes, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name.decode(), (2024, 5, 17, 9, 30, 6)), body, method)
    return buffer.getvalue()


class Unseekable(io.RawIOBase):
    """Makes zipfile write sizes after the bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        self.data += bytes(piece)  # type: ignore[call-overload]
        return len(piece)  # type: ignore[arg-type]


def streamed_zip(files: dict[bytes, bytes]) -> bytes:
    sink = Unseekable()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        for name, body in files.items():
            with archive.open(name.decode(), "w", force_zip64=True) as stream:
                stream.write(body)
    return sink.data


def tarred(files: dict[bytes, bytes], form: int = tarfile.PAX_FORMAT, **info: object) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, body in files.items():
            entry = tarfile.TarInfo(name.decode())
            entry.size, entry.mtime = len(body), 1_715_931_001
            for key, value in info.items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()


def sevened(
    files: dict[bytes, bytes], filters: list[dict[str, int]] | None = None, **options: object
) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=filters, **options) as archive:  # type: ignore[arg-type]
        for name, body in files.items():
            archive.writestr(body, name.decode())
    return buffer.getvalue()


SEVEN_FILTERS = {
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "lzma": [{"id": py7zr.FILTER_LZMA}],
    "x86 before lzma": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA}],
    "x86 before lzma2": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "arm": [{"id": py7zr.FILTER_ARM}, {"id": py7zr.FILTER_LZMA}],
    "delta": [{"id": py7zr.FILTER_DELTA, "dist": 3}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "copy": [{"id": py7zr.FILTER_COPY}],
}
SOUND: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip stored": (lambda: zipped(FILES, zipfile.ZIP_STORED), ZIP),
    "zip deflated": (lambda: zipped(FILES), ZIP),
    "zip bzip2": (lambda: zipped(FILES, zipfile.ZIP_BZIP2), ZIP),
    "zip lzma": (lambda: zipped(FILES, zipfile.ZIP_LZMA), ZIP),
    "zip streamed": (lambda: streamed_zip(FILES), ZIP),
    "zip after a program": (lambda: b"#!/bin/sh\nexit\n" + zipped(FILES), ZIP),
    "tar pax": (lambda: tarred(FILES), TAR),
    "tar gnu": (lambda: tarred(FILES, tarfile.GNU_FORMAT), TAR),
    **{
        f"7z {name}": (lambda filters=filters: sevened(FILES, filters), SEVEN)  # type: ignore[misc]
        for name, filters in SEVEN_FILTERS.items()
    },
}


@pytest.mark.parametrize("name", SOUND)
def test_every_archive_gives_its_files(name: str) -> None:
    make, media_type = SOUND[name]
    assert contents(make(), media_type) == list(FILES.items())


@pytest.mark.parametrize("name", SOUND)
def test_members_before_the_start_are_skipped(name: str) -> None:
    make, media_type = SOUND[name]
    members = list(open_archive(io.BytesIO(make()), media_type, LIMITS, start=2))
    assert [member.step.ordinal for member in members] == [2, 3, 4]
    assert contents(make(), media_type, start=2) == list(FILES.items())[2:]
    assert contents(make(), media_type, start=99) == []


@pytest.mark.parametrize("name", SOUND)
def test_members_that_are_not_read_do_not_disturb_the_others(name: str) -> None:
    make, media_type = SOUND[name]
    found = []
    for member in open_archive(io.BytesIO(make()), media_type, LIMITS):
        if member.step.ordinal % 2:
            found.append(content(member))
        elif member.step.ordinal == 0:
            with member.open() as stream:
                stream.read(2)
    assert found == list(FILES.values())[1::2]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.text("abc/.é世", min_size=1, max_size=20), st.binary(max_size=300)), max_size=8),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
)
def test_zip_is_read_as_zipfile_reads_it(files: list[tuple[str, bytes]], method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, body in files:
            archive.writestr(zipfile.ZipInfo(name), body, method)
    with zipfile.ZipFile(buffer) as peer:
        infos = [info for info in peer.infolist() if not info.is_dir() or info.file_size]
        expected = [(info.orig_filename.encode(), peer.read(info)) for info in infos]
    assert contents(buffer.getvalue(), ZIP) == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.text("ab/é世", min_size=1, max_size=120), st.binary(max_size=1500)), max_size=6),
    st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_tar_is_read_as_tarfile_reads_it(files: list[tuple[str, bytes]], form: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, body in files:
            info = tarfile.TarInfo(name.rstrip("/") or "root")
            info.size = len(body)
            try:
                archive.addfile(info, io.BytesIO(body))
            except ValueError:
                return  # this form cannot hold the name
    buffer.seek(0)
    with tarfile.open(fileobj=buffer, encoding="utf-8") as peer:
        expected = [
            (info.name.encode("utf-8", "surrogateescape"), peer.extractfile(info).read())  # type: ignore[union-attr]
            for info in peer
            if info.isreg()
        ]
    ours = [(name, body) for name, body in contents(buffer.getvalue(), TAR) if isinstance(body, bytes)]
    assert ours == expected


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.text("abé世", min_size=1, max_size=20), st.binary(max_size=400), max_size=6),
    st.sampled_from(sorted(SEVEN_FILTERS)),
)
def test_7z_is_read_as_it_was_written(files: dict[str, bytes], name: str) -> None:
    raw = {key.encode(): body for key, body in files.items()}
    assert contents(sevened(raw, SEVEN_FILTERS[name]), SEVEN) == list(raw.items())


# Names, times, kinds


def test_names_are_the_stored_bytes() -> None:
    for name, flag in ((b"caf\x82.txt", 0), ("café".encode(), 0x0800)):
        data = zipped({b"x" * len(name): b"body"})
        data = data.replace(b"x" * len(name), name)
        at = data.index(b"PK\1\2")
        data = data[: at + 8] + struct.pack("<H", flag) + data[at + 10 :]
        assert contents(data, ZIP) == [(name, b"body")]
    raw = tarred({b"xxxx": b"body"}, tarfile.USTAR_FORMAT)
    header = bytearray(raw[:512].replace(b"xxxx", b"\xff\x80\x01n"))
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert contents(bytes(header) + raw[512:], TAR) == [(b"\xff\x80\x01n", b"body")]


def test_equal_names_have_different_ordinals() -> None:
    buffer = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("same", "1")
        archive.writestr("same", "2")
    steps = [member.step for member in open_archive(buffer, ZIP, LIMITS)]
    assert [(step.kind, step.name, step.ordinal) for step in steps] == [
        (StepKind.MEMBER, b"same", 0),
        (StepKind.MEMBER, b"same", 1),
    ]


def test_directories_are_counted_but_not_listed() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/a", "1")
    (member,) = open_archive(buffer, ZIP, LIMITS)
    assert member.step.ordinal == 1
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        tar.addfile(tarfile.TarInfo("folder/a"))
    (member,) = open_archive(buffer, TAR, LIMITS)
    assert member.step.ordinal == 1


def test_the_clock_of_dos_knows_no_zone() -> None:
    (member,) = open_archive(io.BytesIO(zipped({b"a": b""})), ZIP, LIMITS)
    (time,) = member.times
    assert (time.kind, time.raw, time.zone) == ("modified", "2024-05-17 09:30:06", "unknown")
    assert (time.clock, time.precision, time.utc) == ("archive", 2.0, None)


def test_the_extra_fields_of_unix_and_windows_are_utc() -> None:
    info = zipfile.ZipInfo("a", (2024, 5, 17, 9, 30, 6))
    unix = struct.pack("<HHBi", 0x5455, 5, 1, 1_715_931_001)
    ticks = 116_444_736_000_000_000 + 1_715_931_001 * 10**7
    info.extra = unix + struct.pack("<HHIHHQQQ", 0x000A, 32, 0, 1, 24, ticks, ticks, 0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, b"")
    (member,) = open_archive(buffer, ZIP, LIMITS)
    assert [(time.kind, time.zone, time.utc) for time in member.times[1:]] == [
        ("modified", "UTC", 1_715_931_001_000_000_000),
        ("modified", "UTC", 1_715_931_001_000_000_000),
        ("accessed", "UTC", 1_715_931_001_000_000_000),
    ]


@pytest.mark.parametrize(
    ("mtime", "utc"), [(1_715_931_001, 1_715_931_001_000_000_000), (-1.5, -1_500_000_000)]
)
def test_the_times_of_a_tar_are_utc(mtime: float, utc: int) -> None:
    (member,) = open_archive(io.BytesIO(tarred({b"a": b""}, mtime=mtime)), TAR, LIMITS)
    assert [(time.kind, time.zone, time.utc) for time in member.times] == [("modified", "UTC", utc)]


def test_links_and_devices_of_a_tar_are_typed() -> None:
    kinds = {
        tarfile.SYMTYPE: ProblemCode.LINK,
        tarfile.LNKTYPE: ProblemCode.LINK,
        tarfile.CHRTYPE: ProblemCode.DEVICE,
        tarfile.BLKTYPE: ProblemCode.DEVICE,
        tarfile.FIFOTYPE: ProblemCode.FIFO,
        b"Z": ProblemCode.UNSUPPORTED,
    }
    for kind, code in kinds.items():
        data = tarred({b"a": b""}, type=kind, linkname="elsewhere")
        assert contents(data, TAR) == [(b"a", code)]


def test_links_and_devices_of_a_zip_are_typed() -> None:
    kinds = {stat.S_IFLNK: ProblemCode.LINK, stat.S_IFIFO: ProblemCode.FIFO, stat.S_IFCHR: ProblemCode.DEVICE}
    for kind, code in kinds.items():
        info = zipfile.ZipInfo("a")
        info.create_system, info.external_attr = 3, kind << 16
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(info, "elsewhere")
        assert contents(buffer.getvalue(), ZIP) == [(b"a", code)]


def test_links_of_a_7z_are_typed(tmp_path: object) -> None:
    folder = tmp_path / "folder"  # type: ignore[operator]
    folder.mkdir()
    (folder / "file").write_text("x")
    (folder / "link").symlink_to("file")
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w") as archive:
        archive.writeall(folder, "folder")
    assert contents(buffer.getvalue(), SEVEN) == [(b"folder/file", b"x"), (b"folder/link", ProblemCode.LINK)]


def test_sparse_files_of_a_tar_are_unsupported_and_the_next_is_read() -> None:
    data = bytearray(tarred({b"sparse": bytes(512), b"after": b"next"}, tarfile.GNU_FORMAT))
    header = bytearray(data[:512])
    header[156:157] = b"S"
    header[482] = 1  # the map goes on in a block of its own
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    changed = bytes(header) + bytes(512) + bytes(data[512:])
    assert contents(changed, TAR) == [(b"sparse", ProblemCode.UNSUPPORTED), (b"after", b"next")]


# One member


@pytest.mark.parametrize(
    ("compress", "media_type"),
    [
        (gzip.compress, "application/gzip"),
        (bz2.compress, "application/x-bzip2"),
        (lzma.compress, "application/x-xz"),
        (lambda data: lzma.compress(data, lzma.FORMAT_ALONE), "application/x-lzma"),
    ],
    ids=["gzip", "bzip2", "xz", "lzma"],
)
def test_archives_of_one_member(compress: Callable[[bytes], bytes], media_type: str) -> None:
    body = bytes(range(256)) * 2000
    assert contents(compress(body), media_type) == [(b"", body)]
    assert contents(compress(body), media_type, start=1) == []
    assert contents(compress(body)[:-20], media_type) == [(b"", ProblemCode.DAMAGED)]
    if media_type != "application/x-lzma":
        assert contents(compress(body) + compress(b"more") + bytes(8), media_type) == [(b"", body + b"more")]
        assert contents(compress(body) + b"garbage", media_type) == [(b"", ProblemCode.DAMAGED)]


def test_the_name_and_time_of_a_gzip() -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile("caf\xe9.txt", "wb", fileobj=buffer, mtime=1_715_931_001) as file:
        file.write(b"body")
    (member,) = open_archive(buffer, "application/gzip", LIMITS)
    assert member.step.name == b"caf\xe9.txt" and member.size is None
    assert [time.utc for time in member.times] == [1_715_931_001_000_000_000]


def test_a_tar_in_a_gzip_is_a_member_of_its_own() -> None:
    ((_, inner),) = contents(gzip.compress(tarred(FILES)), "application/gzip")
    assert isinstance(inner, bytes)
    assert contents(inner, TAR) == list(FILES.items())


# Damage


def test_a_checksum_that_disagrees_comes_after_the_bytes() -> None:
    data = zipped({b"a": b"some bytes", b"b": b"others"}, zipfile.ZIP_STORED).replace(
        b"some bytes", b"some bites"
    )
    first, second = open_archive(io.BytesIO(data), ZIP, LIMITS)
    stream = first.open()
    assert stream.read(100) == b"some bites"
    with pytest.raises(ArchiveProblem, match="checksum"):
        stream.read(100)
    assert stream.read(100) == b""
    assert content(second) == b"others"


def test_a_7z_member_whose_checksum_disagrees() -> None:
    copied = sevened({b"a": b"some bytes", b"b": b"others"}, SEVEN_FILTERS["copy"])
    assert contents(copied.replace(b"some bytes", b"some bites"), SEVEN) == [
        (b"a", ProblemCode.DAMAGED),
        (b"b", b"others"),
    ]


def test_a_size_that_disagrees_is_damage() -> None:
    data = zipped({b"a": b"x" * 1000})
    at = data.index(b"PK\1\2")
    data = data[: at + 24] + struct.pack("<I", 999) + data[at + 28 :]
    assert contents(data, ZIP) == [(b"a", ProblemCode.DAMAGED)]


@pytest.mark.parametrize("make", [zipped, streamed_zip], ids=["sizes before", "sizes after"])
def test_a_zip_without_its_directory_gives_what_is_there(make: Callable[[dict[bytes, bytes]], bytes]) -> None:
    data = make(FILES)
    members, code = failing(data[: data.index(b"PK\1\2")], ZIP)
    assert code is ProblemCode.DAMAGED
    assert [(member.step.name, content(member)) for member in members] == list(FILES.items())


def test_the_first_part_of_a_split_zip_gives_what_is_there() -> None:
    data = b"PK\7\x08" + zipped(FILES)
    members, _ = failing(data[: data.index(b"PK\1\2")], ZIP)
    assert [content(member) for member in members] == list(FILES.values())


def test_a_zip_cut_inside_a_member_gives_those_before() -> None:
    data = zipped(FILES, zipfile.ZIP_STORED)
    members, code = failing(data[: data.index(bytes(range(256))) + 5000], ZIP)
    assert code is ProblemCode.DAMAGED
    assert [content(member) for member in members] == [b"first", ProblemCode.DAMAGED]


def test_a_zip_with_a_broken_directory_gives_the_entries_before() -> None:
    data = zipped(FILES)
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
    members, code = failing(data[:second] + b"XX" + data[second + 2 :], ZIP)
    assert (len(members), code) == (1, ProblemCode.DAMAGED)


def test_a_tar_cut_short_gives_those_before() -> None:
    data = tarred({b"a": b"1" * 600, b"b": b"2" * 600}, tarfile.USTAR_FORMAT)
    members, code = failing(data[:2300], TAR)
    assert code is ProblemCode.DAMAGED
    assert [content(member) for member in members] == [b"1" * 600, ProblemCode.DAMAGED]


def test_a_tar_with_a_broken_header_gives_the_others() -> None:
    data = tarred({b"a": b"1", b"b": b"2", b"c": b"3"}, tarfile.USTAR_FORMAT)
    members, code = failing(data[:1024] + b"\xff" * 512 + data[1536:], TAR)
    assert code is ProblemCode.DAMAGED
    assert [(member.step.name, content(member)) for member in members] == [(b"a", b"1"), (b"c", b"3")]


@pytest.mark.parametrize("name", SOUND)
def test_cut_at_every_tenth(name: str) -> None:
    make, media_type = SOUND[name]
    data = make().rstrip(b"\0") if media_type == TAR else make()
    for tenth in range(10):
        with pytest.raises(ArchiveProblem) as caught:
            contents(data[: len(data) * tenth // 10], media_type)
        assert caught.value.problem.code is ProblemCode.DAMAGED


@pytest.mark.parametrize("name", SOUND)
def test_mutated_archives_give_members_or_typed_problems(name: str) -> None:
    make, media_type = SOUND[name]
    chance = random.Random(name)
    small = {key: body[:2000] for key, body in FILES.items()}
    data = make() if len(make()) < 20_000 else (tarred(small) if media_type == TAR else zipped(small, 0))
    for _ in range(120):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 2, 8))):
            at = chance.randrange(len(changed))
            if chance.random() < 0.5:
                at = max(0, len(changed) - 1 - chance.randrange(300))
            changed[at : at + chance.choice((0, 1, 4))] = chance.choice(
                (b"\xff" * 4, bytes(4), chance.randbytes(2))
            )
        try:
            for member_name, body in contents(
                mended(bytes(changed)), media_type, limits=Limits(members=1000)
            ):
                assert isinstance(member_name, bytes) and isinstance(body, bytes | ProblemCode)
        except ArchiveProblem as error:
            assert error.problem.detail.isprintable()


def mended(data: bytes) -> bytes:
    """A changed 7z archive whose header has a right checksum, so that what is in it is looked at."""
    if not data.startswith(b"7z") or len(data) < 32:
        return data
    offset, length = struct.unpack_from("<QQ", data, 12)
    if 32 + offset + length > len(data):
        return data
    return data[:28] + struct.pack("<I", zlib.crc32(data[32 + offset : 32 + offset + length])) + data[32:]


# What is not read


def test_encrypted_members_are_typed_and_no_password_is_tried() -> None:
    data = zipped({b"a": b"secret", b"b": b"open"})
    at = data.index(b"PK\1\2")
    data = data[: at + 8] + b"\1\0" + data[at + 10 :]
    assert contents(data, ZIP) == [(b"a", ProblemCode.ENCRYPTED), (b"b", b"open")]
    filters = [{"id": py7zr.FILTER_LZMA2, "preset": 1}, {"id": py7zr.FILTER_CRYPTO_AES256_SHA256}]
    data = sevened({b"a": b"secret"}, filters, password="word")
    assert contents(data, SEVEN) == [(b"a", ProblemCode.ENCRYPTED)]
    data = sevened({b"a": b"secret"}, password="word", header_encryption=True)
    assert failing(data, SEVEN) == ([], ProblemCode.ENCRYPTED)


def test_unknown_compression_is_typed() -> None:
    data = zipped({b"a": b"x"})
    at = data.index(b"PK\1\2")
    (member,) = open_archive(io.BytesIO(data[: at + 10] + b"\x62\0" + data[at + 12 :]), ZIP, LIMITS)
    assert member.problem is not None
    assert (member.problem.code, member.problem.detail) == (
        ProblemCode.UNSUPPORTED,
        "zip compression method 98",
    )
    with pytest.raises(ArchiveProblem):
        member.open()
    data = sevened({b"a": b"x"}, [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}])
    assert contents(data, SEVEN) == [(b"a", ProblemCode.UNSUPPORTED)]


@pytest.mark.parametrize("media_type", ["application/vnd.rar", "application/zstd", "text/plain", ""])
def test_what_has_no_reader_is_unsupported(media_type: str) -> None:
    assert not is_readable(media_type)
    assert failing(b"anything", media_type) == ([], ProblemCode.UNSUPPORTED)


# Bounds


@pytest.mark.parametrize("name", SOUND)
def test_entries_are_bounded(name: str) -> None:
    make, media_type = SOUND[name]
    members, code = failing(make(), media_type, Limits(members=3))
    assert code is ProblemCode.LIMIT_MEMBERS
    assert len(members) == (0 if media_type == SEVEN else 3)


def test_a_directory_of_many_entries_is_not_held_in_memory() -> None:
    one = zipped({b"a": b""}, zipfile.ZIP_STORED)
    at, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    count = 20_000
    directory = one[at:end] * count
    tail = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), at, 0)
    file = io.BytesIO(one[:at] + directory + tail)
    tracemalloc.start()
    assert sum(1 for _ in open_archive(file, ZIP, LIMITS)) == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def bombs() -> Iterator[tuple[str, bytes, str]]:
    zeros = bytes(64 << 20)
    yield "zip", zipped({b"a": zeros}), ZIP
    yield "gzip", gzip.compress(zeros), "application/gzip"
    yield "bzip2", bz2.compress(zeros), "application/x-bzip2"
    yield "xz", lzma.compress(zeros, preset=0), "application/x-xz"
    yield "7z", sevened({b"a": zeros}, SEVEN_FILTERS["lzma2"]), SEVEN
    yield "7z deflate", sevened({b"a": zeros}, SEVEN_FILTERS["deflate"]), SEVEN


def test_a_bomb_is_expanded_only_as_it_is_read() -> None:
    for name, data, media_type in bombs():
        (member,) = open_archive(io.BytesIO(data), media_type, LIMITS)
        tracemalloc.start()
        with member.open() as stream:
            assert set(stream.read(1 << 16)) == {0}
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2 << 20, name


def test_a_7z_header_that_states_too_much_is_refused() -> None:
    header = b"\1\5" + b"\xe0\xff\xff\xff" + bytes(10)
    start = struct.pack("<QQI", 0, len(header), zlib.crc32(header))
    data = b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + header
    assert failing(data, SEVEN)[1] in (ProblemCode.LIMIT_MEMBERS, ProblemCode.DAMAGED)


def test_an_empty_zip_has_no_members() -> None:
    assert contents(zipped({}), ZIP) == []


def test_a_directory_that_says_it_is_empty_hides_nothing() -> None:
    data = zipped(FILES)
    end = data.index(b"PK\5\6")
    members, code = failing(data[: end + 8] + bytes(8) + struct.pack("<I", end) + data[end + 20 :], ZIP)
    assert code is ProblemCode.DAMAGED
    assert [content(member) for member in members] == list(FILES.values())


def test_stored_bytes_whose_length_comes_after_them() -> None:
    sink = Unseekable()
    with zipfile.ZipFile(sink, "w") as archive:  # type: ignore[arg-type]
        for body in (b"first", b"second"):
            with archive.open("a" if body == b"first" else "b", "w") as stream:
                stream.write(body)
    members, _ = failing(sink.data[: sink.data.index(b"PK\1\2")], ZIP)
    assert [content(member) for member in members] == [b"first", b"second"]


def test_a_dictionary_larger_than_the_memory_is_typed() -> None:
    data = lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}])
    assert contents(data, "application/x-xz", limits=Limits(memory=1 << 20)) == [
        (b"", ProblemCode.LIMIT_MEMORY)
    ]
    assert contents(data, "application/x-xz", limits=Limits(memory=4 << 30)) == [(b"", b"x")]


def test_no_file_is_opened_once_the_readers_are_imported() -> None:
    program = textwrap.dedent(
        """
        import io, sys
        from consilience.evidence.archives import ArchiveProblem, open_archive
        from consilience.settings import Limits
        samples = eval(sys.stdin.read())
        opened = []
        def watch(event, args):
            if event in ("open", "import"):
                opened.append((event, args[0]))
        sys.addaudithook(watch)
        for data, media_type in samples:
            for piece in (data, data[: len(data) // 2]):
                try:
                    for member in open_archive(io.BytesIO(piece), media_type, Limits()):
                        member.open().read()
                except ArchiveProblem:
                    pass
        print(opened)
        """
    )
    small = {name: body[:500] for name, body in FILES.items()}
    samples = [(zipped(small, method), ZIP) for method in (0, 8, 12, 14)]
    samples += [
        (tarred(small), TAR),
        *((sevened(small, filters), SEVEN) for filters in SEVEN_FILTERS.values()),
    ]
    samples += [(gzip.compress(b"x"), "application/gzip"), (lzma.compress(b"x"), "application/x-xz")]
    done = subprocess.run(
        [sys.executable, "-c", program], input=repr(samples), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
