"""RDSv3 databases, also hostile ones."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from list_strategies import named_by_content, numbered, raw, text

from consilience.errors import FormatError
from consilience.interchange import nsrl
from consilience.interchange.contract import ListAbout
from consilience.interchange.lists import open_list, write_list
from consilience.model.lists import BrokenRecord, ListRecord

MD5 = hashlib.md5(b"garden").hexdigest().upper()
SHA1 = hashlib.sha1(b"garden").hexdigest().upper()
SHA256 = hashlib.sha256(b"garden").hexdigest().upper()
FULL = f"""
    CREATE TABLE METADATA (object_id INTEGER PRIMARY KEY, sha256, sha1, md5, file_name, extension, bytes);
    CREATE TABLE PACKAGE_OBJECT (package_id INTEGER, object_id INTEGER);
    CREATE TABLE VERSION (version, description);
    INSERT INTO VERSION VALUES ('2026.09.1', 'garden set');
    INSERT INTO METADATA VALUES (1, '{SHA256.lower()}', '{SHA1}', '{MD5}', 'room', 'exe', 12);
    INSERT INTO METADATA VALUES (2, NULL, '{SHA1}', NULL, 'garden', '', 13);
    INSERT INTO PACKAGE_OBJECT VALUES (7, 1), (7, 1), (8, 1), (7, 2);
    CREATE VIEW FILE AS SELECT UPPER(m.sha256) AS sha256, UPPER(m.sha1) AS sha1, UPPER(m.md5) AS md5,
        CASE m.extension WHEN '' THEN m.file_name ELSE m.file_name || '.' || m.extension END AS file_name,
        m.bytes AS file_size, p.package_id FROM PACKAGE_OBJECT p JOIN METADATA m USING (object_id);
"""


def database(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.commit()
    return path


def read(path: Path) -> list[ListRecord | BrokenRecord]:
    with open_list(path) as opened:
        assert opened.about.format == "nsrl"
        return list(opened)


def test_the_view_of_a_full_set_is_read(tmp_path: Path) -> None:
    path = database(tmp_path / "RDS.db", FULL)
    with open_list(path) as opened:
        records = list(opened)
        assert opened.progress() is None
        assert (opened.about.version, opened.about.title) == ("RDSv3", "garden set")
        assert opened.about.attributes == {"version": "2026.09.1", "description": "garden set"}
    one = ListRecord(
        provider_id=f"sha256:{SHA256.lower()}",
        sha256=bytes.fromhex(SHA256),
        sha1=bytes.fromhex(SHA1),
        md5=bytes.fromhex(MD5),
        size=12,
        attributes={"file_name": "room.exe", "package_id": 7},
        position=1,
    )
    other = ListRecord(
        provider_id=f"sha1:{SHA1.lower()}",
        sha1=bytes.fromhex(SHA1),
        size=13,
        attributes={"file_name": "garden", "package_id": 7},
        position=4,
    )
    assert records[0] == one
    assert [record.position for record in records] == [1, 3, 4]  # the repeated row is passed over
    assert records[2] == other


def test_a_table_with_some_of_the_columns_says_how_far_it_is(tmp_path: Path) -> None:
    path = database(
        tmp_path / "minimal", f"CREATE TABLE FILE (SHA1 TEXT, crc32); INSERT INTO FILE VALUES ('{SHA1}', 'x')"
    )
    with open_list(path) as opened:
        assert opened.progress() == 0
        (record,) = opened
        assert opened.progress() == 1
    assert isinstance(record, ListRecord)
    assert (record.sha1, record.attributes) == (bytes.fromhex(SHA1), {"crc32": "x"})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("'abc', 1, 'a'", "sha1: 3 characters"),
        (f"'{SHA1[:-1]}g', 1, 'a'", "sha1: not hexadecimal"),
        ("5, 1, 'a'", "sha1: not text"),
        ("NULL, 1, 'a'", "no digest"),
        (f"'{SHA1}', -1, 'a'", "file_size: negative"),
        (f"'{SHA1}', 1.5, 'a'", "file_size: not a whole number"),
        (f"'{SHA1}', 'x', 'a'", "file_size: not a whole number"),
        (f"'{hashlib.sha1(b'').hexdigest()}', 0, 'a'", "SHA-1 of the empty file"),
    ],
)
def test_a_broken_row_is_reported_with_its_number(tmp_path: Path, values: str, reason: str) -> None:
    good = f"('{SHA1}', '5', x'67e4')"
    path = database(
        tmp_path / "set",
        f"CREATE TABLE FILE (sha1, file_size, file_name);INSERT INTO FILE VALUES {good}, ({values}), {good}",
    )
    first, broken, last = read(path)
    assert isinstance(broken, BrokenRecord), broken
    assert broken.position == 2
    assert reason in broken.reason
    assert isinstance(first, ListRecord)
    assert isinstance(last, ListRecord)
    assert (last.size, last.attributes) == (5, {"file_name": "gä"})


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("CREATE TABLE FILES (sha1)", "without a table or view FILE"),
        ("CREATE TABLE FILE (name)", "no column of digests"),
        ("CREATE VIRTUAL TABLE FILE USING fts5(sha1)", "virtual tables"),
        ("CREATE VIEW FILE AS SELECT load_extension('x') AS sha1", "not authorized|unsafe|no such function"),
        ("CREATE VIEW FILE AS SELECT randomblob(100000000) AS sha1", "not authorized"),
        ("CREATE VIEW FILE AS SELECT zeroblob(5) AS sha1", "not authorized"),
        ("CREATE VIEW FILE AS SELECT name AS sha1 FROM pragma_module_list", "unsafe|not authorized"),
        (
            "CREATE VIEW FILE AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
            "SELECT x AS sha1 FROM n",
            "not authorized",
        ),
        ("CREATE VIEW FILE AS SELECT sha1 FROM FILE", "circular"),
        (
            "CREATE TABLE t (a); CREATE VIEW FILE AS SELECT a AS sha1 FROM t, absent",
            "no such table",
        ),
    ],
)
def test_a_database_that_is_no_set_or_hostile_is_refused(tmp_path: Path, script: str, said: str) -> None:
    path = database(tmp_path / "set", script)
    with pytest.raises(FormatError, match=said):
        read(path)


def test_a_view_that_never_gives_a_row_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nsrl, "_STALLED", 20)  # the machine's patience, not its behaviour
    numbers = ",".join(f"({n})" for n in range(300))
    path = database(
        tmp_path / "set",
        f"CREATE TABLE t (a); INSERT INTO t VALUES {numbers};"
        "CREATE VIEW FILE AS SELECT x.a AS sha1 FROM t x, t y, t z, t w WHERE x.a + y.a + z.a + w.a < 0",
    )
    with pytest.raises(FormatError, match="gave no row for minutes, after 0 rows"):
        read(path)


def test_values_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    path = database(
        tmp_path / "set",
        f"CREATE TABLE FILE (sha1, file_name); INSERT INTO FILE VALUES ('{SHA1}', zeroblob(2000000))",
    )
    with pytest.raises(FormatError, match="too big"):
        read(path)


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    records = [named_by_content(sha1=n.to_bytes(20)) for n in range(1, 3000)]
    path = tmp_path / "set"
    write_list(path, records, ListAbout(format="nsrl"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match=r"malformed|disk image|after"):
        read(path)
    path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])
    with pytest.raises(FormatError, match="malformed"):
        read(path)
    path.write_bytes(whole[:100])
    with pytest.raises(FormatError):
        read(path)


def test_changes_beside_the_database_are_not_overlooked(tmp_path: Path) -> None:
    path = tmp_path / "set"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE FILE (sha1)")
        writer.commit()
        with pytest.raises(FormatError, match="unmerged changes in set-wal"):
            read(path)
    assert read(path) == []  # closed: merged, though still of the kind that has such a file


def test_reading_leaves_no_trace(tmp_path: Path) -> None:
    path = database(tmp_path / "set #1?.db", FULL)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    tmp_path.chmod(0o500)
    try:
        assert len(read(path)) == 3
    finally:
        tmp_path.chmod(0o700)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


_records = st.builds(
    named_by_content,
    md5=st.none() | raw(16),
    sha1=raw(20),
    sha256=st.none() | raw(32),
    size=st.none() | st.integers(0, 1 << 60),
    attributes=st.fixed_dictionaries({}, optional={"file_name": text, "package_id": st.integers(1, 9)}),
)


@given(st.lists(_records, max_size=5, unique_by=lambda one: one.sha1))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, records: list[ListRecord]
) -> None:
    path = tmp_path_factory.mktemp("round") / "set"
    about = ListAbout(format="nsrl", title="garden", attributes={"version": "1"})
    write_list(path, records, about)
    first = path.read_bytes()
    assert read(path) == numbered(records)
    write_list(path, records, about)
    assert path.read_bytes() == first
