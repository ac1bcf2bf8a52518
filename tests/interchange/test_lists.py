"""How a format is chosen, what is said when none is, and what all formats promise."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import ConsilienceError, FormatError, NotFoundError, UsageError
from consilience.interchange.contract import Fit, Head, ListAbout
from consilience.interchange.lists import LIST_FORMATS, open_list, write_list
from consilience.interchange.tmk import Tmk, write_tmk
from consilience.interchange.vpdq import Frame, codes_of
from consilience.model.footage import encode_codes
from consilience.model.lists import BrokenRecord, ListRecord, VideoRecord

BOTH = {("plain", "pdq"), ("pdq", "plain"), ("icse", "columns")}
"""Files of the first format that can also be read as the second, when a person says so."""
RECORDS = [
    ListRecord(
        provider_id=f"{n}",
        md5=hashlib.md5(bytes([n])).digest(),
        sha1=hashlib.sha1(bytes([n])).digest(),
        sha256=hashlib.sha256(bytes([n])).digest(),
        pdq=bytes([0x0F, 0xF0, n, 255 - n] * 8),
        category=str(n % 5),
    )
    for n in range(1, 30)
]


VIDEOS = [
    VideoRecord(
        provider_id=f"{n}",
        algorithm="vpdq",
        version="1",
        data=encode_codes(codes_of([Frame(0, 90, bytes([n]) * 32, n)])),
    )
    for n in range(1, 30)
]
HASHED = Tmk(15, 30, (31,), *(np.ones(shape, np.float32) for shape in ((2,), (4,), (1, 2, 4), (1, 2, 4))))


def records_of(name: str) -> list[ListRecord]:
    """Records that a format can hold."""
    if name == "tmk":
        return [VideoRecord(provider_id="1", algorithm="tmk+pdqf", version="1", data=write_tmk(HASHED))]
    return [*VIDEOS] if name == "vpdq" else RECORDS


@pytest.mark.parametrize("name", [one.name for one in LIST_FORMATS])
def test_every_format_is_found_by_what_it_holds_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "list.bin"
    write_list(path, records_of(name), ListAbout(format=name))
    with open_list(path) as opened:
        assert opened.about.format == name
        records = list(opened)
    assert len(records) == len(records_of(name))
    assert not any(isinstance(one, BrokenRecord) for one in records)


@pytest.mark.parametrize("name", [one.name for one in LIST_FORMATS])
def test_every_format_refuses_what_is_not_its_own(tmp_path: Path, name: str) -> None:
    for other in LIST_FORMATS:
        path = tmp_path / other.name
        write_list(path, records_of(other.name), ListAbout(format=other.name))
        if other.name == name or (other.name, name) in BOTH:
            continue
        with pytest.raises(FormatError, match=f"{other.name} is not a list of format {name}"):
            open_list(path, name)


@pytest.mark.parametrize("name", [one.name for one in LIST_FORMATS])
def test_what_a_format_cannot_hold_is_refused_and_leaves_no_file(tmp_path: Path, name: str) -> None:
    nothing = ListRecord(provider_id="x")
    path = tmp_path / "list"
    with pytest.raises(FormatError, match=r"has no |has neither"):
        write_list(path, [records_of(name)[0], nothing], ListAbout(format=name))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.touch()
    with pytest.raises(FormatError, match="list is empty"):
        open_list(path)


def test_a_file_of_no_format_names_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "a\nb"
    path.write_text("a garden\n")
    with pytest.raises(FormatError, match=r"a\\u000ab is of no known list format.*vics, icse, nsrl"):
        open_list(path)


def test_a_format_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("a")
    with pytest.raises(UsageError, match=r"roses is no format of list. Formats are vics"):
        open_list(path, "roses")


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="No such file"):
        open_list(tmp_path / "missing")


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"SQLite format 3\0", b"HASH\r\n\xff\0", b"md5,a\n", b"\xff\xfe"]),
)
def test_any_bytes_end_in_records_or_in_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "list"
    path.write_bytes(start + data)
    for name in [None, *(one.name for one in LIST_FORMATS)]:
        try:
            with open_list(path, name) as opened:
                for entry in opened:
                    assert isinstance(entry, ListRecord | BrokenRecord)
        except ConsilienceError as error:
            assert "\n" not in str(error)


def test_the_head_ends_with_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "list"
    digest = hashlib.sha1(b"garden").hexdigest()
    path.write_text((digest + "\n") * 3000)
    assert all(line == digest.encode() for line in Head(path).text.split(b"\n")[:-1])
    assert [one.name for one in LIST_FORMATS if one.fit(Head(path)) > Fit.NO] == ["plain"]
