"""Project VIC lists and cases: the tolerant reading, its limits, and the way back."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import FormatError
from consilience.interchange.contract import ListAbout
from consilience.interchange.json_stream import VALUE_LIMIT
from consilience.interchange.lists import open_list, write_list
from consilience.model.lists import BrokenRecord, ListRecord

MD5 = hashlib.md5(b"garden").hexdigest()
SHA1 = hashlib.sha1(b"garden").hexdigest()
PDQ = "0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00"
V13 = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#"
V20 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#"


def listing(media: object, *, model: str = V13 + "Media", **others: object) -> str:
    key = "odata.metadata" if "ICMEC" in model else "@odata.context"
    return json.dumps({key: model, "value": media, **others})


def read(path: Path) -> tuple[ListAbout, list[ListRecord | BrokenRecord]]:
    with open_list(path) as opened:
        records = list(opened)
        return opened.about, records


def one(tmp_path: Path, media: object) -> ListRecord | BrokenRecord:
    path = tmp_path / "one.json"
    path.write_text(listing([media]))
    (record,) = read(path)[1]
    return record


def taken(tmp_path: Path, media: dict[str, object]) -> ListRecord:
    record = one(tmp_path, media)
    assert isinstance(record, ListRecord), record
    return record


def test_a_media_becomes_a_record_and_loses_nothing(tmp_path: Path) -> None:
    files = [{"MD5": MD5, "FileName": "a.jpg", "FilePath": "\\x\\a.jpg", "Created": "/Date(1686105109830)/"}]
    record = taken(
        tmp_path,
        {
            "MediaID": 7,
            "Category": 1,
            "MD5": MD5.upper(),
            "SHA1": SHA1.upper(),
            "MediaSize": 1234,
            "Series": "garden, north room ,",
            "Tags": "a, b",
            "DateUpdated": "2023-06-07T02:31:49.83.00Z",
            "VictimIdentified": "False",
            "IsDistributed": True,
            "SelfGenerated": "TRUE",
            "IsSuspected": "unknown",
            "PhotoDNA": "A" * 192,
            "MediaFiles": files,
            "Newer": {"key": [1, None]},
        },
    )
    assert record == ListRecord(
        provider_id="7",
        md5=bytes.fromhex(MD5),
        sha1=bytes.fromhex(SHA1),
        size=1234,
        category="1",
        series=("garden", "north room"),
        attributes={
            "Tags": "a, b",
            "DateUpdated": "2023-06-07T02:31:49.83.00Z",
            "VictimIdentified": False,
            "IsDistributed": True,
            "SelfGenerated": True,
            "IsSuspected": "unknown",
            "PhotoDNA": "A" * 192,
            "MediaFiles": files,
            "Newer": {"key": [1, None]},
        },
        position=1,
    )


@pytest.mark.parametrize(
    ("model", "version", "scheme"),
    [
        ("http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media", "1.2", None),
        (V13 + "Media", "1.3", None),
        (V20 + "Media", "2.0", "VICS-US"),
        (V20.replace("/US/", "/UK/") + "Media", "2.0", "VICS-UK"),
        (V20.replace("/US/", "/Default/") + "Media", "2.0", None),
        (V20.replace("/US/", "/CUSTOM/") + "Media", "2.0", None),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_data_models_and_encodings(
    tmp_path: Path, model: str, version: str, scheme: str | None, encoding: str
) -> None:
    path = tmp_path / "list"
    path.write_bytes(listing([{"MD5": MD5, "Comments": "gärten"}], model=model).encode(encoding))
    about, (record,) = read(path)
    assert (about.format, about.version, about.scheme) == ("vics", version, scheme)
    assert isinstance(record, ListRecord)
    assert record.attributes == {"Comments": "gärten"}
    assert record.provider_id == f"md5:{MD5}"


def test_alternative_hashes_that_we_compare_are_taken(tmp_path: Path) -> None:
    photo = {"HashName": "PhotoDNA", "HashValue": "A" * 192}
    dated = {"HashName": "sha-1", "HashValue": SHA1, "Date": "2020"}
    record = taken(
        tmp_path,
        {"MD5": MD5, "AlternativeHashes": [photo, {"HashName": "pdq", "HashValue": PDQ.upper()}, dated]},
    )
    assert (record.pdq, record.sha1) == (bytes.fromhex(PDQ), bytes.fromhex(SHA1))
    assert record.attributes == {"AlternativeHashes": [photo, dated]}


def test_a_media_known_by_its_fingerprint_alone_is_named_by_it(tmp_path: Path) -> None:
    record = taken(tmp_path, {"AlternativeHashes": [{"HashName": "PDQ", "HashValue": PDQ}]})
    assert record.provider_id == f"pdq:{PDQ}"
    assert record.attributes == {}


@pytest.mark.parametrize(
    ("category", "code"),
    [(5, "5"), ("1", "1"), ("A2", "A2"), (2.0, "2"), (None, None), ("", None), (" ", None)],
)
def test_a_category_is_a_code_and_not_interpreted(tmp_path: Path, category: object, code: str | None) -> None:
    assert taken(tmp_path, {"MD5": MD5, "Category": category}).category == code


@pytest.mark.parametrize(("size", "read_as"), [(5, 5), ("5", 5), (5.0, 5), (None, None), ("", None)])
def test_sizes_may_be_text(tmp_path: Path, size: object, read_as: int | None) -> None:
    assert taken(tmp_path, {"MD5": MD5, "MediaSize": size}).size == read_as


def test_a_size_of_nought_means_unknown_and_is_kept(tmp_path: Path) -> None:
    record = taken(tmp_path, {"MD5": MD5, "MediaSize": 0})
    assert record.size is None
    assert record.attributes == {"MediaSize": 0}


def test_keys_of_another_case_are_known_and_a_null_does_not_hide_them(tmp_path: Path) -> None:
    record = taken(tmp_path, {"MD5": None, "md5": MD5, "mediaid": "x-1", "CATEGORY": 2})
    assert (record.md5, record.provider_id, record.category) == (bytes.fromhex(MD5), "x-1", "2")


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ({"MD5": MD5[1:]}, "31 characters where 32"),
        ({"MD5": "x" * 32}, "not hexadecimal"),
        ({"MD5": 5}, "MD5: not text"),
        ({"MD5": MD5, "SHA1": "abc"}, "SHA1: 3 characters"),
        ({"MediaID": 7, "Category": 1}, "no digest"),
        ({"MediaID": 7, "PhotoDNA": "A" * 192}, "no digest and no fingerprint that can be compared"),
        ({}, "no digest"),
        ("text", "not an object"),
        (None, "not an object"),
        ({"MD5": "D41D8CD98F00B204E9800998ECF8427E"}, "MD5 of the empty file"),
        ({"MD5": "0" * 32}, "all-zero"),
        ({"MD5": MD5, "MediaSize": -1}, "MediaSize: negative"),
        ({"MD5": MD5, "MediaSize": "12 KB"}, "MediaSize: not a whole number"),
        ({"MD5": MD5, "MediaSize": 1.5}, "MediaSize: not a whole number"),
        ({"MD5": MD5, "MediaSize": 1 << 63}, "MediaSize: beyond 63 bits"),
        ({"MD5": MD5, "MediaSize": True}, "MediaSize: not a whole number"),
        ({"MD5": MD5, "Category": [1]}, "category"),
        ({"MD5": MD5, "Category": True}, "category"),
        ({"MD5": MD5, "Series": 5}, "series"),
        ({"MD5": MD5, "MediaID": [1]}, "MediaID"),
        ({"MD5": MD5, "MediaID": "\ud800"}, "not UTF-8"),
        ({"MD5": MD5, "Comments": "\ud800"}, "not UTF-8"),
        ({"MD5": MD5, "Category": "\ud800"}, "not UTF-8"),
        ({"MD5": MD5, "Series": "\ud800"}, "not UTF-8"),
        ({"MD5": MD5, "\ud800": 1}, "not UTF-8"),
        ({"MD5": MD5, "AlternativeHashes": "PDQ"}, "AlternativeHashes"),
        (
            {"MD5": MD5, "AlternativeHashes": [{"HashName": "PDQ", "HashValue": "00"}]},
            "AlternativeHashes PDQ",
        ),
        ({"MD5": MD5, "MediaID": "a" * 1025}, "more than 1024 characters"),
        ({"MD5": MD5, "Series": "a," + "b" * 1025}, "more than 1024 characters"),
        ({"MD5": MD5, **{f"k{n}": n for n in range(600)}}, "more than 512 attributes"),
    ],
)
def test_a_broken_media_is_reported_with_its_number(tmp_path: Path, media: object, reason: str) -> None:
    path = tmp_path / "list"
    path.write_text(listing([{"MD5": MD5}, media, {"MD5": MD5}]))
    _, (first, broken, last) = read(path)
    assert isinstance(broken, BrokenRecord), broken
    assert broken.position == 2
    assert reason in broken.reason
    assert isinstance(first, ListRecord)
    assert isinstance(last, ListRecord)


def test_bytes_that_are_not_utf_8_cost_one_record(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(
        listing([{"MD5": MD5, "Comments": "XX"}, {"MD5": MD5}]).encode().replace(b"XX", b"g\xe4rten")
    )
    _, (broken, record) = read(path)
    assert isinstance(broken, BrokenRecord)
    assert isinstance(record, ListRecord)


def test_nesting_has_a_limit(tmp_path: Path) -> None:
    value: object = 1
    for _ in range(23):
        value = [value]
    assert isinstance(one(tmp_path, {"MD5": MD5, "a": value}), ListRecord)
    broken = one(tmp_path, {"MD5": MD5, "a": [[value]]})
    assert isinstance(broken, BrokenRecord)
    assert "nested" in broken.reason


def test_a_case_file_says_its_cases_also_behind_their_media(tmp_path: Path) -> None:
    cases = [
        {
            "CaseID": "{1}",
            "CaseNumber": "A-1",
            "SourceApplicationName": "Garden",
            "SourceApplicationVersion": "2",
            "Media": [{"MediaID": 1, "MD5": MD5}, {"MediaID": 2, "SHA1": SHA1}],
            "TotalMediaFiles": 99,
        },
        {"CaseNumber": "A-2", "Media": [{"MediaID": 1, "MD5": MD5}, {"MD5": MD5}]},
        {"Media": None},
        {"Media": []},
    ]
    path = tmp_path / "case"
    path.write_text(listing(cases, model=V20 + "Cases"))
    about, records = read(path)
    assert [record.provider_id for record in records if isinstance(record, ListRecord)] == [
        "{1}/1",
        "{1}/2",
        "A-2/1",
        f"md5:{MD5}",
    ]
    assert [record.attributes["@case"] for record in records if isinstance(record, ListRecord)] == [
        1,
        1,
        2,
        2,
    ]
    assert [record.position for record in records] == [1, 2, 3, 4]
    assert about.application == "Garden 2"
    assert about.cases == (
        {key: value for key, value in cases[0].items() if key != "Media"},
        {"CaseNumber": "A-2"},
        {"Media": None},
        {},
    )


def test_other_keys_of_the_file_are_kept_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(
        f'{{"odata.metadata": "{V13}Media", "odata.count": "2", "value": [{{"MD5": "{MD5}"}}], "after": [1]}}'
    )
    about, records = read(path)
    assert about.attributes == {"odata.metadata": V13 + "Media", "odata.count": "2", "after": [1]}
    assert len(records) == 1


GOOD = listing([{"MD5": MD5, "Comments": "a"}, {"SHA1": SHA1}])


@pytest.mark.parametrize("cut", range(len(V13) + 30, len(GOOD) - 1))
def test_a_file_cut_short_anywhere_is_noticed(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "list"
    path.write_text(GOOD[:cut])
    with pytest.raises(FormatError, match=r"list: .*character"), open_list(path) as opened:
        list(opened)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('"a"', "a"), "expecting value at character 1"),
        (GOOD.replace('"a"', "NaN"), "NaN is not JSON"),
        (GOOD.replace('"a"', "9" * 5000), "not a number near character"),
        (GOOD.replace('"a"', "[" * 100_000), "nested too deeply"),
        (GOOD.replace('"a"', '"' + "a" * (VALUE_LIMIT + 10) + '"'), "longer than"),
        (GOOD + "{}", "after the end"),
        (GOOD.replace('}, {"SHA1"', '} {"SHA1"'), "where ',' or ']' is expected, after 1 records"),
        (GOOD.replace('"value"', '"values"'), "no 'value'"),
        (listing([], padding="a" * (9 << 20)), "8388608 bytes of it are not Media"),
        (listing([{}] * 40_000, model=V13 + "Cases"), "bytes of it are not Media"),
        (listing([], padding="\ud800"), "'padding': a value that is not UTF-8"),
        (listing({"MD5": MD5}), "where '\\[' is expected"),
        (listing([[{"MD5": MD5}]], model=V13 + "Cases"), "where '{' is expected"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "list"
    path.write_text(text)
    with pytest.raises(FormatError, match=said), open_list(path) as opened:
        list(opened)


def test_other_json_is_not_vics(tmp_path: Path) -> None:
    path = tmp_path / "vics.json"
    path.write_text('{"odata.metadata": "http://example.org/1.3.xml#Media", "value": []}')
    with pytest.raises(FormatError, match="no known list format"):
        open_list(path)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
_known = {"mediaid", "md5", "sha1", "sha256", "mediasize", "category", "series", "alternativehashes", "@case"}
_keys = st.text(st.characters(codec="utf-8"), max_size=8).filter(lambda key: key.lower() not in _known)
_digests = {
    name: st.none() | st.binary(min_size=size, max_size=size).filter(any)
    for name, size in [("md5", 16), ("sha1", 20), ("sha256", 32), ("pdq", 32)]
}
_label = st.text(st.characters(codec="utf-8", exclude_characters=","), min_size=1, max_size=6).filter(
    lambda name: name == name.strip() and name != ""
)


@st.composite
def records(draw: st.DrawFn) -> ListRecord:
    digests = {name: draw(strategy) for name, strategy in _digests.items()}
    if not any(digests.values()):
        digests["md5"] = hashlib.md5(b"garden").digest()
    return ListRecord(
        provider_id=draw(_label),
        size=draw(st.none() | st.integers(1, (1 << 63) - 1)),
        category=draw(st.none() | _label),
        series=tuple(draw(st.lists(_label, max_size=3))),
        attributes=draw(st.dictionaries(_keys, _json, max_size=4)),
        **digests,
    )


@given(st.lists(records(), max_size=5), st.sampled_from(["1.2", "1.3", "2.0"]))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, given_records: list[ListRecord], version: str
) -> None:
    path = tmp_path_factory.mktemp("round") / "list"
    about = ListAbout(
        format="vics",
        version=version,
        scheme="VICS-UK" if version == "2.0" else None,
        attributes={"odata.count": 3},
    )
    write_list(path, given_records, about)
    read_about, read_records = read(path)
    assert (read_about.version, read_about.scheme) == (version, about.scheme)
    assert read_about.attributes["odata.count"] == 3
    numbered = [
        record.__class__(**{**{f: getattr(record, f) for f in record.__struct_fields__}, "position": n})
        for n, record in enumerate(given_records, 1)
    ]
    assert read_records == numbered
    assert len(json.loads(path.read_bytes())["value"]) == len(given_records)
    first = path.read_bytes()
    write_list(path, given_records, about)
    assert path.read_bytes() == first


@given(st.lists(_json, max_size=4), st.integers(1, 7))
def test_the_cursor_equals_the_standard_parser_at_any_chunk_size(values: list[object], size: int) -> None:
    from consilience.interchange.json_stream import JsonCursor

    raw = json.dumps({"a": values, "b": {"c": values}}, ensure_ascii=False, indent=1).encode(
        "utf-8", "surrogatepass"
    )
    pieces = iter([raw[n : n + size] for n in range(0, len(raw), size)])
    cursor = JsonCursor(lambda: next(pieces, b""))
    found: dict[str, object] = {}
    for key in cursor.members():
        if key == "a":
            found[key] = [cursor.value() for _ in cursor.items()]
        else:
            found[key] = cursor.value()
    cursor.end()
    assert found == json.loads(raw.decode("utf-8", "surrogatepass"))
