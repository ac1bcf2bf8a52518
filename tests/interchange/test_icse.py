"""ICSE lists: exact header, flags, Baseline."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from list_strategies import numbered, raw, text

from consilience.errors import FormatError
from consilience.interchange.contract import ListAbout
from consilience.interchange.icse import HEADER
from consilience.interchange.lists import open_list, write_list
from consilience.model.lists import BrokenRecord, ListRecord

MD5 = hashlib.md5(b"garden").hexdigest()
SHA1 = hashlib.sha1(b"garden").hexdigest()


def read(path: Path) -> list[ListRecord | BrokenRecord]:
    with open_list(path) as opened:
        assert (opened.about.format, opened.about.scheme) == ("icse", "INTERPOL-Baseline")
        return list(opened)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_row_becomes_a_record(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list"
    row = f'{MD5};{SHA1.upper()};QUFB;77;Y;no;F;"garden; north";12;maybe;Image;True'
    path.write_bytes(f"{HEADER}\r\n{row}\r\n\r\n".encode(encoding))
    assert read(path) == [
        ListRecord(
            provider_id="77",
            md5=bytes.fromhex(MD5),
            sha1=bytes.fromhex(SHA1),
            category="true",
            series=("garden; north",),
            attributes={
                "PhotoDNA": "QUFB",
                "Is distributed": True,
                "Victim identified": False,
                "Offender identified": False,
                "Number of submissions": "12",
                "File Available": "maybe",
                "Media Type": "Image",
            },
            position=2,
        )
    ]


@pytest.mark.parametrize(
    ("baseline", "code"), [("y", "true"), ("NO", "false"), ("f", "false"), ("", None), ("unsure", "unsure")]
)
def test_baseline_is_the_category(tmp_path: Path, baseline: str, code: str | None) -> None:
    path = tmp_path / "list"
    path.write_text(f"{HEADER}\n{MD5};;;;;;;;;;;{baseline}\n")
    (record,) = read(path)
    assert isinstance(record, ListRecord)
    assert (record.provider_id, record.category, record.attributes) == (f"md5:{MD5}", code, {})


def test_rows_may_lack_their_last_cells_or_end_in_empty_ones(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"{HEADER}\n{MD5};{SHA1}\n{MD5};;;;;;;;;;;;;\n")
    short, long = read(path)
    assert isinstance(short, ListRecord)
    assert isinstance(long, ListRecord)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (MD5[1:] + ";", "MD5: 31 characters"),
        (";;QUFB;77", "no digest"),
        (f"{MD5};;;;;;;a;b;c;d;e;f", "13 cells where the header has 12"),
        (f'{MD5};"', "quote that is not closed"),
        (f'{MD5};"a"b', "quotes that do not belong"),
    ],
)
def test_a_broken_row_is_reported_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "list"
    path.write_text(f"{HEADER}\n{MD5};\n{row}\n{SHA1};\n;{SHA1}\n")
    first, broken, wrong_column, last = read(path)
    assert isinstance(broken, BrokenRecord), broken
    assert broken.position == 3
    assert reason in broken.reason
    assert isinstance(wrong_column, BrokenRecord)
    assert isinstance(first, ListRecord)
    assert isinstance(last, ListRecord)
    assert last.position == 5


def test_another_header_is_not_icse(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(HEADER.replace("Baseline", "Baselines") + f"\n{MD5}\n")
    with pytest.raises(FormatError, match=r"not a list of format icse. It looks like columns"):
        open_list(path, "icse")


_attributes = st.fixed_dictionaries(
    {},
    optional={
        "PhotoDNA": text,
        "Is distributed": st.booleans(),
        "Victim identified": st.booleans(),
        "Media Type": text,
        "Number of submissions": st.integers(0, 99).map(str),
    },
)
_records = st.builds(
    ListRecord,
    provider_id=text,
    md5=raw(16),
    sha1=st.none() | raw(20),
    category=st.sampled_from([None, "true", "false"]),
    series=st.lists(text, max_size=1).map(tuple),
    attributes=_attributes,
)


@given(st.lists(_records, max_size=5))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, records: list[ListRecord]
) -> None:
    path = tmp_path_factory.mktemp("round") / "list"
    write_list(path, records, ListAbout(format="icse"))
    assert [one.position for one in read(path)] == [one.position + 1 for one in numbered(records)]
    assert numbered([one for one in read(path) if isinstance(one, ListRecord)]) == numbered(records)
