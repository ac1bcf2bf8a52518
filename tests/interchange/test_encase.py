"""EnCase hash sets."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from list_strategies import named_by_content, numbered, raw

from consilience.errors import FormatError
from consilience.interchange.contract import ListAbout
from consilience.interchange.lists import open_list, write_list
from consilience.model.lists import BrokenRecord, ListRecord

ABOUT = ListAbout(format="encase", title="garden set", attributes={"set-category": "known"})
RECORDS = [named_by_content(md5=bytes([n]) * 16) for n in (1, 2, 3)]


def test_the_header_is_that_of_the_format(tmp_path: Path) -> None:
    path = tmp_path / "set.hash"
    write_list(path, RECORDS, ABOUT)
    data = path.read_bytes()
    assert data[:20].hex() == "484153480d0aff00020000000100000003000000"
    assert data[1032:1052].decode("utf-16-le") == "garden set"
    assert data[0x480:] == b"".join(bytes([n]) * 16 + b"\0\0" for n in (1, 2, 3))


@given(st.lists(st.builds(named_by_content, md5=raw(16)), max_size=10))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, records: list[ListRecord]
) -> None:
    path = tmp_path_factory.mktemp("round") / "set"
    write_list(path, records, ABOUT)
    with open_list(path) as opened:
        assert opened.about == ABOUT
        assert list(opened) == numbered(records)
        assert opened.progress() == 1


def test_many_records_have_their_positions(tmp_path: Path) -> None:
    records = [named_by_content(md5=hashlib.md5(str(n).encode()).digest()) for n in range(20_000)]
    path = tmp_path / "set"
    write_list(path, records, ABOUT)
    with open_list(path) as opened:
        assert list(opened) == numbered(records)


def test_the_digest_of_the_empty_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "set"
    empty = named_by_content(md5=hashlib.md5(b"").digest())
    write_list(path, [RECORDS[0], empty, RECORDS[1]], ABOUT)
    with open_list(path) as opened:
        assert list(opened)[1] == BrokenRecord(2, "MD5 of the empty file")


@pytest.mark.parametrize("cut", [10, 1151, 1152, 1170, 1188, 1205])
def test_a_set_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "set"
    write_list(path, RECORDS, ABOUT)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FormatError, match="cut short"):
        open_list(path)
