"""Lists of videos' hashes: recognised, read in every form, written and read again; hostile files are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.errors import FormatError, UsageError
from consilience.interchange import tmk, vpdq
from consilience.interchange.contract import ListAbout
from consilience.interchange.lists import open_list, write_list
from consilience.interchange.video_folder import size_and_digest
from consilience.interchange.vpdq import Frame
from consilience.interchange.vpdq_list import video_of
from consilience.model.footage import decode_codes
from consilience.model.lists import BrokenRecord, VideoRecord


def frames(seed: int, count: int = 5) -> list[Frame]:
    chance = np.random.default_rng(seed)
    return [Frame(number, 90, chance.bytes(32), number / 2) for number in range(count)]


def read(path: Path) -> list[VideoRecord | BrokenRecord]:
    with open_list(path) as file:
        return list(file)  # type: ignore[arg-type]


def hashed(seed: int) -> bytes:
    chance = np.random.default_rng(seed)
    arrays = [chance.normal(size=shape).astype(np.float32) for shape in ((3,), (8,), (2, 3, 8), (2, 3, 8))]
    return tmk.write_tmk(tmk.Tmk(15, 30, (31, 47), *arrays))


def test_the_text_form_is_one_video_named_as_its_file(tmp_path: Path) -> None:
    path = tmp_path / "harbour.txt"
    path.write_text(vpdq.write_text(frames(1)))
    (found,) = read(path)
    assert isinstance(found, VideoRecord)
    assert (found.provider_id, found.algorithm, found.attributes) == (
        "harbour.txt",
        "vpdq",
        {"frames": 5, "seconds": 2.0},
    )
    assert (decode_codes(found.data).begins == np.arange(5) * 500_000).all()


@pytest.mark.parametrize("before", ["", "vpdq ", "\ufeff"])
def test_the_json_form_is_an_array_a_line(tmp_path: Path, before: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(
        "".join(f"{before}{vpdq.write_json(frames(one))}\n" for one in (1, 2)).replace("\n\ufeff", "\n")
    )
    one, other = read(path)
    assert isinstance(one, VideoRecord) and isinstance(other, VideoRecord)
    assert one.data == video_of(frames(1), None, 1).data
    assert one.provider_id != other.provider_id
    assert (one.position, other.position) == (1, 2)


def test_one_array_over_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(vpdq.write_json(frames(1)).replace("[", "[\n  ").replace('","', '",\n  "'))
    (found,) = read(path)
    assert isinstance(found, VideoRecord)
    assert found.data == video_of(frames(1), None, 1).data


def test_a_bad_line_breaks_its_video_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    good = vpdq.write_json(frames(1))
    path.write_bytes(
        f"{good}\n".encode() + good.replace(",90,", ",900,").encode() + b"\n\xff\n[]\n" + good.encode()
    )
    found = read(path)
    assert [type(one).__name__ for one in found] == ["VideoRecord", *["BrokenRecord"] * 3, "VideoRecord"]
    assert [one.position for one in found] == [1, 2, 3, 4, 5]


def test_a_tmk_file_is_one_video(tmp_path: Path) -> None:
    path = tmp_path / "asked.tmk"
    path.write_bytes(hashed(1))
    (found,) = read(path)
    assert isinstance(found, VideoRecord)
    assert (found.provider_id, found.algorithm, found.data) == ("asked.tmk", "tmk+pdqf", hashed(1))
    path.write_bytes(hashed(1)[:-1])
    (broken,) = read(path)
    assert isinstance(broken, BrokenRecord)
    write_list(tmp_path / "again.tmk", [found], ListAbout(format="tmk"))
    assert (tmp_path / "again.tmk").read_bytes() == found.data
    with pytest.raises(FormatError):
        write_list(tmp_path / "two.tmk", [found, found], ListAbout(format="tmk"))


def test_a_folder_is_a_list_and_passes_over_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_text(vpdq.write_text(frames(1)))
    (folder / "b" / "two.json").write_text(f"{vpdq.write_json(frames(2))}\n{vpdq.write_json(frames(3))}\n")
    (folder / "c.tmk").write_bytes(hashed(1))
    (folder / "notes").write_text("what this is")
    (folder / "linked").symlink_to(folder / "a.txt")
    (folder / "round").symlink_to(folder)
    found = read(folder)
    named = {one.provider_id for one in found if isinstance(one, VideoRecord)}
    assert named == {"a.txt", "b/two.json", "b/two.json#2", "c.tmk"}
    why = sorted(one.reason for one in found if isinstance(one, BrokenRecord))
    assert why == ["linked: not a plain file", "notes: neither vPDQ nor TMK+PDQF", "round: not a plain file"]
    assert [one.position for one in found] == list(range(1, 8))
    with pytest.raises(UsageError):
        open_list(folder, "vpdq")
    before = size_and_digest(folder)
    (folder / "c.tmk").rename(folder / "d.tmk")
    assert size_and_digest(folder) != before


spaced = st.lists(
    st.builds(
        Frame,
        st.none(),
        st.integers(0, 100),
        st.sampled_from([bytes([one]) * 32 for one in range(3)]),
        st.integers(0, 10**12).map(lambda micros: micros / 1_000_000),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(videos=st.lists(spaced, min_size=1, max_size=3))
def test_what_is_written_is_read_again(tmp_path: Path, videos: list[list[Frame]]) -> None:
    records = [video_of(one, None, place) for place, one in enumerate(videos, 1)]
    path = tmp_path / "list"
    write_list(path, records, ListAbout(format="vpdq"))
    assert [(one.provider_id, one.data) for one in read(path)] == [  # type: ignore[union-attr]
        (one.provider_id, one.data) for one in records
    ]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), begin=st.sampled_from([b"TMK1FVECPDQF", b'["' + b"0" * 64 + b",", b""]))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes, begin: bytes) -> None:
    folder = tmp_path / "any"
    folder.mkdir(exist_ok=True)
    (folder / "one").write_bytes(begin + data)
    assert len(read(folder)) >= (1 if begin + data else 0)
