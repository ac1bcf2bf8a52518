"""PDQ lists, and how they are told from lists of SHA-256."""

import hashlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from list_strategies import named_by_content, numbered, raw, text

from consilience.errors import FormatError
from consilience.interchange import pdq_list
from consilience.interchange.contract import ListAbout
from consilience.interchange.hex64 import Hex64, kind_of
from consilience.interchange.lists import open_list, write_list
from consilience.interchange.text import LINE_LIMIT, Utf8File
from consilience.model.lists import BrokenRecord, ListRecord

PDQ = "0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00"


def read(path: Path, format: str | None = None) -> list[ListRecord | BrokenRecord]:
    with open_list(path, format) as opened:
        assert opened.about.format == "pdq"
        return list(opened)


def balanced(chance: random.Random) -> str:
    """A code as a picture gives it: half of its bits set."""
    bits = [1] * 128 + [0] * 128
    chance.shuffle(bits)
    return f"{int(''.join(map(str, bits)), 2):064x}"


def test_every_kind_of_line(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"# pdq\n{PDQ.upper()}\r\n\n{PDQ},100\n{PDQ}, 0,a, room.jpg\npdq {PDQ}\n")
    code = bytes.fromhex(PDQ)
    name = f"pdq:{PDQ}"
    assert read(path) == [
        ListRecord(provider_id=name, pdq=code, position=2),
        ListRecord(provider_id=name, pdq=code, attributes={"quality": 100}, position=4),
        ListRecord(provider_id=name, pdq=code, attributes={"quality": 0, "name": "a, room.jpg"}, position=5),
        ListRecord(provider_id=name, pdq=code, position=6),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (PDQ[1:], "not a PDQ code"),
        (PDQ + "0", "not a PDQ code"),
        ("g" * 64, "not a PDQ code"),
        (PDQ + ",x-1", "not a PDQ code"),
        (PDQ + ",101", "quality 101"),
        (PDQ + ",-1", "not a PDQ code"),
        ("video_md5 " + PDQ[:32], "not a PDQ code"),
        ("0" * 64, "all-zero code"),
        ("0" * 64 + ",0", "all-zero code"),
        (hashlib.sha256(b"").hexdigest(), "SHA-256 of the empty file"),
        ("a" * (LINE_LIMIT + 1), "longer than"),
    ],
)
def test_a_broken_line_is_reported_with_its_number(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "list"
    path.write_text(f"{PDQ},9\n{line}\n{PDQ}\n")
    first, broken, last = read(path)
    assert isinstance(broken, BrokenRecord), broken
    assert broken.position == 2
    assert reason in broken.reason
    assert isinstance(first, ListRecord)
    assert isinstance(last, ListRecord)


def test_codes_of_pictures_are_told_from_sha_256_by_their_bits(tmp_path: Path) -> None:
    chance = random.Random(5)
    codes = tmp_path / "codes"
    codes.write_text("".join(balanced(chance) + "\n" for _ in range(20)))
    assert len(read(codes)) == 20
    digests = tmp_path / "digests"
    digests.write_text("".join(hashlib.sha256(bytes([n])).hexdigest() + "\n" for n in range(20)))
    with open_list(digests) as opened:
        assert opened.about.format == "plain"
    assert len(read(digests, "pdq")) == 20


def test_a_few_lines_are_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(PDQ + "\n")
    with pytest.raises(FormatError, match=r"can be read as pdq, plain.*--format"):
        open_list(path)
    assert len(read(path, "pdq")) == 1
    assert len(read(path.rename(tmp_path / "our-PDQ.txt"))) == 1


def test_hundreds_of_samples_are_judged_right() -> None:
    chance = random.Random(11)
    for _ in range(300):
        assert kind_of([bytes.fromhex(balanced(chance)) for _ in range(12)]) is Hex64.PDQ
        digests = [chance.randbytes(32) for _ in range(12)]
        assert kind_of(digests) is not Hex64.PDQ
    assert kind_of([chance.randbytes(32) for _ in range(64)]) is Hex64.SHA256
    near = [bytes.fromhex(balanced(chance)) for _ in range(60)] + [bytes(32)] * 4
    assert kind_of(near) is Hex64.PDQ


_pieces = st.sampled_from([PDQ, PDQ[1:], ",", "100", "7", " ", "pdq ", "name", "0" * 64, "#", "\r", "é"])


@given(st.lists(st.lists(_pieces, max_size=5).map("".join).map(str.encode), max_size=10))
def test_the_fast_way_equals_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("fast") / "list"
    path.write_bytes(b"\n".join(lines))
    slow = [
        pdq_list._entry(number, line.strip())
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.strip().startswith(b"#")
    ]
    with Utf8File(path) as source:
        assert list(pdq_list._entries(source)) == slow


_attributes = st.sampled_from([{}, {"quality": 0}]) | st.builds(
    lambda quality, name: {"quality": quality, "name": name}, st.integers(0, 100), text
)


@given(st.lists(st.builds(named_by_content, pdq=raw(32), attributes=_attributes), min_size=1, max_size=20))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, records: list[ListRecord]
) -> None:
    path = tmp_path_factory.mktemp("round") / "list"
    write_list(path, records, ListAbout(format="pdq"))
    assert read(path, "pdq") == numbered(records)
