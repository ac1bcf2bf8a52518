"""Tables with named columns, and the exports of other programs that are tables."""

import csv
import hashlib
import io
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from list_strategies import numbered, raw, text

from consilience.errors import FormatError
from consilience.interchange.contract import ListAbout
from consilience.interchange.lists import open_list, write_list
from consilience.interchange.rows import ROW_LINES, line_of, rows
from consilience.interchange.text import LINE_LIMIT, Utf8File
from consilience.model.lists import BrokenRecord, ListRecord

MD5 = hashlib.md5(b"garden").hexdigest()
SHA1 = hashlib.sha1(b"garden").hexdigest()
SHA256 = hashlib.sha256(b"garden").hexdigest()
PDQ = "0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00"


def read(path: Path) -> list[ListRecord | BrokenRecord]:
    with open_list(path) as opened:
        assert opened.about.format == "columns"
        return list(opened)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_are_found_by_name(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "list"
    header = ["Name", "SHA-256", "Id", "file_size", "PDQ Hash", "Category", "Series", "Empty"]
    row = ["a room", SHA256.upper(), "x-1", "12", PDQ, "3", "garden", ""]
    path.write_text(
        f"# made by hand\n{delimiter.join(header)}\n{delimiter.join(row)}\n".removeprefix("# made by hand\n")
    )
    assert read(path) == [
        ListRecord(
            provider_id="x-1",
            sha256=bytes.fromhex(SHA256),
            pdq=bytes.fromhex(PDQ),
            size=12,
            category="3",
            series=("garden",),
            attributes={"Name": "a room"},
            position=2,
        )
    ]


def test_a_hashkeeper_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "set.hsh"
    path.write_text(
        '"file_id","hashset_id","file_name","directory","hash","file_size","date_modified"\n'
        f'1,2,"room.exe","c:\\x","{MD5.upper()}",10,""\n'
    )
    (record,) = read(path)
    assert isinstance(record, ListRecord)
    assert (record.md5, record.size) == (bytes.fromhex(MD5), 10)
    assert record.attributes == {
        "file_id": "1",
        "hashset_id": "2",
        "file_name": "room.exe",
        "directory": "c:\\x",
    }


def test_the_text_file_of_rdsv2_is_read(tmp_path: Path) -> None:
    path = tmp_path / "NSRLFile.txt"
    path.write_bytes(
        b'"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\r\n'
        + f'"{SHA1.upper()}","{MD5.upper()}","7EA0BA4A","g\xe4rten.exe",42,1,"8",""\r\n'.encode("latin-1")
    )
    (record,) = read(path)
    assert isinstance(record, ListRecord)
    assert (record.sha1, record.md5, record.size) == (bytes.fromhex(SHA1), bytes.fromhex(MD5), 42)
    assert record.attributes["FileName"] == "gärten.exe"


def test_a_threatexchange_export_is_read_by_the_type_of_each_row(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "signal_type,signal_str,collab,category,tags\r\n"
        f"pdq,{PDQ},Sample,POSITIVE_CLASS,garden room\r\n"
        f"video_md5,{MD5},Sample,POSITIVE_CLASS,\r\n"
        "raw_text,a garden,Sample,POSITIVE_CLASS,\r\n"
    )
    pdq, md5, text_signal = read(path)
    assert isinstance(pdq, ListRecord)
    assert (pdq.provider_id, pdq.category) == (f"pdq:{PDQ}", "POSITIVE_CLASS")
    assert pdq.attributes == {"signal_type": "pdq", "collab": "Sample", "tags": "garden room"}
    assert isinstance(md5, ListRecord)
    assert md5.md5 == bytes.fromhex(MD5)
    assert text_signal == BrokenRecord(4, "signals of type raw_text are not compared")


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        ("md5,name", MD5, "1 cells where the header has 2"),
        ("md5,name", f"{MD5},a,b", "3 cells where the header has 2"),
        ("md5,size", f"{MD5},-4", "size: negative"),
        ("md5,size", f"{MD5},4k", "size: not a whole number"),
        ("md5,size", ",4", "no digest"),
        ("hash,name", f"{PDQ},a", "hash: 64 characters; name the column"),
        ("hash,md5", f"{MD5},{'1' * 32}", "hash and md5 differ"),
        ("md5,name", f'{MD5},"a', "a quote that is not closed"),
        ("md5,name", f"{MD5},{'a' * LINE_LIMIT}", "longer than"),
        ("md5,name", f'{MD5},"{"a" * LINE_LIMIT}"', "longer than"),
    ],
)
def test_a_broken_row_is_reported_with_its_line(tmp_path: Path, header: str, row: str, reason: str) -> None:
    path = tmp_path / "list"
    good = ",".join(MD5 if name in ("md5", "hash") else "" for name in header.split(","))
    path.write_text(f"{header}\n{good}\n{row}\n{good}\n")
    first, broken, last = read(path)
    assert isinstance(broken, BrokenRecord), broken
    assert broken.position == 3
    assert reason in broken.reason
    assert isinstance(first, ListRecord)
    assert isinstance(last, ListRecord)
    assert last.position == 4


@pytest.mark.parametrize(
    "header", ["name,size", "md5,MD5", "signal_str,tags", "a", ",".join(["md5", "a"] * 200)]
)
def test_a_header_without_one_clear_digest_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{header}\n{MD5},\n")
    with pytest.raises(FormatError, match="not a list of format columns"):
        open_list(path, "columns")


def test_an_unclosed_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    path = tmp_path / "list"
    lines = [f"{MD5},a"] * (3 * ROW_LINES)
    lines[5] = f'{MD5},"a'
    path.write_text("md5,name\n" + "\n".join(lines))
    records = read(path)
    assert [one.position for one in records] == list(range(2, 3 * ROW_LINES + 2))
    assert [one.position for one in records if isinstance(one, BrokenRecord)] == [7]


def test_two_stray_quotes_do_not_swallow_what_lies_between(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f'md5,name\n{MD5},"a\n{MD5},b\n{MD5},"c\n{MD5},d\n')
    records = read(path)
    assert [one.position for one in records] == [2, 3, 4, 5]
    assert [one.position for one in records if isinstance(one, BrokenRecord)] == [2, 4]


def test_a_quoted_line_feed_is_part_of_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f'md5,name\r\n{MD5},"a\r\nb ""c"""\r\n{MD5},d\r\n', newline="")
    first, second = read(path)
    assert isinstance(first, ListRecord)
    assert first.attributes == {"name": 'a\r\nb "c"'}
    assert (first.position, second.position) == (2, 4)


cells = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6), min_size=2, max_size=4
)


@given(st.lists(cells, max_size=6), st.sampled_from([",", ";", "\t"]))
def test_rows_are_those_that_the_standard_reader_finds(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("rows") / "table"
    path.write_bytes(b"".join(line_of(row, delimiter) for row in table))
    text = io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")
    oracle = csv.reader(text, delimiter=delimiter, strict=True)
    with Utf8File(path) as source:
        assert [row for _, row in rows(source, delimiter)] == list(oracle) == table


_records = st.builds(
    ListRecord,
    provider_id=text,
    md5=st.none() | raw(16),
    sha1=st.none() | raw(20),
    sha256=st.none() | raw(32),
    pdq=raw(32),
    size=st.none() | st.integers(1, 1 << 60),
    category=st.none() | text,
    series=st.lists(text.filter(lambda name: "," not in name), max_size=3).map(tuple),
    attributes=st.fixed_dictionaries({}, optional={"name": text}),
)


@given(st.lists(_records, max_size=5))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, records: list[ListRecord]
) -> None:
    path = tmp_path_factory.mktemp("round") / "list"
    write_list(path, records, ListAbout(format="columns"))
    assert read(path) == [
        msgspec.structs.replace(one, position=one.position + 1) for one in numbered(records)
    ]
