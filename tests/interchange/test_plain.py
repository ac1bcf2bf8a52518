"""Plain digest lists, also those that the programs themselves write."""

import hashlib
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import FormatError
from consilience.interchange import plain
from consilience.interchange.lists import open_list
from consilience.interchange.text import LINE_LIMIT, Utf8File
from consilience.model.lists import BrokenRecord, ListRecord

MD5 = hashlib.md5(b"garden").hexdigest()
SHA1 = hashlib.sha1(b"garden").hexdigest()
SHA256 = hashlib.sha256(b"garden").hexdigest()


def read(path: Path, format: str | None = None) -> list[ListRecord | BrokenRecord]:
    with open_list(path, format) as opened:
        return list(opened)


def test_the_length_of_a_digest_says_its_algorithm(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"# a comment\n\n{MD5}\r\n{SHA1.upper()}\n  {SHA256}  ")
    md5, sha1, sha256 = read(path)
    assert md5 == ListRecord(provider_id=f"md5:{MD5}", md5=bytes.fromhex(MD5), position=3)
    assert sha1 == ListRecord(provider_id=f"sha1:{SHA1}", sha1=bytes.fromhex(SHA1), position=4)
    assert sha256 == ListRecord(provider_id=f"sha256:{SHA256}", sha256=bytes.fromhex(SHA256), position=5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_and_utf_16_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(f"{MD5}  gärten.jpg\r\n".encode(encoding))
    (record,) = read(path)
    assert isinstance(record, ListRecord)
    assert (record.md5, record.attributes) == (bytes.fromhex(MD5), {"name": "gärten.jpg"})


@pytest.mark.parametrize("program", ["md5sum", "sha1sum", "sha256sum"])
@pytest.mark.parametrize("options", [[], ["--tag"], ["--binary"]])
def test_what_the_coreutils_write_is_read_with_its_names(
    tmp_path: Path, program: str, options: list[str]
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not here")
    names = ["garden.jpg", "a room (2).jpg", " spaces ", "line\nfeed", "back\\slash", "*star", "gärten"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    output = subprocess.run(
        [program, *options, "--", *names], cwd=tmp_path, check=True, capture_output=True
    ).stdout
    path = tmp_path / "sums"
    path.write_bytes(output)
    records = read(path)
    kind = program.removesuffix("sum")
    for name, record in zip(names, records, strict=True):
        assert isinstance(record, ListRecord)
        assert getattr(record, kind) == hashlib.new(kind, name.encode()).digest()
        assert record.attributes == {"name": name}


def test_a_name_that_is_not_utf_8_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "sums"
    path.write_bytes(f"{MD5}  ".encode() + b"g\xe4rten\n")
    (record,) = read(path)
    assert isinstance(record, ListRecord)
    assert str(record.attributes["name"]).encode("latin-1") == b"g\xe4rten"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hello", "no digest"),
        (MD5[:-1].encode(), "31 hexadecimal characters"),
        (MD5.encode() + b"0", "33 hexadecimal characters"),
        (hashlib.sha512(b"garden").hexdigest().encode(), "128 hexadecimal characters"),
        (MD5[:-1].encode() + b"g", "no digest"),
        (f"SHA1 (a) = {MD5}".encode(), "32 characters where 40"),
        (hashlib.md5(b"").hexdigest().encode(), "MD5 of the empty file"),
        (hashlib.sha1(b"").hexdigest().encode() + b"  a", "SHA-1 of the empty file"),
        (hashlib.sha256(b"").hexdigest().encode(), "SHA-256 of the empty file"),
        (b"0" * 40, "all-zero digest"),
        (b"a" * (LINE_LIMIT * 20), "longer than"),
        (b"\xff" * 32, "no digest"),
    ],
)
def test_a_broken_line_is_reported_with_its_number_and_reading_goes_on(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"\n".join([SHA1.encode(), b"# comment", line, SHA1.encode(), b""]))
    first, broken, last = read(path)
    assert isinstance(broken, BrokenRecord)
    assert broken.position == 3
    assert reason in broken.reason
    assert isinstance(first, ListRecord)
    assert isinstance(last, ListRecord)
    assert (first.position, last.position) == (1, 4)


_pieces = st.one_of(
    st.sampled_from(
        [MD5, SHA1.upper(), SHA256, "", "#", "\r", " ", "  name", " *name", "\\", "MD5 (a) = " + MD5]
    ),
    st.text(alphabet="0123456789abcdefABCDEF", min_size=30, max_size=66),
    st.text(max_size=5),
)
_lines = st.lists(st.lists(_pieces, max_size=3).map("".join).map(str.encode), max_size=20)


@given(_lines)
def test_the_fast_way_equals_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("fast") / "list"
    path.write_bytes(b"\n".join(lines))
    slow = [
        plain._entry(number, line)
        for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
        if line.strip() and not line.strip().startswith(b"#")
    ]
    with Utf8File(path) as source:
        assert list(plain._entries(source)) == slow


def test_positions_are_right_across_chunks(tmp_path: Path) -> None:
    path = tmp_path / "list"
    digests = [random.Random(7).randbytes(20) for _ in range(30_000)]
    path.write_text("".join(digest.hex() + "\n\n" for digest in digests))
    records = read(path)
    assert [record.position for record in records] == list(range(1, 60_000, 2))
    assert [record.sha1 for record in records if isinstance(record, ListRecord)] == digests


def test_what_holds_no_digest_is_not_a_list(tmp_path: Path) -> None:
    path = tmp_path / "picture.md5"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100)
    with pytest.raises(FormatError, match=r"no known list format.*--format"):
        open_list(path)
    with pytest.raises(FormatError, match="not a list of format plain"):
        open_list(path, "plain")
